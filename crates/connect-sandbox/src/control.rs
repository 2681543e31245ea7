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
    lifecycle,
    rest::ticket,
    state::{Shared, Site, lock},
    upm, webhooks,
};

/// The routes, with the guard before them.
pub(crate) fn router(shared: &Arc<Shared>) -> Router<Arc<Shared>> {
    Router::new()
        .route("/_sandbox/faults", get(faults).post(order).delete(clear))
        .route("/_sandbox/recording", get(recording))
        .route("/_sandbox/rename", post(rename))
        .route("/_sandbox/reset", post(reset))
        .route("/_sandbox/rotate", post(rotate))
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
    let order: Order = match serde_json::from_slice(&body) {
        Ok(order) => order,
        Err(error) => return refuse(&format!("the order cannot be read: {error}")),
    };
    let fault: Fault = match order.fault.parse() {
        Ok(fault) => fault,
        Err(unknown) => return refuse(&unknown.to_string()),
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
            return refuse("name an app in `app`");
        }
    };
    Json(Fixture::record(&shared, &app)).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct At {
    /// Context path of the site, `/jira` if it is not said.
    site: Option<String>,
}

/// `POST /_sandbox/rename`: the site has another address from now on, and every app is told.
async fn rename(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let at: At = serde_json::from_slice(&body).unwrap_or(At { site: None });
    let Some(site) = shared.site_at(at.site.as_deref()) else {
        return refuse("there is no such site");
    };
    let url = site.rename();
    let told = tell_again(&shared, site).await;
    Json(json!({ "baseUrl": url.as_str(), "apps": told })).into_response()
}

/// `POST /_sandbox/rotate`: every app of the site gets a new secret.
async fn rotate(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let at: At = serde_json::from_slice(&body).unwrap_or(At { site: None });
    let Some(site) = shared.site_at(at.site.as_deref()) else {
        return refuse("there is no such site");
    };
    let told = tell_again(&shared, site).await;
    Json(json!({ "apps": told })).into_response()
}

/// Installs every app of a site again: its key, and what went wrong.
pub(crate) async fn tell_again(shared: &Arc<Shared>, site: &Arc<Site>) -> Vec<Value> {
    let mut told = Vec::new();
    for app in site.apps() {
        let key = &app.descriptor.key;
        if let Some(again) = lifecycle::install_again(shared, site, key).await {
            let problem = again.err().map(|failure| failure.message);
            told.push(json!({ "key": key.as_str(), "problem": problem }));
        }
    }
    told
}

fn refuse(message: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "message": message }))).into_response()
}

/// `POST /_sandbox/reset`: what the sites keep is as it was in the beginning. Apps stay installed.
async fn reset(State(shared): State<Arc<Shared>>) -> StatusCode {
    for site in &shared.sites {
        *lock(&site.data) = Data::seeded(site.product);
        lock(&site.kept).clear();
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
