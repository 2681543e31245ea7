//! What the host side of the bridge asks the sandbox for.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::json;

use crate::{
    event::SandboxEvent,
    rest::ticket::{HEADER, Ticket},
    sign::{self, Subject},
    state::{App, Shared, Site},
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
