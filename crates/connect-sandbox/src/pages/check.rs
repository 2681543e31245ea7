//! Why a page of an app does not come to life: asked of the app when its frame has said nothing for
//! as long as a host waits.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, StatusCode};
use serde::Deserialize;
use url::Url;

use crate::{
    client::NoAnswer,
    pages::{
        bridge,
        diagnosis::{self, Diagnosis},
        iframe,
        placed::{self, Scene},
    },
    state::{App, Shared},
};

#[derive(Deserialize)]
pub(crate) struct Asked {
    module: String,
    part: Option<String>,
}

/// `POST /_sandbox/bridge/check`: gets the module's page once more and says what is wrong with it;
/// null when it is longer than is looked at.
pub(crate) async fn check(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(asked): Json<Asked>,
) -> Response {
    let Some(on) = bridge::opened(&shared, &headers) else {
        return bridge::expired();
    };
    let Some(module) = on.app.descriptor.module(&asked.module) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let scene = Scene {
        shared: &shared,
        site: &on.site,
        viewer: &on.viewer,
    };
    let viewer = placed::alone(scene, &on.app, module);
    let part = asked.part.as_deref();
    let signed = iframe::expanded(&on.site, &on.app, module, &viewer, part)
        .and_then(|url| iframe::signed_url(&shared, &on.site, &on.app, module, &viewer, &url))
        .and_then(|(url, _)| Url::parse(&url).ok());
    let Some(url) = signed else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let answer = shared
        .client
        .send(Method::GET, &url, HeaderMap::new(), Vec::new(), MOST_PAGE)
        .await;
    let found = match answer {
        Err(NoAnswer::TooLarge) => None,
        Err(problem) => Some(Diagnosis::of_silence(&url, problem)),
        Ok(answer) => match Diagnosis::of_answer(&answer) {
            Some(found) => Some(found),
            None => of_script(&shared, &on.app, &url, &answer.body).await,
        },
    };
    Json(found).into_response()
}

/// A page that names the bridge's script and stays silent all the same: the script's address is
/// asked for, if it is the app's or the sandbox's own.
async fn of_script(shared: &Shared, app: &App, page: &Url, body: &[u8]) -> Option<Diagnosis> {
    let body = String::from_utf8_lossy(body);
    let Some(script) = diagnosis::script(&body, page) else {
        return Some(Diagnosis::without_script());
    };
    let ours = script.origin().ascii_serialization() == shared.origin;
    if !ours && !app.descriptor.owns(&script) {
        return Some(Diagnosis::of_foreign_script(&script));
    }
    let method = Method::GET;
    let answer = shared
        .client
        .send(method, &script, HeaderMap::new(), Vec::new(), MOST_PAGE)
        .await;
    Some(Diagnosis::of_script(
        &script,
        answer.map(|answer| answer.status),
    ))
}

/// Longest page that is looked at, in bytes.
const MOST_PAGE: usize = 1024 * 1024;
