//! Access tokens: how a vendor simulates a licence on a site that installed from a descriptor.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use connect_core::Secret;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    server::OnSite,
    state::lock,
    upm::{app_of, not_installed, problem, set_active, typed},
};

/// A licence that is simulated.
#[derive(Clone, Debug)]
pub(crate) struct AccessToken {
    token: Secret,
    state: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    plugin_key: String,
    token: String,
    state: String,
}

/// `GET /license-tokens`.
pub(super) async fn list(State(on): State<OnSite>) -> Response {
    let tokens = lock(&on.site.upm.access_tokens);
    let shown: Vec<Value> = tokens.iter().map(|(key, token)| wire(key, token)).collect();
    typed("", json!({ "tokens": shown }))
}

/// `POST /license-tokens`: from now on the app is told of this licence.
pub(super) async fn set(State(on): State<OnSite>, body: Bytes) -> Response {
    let Ok(order) = serde_json::from_slice::<Order>(&body) else {
        return problem(
            StatusCode::BAD_REQUEST,
            "upm.error.bad.request",
            "send pluginKey, token and state",
        );
    };
    if order.token.trim().is_empty() || !STATES.contains(&order.state.as_str()) {
        return problem(
            StatusCode::BAD_REQUEST,
            "upm.license.token.invalid.error",
            "the token is empty, or the state is none of UPM's",
        );
    }
    let Some(app) = app_of(&on, &format!("{}-key", order.plugin_key)) else {
        return not_installed();
    };
    set_active(&on, &app, order.state.starts_with("ACTIVE"));
    let token = AccessToken {
        token: Secret::new(order.token),
        state: order.state,
    };
    let shown = wire(app.descriptor.key.as_str(), &token);
    lock(&on.site.upm.access_tokens).insert(app.descriptor.key.to_string(), token);
    typed("", shown)
}

/// `GET /license-tokens/{key}-key`.
pub(super) async fn show(State(on): State<OnSite>, Path(plugin): Path<String>) -> Response {
    let tokens = lock(&on.site.upm.access_tokens);
    let key = plugin.strip_suffix("-key").unwrap_or_default();
    match tokens.get(key) {
        Some(token) => typed("", wire(key, token)),
        None => none(),
    }
}

/// `DELETE /license-tokens/{key}-key`: the licence is again what it is.
pub(super) async fn remove(State(on): State<OnSite>, Path(plugin): Path<String>) -> Response {
    let key = plugin.strip_suffix("-key").unwrap_or_default();
    if lock(&on.site.upm.access_tokens).remove(key).is_none() {
        return none();
    }
    if let Some(app) = app_of(&on, &plugin) {
        set_active(&on, &app, true);
    }
    StatusCode::NO_CONTENT.into_response()
}

fn wire(key: &str, token: &AccessToken) -> Value {
    json!({
        "pluginKey": key, "token": token.token.expose(), "state": token.state, "valid": true,
    })
}

fn none() -> Response {
    problem(
        StatusCode::NOT_FOUND,
        "upm.error.not.found",
        "the app has no access token",
    )
}

/// States that a token can simulate.
const STATES: &[&str] = &[
    "ACTIVE_SUBSCRIPTION",
    "ACTIVE_SUBSCRIPTION_CANCELLED",
    "ACTIVE_TRIAL",
    "INACTIVE_SUBSCRIPTION",
    "INACTIVE_TRIAL",
    "NONE",
];
