//! `kill -9` while a host installs an app 1,000 times over HTTP: every install that was answered
//! 204 is there afterwards, which is to say that a request signed with its secret is let in. The
//! app is a process of its own (this program, started by itself); on a server, app and database
//! are killed by turns. Prints what it counted for each database.
//!
//! A word after `--` runs one database alone: `cargo test -p connect-runtime --test killed redis`.
#![cfg(unix)]
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test program: it starts itself and says what it did"
)]

use std::{
    collections::BTreeMap,
    env, fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use axum::Router;
use connect_runtime::{
    Config, ConnectApp, HostRequest, Routes,
    config::Env,
    core::{
        AppKey, BaseUrl, ClientKey, Kid, Product, Secret, Tenant, Timestamp, jws,
        keys::RsaSigningKey,
        mint,
        qsh::{Qsh, RequestLine},
        time::Seconds,
    },
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    task::JoinSet,
};

use servers::Running;

#[path = "../../connect-store/src/tests/servers/mod.rs"]
#[allow(
    dead_code,
    reason = "shared with the tests of the stores, which start others too"
)]
mod servers;

const INSTALLS: usize = 1000;
/// Installs at the same time.
const SITES: usize = 8;
/// How long anything may take, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(120);
const HOST_KEY: &[u8] = include_bytes!("../../connect-core/tests/data/test-only-host-key.pk8");
/// The first argument of the process that is the app; then its folder, its port and where the
/// host's keys are.
const SERVE: &str = "--serve-as-the-app";

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [mark, folder, port, keys] = &arguments[..]
        && mark == SERVE
    {
        return be_the_app(Path::new(folder), port, keys).await;
    }
    let wanted = |name: &str| {
        let mut words = arguments.iter().filter(|word| !word.starts_with('-'));
        let first = words.next();
        first.is_none_or(|word| name.contains(word.as_str()))
    };
    let mut tasks = JoinSet::new();
    let keys = key_server(&mut tasks).await;
    if wanted("sqlite") {
        let store = json!({"dialect": "sqlite", "storage": "data/tenants.db"});
        check("sqlite", &store, None, &keys).await;
    }
    for (name, start, url) in servers::BY_URL {
        if wanted(name)
            && let Some(server) = start()
        {
            let url = url.replace("PORT", &server.port.to_string());
            check(name, &json!({"url": url}), Some(server), &keys).await;
        }
    }
}

/// An app like any other: what its folder says, and one page for requests that are signed.
async fn be_the_app(folder: &Path, port: &str, keys: &str) {
    let text = fs::read_to_string(folder.join("config.json")).unwrap();
    let env = Env::of([
        ("NODE_ENV", "production"),
        ("CONNECT_KEYS_CDN_URL", keys),
        ("PORT", port),
    ]);
    let config = Config::parse(folder, &text, &env).unwrap();
    let listener = TcpListener::bind(("127.0.0.1", config.port)).await.unwrap();
    let app = ConnectApp::builder(config).build().await.unwrap();
    let routes = Routes::new().get("/hello", async |_: HostRequest| "hello");
    println!("ready");
    app.serve_on(listener, routes, std::future::pending())
        .await
        .unwrap();
}

async fn check(name: &str, store: &Value, mut database: Option<Running>, keys: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &Value| {
        fs::write(folder.path().join(name), content.to_string()).unwrap();
    };
    file("config.json", &json!({"store": store}));
    file(
        "atlassian-connect.json",
        &json!({"key": "com.example.app", "baseUrl": "https://app.example.com",
            "authentication": {"type": "jwt"}, "lifecycle": {"installed": "/installed"}}),
    );
    let port = servers::free_port();
    let arguments = [
        SERVE.to_owned(),
        folder.path().display().to_string(),
        port.to_string(),
        keys.to_owned(),
    ];
    let mut app = servers::program(&env::current_exe().unwrap(), &arguments, "ready", port);

    let started = Instant::now();
    let (open, gate) = watch::channel(true);
    let (tell, mut told) = mpsc::unbounded_channel();
    let unanswered = Arc::new(AtomicUsize::new(0));
    let mut sites = JoinSet::new();
    for site in 0..SITES {
        let host = Host {
            port,
            gate: gate.clone(),
            tell: tell.clone(),
            unanswered: Arc::clone(&unanswered),
        };
        sites.spawn(host.install_all(site));
    }
    drop(tell);

    let mut answered = BTreeMap::new();
    let (mut kills, mut checked) = ([0, 0], 0);
    loop {
        // Until a moment that nobody knows before: in the middle of some installs.
        let mut left = 100 + random() % 200;
        while left > 0
            && let Some(event) = told.recv().await
        {
            answered.extend(event);
            left -= 1;
        }
        if left > 0 {
            break;
        }
        open.send_replace(false);
        if let Some(database) = &mut database
            && kills[0] > kills[1]
        {
            kills[1] += 1;
            database.kill();
            database.restart();
        } else {
            kills[0] += 1;
            app.kill();
            while let Ok(event) = told.try_recv() {
                answered.extend(event);
            }
            app.restart();
            // It knows nothing but what is in its store.
            checked += answered.len();
            assert_eq!(accepted(port, &answered).await, answered.len(), "{name}");
        }
        open.send_replace(true);
    }
    while let Some(done) = sites.join_next().await {
        done.unwrap();
    }
    app.kill();
    app.restart();
    let there = accepted(port, &answered).await;
    println!(
        "{name}: kill -9 of the app {} times and of the database {} times during {INSTALLS} installs, \
         {} of which had to be tried again; {there} of {} that were answered 204 are there \
         ({checked} looked at between), {:.1} s",
        kills[0],
        kills[1],
        unanswered.load(Ordering::Relaxed),
        answered.len(),
        started.elapsed().as_secs_f64()
    );
    assert_eq!((answered.len(), there), (INSTALLS, INSTALLS), "{name}");
    assert!(kills[0] >= 3, "{name}: {kills:?}");
    assert!(database.is_none() || kills[1] >= 2, "{name}: {kills:?}");
}

