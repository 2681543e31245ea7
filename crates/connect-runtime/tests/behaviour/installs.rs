use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Router, extract::State, http::Uri, response::IntoResponse};
use connect_runtime::{
    AppEvent, HandlerError, InstallRequest, Routes,
    config::Env,
    core::{ClientKey, TenantState, keys::RsaSigningKey, store::Store},
    http::{Method, StatusCode},
};
use tokio::{net::TcpListener, sync::mpsc, task::JoinSet};

use crate::support::{HOST_KEY, TestApp, World, install};

/// A key server that counts, and answers `/good/…` with the key and `/bad/…` with a 404 around it.
struct KeyServer {
    url: String,
    asked: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

impl KeyServer {
    async fn start() -> Self {
        async fn key(State(asked): State<Arc<AtomicUsize>>, uri: Uri) -> axum::response::Response {
            asked.fetch_add(1, Ordering::SeqCst);
            let pem = RsaSigningKey::from_pkcs8(HOST_KEY).unwrap().public_pem();
            if uri.path().starts_with("/good/") {
                pem.into_response()
            } else {
                (StatusCode::NOT_FOUND, pem).into_response()
            }
        }
        let asked = Arc::new(AtomicUsize::new(0));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(key).with_state(Arc::clone(&asked));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url,
            asked,
            _tasks: tasks,
        }
    }

    fn env(&self, folder: &str) -> Env {
        let keys = format!("{}/{folder}", self.url);
        Env::of([("NODE_ENV", "production"), ("CONNECT_KEYS_CDN_URL", &keys)])
    }
}

const SECRET: &str = "a new shared secret, which is long enough";

async fn post(app: &TestApp, routes: Routes, path: &str, call: &(String, String)) -> StatusCode {
    let headers = [
        ("authorization", call.0.as_str()),
        ("content-type", "application/json"),
    ];
    app.send(routes, Method::POST, path, &headers, &call.1)
        .await
        .status
}

#[tokio::test]
async fn an_install_is_stored_told_and_followed_by_its_hook() {
    let keys = KeyServer::start().await;
    let (tell, mut told) = mpsc::channel(1);
    let app = World {
        env: keys.env("good"),
        ..World::default()
    }
    .build(|builder| {
        builder.on_installed(move |tenant| {
            let tell = tell.clone();
            // The documented way to the secret of one tenant.
            let secret = tenant.shared_secret().expose().to_owned();
            async move { tell.send(secret).await.unwrap() }
        })
    })
    .await;
    let mut events = app.app.subscribe();
    let call = install("/installed", "installed", "site-2", SECRET);
    assert_eq!(
        post(&app, Routes::new(), "/installed", &call).await,
        StatusCode::NO_CONTENT
    );
    assert_eq!(told.recv().await.unwrap(), SECRET);
    let key = ClientKey::parse("site-2").unwrap();
    assert_eq!(
        events.recv().await.unwrap(),
        AppEvent::HostSettingsSaved {
            client_key: key.clone()
        }
    );
    assert_eq!(
        app.store
            .tenant(&key)
            .await
            .unwrap()
            .unwrap()
            .shared_secret()
            .expose(),
        SECRET
    );

    let call = install("/uninstalled", "uninstalled", "site-2", "");
    assert_eq!(
        post(&app, Routes::new(), "/uninstalled", &call).await,
        StatusCode::NO_CONTENT
    );
    let gone = app.store.tenant(&key).await.unwrap().unwrap();
    assert!(matches!(gone.state, TenantState::Uninstalled { .. }));
}

#[tokio::test]
async fn a_key_is_fetched_once_however_many_ask() {
    let keys = KeyServer::start().await;
    let app = Arc::new(
        World {
            env: keys.env("good"),
            ..World::default()
        }
        .app()
        .await,
    );
    let mut tasks = JoinSet::new();
    for n in 0..20 {
        let app = Arc::clone(&app);
        tasks.spawn(async move {
            let call = install("/installed", "installed", &format!("site-{n}"), SECRET);
            post(&app, Routes::new(), "/installed", &call).await
        });
    }
    while let Some(done) = tasks.join_next().await {
        assert_eq!(done.unwrap(), StatusCode::NO_CONTENT);
    }
    assert_eq!(keys.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn only_a_plain_200_is_a_key_and_a_refusal_is_remembered() {
    let keys = KeyServer::start().await;
    let app = World {
        env: keys.env("bad"),
        ..World::default()
    }
    .app()
    .await;
    let call = install("/installed", "installed", "site-2", SECRET);
    for _ in 0..3 {
        assert_eq!(
            post(&app, Routes::new(), "/installed", &call).await,
            StatusCode::UNAUTHORIZED
        );
    }
    assert_eq!(keys.asked.load(Ordering::SeqCst), 1);
    assert_eq!(app.store.tenants(None, 9).await.unwrap().tenants.len(), 1);
}

#[tokio::test]
async fn a_call_that_could_never_pass_fetches_no_key() {
    let keys = KeyServer::start().await;
    let app = World {
        env: keys.env("good"),
        ..World::default()
    }
    .app()
    .await;
    let good = install("/installed", "installed", "site-2", SECRET);
    for (path, call, expected) in [
        ("/uninstalled", good.clone(), StatusCode::UNAUTHORIZED),
        (
            "/installed",
            (good.0.clone(), "{}".to_owned()),
            StatusCode::BAD_REQUEST,
        ),
        (
            "/installed",
            (
                good.0.clone(),
                install("/installed", "installed", "site-1", SECRET).1,
            ),
            StatusCode::UNAUTHORIZED,
        ),
        (
            "/installed",
            (
                good.0.clone(),
                good.1.replace("acme.atlassian.net", "evil.example"),
            ),
            StatusCode::FORBIDDEN,
        ),
        (
            "/installed",
            (good.0.clone(), good.1.replace(SECRET, "short")),
            StatusCode::BAD_REQUEST,
        ),
    ] {
        assert_eq!(post(&app, Routes::new(), path, &call).await, expected);
    }
    assert_eq!(keys.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_app_may_answer_installs_itself() {
    async fn installed(request: InstallRequest) -> Result<StatusCode, HandlerError> {
        if request
            .tenant()
            .is_some_and(|tenant| tenant.client_key.as_str() == "unwanted")
        {
            return Ok(StatusCode::FORBIDDEN);
        }
        request.accept().await?;
        Ok(StatusCode::NO_CONTENT)
    }
    let keys = KeyServer::start().await;
    let app = World {
        env: keys.env("good"),
        config: r#"{"setupInstallRoute": false}"#,
        ..World::default()
    }
    .app()
    .await;
    let routes = || Routes::new().post("/installed", installed);
    for (name, expected) in [
        ("unwanted", StatusCode::FORBIDDEN),
        ("wanted", StatusCode::NO_CONTENT),
    ] {
        let call = install("/installed", "installed", name, SECRET);
        assert_eq!(post(&app, routes(), "/installed", &call).await, expected);
        let stored = app
            .store
            .tenant(&ClientKey::parse(name).unwrap())
            .await
            .unwrap();
        assert_eq!(stored.is_some(), expected == StatusCode::NO_CONTENT);
    }
    let (_, body) = install("/installed", "installed", "wanted", SECRET);
    let unsigned = ("Basic x".to_owned(), body);
    assert_eq!(
        post(&app, routes(), "/installed", &unsigned).await,
        StatusCode::UNAUTHORIZED
    );
}
