//! What the host side of the bridge asks the sandbox for.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    event::SandboxEvent,
    pages::iframe::{self, Viewer},
    rest::ticket::{HEADER, Ticket},
    sign::{self, Subject},
    state::{App, Shared, Site},
    users::User,
};

/// `POST /_sandbox/bridge/token`: a fresh context token for the frame of the ticket.
pub(crate) async fn token(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let Some((site, app, ticket)) = ticket(&shared, &headers) else {
        return expired();
    };
    let subject = Subject {
        user: ticket.user.as_deref(),
        context: ticket.context.clone(),
    };
    Json(json!({ "token": sign::context_token(&shared, &site, &app, &subject) })).into_response()
}

/// What the script of a page must know, besides its frames.
pub(crate) fn setup(site: &Site, user: Option<&User>, frames: Vec<Value>) -> Value {
    json!({
        "api": iframe::api(),
        "frames": frames,
        "path": site.base_url.path(),
        "product": site.product.as_str(),
        "user": user.map(|user| json!({
            "accountId": user.account_id,
            "fullName": user.display_name,
            "timeZone": user.time_zone,
            "locale": user.locale,
        })),
    })
}

#[derive(Deserialize)]
pub(crate) struct FrameWanted {
    module: String,
    #[serde(default)]
    options: Map<String, Value>,
}

/// `POST /_sandbox/bridge/frame`: another module of the same app, for the same user in the same
/// place, to be shown in a dialog.
pub(crate) async fn frame(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(wanted): Json<FrameWanted>,
) -> Response {
    let Some((site, app, ticket)) = ticket(&shared, &headers) else {
        return expired();
    };
    let module = app.descriptor.module(&wanted.module);
    let Some(module) = module.filter(|module| module.url.is_some()) else {
        let message = format!(
            "the app has no module with the key `{}` and a URL",
            wanted.module
        );
        return (StatusCode::NOT_FOUND, Json(json!({ "message": message }))).into_response();
    };
    let viewer = Viewer {
        user: ticket.user.as_deref().and_then(User::person),
        context: ticket.variables,
        structured: ticket.context,
    };
    let options = Value::Object(wanted.options);
    let Some(frame) = iframe::frame(&shared, &site, &app, module, &viewer, options) else {
        let message = format!("the URL of `{}` cannot be put together", module.key);
        return (StatusCode::BAD_GATEWAY, Json(json!({ "message": message }))).into_response();
    };
    let mut setup = frame.setup;
    setup["name"] = frame.name.into();
    setup["src"] = frame.src.into();
    // `dialogs` modules have their options beside the URL, web items in their target.
    let own = [&module.raw["options"], &module.raw["target"]["options"]];
    let options = own.into_iter().find(|options| options.is_object());
    Json(json!({ "frame": setup, "options": options })).into_response()
}

#[derive(Deserialize)]
pub(crate) struct Report {
    call: String,
}

/// `POST /_sandbox/bridge/call`: notes down that the app called a method of the bridge.
pub(crate) async fn report(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(report): Json<Report>,
) -> Response {
    let Some((site, app, _)) = ticket(&shared, &headers) else {
        return expired();
    };
    shared.journal.record(SandboxEvent::BridgeCall {
        site: site.base_url.to_string(),
        app: app.descriptor.key.to_string(),
        call: report
            .call
            .chars()
            .filter(|c| !c.is_control())
            .take(80)
            .collect(),
    });
    StatusCode::NO_CONTENT.into_response()
}

fn ticket(shared: &Shared, headers: &HeaderMap) -> Option<(Arc<Site>, Arc<App>, Ticket)> {
    let ticket = Ticket::read(shared, headers.get(HEADER)?.to_str().ok()?)?;
    let site = shared
        .sites
        .iter()
        .find(|site| site.base_url.path() == ticket.site)?;
    let app = site.app_named(&ticket.app)?;
    Some((site.clone(), app, ticket))
}

fn expired() -> Response {
    let body = Json(json!({ "message": "the page is from another run of the sandbox: reload it" }));
    (StatusCode::UNAUTHORIZED, body).into_response()
}
