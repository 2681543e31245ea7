//! `/_sandbox`: what tests and pages order from a sandbox that runs.
//!
//! Other pages of a browser must not: an order carries a header of our own, which no other origin
//! can send without asking, and the sandbox gives no such leave; or the administrator's password.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Query, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    data::Data,
    faults::Fault,
    fixture::Fixture,
    rest::ticket,
    state::{Shared, lock},
    upm, webhooks,
};

/// The routes, with the guard before them.
pub(crate) fn router(shared: &Arc<Shared>) -> Router<Arc<Shared>> {
    Router::new()
        .route("/_sandbox/faults", get(faults).post(order).delete(clear))
        .route("/_sandbox/recording", get(recording))
        .route("/_sandbox/reset", post(reset))
        .merge(webhooks::router())
        .route_layer(middleware::from_fn_with_state(shared.clone(), guard))
}

async fn guard(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let own = [HEADER, ticket::HEADER]
        .iter()
        .any(|name| headers.contains_key(*name));
    let password = &shared.identity.password;
    let given = headers.get(header::AUTHORIZATION);
    let administrator =
        given.is_some_and(|given| upm::is_administrator(given.as_bytes(), password));
    // SECURITY: a page elsewhere that posts to this machine gets no further.
    // Test: pages_of_others_order_nothing.
    if own || administrator {
        return next.run(request).await;
    }
    let message = format!("send the header `{HEADER}: 1`");
    (StatusCode::FORBIDDEN, Json(json!({ "message": message }))).into_response()
}

/// `GET /_sandbox/faults`: what is on order, and what can be.
async fn faults(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let ordered = shared.faults.ordered().into_iter();
    let ordered: Vec<Value> = ordered
        .map(|(fault, times)| json!({ "fault": fault.to_string(), "times": times }))
        .collect();
    Json(json!({ "ordered": ordered, "forms": Fault::FORMS }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    fault: String,
    /// Null for as long as it is not taken back.
    #[serde(default = "once")]
    times: Option<u32>,
}

/// `POST /_sandbox/faults`.
async fn order(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let refuse = |message: String| {
        (StatusCode::BAD_REQUEST, Json(json!({ "message": message }))).into_response()
    };
    let order: Order = match serde_json::from_slice(&body) {
        Ok(order) => order,
        Err(error) => return refuse(format!("the order cannot be read: {error}")),
    };
    let fault: Fault = match order.fault.parse() {
        Ok(fault) => fault,
        Err(unknown) => return refuse(format!("{unknown}")),
    };
    match order.times {
        None => shared.faults.order_always(fault),
        Some(times) => shared.faults.order_times(fault, times),
    }
    faults(State(shared)).await.into_response()
}

/// `DELETE /_sandbox/faults`: takes back all of them.
async fn clear(State(shared): State<Arc<Shared>>) -> Json<Value> {
    shared.faults.clear();
    faults(State(shared)).await
}

#[derive(Deserialize)]
struct Of {
    app: Option<String>,
}

/// `GET /_sandbox/recording?app=KEY`: what happened to an app, as a fixture.
async fn recording(State(shared): State<Arc<Shared>>, Query(of): Query<Of>) -> Response {
    let installed = shared.sites.iter().flat_map(|site| site.apps());
    let mut keys: Vec<String> = installed
        .map(|app| app.descriptor.key.to_string())
        .collect();
    keys.sort_unstable();
    keys.dedup();
    let app = match (of.app, &keys[..]) {
        (Some(app), _) => app,
        (None, [only]) => only.clone(),
        (None, _) => {
            let message = "name an app in `app`";
            return (StatusCode::BAD_REQUEST, Json(json!({ "message": message }))).into_response();
        }
    };
    Json(Fixture::record(&shared, &app)).into_response()
}

/// `POST /_sandbox/reset`: what the sites keep is as it was in the beginning. Apps stay installed.
async fn reset(State(shared): State<Arc<Shared>>) -> StatusCode {
    for site in &shared.sites {
        *lock(&site.data) = Data::seeded(site.product);
        lock(&site.kept).clear();
        lock(&site.files).clear();
        site.saver.changed();
    }
    StatusCode::NO_CONTENT
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "the default of an optional member"
)]
fn once() -> Option<u32> {
    Some(1)
}

/// What says that an order is from one of us.
const HEADER: &str = "x-sandbox";
