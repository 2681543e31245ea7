//! Replays the authentication scenarios of `CONNECT_VECTORS` (default `../shared/data/vectors`
//! beside the repository, else the repository's own cases in `tests/vectors`) as real HTTP over a
//! loopback socket, each in the world and at the time that it names, and prints how many passed.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test program: it reads its files and says what it did"
)]

use std::{
    collections::HashMap,
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{Json, Router, extract::State, http::Uri, response::IntoResponse};
use connect_runtime::{
    Config, ConnectApp, ContextRequest, HostRequest, Routes, SessionRequest,
    config::Env,
    core::{
        AppKey, BaseUrl, ClientKey, Product, Secret, Tenant, TenantState, Timestamp, store::Store,
    },
    store::MemoryStore,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

#[tokio::main]
async fn main() -> ExitCode {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let file = file(&repository);
    println!("scenarios from {}", file.display());
    let document: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let world = &document["meta"]["world"];
    let mut tasks = JoinSet::new();
    let keys = KeyServer::start(&world["key_server"], &mut tasks).await;

    let (mut passed, mut failed) = (0, 0);
    for vector in document["vectors"].as_array().unwrap() {
        match play(vector, world, &keys).await {
            Ok(()) => passed += 1,
            Err(why) => {
                failed += 1;
                let text = |name: &str| vector[name].as_str().unwrap_or_default().to_owned();
                println!("  {} ({}): {why}", text("id"), text("title"));
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 && passed > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn file(repository: &Path) -> PathBuf {
    const NAME: &str = "auth-scenarios.json";
    if let Some(folder) = env::var_os("CONNECT_VECTORS") {
        // Cargo runs tests in the crate's folder; people type paths from the repository's.
        let folder = PathBuf::from(folder);
        return if folder.is_dir() {
            folder
        } else {
            repository.join(folder)
        }
        .join(NAME);
    }
    let shared = repository.join("../shared/data/vectors").join(NAME);
    if shared.exists() {
        shared
    } else {
        println!("(the shared vectors are not here: these are the repository's own cases only)");
        repository.join("tests/vectors").join(NAME)
    }
}

/// One scenario in a world of its own.
async fn play(vector: &Value, world: &Value, keys: &KeyServer) -> Result<(), String> {
    let now = vector["now"].as_i64().or(world["now"].as_i64()).unwrap();
    let over = &vector["world"];
    let base_url = over["base_url"]
        .as_str()
        .or(world["app"]["base_url"].as_str())
        .unwrap();
    let tenants = over["tenants"]
        .as_array()
        .or(world["tenants"].as_array())
        .unwrap();
    let store = MemoryStore::new();
    for record in tenants {
        store.save_tenant(&tenant(record)).await.unwrap();
    }
    let before = store.tenants(None, 1000).await.unwrap().tenants;

    let folder = tempfile::tempdir().unwrap();
    let descriptor = json!({
        "key": world["app"]["key"], "baseUrl": base_url, "authentication": {"type": "jwt"},
        "lifecycle": {"installed": "/installed", "uninstalled": "/uninstalled",
            "enabled": "/enabled", "disabled": "/disabled"},
    });
    fs::write(
        folder.path().join("atlassian-connect.json"),
        descriptor.to_string(),
    )
    .unwrap();
    let hosts: Vec<&str> = world["app"]["allowed_hosts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|host| host.as_str().unwrap())
        .collect();
    let env = Env::of([
        ("NODE_ENV", "production"),
        ("AC_LOCAL_BASE_URL", base_url),
        ("AC_HOST_WHITELIST", &hosts.join(",")),
        ("CONNECT_KEYS_CDN_URL", &keys.url),
    ]);
    let app = ConnectApp::builder(Config::parse(folder.path(), "", &env).unwrap())
        .store(store)
        .clock(Timestamp::from_unix(now))
        .build()
        .await
        .unwrap();

    let asked_before = keys.asked();
    let (status, body, took) = over_http(&app, &vector["request"]).await?;
    let expect = &vector["expect"];
    let statuses: Vec<u16> = expect["status_any_of"]
        .as_array()
        .unwrap()
        .iter()
        .map(|status| u16::try_from(status.as_u64().unwrap()).unwrap())
        .collect();
    if !statuses.contains(&status) {
        return Err(format!(
            "answered {status}, expected one of {statuses:?}; {body}"
        ));
    }
    if took > Duration::from_secs(3) {
        return Err(format!("took {took:?}"));
    }
    let after = app.store().tenants(None, 1000).await.unwrap().tenants;
    if expect["outcome"] == "reject" {
        if after != before {
            return Err("something was stored".to_owned());
        }
        let note = vector["note"].as_str().unwrap_or_default();
        if note.contains("no request may leave") && keys.asked() != asked_before {
            return Err("the key server was asked".to_owned());
        }
        return Ok(());
    }
    accepted(vector, expect, &body, &after)
}

/// An accepted request concerned the right tenant and user.
fn accepted(vector: &Value, expect: &Value, body: &str, after: &[Tenant]) -> Result<(), String> {
    let Some(expected) = expect["tenant"].as_str() else {
        return Ok(());
    };
    let route = vector["route"].as_str().unwrap_or_default();
    if let Some(installed) = match route {
        "installed" => Some(true),
        "uninstalled" => Some(false),
        _ => None,
    } {
        let stored = after
            .iter()
            .find(|tenant| tenant.client_key.as_str() == expected);
        return match stored {
            Some(tenant) if tenant.is_installed() == installed => Ok(()),
            _ => Err(format!("tenant {expected} is not as it should be")),
        };
    }
    if matches!(route, "enabled" | "disabled") {
        return Ok(());
    }
    let answer: Value = serde_json::from_str(body).map_err(|error| error.to_string())?;
    if answer["tenant"] != expected {
        return Err(format!("concerned {}", answer["tenant"]));
    }
    match expect["account"].as_str() {
        Some(account) if answer["account"] != account => Err(format!("user {}", answer["account"])),
        _ => Ok(()),
    }
}

fn tenant(record: &Value) -> Tenant {
    let text = |name: &str| record[name].as_str().unwrap();
    let mut tenant = Tenant::new(
        AppKey::parse(text("key")).unwrap(),
        ClientKey::parse(text("clientKey")).unwrap(),
        BaseUrl::parse(text("baseUrl")).unwrap(),
        Product::parse(text("productType")).unwrap(),
        Secret::new(text("sharedSecret")),
        Timestamp::from_unix(0),
    );
    if record["installed"] == false {
        tenant.state = TenantState::Uninstalled {
            at: Timestamp::from_unix(1),
        };
    }
    tenant
}

fn routes() -> Routes {
    fn answer(tenant: &Tenant, account: Option<connect_runtime::core::AccountId>) -> Json<Value> {
        Json(json!({
            "tenant": tenant.client_key.as_str(),
            "account": account.map(|account| account.to_string()),
        }))
    }
    async fn module(request: HostRequest) -> Json<Value> {
        answer(request.tenant(), request.account_id())
    }
    async fn context(request: ContextRequest) -> Json<Value> {
        answer(request.tenant(), request.account_id())
    }
    async fn session(request: SessionRequest) -> Json<Value> {
        answer(request.tenant(), request.account_id())
    }
    async fn webhook(request: HostRequest, Json(_): Json<Value>) -> Json<Value> {
        answer(request.tenant(), request.account_id())
    }
    // Every path is a page, so that none is refused for not being there.
    Routes::new()
        .get("/{*path}", module)
        .post("/{*path}", module)
        .get("/api/context", context)
        .post("/api/context", context)
        .get("/api/session", session)
        .post("/webhooks/issue-created", webhook)
}

/// Sends the request byte for byte and reads the status and the body.
async fn over_http(app: &ConnectApp, request: &Value) -> Result<(u16, String, Duration), String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, mut stopped) = watch::channel(false);
    let served = app.clone().serve_on(listener, routes(), async move {
        let _ = stopped.changed().await;
    });
    let client = async {
        let started = Instant::now();
        let answer = tokio::time::timeout(Duration::from_secs(10), send(address, request)).await;
        let _ = stop.send(true);
        let (status, body) = answer.map_err(|_| "no answer in 10 s".to_owned())??;
        Ok::<_, String>((status, body, started.elapsed()))
    };
    let (served, answer) = tokio::join!(served, client);
    served.map_err(|error| error.to_string())?;
    answer
}

async fn send(address: SocketAddr, request: &Value) -> Result<(u16, String), String> {
    let io = |error: std::io::Error| error.to_string();
    let url = request["url"].as_str().unwrap();
    let (authority, target) = match url.split_once("://") {
        Some((_, rest)) => rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len())),
        None => ("", url),
    };
    let body = body(&request["body"]);
    let mut head = format!(
        "{} {target} HTTP/1.1\r\n",
        request["method"].as_str().unwrap()
    );
    let mut names = Vec::new();
    for pair in request["headers"].as_array().unwrap() {
        let (name, value) = (pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
        names.push(name.to_ascii_lowercase());
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut default = |name: &str, value: &str| {
        if !names.iter().any(|known| known == name) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    };
    default("host", authority);
    default("connection", "close");
    if !body.is_empty() {
        default("content-length", &body.len().to_string());
    }
    head.push_str("\r\n");

    let mut stream = TcpStream::connect(address).await.map_err(io)?;
    stream.write_all(head.as_bytes()).await.map_err(io)?;
    // A server may answer and close before it has read a body that it refuses.
    let _ = stream.write_all(&body).await;
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer).await;
    if answer.is_empty() {
        read.map_err(io)?;
    }
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| format!("not HTTP: {answer:?}"))?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok((status, body.to_owned()))
}

/// A text, nothing, or `{"gen": [prefix, unit, count, suffix]}`.
fn body(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => text.clone().into_bytes(),
        Value::Object(recipe) => {
            let part = |index: usize| recipe["gen"][index].as_str().unwrap();
            let count = usize::try_from(recipe["gen"][2].as_u64().unwrap()).unwrap();
            format!("{}{}{}", part(0), part(1).repeat(count), part(3)).into_bytes()
        }
        _ => Vec::new(),
    }
}

/// The install-key server of the world.
struct KeyServer {
    url: String,
    answers: Arc<Answers>,
}

struct Answers {
    by_kid: HashMap<String, Value>,
    asked: Mutex<usize>,
}

impl KeyServer {
    async fn start(keys: &Value, tasks: &mut JoinSet<()>) -> Self {
        let answers = Arc::new(Answers {
            by_kid: keys
                .as_object()
                .unwrap()
                .iter()
                .map(|(kid, answer)| (kid.clone(), answer.clone()))
                .collect(),
            asked: Mutex::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(key).with_state(Arc::clone(&answers));
        tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, answers }
    }

    fn asked(&self) -> usize {
        *self.answers.asked.lock().unwrap()
    }
}

async fn key(State(answers): State<Arc<Answers>>, uri: Uri) -> axum::response::Response {
    *answers.asked.lock().unwrap() += 1;
    let Some(answer) = answers.by_kid.get(uri.path().trim_start_matches('/')) else {
        return (axum::http::StatusCode::NOT_FOUND, "no such key").into_response();
    };
    if let Some(delay) = answer["delay_ms"].as_u64() {
        // The world's slow key server: the wait is the behaviour under test.
        let slow = Duration::from_millis(delay);
        let _ = tokio::time::timeout(slow, std::future::pending::<()>()).await;
    }
    let status = u16::try_from(answer["status"].as_u64().unwrap()).unwrap();
    let status = axum::http::StatusCode::from_u16(status).unwrap();
    let body = match &answer["body_repeat"] {
        Value::Array(recipe) => {
            let count = usize::try_from(recipe[1].as_u64().unwrap()).unwrap();
            recipe[0].as_str().unwrap().repeat(count)
        }
        _ => answer["body"].as_str().unwrap_or_default().to_owned(),
    };
    match answer["location"].as_str() {
        Some(location) => (status, [("location", location.to_owned())], body).into_response(),
        None => (status, body).into_response(),
    }
}
