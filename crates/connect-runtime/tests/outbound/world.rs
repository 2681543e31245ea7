//! An app of the runtime, installed in a sandbox of its own.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use connect_runtime::{
    AppEvent, Config, ConnectApp, HostClient, Routes,
    config::Env,
    core::{AccountId, Clock, Product, Tenant, Timestamp, mint, qsh::RequestLine, time::Seconds},
    store::MemoryStore,
};
use connect_sandbox::{Sandbox, SandboxEvent, SandboxOptions};
use serde_json::json;
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinSet};

pub(crate) const KEY: &str = "com.example.outbound";
pub(crate) const FORGE_APP: &str = "ari:cloud:ecosystem::app/outbound-1";
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The clock of host and app: the true time, until a test moves it.
#[derive(Clone, Debug)]
pub(crate) struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::Relaxed))
    }
}

/// A sandbox and an app that is served, installed nowhere yet.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) app: ConnectApp,
    pub(crate) clock: TestClock,
    pub(crate) url: String,
    _stop: oneshot::Sender<()>,
    _tasks: JoinSet<()>,
    _folder: TempDir,
}

pub(crate) fn ada() -> AccountId {
    AccountId::parse("712020:ada").unwrap()
}

pub(crate) fn grace() -> AccountId {
    AccountId::parse("712020:grace").unwrap()
}

impl World {
    pub(crate) async fn start(routes: impl FnOnce(&ConnectApp) -> Routes) -> Self {
        Self::with_scopes(&["READ", "WRITE", "DELETE", "ACT_AS_USER"], routes).await
    }

    pub(crate) async fn with_scopes(
        scopes: &[&str],
        routes: impl FnOnce(&ConnectApp) -> Routes,
    ) -> Self {
        let now = connect_runtime::SystemClock.now().unix();
        let clock = TestClock(Arc::new(AtomicI64::new(now)));
        let sandbox = Sandbox::start(SandboxOptions {
            clock: Arc::new(clock.clone()),
            ..SandboxOptions::default()
        });
        let sandbox = sandbox.await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let page = json!({"key": "page", "url": "/page", "name": {"value": "Page"}});
        let descriptor = json!({
            "key": KEY, "name": "Outbound", "baseUrl": url, "apiVersion": 1,
            "authentication": {"type": "jwt"}, "scopes": scopes, "enableLicensing": true,
            "lifecycle": {"installed": "/installed", "uninstalled": "/uninstalled"},
            "modules": {"generalPages": [page]},
        });
        let file = folder.path().join("atlassian-connect.json");
        fs::write(file, descriptor.to_string()).unwrap();
        let env = Env::of([
            ("NODE_ENV", "development"),
            ("AC_LOCAL_BASE_URL", &url),
            ("CONNECT_KEYS_CDN_URL", sandbox.keys_url()),
            ("CONNECT_FORGE_KEYS_URL", &sandbox.forge_keys_url()),
            ("AC_APP_ID", &format!("other-app,{FORGE_APP}")),
        ]);
        let config = Config::parse(folder.path(), "", &env).unwrap();
        let app = ConnectApp::builder(config)
            .store(MemoryStore::new())
            .clock(clock.clone());
        let app = app.build().await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let mut tasks = JoinSet::new();
        let (served, routes) = (app.clone(), routes(&app));
        tasks.spawn(async move {
            let stop = async { stopped.await.unwrap_or(()) };
            served.serve_on(listener, routes, stop).await.unwrap();
        });
        Self {
            sandbox,
            app,
            clock,
            url,
            _stop: stop,
            _tasks: tasks,
            _folder: folder,
        }
    }

    /// Installs the app on the site of a product; the tenant as the app keeps it.
    pub(crate) async fn install(&self, product: Product) -> Arc<Tenant> {
        let mut events = self.app.subscribe();
        let descriptor = format!("{}/atlassian-connect.json", self.url);
        self.sandbox.install(product, &descriptor).await.unwrap();
        let saved = async {
            loop {
                if let AppEvent::HostSettingsSaved { client_key } = events.recv().await.unwrap() {
                    return client_key;
                }
            }
        };
        let client_key = tokio::time::timeout(PATIENCE, saved).await.unwrap();
        self.app.tenant(&client_key).await.unwrap().unwrap()
    }

    /// A client for a fresh install, as the app.
    pub(crate) async fn client(&self, product: Product) -> HostClient {
        let tenant = self.install(product).await;
        self.app.client(&tenant)
    }

    /// The address of a page with the token of its host for this user in it.
    pub(crate) fn page_url(&self, tenant: &Tenant, path: &str) -> String {
        let line = RequestLine {
            method: "GET",
            target: path,
            form: None,
        };
        let token = mint::host_token(tenant, &line, "", Seconds(180), self.clock.now()).unwrap();
        let joint = if path.contains('?') { '&' } else { '?' };
        format!("{}{path}{joint}jwt={token}", self.url)
    }

    /// How often the sandbox has seen something.
    pub(crate) fn count(&self, of: impl Fn(&SandboxEvent) -> bool) -> usize {
        let events = self.sandbox.events();
        events.iter().filter(|recorded| of(&recorded.event)).count()
    }
}

/// An app without routes of its own.
pub(crate) fn nothing(_: &ConnectApp) -> Routes {
    Routes::new()
}
