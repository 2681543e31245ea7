use connect_runtime::{
    CacheablePage, ContextRequest, HandlerError, HostRequest, Html, PublicRoute, Routes,
    SessionRequest,
    config::Env,
    core::{jws, store::Store},
    http::StatusCode,
};
use serde_json::json;

use crate::support::{NOW, World, host_token, tenant};

fn routes() -> Routes {
    async fn page(request: HostRequest) -> Result<String, HandlerError> {
        Ok(request.session_token()?)
    }
    async fn view(request: HostRequest) -> Result<Html<String>, HandlerError> {
        Ok(request.view("page", &json!({"own": 1}))?)
    }
    async fn cached(page: CacheablePage) -> Result<Html<String>, HandlerError> {
        Ok(page.view("cached", &json!({}))?)
    }
    async fn session(request: SessionRequest) -> String {
        request.tenant().client_key.to_string()
    }
    async fn context(request: ContextRequest) -> String {
        request
            .account_id()
            .map(|id| id.to_string())
            .unwrap_or_default()
    }
    async fn public(_: PublicRoute) -> &'static str {
        "ok"
    }
    Routes::new()
        .get("/page", page)
        .get("/view", view)
        .get("/cached", cached)
        .get("/session", session)
        .get("/context", context)
        .get("/public", public)
}

#[tokio::test]
async fn a_session_token_of_a_page_is_good_for_session_routes_only() {
    let app = World::default().app().await;
    let target = "/page?lic=active";
    let page = app
        .send_signed(
            routes(),
            connect_runtime::http::Method::GET,
            target,
            &[],
            "",
        )
        .await;
    assert_eq!(page.status, StatusCode::OK);
    let header = format!("JWT {}", page.body);
    let with = [("authorization", header.as_str())];
    assert_eq!(app.get(routes(), "/session", &with).await.body, "site-1");
    for other in ["/page", "/context"] {
        assert_eq!(
            app.get(routes(), other, &with).await.status,
            StatusCode::UNAUTHORIZED
        );
    }
}

#[tokio::test]
async fn a_context_token_is_good_for_context_routes_only() {
    let app = World::default().app().await;
    let claims =
        json!({"iss": "site-1", "sub": "ada", "iat": NOW, "exp": NOW + 900, "qsh": "context-qsh"});
    let token = jws::sign_hs256(
        claims.to_string().as_bytes(),
        tenant("site-1").signing_key().unwrap(),
    );
    let header = format!("JWT {token}");
    let with = [("authorization", header.as_str())];
    assert_eq!(app.get(routes(), "/context", &with).await.body, "ada");
    for other in ["/page", "/session"] {
        assert_eq!(
            app.get(routes(), other, &with).await.status,
            StatusCode::UNAUTHORIZED
        );
    }
}

#[tokio::test]
async fn a_view_gets_the_variables_of_ace() {
    const PAGE: &str = "{{title}}|{{addonKey}}|{{localBaseUrl}}|{{hostBaseUrl}}|{{hostUrl}}|\
        {{hostStylesheetUrl}}|{{hostScriptUrl}}|{{license}}|{{clientKey}}|{{userAccountId}}|\
        {{timeZone}}|{{timezone}}|{{locale}}|{{userId}}|{{own}}|{{context.jira}}|{{token}}";
    let app = World {
        views: &[("page.hbs", PAGE)],
        ..World::default()
    }
    .app()
    .await;
    // Unauthenticated parameters of the query do not move the host (ACE's hostBaseUrl does).
    let target =
        "/view?lic=none&tz=UTC&loc=en-GB&user_id=u&xdm_e=https%3A%2F%2Fevil.example&cp=%2Fx";
    let page = app
        .send_signed(
            routes(),
            connect_runtime::http::Method::GET,
            target,
            &[],
            "",
        )
        .await;
    let parts: Vec<&str> = page.body.split('|').collect();
    assert_eq!(
        parts[..16],
        [
            "Example",
            "com.example.app",
            "http://localhost:3000",
            "https://acme.atlassian.net",
            "https://acme.atlassian.net",
            "https://acme.atlassian.net/atlassian-connect/all.css",
            "https://connect-cdn.atl-paas.net/all.js",
            "none",
            "site-1",
            "",
            "UTC",
            "UTC",
            "en-GB",
            "u",
            "1",
            ""
        ]
    );
    assert_eq!(parts[16].split('.').count(), 3);
}

