//! How long it takes to find a tenant: in the app's cache, and in a SQLite file of 10 and of
//! 1,000,000 tenants. `cargo bench -p connect-runtime --bench tenants` prints medians.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program for the people who work on this crate"
)]

use std::{
    future::Future,
    path::Path,
    pin::pin,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use connect_core::{ClientKey, store::Store};
use connect_runtime::{
    ConnectApp,
    config::{Config, Env},
};
use connect_store::SqlStore;
use sqlx::{Connection, SqliteConnection};

/// Look-ups in one measurement.
const ROUNDS: u32 = 2000;
/// Measurements, of which the median counts.
const SAMPLES: usize = 41;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (few, many) = (filled(10).await, filled(1_000_000).await);
    let warm = [app(few.path()).await, app(many.path()).await];
    let cold = [open(few.path()).await, open(many.path()).await];
    let sizes = [10, 1_000_000];
    for (app, size) in warm.iter().zip(sizes) {
        app.tenant(&key(7)).await.unwrap().unwrap();
        let time = median(|| {
            let started = Instant::now();
            for _ in 0..ROUNDS {
                let key = key(7);
                assert!(at_once(app.tenant(&key)).unwrap().is_some());
            }
            started.elapsed() / ROUNDS
        });
        println!("in the app's cache, {size:>7} tenants in SQLite: {time:?}");
    }
    // By turns, so that a busy moment of the machine concerns both.
    let mut times = [Vec::new(), Vec::new()];
    for n in 0..20_000_u32 {
        for (at, store) in cold.iter().enumerate() {
            let key = key(n.wrapping_mul(2_654_435_761) % sizes[at]);
            let started = Instant::now();
            assert!(store.tenant(&key).await.unwrap().is_some());
            times[at].push(started.elapsed());
        }
    }
    for (times, size) in times.iter_mut().zip(sizes) {
        times.sort();
        println!(
            "in the file, {size:>7} tenants in SQLite: {:?}",
            times[times.len() / 2]
        );
    }
}

fn key(n: u32) -> ClientKey {
    ClientKey::parse(&format!("site-{n}")).unwrap()
}

/// The value of a future that has no need to wait.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it is not in the cache"),
    }
}

fn median(mut sample: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<Duration> = (0..SAMPLES).map(|_| sample()).collect();
    times.sort();
    times[SAMPLES / 2]
}

async fn open(folder: &Path) -> SqlStore {
    SqlStore::sqlite(&folder.join("tenants.db")).await.unwrap()
}

async fn app(folder: &Path) -> ConnectApp {
    let text = r#"{"store": {"storage": "tenants.db"}}"#;
    let config = Config::parse(folder, text, &Env::default()).unwrap();
    ConnectApp::builder(config).build().await.unwrap()
}

/// A folder of an app with so many tenants, as ACE writes them.
async fn filled(count: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let descriptor = r#"{"key": "com.example.app", "baseUrl": "http://localhost:3000",
        "authentication": {"type": "jwt"}, "lifecycle": {"installed": "/installed"}}"#;
    std::fs::write(folder.path().join("atlassian-connect.json"), descriptor).unwrap();
    open(folder.path()).await;
    let url = format!("sqlite:{}", folder.path().join("tenants.db").display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query(
        r#"INSERT INTO AddonSettings (clientKey, key, val)
        WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n + 1 < ?)
        SELECT 'site-' || n, 'clientInfo', '{"key":"com.example.app","clientKey":"site-' || n ||
        '","sharedSecret":"a shared secret of ACE, long enough","baseUrl":"https://acme.atlassian.net","productType":"jira"}' FROM n"#,
    )
    .bind(count)
    .execute(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    folder
}
