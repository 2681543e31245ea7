//! What a server must stand: it is killed, or its disk is full. And how fast it is otherwise.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use connect_core::{ClientKey, Tenant, store::Store};

use super::{servers::Running, tenant};

/// `kill -9` of the server during 1,000 installs: what was answered is there afterwards, and what
/// was not is answered when the server is back.
pub(crate) async fn survives_a_crash(store: Arc<dyn Store>, server: &mut Running, name: &str) {
    const INSTALLS: usize = 1000;
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..8 {
        let (store, tell) = (Arc::clone(&store), tell.clone());
        workers.spawn(async move {
            for n in (worker..INSTALLS).step_by(8) {
                let tenant = tenant(&format!("crash-{n:04}"));
                let deadline = Instant::now() + Duration::from_secs(60);
                while let Err(error) = store.save_tenant(&tenant).await {
                    assert_eq!(error.code(), "store/unavailable", "{error:?}");
                    assert!(Instant::now() < deadline, "not back: {error:?}");
                    tell.send(Err(error)).unwrap();
                    tokio::task::yield_now().await;
                }
                tell.send(Ok(tenant)).unwrap();
            }
        });
    }
    drop(tell);
    let mut answered = Vec::new();
    while answered.len() < 300 {
        answered.extend(told.recv().await.unwrap().ok());
    }
    server.kill();
    let before = answered.len();
    // The crash is noticed before the server is back.
    while let Ok(tenant) = told.recv().await.unwrap() {
        answered.push(tenant);
    }
    let at_crash = answered.len();
    server.restart();
    for tenant in &answered {
        let found = store_answers(&*store, &tenant.client_key).await;
        assert_eq!(found.as_ref(), Some(tenant), "answered before the crash");
    }
    let mut failures = 1;
    while let Some(result) = told.recv().await {
        match result {
            Ok(tenant) => answered.push(tenant),
            Err(_) => failures += 1,
        }
    }
    while let Some(done) = workers.join_next().await {
        done.unwrap();
    }
    let mut there = 0;
    for tenant in &answered {
        let found = store.tenant(&tenant.client_key).await.unwrap();
        there += usize::from(found.as_ref() == Some(tenant));
        store.purge_tenant(&tenant.client_key).await.unwrap();
    }
    println!(
        "{name}: kill -9 after {before} of {INSTALLS} installs ({at_crash} answered by then), \
         {failures} tries failed; {there} of {} answered installs are there",
        answered.len()
    );
    assert_eq!((answered.len(), there), (INSTALLS, INSTALLS));
}

/// Installs until the disk is full, which is an error of its own; what was answered before is
/// there.
#[cfg(all(unix, any(feature = "mysql", feature = "postgres", feature = "redis")))]
pub(crate) async fn a_full_disk_is_an_error_of_its_own(store: &dyn Store) {
    let mut answered = Vec::new();
    let error = loop {
        let mut tenant = tenant(&format!("full-{}", answered.len()));
        tenant.details.insert("x".to_owned(), noise().into());
        match store.save_tenant(&tenant).await {
            Ok(()) => answered.push(tenant),
            Err(error) => break error,
        }
        assert!(answered.len() < 3000, "the disk has 4 MiB");
    };
    assert_eq!(error.code(), "store/full", "{error:?}");
    println!("full after {} tenants: {error:?}", answered.len());
    for tenant in &answered {
        let found = store.tenant(&tenant.client_key).await.unwrap();
        assert_eq!(found.as_ref(), Some(tenant));
    }
}

/// 3,000 letters that no database makes smaller, in a record that fits its page: MariaDB 10.11 ends
/// itself when a longer one meets a full disk.
#[cfg(all(unix, any(feature = "mysql", feature = "postgres", feature = "redis")))]
fn noise() -> String {
    let mut state = 0x9e37_79b9_u32;
    let letters = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        char::from(b'0' + u8::try_from(state % 64).unwrap_or_default())
    });
    letters.take(3000).collect()
}

/// What the store says as soon as it can.
async fn store_answers(store: &dyn Store, client_key: &ClientKey) -> Option<Tenant> {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        match store.tenant(client_key).await {
            Ok(found) => return found,
            Err(error) => assert!(Instant::now() < deadline, "not back: {error:?}"),
        }
        tokio::task::yield_now().await;
    }
}

/// Prints how long a look-up takes that no cache answers.
pub(crate) async fn reads_take(store: &dyn Store, name: &str) {
    let tenant = tenant("site-1");
    store.save_tenant(&tenant).await.unwrap();
    let mut times = Vec::new();
    for _ in 0..200 {
        let started = Instant::now();
        assert!(store.tenant(&tenant.client_key).await.unwrap().is_some());
        times.push(started.elapsed());
    }
    times.sort();
    println!(
        "{name}: look-up in the database, median {:?}, p99 {:?}",
        times[100], times[197]
    );
}