#[tokio::test]
async fn the_licence_can_be_overridden_in_development_only() {
    for (environment, expected) in [("development", "active"), ("production", "none")] {
        let app = World {
            views: &[("page.hbs", "{{license}}")],
            config: r#"{"license": "active"}"#,
            env: Env::of([("NODE_ENV", environment)]),
            ..World::default()
        }
        .app()
        .await;
        let page = app
            .send_signed(
                routes(),
                connect_runtime::http::Method::GET,
                "/view?lic=none",
                &[],
                "",
            )
            .await;
        assert_eq!(page.body, expected);
    }
}

#[tokio::test]
async fn a_cacheable_page_needs_no_token_and_has_none() {
    let views = [(
        "cached.hbs",
        "{{title}}|{{hostScriptUrl}}|{{token}}|{{clientKey}}|{{license}}",
    )];
    let app = World {
        views: &views,
        ..World::default()
    }
    .app()
    .await;
    let page = app.get(routes(), "/cached", &[]).await;
    assert_eq!(
        page.body,
        "Example|https://connect-cdn.atl-paas.net/all.js|||"
    );
    assert_eq!(page.header("cache-control"), "public, max-age=3600");
}

#[tokio::test]
async fn pages_are_safe_by_default() {
    let app = World::default().app().await;
    let page = app
        .send_signed(
            routes(),
            connect_runtime::http::Method::GET,
            "/page",
            &[],
            "",
        )
        .await;
    assert_eq!(page.header("cache-control"), "no-cache, no-store");
    assert_eq!(page.header("referrer-policy"), "same-origin");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert_eq!(
        page.header("strict-transport-security"),
        "max-age=31536000; includeSubDomains"
    );
    assert_eq!(
        page.header("content-security-policy"),
        "frame-ancestors 'self' https://acme.atlassian.net"
    );
    let public = app.get(routes(), "/public", &[]).await;
    assert_eq!(
        public.header("content-security-policy"),
        "frame-ancestors 'self' https://*.atlassian.net https://*.jira.com"
    );
}

#[tokio::test]
async fn the_descriptor_is_public_and_filled_in() {
    let app = World::default().app().await;
    let descriptor = app.get(routes(), "/atlassian-connect.json", &[]).await;
    assert_eq!(descriptor.status, StatusCode::OK);
    assert!(
        descriptor
            .header("content-type")
            .starts_with("application/json")
    );
    assert!(descriptor.body.contains("com.example.app"));
}

