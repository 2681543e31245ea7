use std::sync::Arc;

use connect_core::store::Store;
use serde_json::json;

use super::*;
use crate::{
    settings::Server,
    tests::{self as contract, outages, servers},
};

async fn open(url: &str) -> Result<RedisStore, StoreError> {
    RedisStore::open(&ServerSettings::new(Server::Redis, url)).await
}

async fn command(store: &RedisStore, words: &[&str]) {
    let mut command = redis::cmd(words[0]);
    command.arg(&words[1..]);
    let () = command
        .query_async(&mut store.connection.clone())
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_keeps_the_contract() {
    let Some(mut running) = servers::redis() else {
        return;
    };
    let url = format!("redis://127.0.0.1:{}", running.port);
    let store = open(&url).await.unwrap();
    contract::check(Arc::new(store.clone())).await;
    aces_keys_are_read(&store).await;
    errors_are_sorted(&store, running.port).await;

    let info = r#"{"key":"com.example.app","clientKey":"x","sharedSecret":"a shared secret of ACE, long enough","baseUrl":"https://acme.atlassian.net","productType":"jira"}"#;
    let mut pipe = redis::pipe();
    for n in 0..100_000 {
        pipe.set(format!("site-{n}:{CLIENT_INFO}"), info).ignore();
    }
    let () = pipe
        .query_async(&mut store.connection.clone())
        .await
        .unwrap();
    contract::listing_is_bounded(&store, "redis").await;
    command(&store, &["FLUSHALL"]).await;
    outages::survives_a_crash(Arc::new(store.clone()), &mut running, "redis").await;
    outages::reads_take(&store, "redis").await;
}

async fn aces_keys_are_read(store: &RedisStore) {
    let info = contract::tenant("a:b");
    store.save_tenant(&info).await.unwrap();
    let a = contract::key("a");
    store.save_tenant(&contract::tenant("a")).await.unwrap();
    store.save_setting(&a, "bearer:1", &json!(1)).await.unwrap();
    // ACE writes a text as it is.
    store.set("a:plain", "not JSON").await.unwrap();
    assert_eq!(
        store.settings(&a).await.unwrap(),
        [
            ("bearer:1".to_owned(), json!(1)),
            ("plain".to_owned(), json!("not JSON"))
        ]
    );
    assert!(store.purge_tenant(&a).await.unwrap());
    assert!(store.tenant(&contract::key("a:b")).await.unwrap().is_some());
    // An association that ACE made has no pointer.
    store.set("installation:i;", "a:b").await.unwrap();
    let id = InstallationId::parse("i").unwrap();
    let found = store.installation(&id).await.unwrap().unwrap();
    assert_eq!(found.client_key, Some(contract::key("a:b")));
    command(store, &["FLUSHALL"]).await;
}

async fn errors_are_sorted(store: &RedisStore, port: u16) {
    for acl in [
        "nobody on >pw -@all +ping +client +hello",
        "app on >pw ~* +@all",
    ] {
        let mut words = vec!["ACL", "SETUSER"];
        words.extend(acl.split(' '));
        command(store, &words).await;
    }
    let error = open(&format!("redis://app:hunter2@127.0.0.1:{port}")).await;
    let error = error.unwrap_err();
    assert_eq!(error.code(), "store/unauthorized", "{error:?}");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    let nobody = open(&format!("redis://nobody:pw@127.0.0.1:{port}")).await;
    let error = nobody.unwrap().tenant(&contract::key("a")).await;
    assert_eq!(error.unwrap_err().code(), "store/forbidden");
    command(store, &["CONFIG", "SET", "maxmemory", "1"]).await;
    let error = store.save_tenant(&contract::tenant("a")).await.unwrap_err();
    assert_eq!(error.code(), "store/full", "{error:?}");
    command(store, &["CONFIG", "SET", "maxmemory", "0"]).await;
    let error = open(&format!("redis://127.0.0.1:{}", servers::free_port())).await;
    assert_eq!(error.unwrap_err().code(), "store/unavailable");
    // A key of another type is answered with an error that names no argument.
    command(store, &["LPUSH", "a:hunter2", "x"]).await;
    let error = store.setting(&contract::key("a"), "hunter2").await;
    let error = error.unwrap_err();
    assert_eq!(error.code(), "store/unavailable");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    command(store, &["FLUSHALL"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_of_redis_is_an_error_of_its_own() {
    let extras = servers::Extras {
        small_disk: true,
        ..servers::Extras::default()
    };
    let running = servers::can_mount().then(|| servers::redis_with(&extras));
    let Some(running) = running.flatten() else {
        return;
    };
    let url = format!("redis://127.0.0.1:{}", running.port);
    let store = open(&url).await.unwrap();
    // With `always` it ends itself when it cannot write.
    command(&store, &["CONFIG", "SET", "appendfsync", "everysec"]).await;
    outages::a_full_disk_is_an_error_of_its_own(&store).await;
}

#[test]
fn an_error_repeats_no_argument() {
    let error = RedisError::from((
        ErrorKind::Extension,
        "ERR",
        "unknown command `GET`, with args beginning with: hunter2".to_owned(),
    ));
    let error = classify("redis://h", &error);
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}
