//! An app moves from atlassian-connect-express (ACE) to us and back, on the database it has.
//!
//! ACE is the one of npm. Both apps are the same to the sandbox: one key, one address, one after
//! the other.

use std::{fs, time::Duration};

use connect_core::Product;
use connect_runtime::{
    ConnectApp, HostRequest, Routes,
    config::{Config, Env},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinSet, time::timeout};

use crate::{
    app::KEY,
    client::{Upm, get},
    pages,
    servers::{self, Running},
};

/// The folder of the app, and how to run it.
pub(crate) struct App {
    folder: TempDir,
    port: u16,
    keys_url: String,
}

impl App {
    pub(crate) fn new(store: &dyn Fn(&TempDir) -> Value, keys_url: &str) -> Self {
        let app = Self {
            folder: tempfile::tempdir().unwrap(),
            port: servers::free_port(),
            keys_url: keys_url.to_owned(),
        };
        let descriptor = json!({
            "key": KEY, "name": "Moves", "baseUrl": "{{localBaseUrl}}", "apiVersion": 1,
            "authentication": {"type": "jwt"}, "scopes": ["READ"],
            "lifecycle": {"installed": "/installed", "uninstalled": "/uninstalled"},
            "modules": {"generalPages": [
                {"key": "hello", "url": "/hello", "name": {"value": "Hello"}},
            ]},
        });
        let config = json!({"development": {
            "port": app.port, "localBaseUrl": app.url(), "store": store(&app.folder),
        }});
        let write = |name: &str, value: &Value| {
            fs::write(app.folder.path().join(name), value.to_string()).unwrap();
        };
        write("atlassian-connect.json", &descriptor);
        write("config.json", &config);
        app
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn descriptor_url(&self) -> String {
        format!("{}/atlassian-connect.json", self.url())
    }

    pub(crate) fn ace(&self) -> Option<Running> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/ace_app.cjs");
        let folder = self.folder.path().display().to_string();
        let port = self.port.to_string();
        let variables = [
            ("CONNECT_KEYS_CDN_URL", self.keys_url.as_str()),
            ("AC_OPTS", "no-reg"),
        ];
        servers::node(
            "atlassian-connect-express",
            script,
            &[&folder, &port],
            &variables,
        )
    }

    pub(crate) async fn ours(&self) -> Ours {
        let text = fs::read_to_string(self.folder.path().join("config.json")).unwrap();
        let env = Env::of([("CONNECT_KEYS_CDN_URL", self.keys_url.as_str())]);
        let config = Config::parse(self.folder.path(), &text, &env).unwrap();
        let app = ConnectApp::builder(config).build().await.unwrap();
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let stop = async { stopped.await.unwrap_or(()) };
            let routes = Routes::new().get("/hello", async |request: HostRequest| {
                format!("we know {}", request.tenant().client_key)
            });
            app.serve_on(listener, routes, stop).await.unwrap();
        });
        Ours { stop, tasks }
    }
}

/// Our app, running.
pub(crate) struct Ours {
    stop: oneshot::Sender<()>,
    tasks: JoinSet<()>,
}

impl Ours {
    pub(crate) async fn end(mut self) {
        self.stop.send(()).unwrap();
        let ended = timeout(Duration::from_secs(30), self.tasks.join_next()).await;
        ended.unwrap().unwrap().unwrap();
    }
}

/// The store that both have everywhere: a file in the folder of the app.
pub(crate) fn sqlite(folder: &TempDir) -> Value {
    json!({"adapter": "sequelize", "dialect": "sqlite", "logging": false,
        "storage": folder.path().join("store.db").display().to_string()})
}

/// ACE installs, we answer; we take a reinstall with a new secret, ACE answers.
async fn moves(name: &str, store: &dyn Fn(&TempDir) -> Value) {
    let sandbox = connect_sandbox::Sandbox::start(connect_sandbox::SandboxOptions::default())
        .await
        .unwrap();
    let upm = Upm::of(&sandbox, Product::Jira);
    let site = sandbox.site(Product::Jira).to_string();
    let app = App::new(store, sandbox.keys_url());
    let page = async || {
        let page = get(&format!("{site}/plugins/servlet/ac/{KEY}/hello")).await;
        let answer = get(&pages::attribute(&page.body, "src")).await;
        (answer.status, answer.body)
    };
    let Some(ace) = app.ace() else {
        return;
    };
    upm.install(&app.descriptor_url()).await.unwrap();
    let (status, text) = page().await;
    assert_eq!(status, 200, "{name}: {text}");
    let client_key = text.strip_prefix("ACE knows ").unwrap().to_owned();
    drop(ace);

    let ours = app.ours().await;
    let known = format!("we know {client_key}");
    assert_eq!(
        page().await,
        (200, known.clone()),
        "{name}: installed by ACE"
    );
    upm.install(&app.descriptor_url()).await.unwrap();
    assert_eq!(page().await, (200, known), "{name}: installed again by us");
    ours.end().await;

    let ace = app.ace();
    let known = format!("ACE knows {client_key}");
    assert_eq!(page().await, (200, known), "{name}: ACE, after our install");
    drop(ace);
    println!("{name}: ACE installed, we answered; we installed again, ACE answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_moves_on_its_file_of_sqlite() {
    moves("sqlite", &sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_moves_on_its_database_of_postgres() {
    let Some(server) = servers::postgres() else {
        return;
    };
    let url = format!(
        "postgres://postgres:hunter2@127.0.0.1:{}/postgres",
        server.port
    );
    moves(
        "postgres",
        &|_| json!({"adapter": "sequelize", "dialect": "postgres", "logging": false, "url": url}),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_moves_on_its_tables_of_dynamodb() {
    let Some(server) = servers::dynalite() else {
        return;
    };
    let endpoint = format!("http://127.0.0.1:{}", server.port);
    moves("dynamodb", &|_| {
        json!({"adapter": "dynamodb", "region": "eu-west-1", "endpoint": endpoint,
            "credentials": {"accessKeyId": "id", "secretAccessKey": "key"}})
    })
    .await;
}
