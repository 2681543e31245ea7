//! Hosts on bad days: each gives an error of its own that names tenant and call, and neither token
//! nor query.

use std::time::Duration;

use connect_runtime::{
    Config, ConnectApp, HostClient, HostError,
    config::Env,
    core::{AppKey, BaseUrl, ClientKey, Product, Secret, Tenant, Timestamp},
    store::MemoryStore,
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinSet,
};

const SECRET: &str = "a shared secret that is long enough, really";

/// A client for a tenant whose host answers every request with this text, or with nothing at all.
struct Bad {
    client: HostClient,
    _tasks: JoinSet<()>,
    _folder: TempDir,
}

impl Bad {
    async fn host(answer: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut open = Vec::new();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = vec![0; 64 * 1024];
                let _ = stream.read(&mut request).await;
                match answer {
                    Some(answer) => stream.write_all(answer.as_bytes()).await.unwrap(),
                    None => open.push(stream),
                }
            }
        });
        Self::at(&url, tasks).await
    }

    async fn at(url: &str, tasks: JoinSet<()>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let descriptor = serde_json::json!({
            "key": "com.example.app", "baseUrl": "http://127.0.0.1:1",
            "authentication": {"type": "jwt"}, "lifecycle": {"installed": "/installed"},
        });
        let file = folder.path().join("atlassian-connect.json");
        std::fs::write(file, descriptor.to_string()).unwrap();
        let config = Config::parse(folder.path(), "", &Env::of([])).unwrap();
        let app = ConnectApp::builder(config).store(MemoryStore::new());
        let app = app.build().await.unwrap();
        let mut tenant = Tenant::new(
            AppKey::parse("com.example.app").unwrap(),
            ClientKey::parse("site-1").unwrap(),
            BaseUrl::parse(url).unwrap(),
            Product::Jira,
            Secret::new(SECRET),
            Timestamp::from_unix(0),
        );
        tenant.oauth_client_id = Some("client".to_owned());
        Self {
            client: app.client(&std::sync::Arc::new(tenant)),
            _tasks: tasks,
            _folder: folder,
        }
    }

    async fn error(&self) -> HostError {
        let call = self
            .client
            .get("/rest/api/3/issue?email=ada%40example.com")
            .query("password", "hunter2")
            .within(Duration::from_secs(3));
        let error = call.fetch::<Value>().await.unwrap_err();
        let mut text = format!("{error} {error:?}");
        let mut source = std::error::Error::source(&error);
        while let Some(error) = source {
            text.push_str(&format!(" {error} {error:?}"));
            source = error.source();
        }
        assert!(
            text.contains("tenant site-1") && text.contains("GET /rest/api/3/issue"),
            "{text}"
        );
        for secret in ["hunter2", "ada", "example.com", "eyJ", SECRET] {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }
        error
    }
}

#[tokio::test]
async fn every_bad_answer_has_its_error() {
    for (answer, expected) in [
        (
            Some(
                "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: 21\r\n\r\n<html>hunter2 </html>",
            ),
            "host/not-json",
        ),
        (
            Some(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{\"hunter2",
            ),
            "host/unexpected-answer",
        ),
        (
            Some(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"half\": ",
            ),
            "host/broken-off",
        ),
        (Some("SSH-2.0-OpenSSH_9.2\r\n"), "host/broken-off"),
        (
            Some("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n"),
            "host/unauthorized",
        ),
        (
            Some(
                "HTTP/1.1 403 Forbidden\r\ncontent-length: 37\r\n\r\n{\"message\":\"Request not in a scope\"}  ",
            ),
            "host/forbidden",
        ),
        (
            Some(
                "HTTP/1.1 429 Too Many Requests\r\nretry-after: 3600\r\ncontent-length: 0\r\n\r\n",
            ),
            "host/rate-limited",
        ),
        (
            Some(
                "HTTP/1.1 302 Found\r\nlocation: https://evil.example/\r\ncontent-length: 0\r\n\r\n",
            ),
            "host/refused",
        ),
        (None, "host/timed-out"),
    ] {
        let bad = Bad::host(answer).await;
        assert_eq!(bad.error().await.code(), expected, "{answer:?}");
    }
}

#[tokio::test]
async fn a_host_that_is_down_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let bad = Bad::at(&url, JoinSet::new()).await;
    assert_eq!(bad.error().await.code(), "host/unreachable");
    // So is its authorization server, which for a site on this machine is the site.
    let ada = connect_runtime::core::AccountId::parse("712020:ada").unwrap();
    let user = bad.client.as_user(&ada);
    let error = user.get("/x").send().await.unwrap_err();
    assert_eq!(error.code(), "impersonation/unreachable");
}

#[tokio::test]
async fn a_redirect_is_followed_without_a_token() {
    // The good case is `a_file_goes_up_as_a_form_and_comes_down_in_pieces`, whose media server
    // refuses tokens. A redirect to plain http elsewhere is not followed at all.
    let bad = Bad::host(Some(
        "HTTP/1.1 302 Found\r\nlocation: http://evil.example/\r\ncontent-length: 0\r\n\r\n",
    ))
    .await;
    let error = bad.client.get("/file").download(10).await.unwrap_err();
    assert_eq!(error.code(), "host/other-host");
}
