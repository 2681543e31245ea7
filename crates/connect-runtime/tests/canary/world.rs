//! An app full of secrets, served over a socket.

use std::{fs, time::Duration};

use connect_runtime::{
    Builder, Config, ConnectApp, Routes,
    config::Env,
    core::{
        AppKey, BaseUrl, ClientKey, Kid, Product, Secret, Tenant, Timestamp, jws,
        keys::RsaSigningKey,
        mint,
        qsh::{Qsh, RequestLine},
        time::Seconds,
    },
    http::StatusCode,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinSet,
    time::timeout,
};

use crate::{
    journal::Journal,
    product::{self, HOST_KEY},
};

pub(crate) const FORGE_APP: &str = "ari:cloud:ecosystem::app/canary";
pub(crate) const NOW: i64 = 1_767_225_600;
const DEADLINE: Duration = Duration::from_secs(30);

pub(crate) fn now() -> Timestamp {
    Timestamp::from_unix(NOW)
}

/// A tenant on that base URL, with a shared secret and a previous one.
pub(crate) fn tenant(journal: &Journal, name: &str, base_url: &str) -> Tenant {
    let secret = |kind: &str| {
        let secret = format!("canary \"{kind}\" secret of {name}: räk+/&=");
        Secret::new(journal.plant(&format!("{kind} secret of {name}"), &secret))
    };
    let mut tenant = Tenant::new(
        AppKey::parse("com.example.app").unwrap(),
        ClientKey::parse(name).unwrap(),
        BaseUrl::parse(base_url).unwrap(),
        Product::Jira,
        secret("previous"),
        now(),
    );
    tenant.rotate_secret(secret("shared"), Some(now() + Seconds(300)));
    tenant
}

/// An app on a socket, its folder, and whoever stops it.
pub(crate) struct Served {
    pub(crate) app: ConnectApp,
    journal: Journal,
    address: String,
    stop: oneshot::Sender<()>,
    tasks: JoinSet<()>,
    _folder: TempDir,
}

/// A response, taken apart.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: String,
}

impl Served {
    pub(crate) async fn start(
        journal: &Journal,
        product: &product::Product,
        options: &str,
        routes: Routes,
        with: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let descriptor = json!({
            "key": "com.example.app", "name": "Example", "baseUrl": "{{localBaseUrl}}",
            "authentication": {"type": "jwt"},
            "lifecycle": {"installed": "/installed", "uninstalled": "/uninstalled",
                "enabled": "/enabled", "disabled": "/disabled"},
            "modules": {"webhooks": [
                {"event": "jira:issue_created", "url": "/hooks/created"},
                {"event": "jira:issue_deleted", "url": "/hooks/deleted"},
                {"event": "jira:issue_updated", "url": "/hooks/updated"},
            ]},
        });
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("atlassian-connect.json", &descriptor.to_string());
        fs::create_dir(folder.path().join("views")).unwrap();
        write("views/page.hbs", "{{title}} {{token}} {{clientKey}}");
        write("views/broken.hbs", "{{> nothing}} {{token}}");
        write("views/unauthorized.hbs", "<h1>{{message}}</h1>");
        let config = json!({
            "store": {"adapter": "sequelize", "dialect": "sqlite3", "storage": "connect.db",
                "logging": true, "url": "$DATABASE_URL"},
            "errorTemplate": true,
            "errorTemplateObject": {"heading": "Sorry"},
            "legacySessionTokens": true,
            "ownSecret": journal.plant("unknown key of config.json", "canary-own-key-of-config"),
        });
        let password = journal.plant("password of the database", "canary-database-password");
        let env = Env::of([
            ("NODE_ENV", "development"),
            ("AC_OPTS", options),
            ("AC_LOCAL_BASE_URL", "https://app.example.com"),
            ("CONNECT_KEYS_CDN_URL", &format!("{}/keys", product.url)),
            ("AC_APP_ID", FORGE_APP),
            (
                "CONNECT_FORGE_KEYS_URL",
                &format!("{}/jwks.json", product.url),
            ),
            (
                "DATABASE_URL",
                &format!("postgres://app:{password}@db.example/app"),
            ),
            (
                "NGROK_AUTHTOKEN",
                &journal.plant("variable", "canary-of-the-environment"),
            ),
        ]);
        journal.debug("Env", &env);
        let config = Config::parse(folder.path(), &config.to_string(), &env).unwrap();
        journal.debug("Config", &config);
        let builder = with(ConnectApp::builder(config).clock(now()));
        journal.debug("Builder", &builder);
        let app = builder.build().await.unwrap();

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (stop, stopped) = oneshot::channel();
        let mut tasks = JoinSet::new();
        let served = app.clone();
        tasks.spawn(async move {
            let stop = async { stopped.await.unwrap_or(()) };
            served.serve_on(listener, routes, stop).await.unwrap();
        });
        Self {
            app,
            journal: journal.clone(),
            address,
            stop,
            tasks,
            _folder: folder,
        }
    }