/// An install that was answered: client key and secret. `None` is one that is sent.
type Event = Option<(String, String)>;

/// A host with sites of its own.
struct Host {
    port: u16,
    /// Shut while a database or the app is away.
    gate: watch::Receiver<bool>,
    tell: mpsc::UnboundedSender<Event>,
    unanswered: Arc<AtomicUsize>,
}

impl Host {
    async fn install_all(mut self, site: usize) {
        for n in (site..INSTALLS).step_by(SITES) {
            let client_key = format!("site-{n:04}");
            let deadline = Instant::now() + PATIENCE;
            for attempt in 0.. {
                self.gate.wait_for(|open| *open).await.unwrap();
                // Each attempt is an install of its own, with a secret of its own.
                let secret = format!("secret {attempt} of {client_key}, which is long enough");
                let (head, body) = install(&client_key, &secret);
                self.tell.send(None).unwrap();
                if status(self.port, &head, &body).await == Some(204) {
                    self.tell.send(Some((client_key, secret))).unwrap();
                    break;
                }
                assert!(Instant::now() < deadline, "{client_key} is not installed");
                self.unanswered.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
        }
    }
}

/// How many of these the app lets in with their secret.
async fn accepted(port: u16, answered: &BTreeMap<String, String>) -> usize {
    let deadline = Instant::now() + PATIENCE;
    let mut there = 0;
    for (client_key, secret) in answered {
        let tenant = Tenant::new(
            AppKey::parse("com.example.app").unwrap(),
            ClientKey::parse(client_key).unwrap(),
            BaseUrl::parse("https://acme.atlassian.net").unwrap(),
            Product::Jira,
            Secret::new(secret.as_str()),
            now(),
        );
        let line = RequestLine {
            method: "GET",
            target: "/hello",
            form: None,
        };
        let token = mint::host_token(&tenant, &line, "", Seconds(180), now()).unwrap();
        let head = format!("GET /hello HTTP/1.1\r\nauthorization: JWT {token}\r\n");
        loop {
            match status(port, &head, "").await {
                Some(200) => there += 1,
                // Connections to the database may be of the time before it was killed.
                None | Some(503) if Instant::now() < deadline => {
                    tokio::task::yield_now().await;
                    continue;
                }
                other => println!("{client_key} is answered {other:?}"),
            }
            break;
        }
    }
    there
}

/// The head and the body of an install call.
fn install(client_key: &str, secret: &str) -> (String, String) {
    let key = RsaSigningKey::from_pkcs8(HOST_KEY).unwrap();
    let claims = json!({
        "iss": client_key, "aud": ["https://app.example.com"], "iat": now().unix(),
        "exp": now().unix() + 180, "qsh": Qsh::of("POST&/installed&").as_str(),
    });
    let kid = Kid::parse("host/1").unwrap();
    let token = jws::sign_rs256(claims.to_string().as_bytes(), &key, &kid).unwrap();
    let body = json!({
        "key": "com.example.app", "clientKey": client_key, "eventType": "installed",
        "baseUrl": "https://acme.atlassian.net", "productType": "jira", "sharedSecret": secret,
    });
    let head = format!(
        "POST /installed HTTP/1.1\r\nauthorization: JWT {token}\r\ncontent-type: application/json\r\n"
    );
    (head, body.to_string())
}

/// The status that the app answers with; none when it does not, or not to the end of the head.
async fn status(port: u16, head: &str, body: &str) -> Option<u16> {
    let exchange = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
        let length = body.len();
        let request = format!(
            "{head}host: app.example.com\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = String::new();
        // A reset after the head is as good as an end.
        let _ = stream.read_to_string(&mut answer).await;
        let (head, _) = answer.split_once("\r\n\r\n")?;
        head.split(' ').nth(1)?.parse().ok()
    };
    tokio::time::timeout(PATIENCE, exchange).await.ok()?
}

/// Where the host's public key is, whatever it is called.
async fn key_server(tasks: &mut JoinSet<()>) -> String {
    let pem = RsaSigningKey::from_pkcs8(HOST_KEY).unwrap().public_pem();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(async move || pem);
    tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

fn now() -> Timestamp {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_unix(i64::try_from(now.as_secs()).unwrap())
}

fn random() -> usize {
    let bytes = ring::rand::generate::<[u8; 2]>(&ring::rand::SystemRandom::new());
    usize::from(u16::from_le_bytes(bytes.unwrap().expose()))
}