#[tokio::test]
async fn a_base_path_may_be_kept_or_taken_away_by_a_proxy() {
    let app = World {
        base_url: "https://app.example.com/base",
        env: Env::of([
            ("NODE_ENV", "production"),
            ("AC_LOCAL_BASE_URL", "https://app.example.com/base"),
        ]),
        ..World::default()
    }
    .app()
    .await;
    let token = format!("JWT {}", host_token(&tenant("site-1"), "GET", "/page"));
    let with = [("authorization", token.as_str())];
    for target in ["/page", "/base/page"] {
        assert_eq!(
            app.get(routes(), target, &with).await.status,
            StatusCode::OK,
            "{target}"
        );
    }
    assert_eq!(
        app.get(routes(), "/basement/page", &with).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn session_tokens_of_ace_are_taken_only_on_request() {
    let claims = json!({"iss": "com.example.app", "aud": ["site-1"], "sub": "ada", "iat": NOW, "exp": NOW + 900, "context": {}});
    let token = jws::sign_hs256(
        claims.to_string().as_bytes(),
        tenant("site-1").signing_key().unwrap(),
    );
    let with = [("x-acpt", token.as_str())];
    let query = format!("/session?acpt={token}");
    let app = World::default().app().await;
    assert_eq!(
        app.get(routes(), "/session", &with).await.status,
        StatusCode::UNAUTHORIZED
    );
    let app = World {
        config: r#"{"legacySessionTokens": true}"#,
        ..World::default()
    }
    .app()
    .await;
    assert_eq!(app.get(routes(), "/session", &with).await.body, "site-1");
    assert_eq!(app.get(routes(), &query, &[]).await.body, "site-1");
    assert_eq!(
        app.get(routes(), "/page", &with).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn no_auth_lets_a_request_in_as_the_installed_tenant() {
    let env = Env::of([("AC_OPTS", "no-auth")]);
    let app = World {
        env,
        ..World::default()
    }
    .app()
    .await;
    assert_eq!(app.get(routes(), "/page", &[]).await.status, StatusCode::OK);
    // A token that is there is checked; lifecycle calls and context routes have no such door.
    let bad = [("authorization", "JWT a.b.c")];
    assert_eq!(
        app.get(routes(), "/page", &bad).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        app.get(routes(), "/context", &[]).await.status,
        StatusCode::UNAUTHORIZED
    );
    let post = app
        .send(
            routes(),
            connect_runtime::http::Method::POST,
            "/installed",
            &[],
            "{}",
        )
        .await;
    assert_eq!(post.status, StatusCode::UNAUTHORIZED);
    app.store
        .purge_tenant(&tenant("site-1").client_key)
        .await
        .unwrap();
    assert_eq!(
        app.get(routes(), "/page", &[]).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn whoever_watches_the_process_is_answered_unless_the_app_does_it() {
    let app = World::default().app().await;
    let health = app.get(routes(), "/healthz", &[]).await;
    assert_eq!(
        (health.status, health.body.as_str()),
        (StatusCode::OK, "ok\n")
    );
    assert_eq!(health.header("x-content-type-options"), "nosniff");
    async fn own(_: PublicRoute) -> &'static str {
        "own"
    }
    let routes = Routes::new().get("/healthz", own);
    assert_eq!(app.get(routes, "/healthz", &[]).await.body, "own");
}

#[tokio::test]
async fn two_apps_on_one_server_are_apart() {
    use connect_runtime::http::Method;

    let at = |base_url| World {
        env: Env::of([("NODE_ENV", "production"), ("AC_LOCAL_BASE_URL", base_url)]),
        base_url,
        ..World::default()
    };
    let (root, other) = ("https://app.example.com", "https://app.example.com/other");
    let (root, other) = (at(root).app().await, at(other).app().await);
    let both = || routes().mount(&other.app, routes());
    let descriptor = root
        .get(both(), "/other/atlassian-connect.json", &[])
        .await
        .body;
    assert!(
        descriptor.contains("https://app.example.com/other"),
        "{descriptor}"
    );
    assert_eq!(root.get(both(), "/other/healthz", &[]).await.body, "ok\n");

    // The token of one half, at the other.
    let page = "/other/page?lic=active";
    let mine = root.send_signed(both(), Method::GET, page, &[], "").await;
    assert_eq!(mine.status, StatusCode::UNAUTHORIZED);
    let line = connect_runtime::core::qsh::RequestLine {
        method: "GET",
        target: page,
        form: None,
    };
    let life = connect_runtime::core::time::Seconds(180);
    let now = crate::support::now();
    let token =
        connect_runtime::core::mint::host_token(&tenant("site-1"), &line, "/other", life, now);
    let header = format!("JWT {}", token.unwrap());
    let good = root.get(both(), page, &[("authorization", &header)]).await;
    assert_eq!(good.status, StatusCode::OK, "{}", good.body);
    // One id names the request in the answer and in the log of whoever refused it.
    let refused = root.get(both(), page, &[("accept", "text/plain")]).await;
    assert!(
        refused.body.contains(refused.header("x-request-id")),
        "{}",
        refused.body
    );
}
