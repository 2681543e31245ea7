//! The checks of Atlassian's scanner for cloud apps (Connect Security Requirements Tester, numbers
//! as in "Security requirements for cloud apps"), against an app like the page template's, in
//! memory.
//!
//! What needs a network is not here: 3 and 6.2 are about TLS. Where the scanner would be content
//! with a word in a body, this asks for a status.
#![expect(clippy::unwrap_used, reason = "tests")]

#[expect(dead_code, reason = "shared with the tests of behaviour")]
#[path = "behaviour/support.rs"]
mod support;

use std::{fs, sync::Arc};

use axum::{Json, Router, body::Body};
use connect_runtime::{
    CacheablePage, Config, ConnectApp, HandlerError, HostRequest, Html, PublicRoute, Routes,
    config::Env,
    core::{
        BaseUrl, Kid, Secret, jws,
        keys::{HmacKey, RsaSigningKey},
        qsh::Qsh,
        store::Store,
    },
    http::{HeaderMap, Method, Request, StatusCode},
    store::MemoryStore,
};
use serde_json::{Map, Value, json};
use support::{HOST_KEY, NOW, host_token, now, tenant};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinSet};
use tower::ServiceExt;

const TEMPLATE: &str = include_str!("../../../templates/_shared/parts/descriptor.json.tmpl");
/// Scopes and modules of the template `page`.
const ADDS: &str = include_str!("../../../templates/page/parts/adds.json.tmpl");

/// The template's routes, and one of each kind that an author adds.
fn routes() -> Routes {
    async fn view(request: HostRequest) -> Result<Html<String>, HandlerError> {
        Ok(request.view("page", &json!({}))?)
    }
    // The host shows an administrator's page to whoever knows its address, so the app asks.
    async fn admin(request: HostRequest) -> Result<Html<String>, StatusCode> {
        let asked = json!({
            "accountId": request.account_id().map(|account| account.to_string()),
            "globalPermissions": ["ADMINISTER"],
        });
        let call = request.client().post("/rest/api/3/permissions/check");
        let answer: Value = match call.json(&asked).fetch().await {
            Ok(answer) => answer,
            Err(_) => return Err(StatusCode::BAD_GATEWAY),
        };
        if answer["globalPermissions"] == json!(["ADMINISTER"]) {
            Ok(Html("settings".to_owned()))
        } else {
            Err(StatusCode::FORBIDDEN)
        }
    }
    async fn cached(page: CacheablePage) -> Result<Html<String>, HandlerError> {
        Ok(page.view("cached", &json!({}))?)
    }
    async fn public(_: PublicRoute) -> &'static str {
        "ok"
    }
    Routes::new()
        .get("/", public)
        .get("/healthz", public)
        .get("/hello", view)
        .get("/panel", view)
        .get("/macro", view)
        .get("/admin", admin)
        .get("/project-settings", admin)
        .get("/cached", cached)
}

struct Scanned {
    app: ConnectApp,
    descriptor: Value,
    _folder: TempDir,
    _servers: JoinSet<()>,
}