    /// Lets requests and hooks under way finish, and ends.
    pub(crate) async fn stop(mut self) {
        self.journal.debug("ConnectApp", &self.app);
        self.stop.send(()).unwrap();
        let ended = timeout(DEADLINE, self.tasks.join_next()).await;
        ended.unwrap().unwrap().unwrap();
    }

    /// Sends a request, notes the whole response.
    pub(crate) async fn send(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let answer = self.exchange(line, headers, body).await;
        self.journal.note("response", &answer);
        take_apart(&answer)
    }

    /// Sends a request to a page that has a session token in its body; notes the rest of the
    /// response, and that the token must be nowhere else. Returns the token.
    pub(crate) async fn send_to_page(&self, line: &str, headers: &[(&str, &str)]) -> String {
        let whole = self.exchange(line, headers, "").await;
        let answer = take_apart(&whole);
        assert_eq!(answer.status, StatusCode::OK, "{line}");
        let mut words = answer.body.split_whitespace();
        let token = words
            .find(|word| word.starts_with("eyJ"))
            .unwrap()
            .to_owned();
        let (head, _) = whole.split_once("\r\n\r\n").unwrap();
        self.journal.note("response", head);
        self.journal
            .note("response", &answer.body.replacen(&token, "", 1));
        self.journal.plant_token("a session token", token)
    }

    async fn exchange(&self, line: &str, headers: &[(&str, &str)], body: &str) -> String {
        let mut text = format!(
            "{line} HTTP/1.1\r\nhost: app.example.com\r\nconnection: close\r\ncontent-length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        text.push_str(body);
        let work = async {
            let mut stream = TcpStream::connect(&self.address).await.unwrap();
            stream.write_all(text.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.unwrap();
            String::from_utf8(answer).unwrap()
        };
        timeout(DEADLINE, work).await.unwrap()
    }
}

fn take_apart(answer: &str) -> Answer {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    let status = head.split(' ').nth(1).unwrap();
    Answer {
        status: status.parse().unwrap(),
        body: body.to_owned(),
    }
}

/// A token of the host for this request, planted.
pub(crate) fn host_token(journal: &Journal, tenant: &Tenant, line: &str) -> String {
    let (method, target) = line.split_once(' ').unwrap();
    let line = RequestLine {
        method,
        target,
        form: None,
    };
    let token = mint::host_token(tenant, &line, "", Seconds(180), now()).unwrap();
    journal.plant_token("a host token", token)
}

/// A token of the host with any claims, planted.
pub(crate) fn claims_token(journal: &Journal, tenant: &Tenant, claims: &Value) -> String {
    let token = jws::sign_hs256(claims.to_string().as_bytes(), tenant.signing_key().unwrap());
    journal.plant_token("a token of the host", token)
}

/// An install token for this path, planted.
pub(crate) fn install_token(journal: &Journal, path: &str, client_key: &str, kid: &str) -> String {
    let key = RsaSigningKey::from_pkcs8(HOST_KEY).unwrap();
    let claims = json!({
        "iss": client_key, "aud": ["https://app.example.com"], "iat": NOW, "exp": NOW + 180,
        "qsh": Qsh::of(&format!("POST&{path}&")).as_str(),
    });
    let token = jws::sign_rs256(
        claims.to_string().as_bytes(),
        &key,
        &Kid::parse(kid).unwrap(),
    );
    journal.plant_token("an install token", token.unwrap())
}

/// The body of a lifecycle call, full of secrets.
pub(crate) fn install_body(journal: &Journal, event: &str, client_key: &str, site: &str) -> Value {
    let secret = format!("canary install \"secret\" of {client_key}: räk+/&=");
    json!({
        "key": "com.example.app", "clientKey": client_key, "eventType": event,
        "baseUrl": site, "productType": "jira",
        "sharedSecret": journal.plant("secret of an install", &secret),
        // Members that nobody has announced may be secrets as well.
        "oauthClientSecret": journal.plant("unknown member", "canary-unknown-member-of-install"),
        "nested": {"token": journal.plant("nested member", "canary-nested-member-of-install")},
    })
}
