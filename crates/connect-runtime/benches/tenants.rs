//! How long it takes to find a tenant and to answer a request of its host, with 10 and with
//! 1,000,000 tenants in SQLite. `cargo bench -p connect-runtime --bench tenants` prints medians and
//! what comes of 1,000,000 : 10, and fails when an answer takes more than 1.10 times as long. The
//! look-up in the file is printed without a limit: its tree is deeper with more tenants, and its
//! leaves are not in the processor's caches.
//!
//! Then how long a look-up takes in each server that is installed here (`--features dynamodb` for
//! that, too).
//!
//! The two take turns, request by request, so that a busy moment of the machine hits both, and the
//! best of some rounds counts, because whatever else runs here can only make a round longer.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program for the people who work on this crate"
)]

use std::{
    path::Path,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use connect_core::{
    AppKey, BaseUrl, ClientKey, Product, Secret, Tenant, Timestamp, mint, qsh::RequestLine,
    store::Store, time::Seconds,
};
use connect_runtime::{
    ConnectApp, HostRequest, Routes,
    config::{Config, Env},
};
use connect_store::{SqlStore, StoreSettings};
#[cfg(unix)]
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Mutex,
    task::JoinSet,
};

#[cfg(unix)]
#[path = "../../connect-store/src/tests/servers/mod.rs"]
#[allow(
    dead_code,
    reason = "shared with the tests of the stores, which start others too"
)]
mod servers;

const SECRET: &str = "a shared secret of ACE, long enough";
/// Look-ups in one measurement of the cache.
const REPEATED: u32 = 200;
/// Tenants in the two files.
const SIZES: [u32; 2] = [10, 1_000_000];
/// Rounds, of which the best counts.
const ROUNDS: usize = 9;
/// Measurements of a round, of which the median counts.
const SAMPLES: usize = 2000;
/// The same where each needs an app of its own.
const APPS: usize = 50;
/// Above this 1,000,000 tenants are not as fast as 10.
const LIMIT: f64 = 1.10;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let folders = [filled(SIZES[0]).await, filled(SIZES[1]).await];
    let stores = [open(folders[0].path()).await, open(folders[1].path()).await];
    let stores = stores.map(Arc::new);
    let apps = [
        app(&folders[0], &stores[0]).await,
        app(&folders[1], &stores[1]).await,
    ];
    let mut held = true;

    let warm = best(async |at, _| {
        let started = Instant::now();
        for _ in 0..REPEATED {
            let key = key(7);
            // Once in some seconds it is read anew, which the median leaves out.
            assert!(apps[at].tenant(&key).await.unwrap().is_some());
        }
        started.elapsed() / REPEATED
    });
    held &= say("look-up in the app's cache", warm.await);

    let cold = best(async |at, n| {
        let key = key(n % SIZES[at]);
        let started = Instant::now();
        assert!(stores[at].tenant(&key).await.unwrap().is_some());
        started.elapsed()
    });
    say("look-up in the file", cold.await);

    let mut servers = JoinSet::new();
    let [few, many] = apps;
    let hosts = [
        Host::of(few, &mut servers).await,
        Host::of(many, &mut servers).await,
    ];
    let again = best(async |at, _| hosts[at].request(7).await);
    held &= say("answer to a known tenant", again.await);

    // An app knows a tenant after its first request, so each of these has an app of its own, made
    // before: what it takes to make one would leave nothing in the processor's caches.
    let (mut first, mut random) = ([Duration::MAX; 2], 1);
    for _ in 0..ROUNDS {
        let mut servers = JoinSet::new();
        let mut fresh = [Vec::new(), Vec::new()];
        for (at, fresh) in fresh.iter_mut().enumerate() {
            for _ in 0..APPS {
                let app = app(&folders[at], &stores[at]).await;
                fresh.push(Host::of(app, &mut servers).await);
            }
        }
        round(APPS, &mut first, &mut random, async |at, sample, n| {
            fresh[at][sample].request(n % SIZES[at]).await
        })
        .await;
    }
    held &= say("first answer to a tenant", first);
    #[cfg(unix)]
    on_servers().await;
    if held {
        ExitCode::SUCCESS
    } else {
        println!("1,000,000 tenants are not as fast as 10");
        ExitCode::FAILURE
    }
}

/// The best median for each of the two files; `sample` is told which and a random number.
async fn best(sample: impl AsyncFn(usize, u32) -> Duration) -> [Duration; 2] {
    let (mut best, mut random) = ([Duration::MAX; 2], 1);
    for _ in 0..ROUNDS {
        let sample = async |at, _, n| sample(at, n).await;
        round(SAMPLES, &mut best, &mut random, sample).await;
    }
    best
}

/// Betters the medians by those of one round, if they are better; `sample` is also told its number.
async fn round(
    samples: usize,
    best: &mut [Duration; 2],
    random: &mut u32,
    sample: impl AsyncFn(usize, usize, u32) -> Duration,
) {
    let mut times = [Vec::new(), Vec::new()];
    for number in 0..samples {
        *random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        for (at, times) in times.iter_mut().enumerate() {
            times.push(sample(at, number, *random >> 8).await);
        }
    }
    for (best, mut times) in best.iter_mut().zip(times) {
        times.sort();
        *best = (*best).min(times[times.len() / 2]);
    }
}

