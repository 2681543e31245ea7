//! A product and a key server that answer with secrets, on loopback.

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use connect_runtime::core::{
    Kid, forge,
    keys::{RsaPublicKey, RsaSigningKey},
};
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

/// Gives every user a token but one, to whom it repeats what was sent.
fn grant(journal: &Journal, body: &str) -> Response {
    let assertion = body.split("assertion=").nth(1).unwrap();
    journal.plant_token("an assertion of the app", assertion.to_owned());
    let claims = assertion.split('.').nth(1).unwrap();
    let claims = URL_SAFE_NO_PAD.decode(claims).unwrap();
    if String::from_utf8(claims).unwrap().contains("of-eve") {
        let body = serde_json::json!({
            "error": "invalid_grant", "error_description": format!("refused: {assertion}"),
        });
        return (StatusCode::BAD_REQUEST, axum::Json(body)).into_response();
    }
    let token = journal.plant("a user's token", "canary-bearer-token-of-a-user");
    axum::Json(serde_json::json!({
        "access_token": token, "expires_in": 900, "token_type": "Bearer",
    }))
    .into_response()
}

async fn answer(
    State(journal): State<Journal>,
    headers: HeaderMap,
    uri: Uri,
    body: String,
) -> Response {
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
        "/jwks.json" => {
            let key = RsaSigningKey::from_pkcs8(HOST_KEY).unwrap();
            let key = RsaPublicKey::from_pem(&key.public_pem()).unwrap();
            let kid = Kid::parse("forge/1").unwrap();
            axum::Json(serde_json::json!({ "keys": [forge::to_json(&kid, &key)] })).into_response()
        }
        "/oauth2/token" => grant(&journal, &body),
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
