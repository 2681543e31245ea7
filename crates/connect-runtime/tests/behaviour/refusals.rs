use connect_runtime::{
    HostRequest, Routes,
    config::Env,
    core::{
        ClientKey, Secret, Tenant, TenantState, jws,
        store::{DriverError, PageToken, Store, StoreError, StoreFuture, TenantPage},
    },
    http::{Method, StatusCode},
};
use serde_json::{Value, json};

use crate::support::{NOW, World, host_token, now, tenant};

fn routes() -> Routes {
    async fn page(request: HostRequest) -> String {
        request.tenant().client_key.to_string()
    }
    Routes::new().get("/page", page)
}

#[tokio::test]
async fn all_credential_faults_look_the_same() {
    let app = World::default().app().await;
    let mut gone = tenant("gone");
    gone.state = TenantState::Uninstalled { at: now() };
    app.store.save_tenant(&gone).await.unwrap();
    let mut other_secret = tenant("site-1");
    other_secret.rotate_secret(Secret::new("somebody else's secret"), None);
    let expired = json!({"iss": "site-1", "iat": NOW - 999, "exp": NOW - 500, "qsh": "x"});
    let expired = jws::sign_hs256(
        expired.to_string().as_bytes(),
        tenant("site-1").signing_key().unwrap(),
    );
    let mut seen = Vec::new();
    for token in [
        String::new(),
        "a.b.c".to_owned(),
        "x".repeat(20_000),
        expired,
        host_token(&tenant("nobody"), "GET", "/page"),
        host_token(&gone, "GET", "/page"),
        host_token(&other_secret, "GET", "/page"),
        host_token(&tenant("site-1"), "GET", "/other"),
    ] {
        let header = format!("JWT {token}");
        let answer = app
            .get(routes(), "/page", &[("authorization", &header)])
            .await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.header("www-authenticate"), "JWT");
        assert_eq!(answer.header("cache-control"), "no-cache, no-store");
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(body["requestId"], answer.header("x-request-id"));
        assert_eq!(body.as_object().unwrap().len(), 2);
        let mut names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        names.sort();
        seen.push((body["error"].clone(), names));
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:#?}");
}

#[tokio::test]
async fn a_refusal_speaks_the_callers_language() {
    let app = World::default().app().await;
    for (accept, kind) in [
        ("text/html,application/xhtml+xml", "text/html"),
        ("text/plain", "text/plain"),
        ("application/json", "application/json"),
        ("*/*", "application/json"),
    ] {
        let answer = app.get(routes(), "/page", &[("accept", accept)]).await;
        assert!(answer.header("content-type").starts_with(kind), "{accept}");
        assert!(answer.body.contains("unauthorized"));
    }
}

#[tokio::test]
async fn a_browser_sees_the_apps_own_error_view() {
    let app = World {
        views: &[("unauthorized.hbs", "<h1>{{heading}}</h1>{{message}}")],
        config: r#"{"errorTemplate": true, "errorTemplateObject": {"heading": "Sorry"}}"#,
        ..World::default()
    }
    .app()
    .await;
    let answer = app.get(routes(), "/page", &[("accept", "text/html")]).await;
    assert_eq!(answer.body, "<h1>Sorry</h1>unauthorized");
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_broken_query_is_a_bad_request() {
    let app = World::default().app().await;
    let token = host_token(&tenant("site-1"), "GET", "/page");
    let header = format!("JWT {token}");
    let answer = app
        .get(routes(), "/page?a=%zz", &[("authorization", &header)])
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let app = World::default().app().await;
    assert_eq!(
        app.get(routes(), "/nowhere", &[]).await.status,
        StatusCode::NOT_FOUND
    );
    let post = app.send(routes(), Method::POST, "/nowhere", &[], "").await;
    assert_eq!(post.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_path_that_looks_like_a_key_is_refused_and_does_not_hang() {
    let app = World::default().app().await;
    for target in [
        "/-----BEGIN",
        "/-----BEGIN-PRIVATE-KEY-----",
        "/jwt=-----BEGIN?x=-----END",
    ] {
        let answer = app.get(routes(), target, &[]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{target}");
    }
}

#[tokio::test]
async fn a_wrong_method_is_not_cached_either() {
    let app = World::default().app().await;
    let answer = app.send(routes(), Method::POST, "/page", &[], "").await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.header("cache-control"), "no-cache, no-store");
}

#[tokio::test]
async fn a_form_that_is_too_large_is_not_read() {
    let app = World::default().app().await;
    let body = "a=".to_owned() + &"x".repeat(1024 * 1024);
    let kind = ("content-type", "application/x-www-form-urlencoded");
    let answer = app
        .send(routes(), Method::POST, "/page", &[kind], &body)
        .await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

/// A store whose server is down.
#[derive(Debug)]
struct Down;

fn down<'a, T>() -> StoreFuture<'a, T> {
    Box::pin(async {
        Err(StoreError::Unavailable {
            store: "test".to_owned(),
            source: DriverError::new("connection refused"),
        })
    })
}

impl Store for Down {
    fn tenant<'a>(&'a self, _: &'a ClientKey) -> StoreFuture<'a, Option<Tenant>> {
        down()
    }
    fn save_tenant<'a>(&'a self, _: &'a Tenant) -> StoreFuture<'a, ()> {
        down()
    }
    fn tenants<'a>(&'a self, _: Option<&'a PageToken>, _: usize) -> StoreFuture<'a, TenantPage> {
        down()
    }
    fn purge_tenant<'a>(&'a self, _: &'a ClientKey) -> StoreFuture<'a, bool> {
        down()
    }
    fn setting<'a>(&'a self, _: &'a ClientKey, _: &'a str) -> StoreFuture<'a, Option<Value>> {
        down()
    }
    fn save_setting<'a>(
        &'a self,
        _: &'a ClientKey,
        _: &'a str,
        _: &'a Value,
    ) -> StoreFuture<'a, ()> {
        down()
    }
    fn remove_setting<'a>(&'a self, _: &'a ClientKey, _: &'a str) -> StoreFuture<'a, bool> {
        down()
    }
}

#[tokio::test]
async fn a_store_that_is_down_is_an_outage_and_not_a_refusal() {
    let app = World::default().build(|builder| builder.store(Down)).await;
    let answer = app
        .send_signed(routes(), Method::GET, "/page", &[], "")
        .await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header("retry-after"), "5");
    assert!(!answer.body.contains("refused"));
    let descriptor = app.get(routes(), "/atlassian-connect.json", &[]).await;
    assert_eq!(descriptor.status, StatusCode::OK);
}

#[tokio::test]
async fn a_secret_that_another_process_stored_is_seen_at_the_first_token_signed_with_it() {
    let app = World {
        env: Env::default(),
        ..World::default()
    }
    .app()
    .await;
    assert_eq!(
        app.send_signed(routes(), Method::GET, "/page", &[], "")
            .await
            .status,
        StatusCode::OK
    );
    let mut rotated = tenant("site-1");
    rotated.rotate_secret(Secret::new("the secret of a reinstall, long enough"), None);
    app.store.save_tenant(&rotated).await.unwrap();
    // The cache looks again once a second at most: until then the new token is refused.
    let header = format!("JWT {}", host_token(&rotated, "GET", "/page"));
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        let answer = app
            .get(routes(), "/page", &[("authorization", &header)])
            .await;
        if answer.status == StatusCode::OK {
            break;
        }
        assert!(
            std::time::Instant::now() < deadline,
            "the new secret was never seen"
        );
        tokio::task::yield_now().await;
    }
}
