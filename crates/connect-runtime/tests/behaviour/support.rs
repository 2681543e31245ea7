//! An app with one tenant, a fixed clock, and requests as a host makes them.

use std::{fs, sync::Arc};

use axum::body::Body;
use connect_runtime::{
    Builder, Config, ConnectApp, Routes,
    config::Env,
    core::{
        AppKey, BaseUrl, ClientKey, Kid, Product, Secret, Tenant, Timestamp, jws,
        keys::RsaSigningKey,
        mint,
        qsh::{Qsh, RequestLine},
        store::Store,
        time::Seconds,
    },
    http::{HeaderMap, Method, Request, StatusCode},
    store::MemoryStore,
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

pub(crate) const NOW: i64 = 1_767_225_600;
pub(crate) const HOST_KEY: &[u8] =
    include_bytes!("../../../connect-core/tests/data/test-only-host-key.pk8");

pub(crate) fn now() -> Timestamp {
    Timestamp::from_unix(NOW)
}

pub(crate) fn tenant(name: &str) -> Tenant {
    Tenant::new(
        AppKey::parse("com.example.app").unwrap(),
        ClientKey::parse(name).unwrap(),
        BaseUrl::parse("https://acme.atlassian.net").unwrap(),
        Product::Jira,
        Secret::new(format!("the shared secret of {name}, which is long enough")),
        now(),
    )
}

/// What is put into the app's folder and environment.
pub(crate) struct World<'a> {
    pub(crate) config: &'a str,
    pub(crate) env: Env,
    pub(crate) base_url: &'a str,
    pub(crate) views: &'a [(&'a str, &'a str)],
}

impl Default for World<'_> {
    fn default() -> Self {
        Self {
            config: "",
            env: Env::of([("NODE_ENV", "production")]),
            base_url: "https://app.example.com",
            views: &[],
        }
    }
}

/// An app, and the folder that must outlive it.
pub(crate) struct TestApp {
    pub(crate) app: ConnectApp,
    pub(crate) store: Arc<MemoryStore>,
    _folder: TempDir,
}

impl World<'_> {
    pub(crate) async fn app(self) -> TestApp {
        self.build(|builder| builder).await
    }

    /// An app with one tenant, `site-1`, in a store that the test shares.
    pub(crate) async fn build(self, with: impl FnOnce(Builder) -> Builder) -> TestApp {
        let folder = tempfile::tempdir().unwrap();
        let descriptor = json!({
            "key": "com.example.app", "name": "Example", "baseUrl": self.base_url,
            "authentication": {"type": "jwt"},
            "lifecycle": {"installed": "/installed", "uninstalled": "/uninstalled",
                "enabled": "/enabled", "disabled": "/disabled"},
            "modules": {"webhooks": [
                {"event": "jira:issue_created", "url": "/hooks/created"},
                {"event": "jira:issue_deleted", "url": "/hooks/deleted"},
            ]},
        });
        fs::write(
            folder.path().join("atlassian-connect.json"),
            descriptor.to_string(),
        )
        .unwrap();
        fs::create_dir(folder.path().join("views")).unwrap();
        for (name, text) in self.views {
            fs::write(folder.path().join("views").join(name), text).unwrap();
        }
        let store = Arc::new(MemoryStore::new());
        store.save_tenant(&tenant("site-1")).await.unwrap();
        let config = Config::parse(folder.path(), self.config, &self.env).unwrap();
        let builder = ConnectApp::builder(config)
            .shared_store(Arc::clone(&store) as _)
            .clock(now());
        let app = with(builder).build().await.unwrap();
        TestApp {
            app,
            store,
            _folder: folder,
        }
    }
}

/// A response, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

impl TestApp {
    /// Sends a request with these headers.
    pub(crate) async fn send(
        &self,
        routes: Routes,
        method: Method,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = self.app.router(routes).oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// Sends a request as the host signs it for `site-1`.
    pub(crate) async fn send_signed(
        &self,
        routes: Routes,
        method: Method,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let token = format!(
            "JWT {}",
            host_token(&tenant("site-1"), method.as_str(), target)
        );
        let mut all = vec![("authorization", token.as_str())];
        all.extend(headers);
        self.send(routes, method, target, &all, body).await
    }

    pub(crate) async fn get(
        &self,
        routes: Routes,
        target: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        self.send(routes, Method::GET, target, headers, "").await
    }
}

pub(crate) fn host_token(tenant: &Tenant, method: &str, target: &str) -> String {
    let line = RequestLine {
        method,
        target,
        form: None,
    };
    mint::host_token(tenant, &line, "", Seconds(180), now()).unwrap()
}

/// The header of an install call for this path, and its body.
pub(crate) fn install(path: &str, event: &str, client_key: &str, secret: &str) -> (String, String) {
    let key = RsaSigningKey::from_pkcs8(HOST_KEY).unwrap();
    let claims = json!({
        "iss": client_key, "aud": ["https://app.example.com"], "iat": NOW, "exp": NOW + 180,
        "qsh": Qsh::of(&format!("POST&{path}&")).as_str(),
    });
    let kid = Kid::parse("host/1").unwrap();
    let token = jws::sign_rs256(claims.to_string().as_bytes(), &key, &kid).unwrap();
    let mut body: Value = json!({
        "key": "com.example.app", "clientKey": client_key, "eventType": event,
        "baseUrl": "https://acme.atlassian.net", "productType": "jira",
    });
    if !secret.is_empty() {
        body["sharedSecret"] = secret.into();
    }
    (format!("JWT {token}"), body.to_string())
}
