//! A product and a key server that answer with secrets, on loopback.

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use connect_runtime::core::keys::RsaSigningKey;
use tokio::{net::TcpListener, task::JoinSet};

use crate::journal::Journal;

pub(crate) const HOST_KEY: &[u8] =
    include_bytes!("../../../connect-core/tests/data/test-only-host-key.pk8");

/// Stops with it.
pub(crate) struct Product {
    pub(crate) url: String,
    _tasks: JoinSet<()>,
}

impl Product {
    pub(crate) async fn start(journal: &Journal) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(journal.clone());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, _tasks: tasks }
    }
}

async fn answer(State(journal): State<Journal>, headers: HeaderMap, uri: Uri) -> Response {
    // What the app has signed for us must not be seen anywhere else.
    let token = headers.get(header::AUTHORIZATION);
    let token = token.map_or("", |value| value.to_str().unwrap());
    if let Some(token) = token.strip_prefix("JWT ") {
        journal.plant_token("a request of the app", token.to_owned());
    }
    let canary = |name: &str| journal.plant(name, &format!("canary-{name}-\"räk\" +/&="));
    let cookie = |text: String| [(header::SET_COOKIE, format!("session={text}"))];
    match uri.path() {
        "/keys/bad/1" => (StatusCode::NOT_FOUND, canary("body of a missing key")).into_response(),
        "/keys/down/1" => (StatusCode::BAD_GATEWAY, canary("body of an outage")).into_response(),
        "/keys/garbage/1" => canary("body that is no key").into_response(),
        path if path.starts_with("/keys/") => {
            let key = RsaSigningKey::from_pkcs8(HOST_KEY).unwrap();
            key.public_pem().into_response()
        }
        "/ok" => {
            let body = serde_json::json!({ "name": canary("answer") });
            let cookie = cookie(journal.plant("cookie", "canary-cookie-of-the-product"));
            (cookie, axum::Json(body)).into_response()
        }
        // An answer of another shape, whose parser would say what it found instead.
        "/shape" => {
            axum::Json(serde_json::json!({ "name": { "a": canary("deep") } })).into_response()
        }
        "/text" => axum::Json(canary("text")).into_response(),
        "/page" => canary("page of the product").into_response(),
        "/refused" => {
            let body = serde_json::json!({
                "errorMessages": [format!("cannot read the token in `Authorization: {token}`")],
                "errors": {"password": canary("password in a refusal")},
            });
            let cookie = cookie(journal.plant("cookie 2", "canary-cookie-of-a-refusal"));
            (StatusCode::BAD_REQUEST, cookie, axum::Json(body)).into_response()
        }
        "/moved" => {
            let to = format!("/elsewhere?jwt={}", token.trim_start_matches("JWT "));
            (StatusCode::FOUND, [(header::LOCATION, to)]).into_response()
        }
        "/endless" => {
            let body = canary("endless answer").repeat(10 * 1024 * 1024 / 16);
            Body::from(body).into_response()
        }
        _ => (StatusCode::NOT_FOUND, canary("not found")).into_response(),
    }
}
