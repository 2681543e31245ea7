//! Hosts on bad days: each gives an error of its own that names tenant and call, and neither token
//! nor query.

use std::time::Duration;

use connect_runtime::{
    Config, ConnectApp, HostClient, HostError,
    config::Env,
    core::{AppKey, BaseUrl, ClientKey, Product, Secret, Tenant, Timestamp},
    http::header,
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

/// Answers every request with 204, and tells what it was asked.
async fn listen(listener: TcpListener, tell: tokio::sync::mpsc::Sender<String>) -> Option<()> {
    loop {
        let (mut stream, _) = listener.accept().await.ok()?;
        let mut text = String::new();
        let whole = |text: &str| {
            let (head, body) = text.split_once("\r\n\r\n")?;
            let length = head.split("content-length: ").nth(1);
            let length = length.and_then(|rest| rest.split("\r\n").next()?.parse().ok());
            (body.len() >= length.unwrap_or(0)).then_some(())
        };
        while whole(&text).is_none() {
            let mut more = [0; 1024];
            let count = stream.read(&mut more).await.ok()?;
            text.push_str(std::str::from_utf8(&more[..count]).ok()?);
        }
        let answer = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
        stream.write_all(answer.as_bytes()).await.ok()?;
        tell.send(text).await.ok()?;
    }
}

#[tokio::test]
async fn a_call_says_who_calls_in_its_headers_and_nowhere_else() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, mut told) = tokio::sync::mpsc::channel(10);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        listen(listener, tell).await;
    });
    let bad = Bad::at(&url, tasks).await;
    let client = &bad.client;
    client.get("/x?a=1").send().await.unwrap();
    let request = told.recv().await.unwrap();
    assert!(request.starts_with("GET /x?a=1 HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("\r\nauthorization: JWT eyJ"), "{request}");
    let agent = request.split("\r\nuser-agent: connect-runtime/").nth(1);
    let agent = agent.unwrap().split("\r\n").next().unwrap();
    assert!(agent.ends_with(" com.example.app"), "{agent}");

    client.anonymous().get("/x").send().await.unwrap();
    let request = told.recv().await.unwrap();
    assert!(!request.contains("authorization"), "{request}");

    // What a caller sets itself is sent, but nobody else's name.
    let value = connect_runtime::http::HeaderValue::from_static;
    let call = client
        .post("/form")
        .form(&[("a", "räk & co"), ("b c", "1+1=2"), ("d", "")])
        .header(header::ACCEPT, value("text/plain"))
        .header(header::AUTHORIZATION, value("Basic eDp5"));
    call.send().await.unwrap();
    let request = told.recv().await.unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let form = "content-type: application/x-www-form-urlencoded";
    assert!(head.contains(form), "{head}");
    assert!(head.contains("accept: text/plain"), "{head}");
    assert!(!head.contains("Basic"), "{head}");
    assert_eq!(head.matches("accept:").count(), 1, "{head}");
    assert_eq!(body, "a=r%C3%A4k+%26+co&b+c=1%2B1%3D2&d=");
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