impl Scanned {
    /// The template's descriptor with more modules, a host where nobody but `root` is an
    /// administrator, and a key server that knows no key.
    async fn new() -> Self {
        let text = TEMPLATE
            .replace("[% include \"parts/adds.json\" %]\n", ADDS)
            .replace(
                "[% if host == \"confluence\" %]system.header/left[% else %]",
                "",
            )
            .replace("[% endif %]", "")
            .replace("[= summary =]", "An app.")
            .replace("[= key =]", "com.example.app")
            .replace("[= title =]", "Planner")
            .replace("{{localBaseUrl}}", "https://app.example.com");
        let mut descriptor: Value = serde_json::from_str(&text).unwrap();
        let modules = descriptor["modules"].as_object_mut().unwrap();
        modules.extend(more_modules());

        let mut servers = JoinSet::new();
        let check = |Json(asked): Json<Value>| async move {
            let granted = asked["accountId"] == "712020:root";
            let granted = if granted {
                asked["globalPermissions"].clone()
            } else {
                json!([])
            };
            Json(json!({"globalPermissions": granted, "projectPermissions": []}))
        };
        let host = Router::new().route("/rest/api/3/permissions/check", axum::routing::post(check));
        let host = serve(host, &mut servers).await;
        let keys = serve(Router::new(), &mut servers).await;

        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("atlassian-connect.json", &descriptor.to_string());
        fs::create_dir(folder.path().join("views")).unwrap();
        write("views/page.hbs", "<p>{{title}}</p>");
        write("views/cached.hbs", "<p>{{title}}</p>");
        let store = MemoryStore::new();
        let mut site = tenant("site-1");
        site.base_url = BaseUrl::parse(&host).unwrap();
        store.save_tenant(&site).await.unwrap();
        let env = Env::of([
            ("NODE_ENV", "production"),
            ("AC_LOCAL_BASE_URL", "https://app.example.com"),
            ("CONNECT_KEYS_CDN_URL", &keys),
        ]);
        let config = Config::parse(folder.path(), "", &env).unwrap();
        let app = ConnectApp::builder(config)
            .shared_store(Arc::new(store))
            .clock(now())
            .build()
            .await
            .unwrap();
        Self {
            app,
            descriptor,
            _folder: folder,
            _servers: servers,
        }
    }

