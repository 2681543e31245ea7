//! Plain HTTP for tests, and the plugin manager as a tool uses it.

use std::{collections::HashMap, sync::LazyLock};

use base64::{Engine, engine::general_purpose::STANDARD};
use connect_core::Product;
use connect_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::app::{App, KEY, PATIENCE};

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }
}

#[expect(clippy::disallowed_methods, reason = "the tests' one client")]
static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        // Each test has its own runtime; a connection kept by another one would be dead.
        .pool_max_idle_per_host(0)
        .build()
        .unwrap()
});

pub(crate) async fn try_send(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Answer, reqwest::Error> {
    let mut request = CLIENT.request(method.parse().unwrap(), url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.body(body.to_owned()).send().await?;
    let headers = response.headers().iter();
    Ok(Answer {
        status: response.status().as_u16(),
        headers: headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect(),
        body: response.text().await?,
    })
}

pub(crate) async fn send(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    try_send(method, url, headers, body).await.unwrap()
}

pub(crate) async fn get(url: &str) -> Answer {
    send("GET", url, &[], "").await
}

/// The plugin manager of a site.
pub(crate) struct Upm {
    pub(crate) root: String,
    origin: String,
    authorization: String,
}

impl Upm {
    pub(crate) fn of(sandbox: &Sandbox, product: Product) -> Self {
        let credentials = format!("{}:{}", sandbox.username(), sandbox.password().expose());
        Self {
            root: format!("{}/rest/plugins/1.0", sandbox.site(product)),
            origin: sandbox.url().to_owned(),
            authorization: format!("Basic {}", STANDARD.encode(credentials)),
        }
    }

    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer, reqwest::Error> {
        let mut all = vec![("authorization", self.authorization.as_str())];
        all.extend(headers);
        try_send(method, &format!("{}{path}", self.root), &all, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &[], "").await.unwrap()
    }

    pub(crate) async fn token(&self) -> String {
        self.get("/").await.headers["upm-token"].clone()
    }

    pub(crate) async fn register(&self, descriptor_url: &str) -> Result<Answer, reqwest::Error> {
        let token = self.token().await;
        let body = json!({ "pluginUri": descriptor_url }).to_string();
        self.call(
            "POST",
            &format!("/?token={token}"),
            &[("content-type", INSTALL)],
            &body,
        )
        .await
    }

    /// Registers and polls to the end: the plugin resource, or the task that failed.
    pub(crate) async fn install(&self, descriptor_url: &str) -> Result<Value, Value> {
        let accepted = self.register(descriptor_url).await.unwrap();
        assert_eq!(accepted.status, 202, "{accepted:?}");
        let task = accepted.json();
        assert_eq!(
            accepted.headers["location"],
            format!("{}{}", self.origin, task["links"]["self"].as_str().unwrap())
        );
        let url = format!("{}{}", self.origin, task["links"]["self"].as_str().unwrap());
        let poll = async {
            loop {
                let answer = send("GET", &url, &[("authorization", &self.authorization)], "").await;
                if answer.status == 303 {
                    let location = answer.headers["location"].clone();
                    return Ok(send(
                        "GET",
                        &location,
                        &[("authorization", &self.authorization)],
                        "",
                    )
                    .await
                    .json());
                }
                assert_eq!(answer.status, 200);
                if answer.json()["status"]["done"] == true {
                    return Err(answer.json());
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, poll).await.unwrap()
    }

    pub(crate) async fn delete(&self) -> u16 {
        self.call("DELETE", &format!("/{KEY}-key"), &[], "")
            .await
            .unwrap()
            .status
    }
}

/// An app that is installed on the Jira site of a fresh sandbox.
pub(crate) async fn installed() -> (Sandbox, App, Upm) {
    let (sandbox, app, upm) = fresh().await;
    upm.install(&app.descriptor_url).await.unwrap();
    (sandbox, app, upm)
}

/// A fresh sandbox and an app that trusts it.
pub(crate) async fn fresh() -> (Sandbox, App, Upm) {
    let sandbox = Sandbox::start(connect_sandbox::SandboxOptions::default())
        .await
        .unwrap();
    let app = App::start("").await;
    app.trust(sandbox.keys_url());
    let upm = Upm::of(&sandbox, Product::Jira);
    (sandbox, app, upm)
}

pub(crate) const INSTALL: &str = "application/vnd.atl.plugins.remote.install+json";
