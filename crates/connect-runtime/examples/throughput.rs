//! A server for scripts/bench-throughput: the same answer behind a check and without one.
//!
//! It prints its address and a token for `GET /private`, and serves until its input ends. One
//! thread, so that the figures are those of one core.
#![expect(
    clippy::print_stdout,
    reason = "a program for a script, which reads where it is"
)]

use std::{error::Error, fs, time::SystemTime};

use axum::Json;
use connect_runtime::{
    Config, ConnectApp, HostRequest, PublicRoute, Routes,
    config::Env,
    core::{
        AppKey, BaseUrl, ClientKey, Product, Secret, Tenant, Timestamp,
        jws::sign_hs256,
        qsh::{Qsh, RequestLine},
        store::Store,
    },
    store::MemoryStore,
};
use serde_json::{Value, json};
use tokio::{io::AsyncReadExt, net::TcpListener};

const APP: &str = "org.sample.planner";
const SITE: &str = "husky-7d1f";
const SECRET: &str = "bench/made-up+secret~that~is~long~enough~0123456789abcdef";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let descriptor = json!({
        "key": APP, "baseUrl": "https://planner.sample.org", "authentication": {"type": "jwt"},
        "lifecycle": {"installed": "/installed"},
    });
    fs::write(
        folder.path().join("atlassian-connect.json"),
        descriptor.to_string(),
    )?;
    let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let now = Timestamp::from_unix(i64::try_from(unix.as_secs())?);
    let tenant = Tenant::new(
        AppKey::parse(APP)?,
        ClientKey::parse(SITE)?,
        BaseUrl::parse("https://husky.atlassian.net")?,
        Product::Jira,
        Secret::new(SECRET),
        now,
    );
    let store = MemoryStore::new();
    store.save_tenant(&tenant).await?;
    let env = Env::of([
        ("NODE_ENV", "production"),
        ("AC_LOCAL_BASE_URL", "https://planner.sample.org"),
        ("AC_HOST_WHITELIST", "*.atlassian.net"),
    ]);
    let app = ConnectApp::builder(Config::parse(folder.path(), "", &env)?)
        .store(store)
        .build()
        .await?;

    let request = RequestLine {
        method: "GET",
        target: "/private",
        form: None,
    };
    let claims = json!({
        "iss": SITE, "sub": "712020:ada", "qsh": Qsh::sign(&request, "")?.as_str(),
        "iat": now.unix(), "exp": now.unix() + 3600, "context": {},
    });
    let key = tenant.signing_key().ok_or("no key")?;
    let token = sign_hs256(claims.to_string().as_bytes(), key);

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{} {token}", listener.local_addr()?);
    let routes = Routes::new()
        .get("/private", private)
        .get("/public", public);
    app.serve_on(listener, routes, input_ends()).await?;
    Ok(())
}

async fn private(_: HostRequest) -> Json<Value> {
    answer()
}

async fn public(_: PublicRoute) -> Json<Value> {
    answer()
}

fn answer() -> Json<Value> {
    Json(json!({"hello": "world", "list": [1, 2, 3]}))
}

async fn input_ends() {
    let mut input = tokio::io::stdin();
    let mut bytes = [0; 16];
    while matches!(input.read(&mut bytes).await, Ok(read) if read > 0) {}
}
