//! Why a page of an app does not come to life: asked of the app when its frame has said nothing for
//! as long as a host waits.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, StatusCode, header};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use crate::{
    client::NoAnswer,
    pages::{
        bridge, iframe,
        placed::{self, Scene},
    },
    state::Shared,
};

#[derive(Deserialize)]
pub(crate) struct Asked {
    module: String,
    part: Option<String>,
}

/// `POST /_sandbox/bridge/check`: gets the module's page once more and says what is wrong with it;
/// null when nothing is.
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
    let wrong = match answer {
        Err(NoAnswer::TooLarge) => None,
        Err(problem) => Some((
            format!(
                "The app at {} {}.",
                url.origin().ascii_serialization(),
                problem.as_str()
            ),
            "Start it, or look at its log; then reload this page.",
        )),
        Ok(answer) => wrong(answer.status, &answer.headers, &answer.body),
    };
    Json(json!({
        "problem": wrong.as_ref().map(|(problem, _)| problem),
        "hint": wrong.as_ref().map(|(_, hint)| hint),
    }))
    .into_response()
}

/// What keeps a page from being shown in a host, and what to do.
fn wrong(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Option<(String, &'static str)> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if status.is_redirection() {
        let to = text(header::LOCATION).unwrap_or("nowhere");
        // Where to without its query: it may carry a token.
        let to = to.split('?').next().unwrap_or_default();
        return Some((
            format!(
                "The app answered {} and sends the browser to {to}.",
                status.as_u16()
            ),
            "Answer the signed request itself: what follows a redirect has no token.",
        ));
    }
    if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN {
        return Some((
            format!(
                "The app refused the signed request with {}.",
                status.as_u16()
            ),
            "Look at the app's log for the reason; “connect inspect” shows what the token was worth.",
        ));
    }
    if !status.is_success() {
        return Some((
            format!("The app answered {}.", status.as_u16()),
            "Look at the app's log.",
        ));
    }
    let deny = text(header::X_FRAME_OPTIONS).map(str::trim);
    if deny.is_some_and(|deny| ["deny", "sameorigin"].contains(&deny.to_ascii_lowercase().as_str()))
    {
        return Some((
            "The page forbids to be shown in a frame (X-Frame-Options).".to_owned(),
            "Leave that header out, and name the hosts in `Content-Security-Policy: frame-ancestors`.",
        ));
    }
    let ancestors = headers
        .get_all(header::CONTENT_SECURITY_POLICY)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|policy| policy.split(';'))
        .any(|directive| {
            let directive = directive.trim();
            directive
                .strip_prefix("frame-ancestors")
                .is_some_and(|rest| {
                    let mut sources = rest.split_whitespace();
                    sources.clone().count() == 0
                        || sources.all(|source| ["'none'", "'self'"].contains(&source))
                })
        });
    if ancestors {
        return Some((
            "The page forbids hosts to show it (Content-Security-Policy: frame-ancestors)."
                .to_owned(),
            "Name the hosts there: https://*.atlassian.net, https://*.jira.com, and this sandbox.",
        ));
    }
    let page = String::from_utf8_lossy(body);
    (!page.contains("/all.js") && !page.contains("iframe.js")).then(|| {
        (
            "The page has loaded, but not all.js: it cannot talk to the host.".to_owned(),
            "Load the bridge's script if the page needs it; the sandbox has one at /atlassian-connect/all.js.",
        )
    })
}

/// Longest page that is looked at, in bytes.
const MOST_PAGE: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> String {
        let headers = headers.iter().map(|(name, value)| {
            (
                header::HeaderName::from_static(name),
                header::HeaderValue::from_static(value),
            )
        });
        let status = StatusCode::from_u16(status).unwrap();
        let wrong = wrong(status, &headers.collect(), body.as_bytes());
        wrong.map(|(problem, _)| problem).unwrap_or_default()
    }

    #[test]
    fn what_keeps_a_page_from_being_shown_is_said() {
        let good = "<script src=\"https://connect-cdn.atl-paas.net/all.js\"></script>";
        assert_eq!(said(200, &[], good), "");
        let policy = "default-src 'self'; frame-ancestors 'self' https://*.atlassian.net";
        assert_eq!(said(200, &[("content-security-policy", policy)], good), "");
        for (status, headers, body, part) in [
            (401, &[][..], good, "refused the signed request with 401"),
            (500, &[], good, "answered 500"),
            (302, &[("location", "/login?next=secret")], "", "to /login."),
            (200, &[("x-frame-options", "DENY")], good, "X-Frame-Options"),
            (
                200,
                &[("content-security-policy", "frame-ancestors 'none'")],
                good,
                "frame-ancestors",
            ),
            (
                200,
                &[(
                    "content-security-policy",
                    "default-src *; frame-ancestors 'self'",
                )],
                good,
                "frame-ancestors",
            ),
            (200, &[], "<p>hello", "not all.js"),
        ] {
            let said = said(status, headers, body);
            assert!(said.contains(part), "{part}: {said}");
            assert!(!said.contains("secret"));
        }
    }
}
