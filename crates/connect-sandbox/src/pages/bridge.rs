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
    pages::{
        Visit,
        iframe::{self, Viewer, Wanted},
        macros,
        placed::{self, Scene},
    },
    rest::ticket::{HEADER, Ticket},
    sign,
    state::{App, Shared, Site},
    users::User,
};

/// What a ticket opens.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) site: Arc<Site>,
    pub(crate) app: Arc<App>,
    pub(crate) viewer: Viewer,
}

/// Reads the ticket of a request; nothing when it is none of this sandbox.
pub(crate) fn opened(shared: &Shared, headers: &HeaderMap) -> Option<Opened> {
    let ticket = Ticket::read(shared, headers.get(HEADER)?.to_str().ok()?)?;
    let site = shared
        .sites
        .iter()
        .find(|site| site.base_url.path() == ticket.site)?;
    Some(Opened {
        app: site.app_named(&ticket.app)?,
        site: site.clone(),
        viewer: Viewer {
            user: ticket.user.as_deref().and_then(User::person),
            place: ticket.place,
        },
    })
}

/// `POST /_sandbox/bridge/token`: a fresh context token for the frame of the ticket.
pub(crate) async fn token(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let Some(on) = opened(&shared, &headers) else {
        return expired();
    };
    let subject = iframe::subject(&on.site, &on.viewer);
    let token = sign::context_token(&shared, &on.site, &on.app, &subject);
    Json(json!({ "token": token })).into_response()
}

/// What the script of a page must know, besides its frames.
pub(crate) fn setup(site: &Site, visit: &Visit) -> Value {
    json!({
        "api": iframe::api(site.product),
        "path": site.base_url.path(),
        "product": site.product.as_str(),
        "user": visit.user.as_ref().map(|user| json!({
            "accountId": user.account_id,
            "fullName": user.display_name,
            "timeZone": user.time_zone,
            "locale": user.locale,
            "isAdmin": user.is_admin,
        })),
    })
}

#[derive(Deserialize)]
pub(crate) struct FrameWanted {
    module: String,
    /// One of its further addresses: a macro's editor.
    part: Option<String>,
    #[serde(default)]
    options: Map<String, Value>,
}

/// `POST /_sandbox/bridge/frame`: another module of the same app, for the same user in the same
/// place: in a dialog, in a tab, below a line.
pub(crate) async fn frame(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(wanted): Json<FrameWanted>,
) -> Response {
    let Some(Opened { site, app, viewer }) = opened(&shared, &headers) else {
        return expired();
    };
    let part = wanted.part.as_deref();
    let module = app.descriptor.module(&wanted.module);
    let Some(module) = module.filter(|module| app.descriptor.address(module, part).is_some())
    else {
        let message = format!(
            "the app has no module with the key `{}` and a URL",
            wanted.module
        );
        return (StatusCode::NOT_FOUND, Json(json!({ "message": message }))).into_response();
    };
    let scene = Scene {
        shared: &shared,
        site: &site,
        viewer: &viewer,
    };
    let viewer = placed::alone(scene, &app, module);
    let options = Value::Object(wanted.options);
    let saved = part.map(|_| macros::saved(&site, &app, &viewer, module));
    let wanted = Wanted { part, options };
    let Some(frame) = iframe::frame(&shared, &site, &app, module, &viewer, wanted) else {
        let message = format!("the URL of `{}` cannot be put together", module.key);
        return (StatusCode::BAD_GATEWAY, Json(json!({ "message": message }))).into_response();
    };
    shared.journal.record(SandboxEvent::PageShown {
        site: site.base_url.to_string(),
        app: app.descriptor.key.to_string(),
        module: module.key.clone(),
        user: viewer.user.as_ref().map(|user| user.account_id.clone()),
    });
    let mut setup = frame.setup;
    setup["name"] = frame.name.into();
    setup["src"] = frame.src.into();
    if let Some(saved) = saved {
        setup["macro"] = json!({ "parameters": saved.parameters, "body": saved.body });
    }
    Json(json!({ "frame": setup, "options": module.dialog_options(part) })).into_response()
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
    let Some(on) = opened(&shared, &headers) else {
        return expired();
    };
    shared.journal.record(SandboxEvent::BridgeCall {
        site: on.site.base_url.to_string(),
        app: on.app.descriptor.key.to_string(),
        call: report
            .call
            .chars()
            .filter(|c| !c.is_control())
            .take(80)
            .collect(),
    });
    StatusCode::NO_CONTENT.into_response()
}

pub(crate) fn expired() -> Response {
    let body = Json(json!({ "message": "the page is from another run of the sandbox: reload it" }));
    (StatusCode::UNAUTHORIZED, body).into_response()
}