    async fn send(
        &self,
        method: &Method,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> (StatusCode, HeaderMap) {
        let mut request = Request::builder().method(method.clone()).uri(path);
        if let Some(token) = token {
            request = request.header("authorization", format!("JWT {token}"));
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let router = self.app.router(routes());
        let response = router.oneshot(request.body(body).unwrap()).await.unwrap();
        (response.status(), response.headers().clone())
    }

    /// The addresses that the scanner finds, and whether only administrators belong there.
    fn addresses(&self) -> Vec<(String, bool)> {
        let mut found = Vec::new();
        for (kind, modules) in self.descriptor["modules"].as_object().unwrap() {
            if ["jiraBackgroundScripts", "postInstallPage"].contains(&kind.as_str()) {
                continue;
            }
            let modules = match modules {
                Value::Array(modules) => modules.clone(),
                one => vec![one.clone()],
            };
            for module in modules.iter().filter(|module| module["cacheable"] != true) {
                let conditions = module["conditions"].to_string();
                let admin = [
                    "configurePage",
                    "adminPages",
                    "jiraProjectAdminTabPanels",
                    "jiraProjectPermissions",
                ]
                .contains(&kind.as_str())
                    || conditions.contains("user_is_admin")
                    || conditions.contains("user_is_sysadmin");
                collect(module, &mut |url| found.push((fill_in(url), admin)));
            }
        }
        found
    }
}

fn more_modules() -> Map<String, Value> {
    let name = json!({"value": "Planner"});
    let modules = json!({
        "webPanels": [{"key": "panel", "name": name, "location": "atl.jira.view.issue.right.context",
            "url": "/panel?issue={issue.key}&admin={condition.user_is_admin}",
            "icon": {"url": "/icon.png", "width": 16, "height": 16}}],
        "adminPages": [{"key": "admin", "name": name, "url": "/admin"}],
        "jiraProjectAdminTabPanels": [{"key": "project", "name": name, "location": "projectgroup4",
            "url": "/project-settings?project={project.key}"}],
        "generalPages": [
            {"key": "hello", "name": name, "url": "/hello"},
            {"key": "hidden", "name": name, "url": "/admin?from=menu",
                "conditions": [{"condition": "user_is_sysadmin"}]},
            {"key": "cached", "name": name, "url": "/cached", "cacheable": true},
        ],
        "dynamicContentMacros": [{"key": "macro", "name": name, "url": "/macro?body={macro.body}"}],
        "webhooks": [{"event": "jira:issue_created", "url": "/hooks/created"}],
    });
    modules.as_object().unwrap().clone()
}

async fn serve(router: Router, servers: &mut JoinSet<()>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    servers.spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

/// Every `url` of a module that the scanner does not leave out.
fn collect(module: &Value, found: &mut impl FnMut(&str)) {
    let skipped = [
        "icon",
        "icons",
        "documentation",
        "imagePlaceholder",
        "template",
        "post-install-page",
    ];
    for (name, value) in module.as_object().into_iter().flatten() {
        match value {
            Value::String(url) if name == "url" => found(url),
            Value::Object(_) if !skipped.contains(&name.as_str()) => collect(value, found),
            _ => {}
        }
    }
}

/// `{condition.x}` is `true`, all other variables are `test`.
fn fill_in(url: &str) -> String {
    let mut parts = url.split('{');
    let mut filled = parts.next().unwrap().to_owned();
    for part in parts {
        let (variable, rest) = part.split_once('}').unwrap();
        let value = if variable.starts_with("condition.") {
            "true"
        } else {
            "test"
        };
        filled.push_str(value);
        filled.push_str(rest);
    }
    filled
}

/// The tokens of an attacker who has read the documentation and has no secret.
fn forgeries(method: &Method, path: &str) -> Vec<Option<String>> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut query: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    query.sort_unstable();
    let qsh = Qsh::of(&format!("{method}&{path}&{}", query.join("&")));
    let claims = |issuer: &str| {
        json!({"iss": issuer, "iat": NOW, "exp": NOW + 3600, "sub": "712020:ada", "qsh": qsh.as_str()})
            .to_string()
    };
    let key = HmacKey::new(&Secret::new("fake-jwt-secret")).unwrap();
    let mut all = vec![None];
    for issuer in ["csrt-fake-token-ignore", "site-1"] {
        let claims = claims(issuer);
        let signed = jws::sign_hs256(claims.as_bytes(), &key);
        let payload = signed.split('.').nth(1).unwrap();
        // {"alg":"none","typ":"JWT"}
        let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{payload}.");
        all.extend([Some(signed), Some(unsigned)]);
    }
    all
}

#[tokio::test]
async fn requirement_1_1_nobody_without_a_token_of_the_host_gets_in() {
    let scanned = Scanned::new().await;
    let addresses = scanned.addresses();
    assert!(addresses.len() >= 7, "{addresses:?}");
    for (path, _) in addresses {
        for method in [Method::GET, Method::POST] {
            for token in forgeries(&method, &path) {
                let (status, _) = scanned.send(&method, &path, token.as_deref(), None).await;
                assert!(
                    status.as_u16() >= 400,
                    "{method} {path} {token:?}: {status}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_token_of_the_host_gets_in() {
    // Without this, an app that refuses everything would pass all of the others.
    let scanned = Scanned::new().await;
    for path in ["/hello", "/panel?issue=test&admin=true", "/macro?body=test"] {
        let token = host_token(&tenant("site-1"), "GET", path);
        let (status, _) = scanned.send(&Method::GET, path, Some(&token), None).await;
        assert_eq!(status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn requirement_1_2_pages_of_administrators_are_for_administrators() {
    let scanned = Scanned::new().await;
    let pages: Vec<String> = scanned
        .addresses()
        .into_iter()
        .filter_map(|(path, admin)| admin.then_some(path))
        .collect();
    assert_eq!(pages.len(), 3, "{pages:?}");
    for path in pages {
        for (user, expected) in [
            ("712020:ada", StatusCode::FORBIDDEN),
            ("712020:root", StatusCode::OK),
        ] {
            let (local, query) = path.split_once('?').unwrap_or((&path, ""));
            let claims = json!({
                "iss": "site-1", "sub": user, "iat": NOW, "exp": NOW + 180,
                "qsh": Qsh::of(&format!("GET&{local}&{query}")).as_str(),
            });
            let site = tenant("site-1");
            let key = site.signing_key().unwrap();
            let token = jws::sign_hs256(claims.to_string().as_bytes(), key);
            let (status, _) = scanned.send(&Method::GET, &path, Some(&token), None).await;
            assert_eq!(status, expected, "{path} as {user}");
        }
    }
}

#[tokio::test]
async fn requirement_1_4_installs_are_signed_by_the_host() {
    let scanned = Scanned::new().await;
    let lifecycle = scanned.descriptor["lifecycle"].as_object().unwrap().clone();
    assert_eq!(lifecycle.len(), 4);
    let signer = RsaSigningKey::from_pkcs8(HOST_KEY).unwrap();
    for (event, path) in &lifecycle {
        let path = path.as_str().unwrap();
        let body = json!({
            "key": "com.example.app", "clientKey": "site-1", "cloudId": "c",
            "sharedSecret": "a secret that an attacker would like to have stored",
            "baseUrl": "https://acme.atlassian.net", "eventType": event, "productType": "jira",
            "oauthClientId": "o", "description": "d", "serverVersion": "6452",
            "pluginsVersion": "1.801.0",
        });
        let claims = json!({
            "iss": "site-1", "aud": ["https://app.example.com"], "iat": NOW, "exp": NOW + 180,
            "qsh": Qsh::of(&format!("POST&{path}&")).as_str(),
        });
        let kid = Kid::parse("fake-kid").unwrap();
        let signed = jws::sign_rs256(claims.to_string().as_bytes(), &signer, &kid).unwrap();
        let mut tokens = forgeries(&Method::POST, path);
        tokens.push(Some(signed));
        for token in tokens {
            let sent = scanned.send(&Method::POST, path, token.as_deref(), Some(&body));
            let (status, _) = sent.await;
            assert!(status.as_u16() >= 400, "{event} {token:?}: {status}");
        }
    }
    let key = tenant("site-1").client_key;
    let stored = scanned.app.store().tenant(&key).await.unwrap().unwrap();
    assert_eq!(stored.shared_secret(), tenant("site-1").shared_secret());
    assert!(stored.is_installed());
}

#[tokio::test]
async fn requirements_3_and_7_headers_are_there() {
    let scanned = Scanned::new().await;
    let hello = host_token(&tenant("site-1"), "GET", "/hello");
    for (path, token) in [
        ("/atlassian-connect.json", None),
        ("/", None),
        ("/cached", None),
        ("/nowhere", None),
        ("/hello", None),
        ("/hello", Some(hello.as_str())),
    ] {
        let (status, headers) = scanned.send(&Method::GET, path, token, None).await;
        let header = |name: &str| {
            let value = headers.get(name).map(|value| value.to_str().unwrap());
            value.unwrap_or_default().to_ascii_lowercase()
        };
        let transport = header("strict-transport-security");
        let age = transport
            .split(';')
            .find_map(|part| part.trim().strip_prefix("max-age="));
        let age: u64 = age.and_then(|age| age.parse().ok()).unwrap_or_default();
        assert!(age >= 31_536_000, "{path}: {transport}");
        assert!(
            transport.contains("includesubdomains"),
            "{path}: {transport}"
        );
        let referrer = header("referrer-policy");
        let first = referrer.split(',').next().unwrap().trim();
        assert!(
            !["", "no-referrer-when-downgrade", "unsafe-url"].contains(&first),
            "{path}: {referrer}"
        );
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        let cached = header("cache-control");
        if token.is_some() || status.is_client_error() {
            assert!(
                cached.contains("no-cache") && cached.contains("no-store"),
                "{path}: {cached}"
            );
        }
        for cookie in headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap().to_ascii_lowercase();
            assert!(
                cookie.contains("secure") && cookie.contains("httponly"),
                "{path}: {cookie}"
            );
        }
    }
}

#[tokio::test]
async fn requirement_16_the_name_is_the_author_s_own() {
    let scanned = Scanned::new().await;
    let products = [
        "atlassian",
        "jira",
        "confluence",
        "bitbucket",
        "trello",
        "statuspage",
        "opsgenie",
    ];
    let name = scanned.descriptor["name"].as_str().unwrap().to_lowercase();
    assert!(
        !products.iter().any(|product| name.starts_with(product)),
        "{name}"
    );
    assert!(!name.contains("premium"), "{name}");
    for link in [
        &scanned.descriptor["baseUrl"],
        &scanned.descriptor["vendor"]["url"],
    ] {
        let link = link.as_str().unwrap();
        let domain = link.split('/').nth(2).unwrap();
        assert!(
            !products.iter().any(|product| domain.contains(product)),
            "{domain}"
        );
    }
}
