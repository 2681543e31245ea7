//! `/_sandbox/webhooks`: what was sent, what could be, and sending it: edited, late, twice, or in
//! another order.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    random,
    server::{self, OnSite},
    state::{App, Shared, Site},
    webhooks::{
        Change, address,
        callbacks::Callback,
        delivery::{Delivery, Sent, send},
        samples::samples,
    },
};

/// The routes, which the guard of `control.rs` stands before.
pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new().route("/_sandbox/webhooks", get(list).post(fire))
}

#[derive(Deserialize)]
struct Where {
    site: Option<String>,
    app: Option<String>,
}

/// `GET /_sandbox/webhooks?site=/jira`: the last deliveries, and a body for each event, those of
/// the lifecycle as `app` would be sent them, or the only app there is.
async fn list(State(shared): State<Arc<Shared>>, Query(at): Query<Where>) -> Response {
    let Some(site) = shared.site_at(at.site.as_deref()) else {
        return refuse("there is no such site");
    };
    let on = OnSite {
        shared: shared.clone(),
        site: site.clone(),
    };
    let app = chosen(site, at.app.as_deref());
    let sent: Vec<Sent> = shared.deliveries.all();
    Json(json!({ "deliveries": sent, "samples": samples(&on, app.as_deref()) })).into_response()
}

/// What to send.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Order {
    /// Context path of the site, `/jira` if it is not said.
    site: Option<String>,
    /// Key of the app; the only one if there is one.
    app: Option<String>,
    /// In this order, one after the other.
    webhooks: Vec<One>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct One {
    /// Name of a sample, or any event.
    event: String,
    /// Another body than the sample's.
    body: Option<Value>,
    /// Another address than that of the app's module for the event.
    url: Option<String>,
    /// Account id of whoever caused it.
    user: Option<String>,
    /// How often: the same identifier each time, as a host repeats itself.
    #[serde(default = "once")]
    times: u32,
    /// How long to wait before.
    #[serde(default)]
    after_ms: u64,
    /// An identifier that was sent before.
    identifier: Option<String>,
    /// The count of the header `X-Atlassian-Webhook-Retry`.
    #[serde(default)]
    retry: u32,
}

/// `POST /_sandbox/webhooks`.
async fn fire(State(shared): State<Arc<Shared>>, body: axum::body::Bytes) -> Response {
    let order: Order = match serde_json::from_slice(&body) {
        Ok(order) => order,
        Err(error) => return refuse(&format!("the order cannot be read: {error}")),
    };
    let Some(site) = shared.site_at(order.site.as_deref()) else {
        return refuse("there is no such site");
    };
    let on = OnSite {
        shared: shared.clone(),
        site: site.clone(),
    };
    let Some(app) = chosen(site, order.app.as_deref()) else {
        return refuse("name an installed app in `app`");
    };
    if order.webhooks.len() > MOST_AT_ONCE {
        return refuse("at most 100 at once");
    }
    let mut all = Vec::new();
    for one in order.webhooks {
        match delivery(&on, &app, &one) {
            Ok(delivery) => all.push((one, delivery)),
            Err(problem) => return refuse(&problem),
        }
    }
    let mut sent = Vec::new();
    for (one, delivery) in all {
        let wait = Duration::from_millis(one.after_ms).min(LONGEST_WAIT);
        let closing = &shared.tasks.closing;
        if closing
            .run_until_cancelled(server::wait(wait))
            .await
            .is_none()
        {
            break;
        }
        for _ in 0..one.times.clamp(1, MOST_TIMES) {
            sent.extend(send(&on, &app, &delivery, one.retry, 0).await);
        }
    }
    Json(json!({ "sent": sent })).into_response()
}

/// The app of that key; without one the only app there is.
fn chosen(site: &Site, key: Option<&str>) -> Option<Arc<App>> {
    match (key, &site.apps()[..]) {
        (Some(key), _) => site.app_named(key),
        (None, [only]) => Some(only.clone()),
        (None, _) => None,
    }
}

fn delivery(on: &OnSite, app: &App, one: &One) -> Result<Delivery, String> {
    let sample = samples(on, Some(app))
        .into_iter()
        .find(|sample| sample.name == one.event);
    let event = sample
        .as_ref()
        .map_or(one.event.clone(), |sample| sample.event.to_owned());
    let body = match (&one.body, sample) {
        (Some(body), _) => body.clone(),
        (None, Some(sample)) => sample.body,
        (None, None) => return Err(format!("`{}` has no body of its own: give one", one.event)),
    };
    let change = Change {
        event,
        user: one.user.clone(),
        body: body.clone(),
        issue: None,
        property: None,
    };
    let module =
        app.descriptor.modules.iter().find(|module| {
            module.kind == "webhooks" && module.raw["event"] == change.event.as_str()
        });
    let callback = Callback::parse(&change.event);
    let url = match (&one.url, callback, module) {
        (Some(url), ..) => app.descriptor.url(url),
        (None, Some(callback), _) => callback.address(app),
        (None, None, Some(module)) => address(app, module, &change),
        (None, None, None) => None,
    };
    let url = url.ok_or_else(|| {
        let event = &change.event;
        match (&one.url, callback) {
            (Some(_), _) => ELSEWHERE.to_owned(),
            (None, Some(_)) => format!("the app has no `lifecycle.{event}`: give a `url`"),
            (None, None) => format!("the app has no webhook for `{event}`: give a `url`"),
        }
    })?;
    if !app.descriptor.owns(&url) {
        return Err(ELSEWHERE.to_owned());
    }
    let mut delivery = Delivery::new(&change, url, body);
    delivery.identifier = one.identifier.clone().unwrap_or_else(random::uuid);
    Ok(delivery)
}

fn refuse(message: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "message": message }))).into_response()
}

fn once() -> u32 {
    1
}

const ELSEWHERE: &str = "the address is not the app's";

const MOST_AT_ONCE: usize = 100;
const MOST_TIMES: u32 = 100;

/// Every wait has an end, also one that was ordered.
const LONGEST_WAIT: Duration = Duration::from_secs(120);