/// Prints a line; true when the many are as fast as the few.
fn say(what: &str, [few, many]: [Duration; 2]) -> bool {
    let ratio = many.as_secs_f64() / few.as_secs_f64();
    println!(
        "{what:<33} {:>7} tenants {few:>9.2?}   {:>7} tenants {many:>9.2?}   ratio {ratio:.2}",
        SIZES[0], SIZES[1]
    );
    ratio <= LIMIT
}

/// Look-ups in servers of this machine, each with 1,000 tenants.
#[cfg(unix)]
async fn on_servers() {
    let by_url = servers::BY_URL.map(|(name, start, url)| {
        let store = move |port: u16| json!({"url": url.replace("PORT", &port.to_string())});
        (name, start, Box::new(store) as Box<dyn Fn(u16) -> Value>)
    });
    let mut all = Vec::from(by_url);
    if cfg!(feature = "dynamodb") {
        let store = |port: u16| {
            json!({"adapter": "dynamodb", "region": "eu-west-1",
                "endpoint": format!("http://127.0.0.1:{port}"),
                "credentials": {"accessKeyId": "id", "secretAccessKey": "key"}})
        };
        all.push(("dynalite", servers::dynalite, Box::new(store)));
    }
    for (name, start, store) in all {
        let Some(server) = start() else { continue };
        let settings = store(server.port);
        let settings = settings.as_object().unwrap();
        let settings = StoreSettings::from_ace(settings, Path::new("/"), &|_| None).unwrap();
        let store = connect_store::open(&settings).await.unwrap();
        for n in 0..1000 {
            store.save_tenant(&tenant(n)).await.unwrap();
        }
        let mut times = Vec::new();
        for n in (0..1000).cycle().take(SAMPLES) {
            let key = key(n);
            let started = Instant::now();
            assert!(store.tenant(&key).await.unwrap().is_some());
            times.push(started.elapsed());
        }
        times.sort();
        println!("look-up in {name}: {:.0?}", times[times.len() / 2]);
    }
}

/// The host of an app that serves on this machine, with a connection to it.
struct Host(Mutex<TcpStream>);

impl Host {
    async fn of(app: ConnectApp, servers: &mut JoinSet<()>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Routes::new().get("/hello", async |_: HostRequest| "hello");
        servers.spawn(async move {
            let served = app.serve_on(listener, routes, std::future::pending());
            served.await.unwrap();
        });
        let host = Self(Mutex::new(TcpStream::connect(address).await.unwrap()));
        host.exchange("GET /atlassian-connect.json HTTP/1.1\r\n", "}")
            .await;
        host
    }

    /// How long the app takes to answer a request that is signed for that tenant.
    async fn request(&self, n: u32) -> Duration {
        let line = RequestLine {
            method: "GET",
            target: "/hello",
            form: None,
        };
        let token = mint::host_token(&tenant(n), &line, "", Seconds(180), now()).unwrap();
        let head = format!("GET /hello HTTP/1.1\r\nauthorization: JWT {token}\r\n");
        let started = Instant::now();
        self.exchange(&head, "hello").await;
        started.elapsed()
    }

    async fn exchange(&self, head: &str, end: &str) {
        let mut stream = self.0.lock().await;
        let request = format!("{head}host: localhost:3000\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(end.as_bytes()) {
            assert!(stream.read_buf(&mut answer).await.unwrap() > 0);
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"));
    }
}

fn tenant(n: u32) -> Tenant {
    Tenant::new(
        AppKey::parse("com.example.app").unwrap(),
        key(n),
        BaseUrl::parse("https://acme.atlassian.net").unwrap(),
        Product::Jira,
        Secret::new(SECRET),
        now(),
    )
}

fn now() -> Timestamp {
    Timestamp::from_unix(1_767_225_600)
}

fn key(n: u32) -> ClientKey {
    ClientKey::parse(&format!("site-{n}")).unwrap()
}

async fn open(folder: &Path) -> SqlStore {
    SqlStore::sqlite(&folder.join("tenants.db")).await.unwrap()
}

async fn app(folder: &TempDir, store: &Arc<SqlStore>) -> ConnectApp {
    let config = Config::parse(folder.path(), "", &Env::default()).unwrap();
    let builder = ConnectApp::builder(config).shared_store(Arc::clone(store) as _);
    builder.clock(now()).build().await.unwrap()
}

/// A folder of an app with so many tenants, as ACE writes them.
async fn filled(count: u32) -> TempDir {
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
        '","sharedSecret":"' || ? ||
        '","baseUrl":"https://acme.atlassian.net","productType":"jira"}' FROM n"#,
    )
    .bind(count)
    .bind(SECRET)
    .execute(&mut connection)
    .await
    .unwrap();
    // The log goes into the file by itself as an app runs; here it would be as long as the file.
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    folder
}
