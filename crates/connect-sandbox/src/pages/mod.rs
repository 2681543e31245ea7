//! What people look at: an overview, and a page of the product around each module of an app.

mod bridge;
mod iframe;
mod nav;
mod overview;
mod page;
mod template;
mod variables;

pub(crate) use variables::Context;

use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderValue, StatusCode, header};

use crate::{
    descriptor::Module,
    server::OnSite,
    state::{App, Shared, Site},
    urls,
};

/// The routes outside every site.
pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/", get(overview::everything))
        .route(
            "/atlassian-connect/all.js",
            get(async || asset(ALL_JS, JAVASCRIPT)),
        )
        .route("/_sandbox/avatar/{account}", get(avatar))
        .route("/_sandbox/bridge/call", post(bridge::report))
        .route("/_sandbox/bridge/frame", post(bridge::frame))
        .route("/_sandbox/bridge/token", post(bridge::token))
        .route("/_sandbox/events", get(overview::events))
        .route(
            "/_sandbox/static/host.js",
            get(async || asset(HOST_JS, JAVASCRIPT)),
        )
        .route(
            "/_sandbox/static/overview.js",
            get(async || asset(OVERVIEW_JS, JAVASCRIPT)),
        )
        .route(
            "/_sandbox/static/sandbox.css",
            get(async || asset(STYLE, "text/css; charset=utf-8")),
        )
}

/// The routes of one site.
pub(crate) fn site_router(on: OnSite) -> Router {
    Router::new()
        .route("/", get(overview::of_site))
        .route("/plugins/servlet/ac/{app}/{module}", get(page::show))
        .with_state(on)
}

/// Where a person looks at a module.
pub(crate) fn module_url(site: &Site, app: &App, module: &Module) -> String {
    let key = urls::percent_encode(&module.key);
    format!(
        "{}/plugins/servlet/ac/{}/{key}",
        site.base_url, app.descriptor.key
    )
}

fn asset(text: &'static str, content_type: &'static str) -> Response {
    // No store: the sandbox of tomorrow has another version at the same address.
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text).into_response()
}

/// A page of HTML with the headers every page of the sandbox carries.
fn html(status: StatusCode, body: String) -> Response {
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(POLICY),
        ),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        ),
    ];
    (status, headers, body).into_response()
}

/// A disc with initials, coloured by account.
async fn avatar(
    axum::extract::State(shared): axum::extract::State<Arc<Shared>>,
    Path(account): Path<String>,
) -> Response {
    let account = account.strip_suffix(".svg").unwrap_or(&account);
    let user = shared
        .sites
        .iter()
        .find_map(|site| crate::users::User::find(site, account));
    let (initials, hue) = user.map_or(("?".to_owned(), 220), |user| (user.initials(), user.hue()));
    let svg = template::avatar(&initials, hue);
    (
        [
            (header::CONTENT_TYPE, "image/svg+xml"),
            (header::CACHE_CONTROL, "max-age=3600"),
        ],
        svg,
    )
        .into_response()
}

/// Scripts and styles are our own; frames are the apps'.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; frame-src http: https:; form-action 'self'; base-uri 'none'; frame-ancestors 'self'";

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const ALL_JS: &str = include_str!("assets/all.js");
const HOST_JS: &str = concat!(
    "(() => {\n\"use strict\";\n",
    include_str!("assets/host/wire.js"),
    include_str!("assets/host/methods.js"),
    include_str!("assets/host/dialogs.js"),
    include_str!("assets/host/start.js"),
    "})();\n",
);
const OVERVIEW_JS: &str = include_str!("assets/overview.js");
const STYLE: &str = include_str!("assets/sandbox.css");

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// `module.method` of every method the frames are told of, classes without their members.
    fn told() -> BTreeSet<String> {
        let api = iframe::api();
        let modules = api.as_object().unwrap().iter();
        modules
            .flat_map(|(module, methods)| {
                let names = methods.as_object().unwrap().keys();
                names.map(move |name| format!("{module}.{name}"))
            })
            .collect()
    }

    /// The same for what `methods.js` does, which is laid out for this: modules indented by two
    /// blanks, methods by four, each beginning its line.
    fn done() -> BTreeSet<String> {
        let mut module = "";
        let mut done = BTreeSet::new();
        let (tables, _) = include_str!("assets/host/methods.js")
            .split_once("// A request to the product")
            .unwrap();
        for line in tables.lines() {
            let name = |indent: &str| {
                let rest = line.strip_prefix(indent)?;
                let (name, _) = rest.split_once(':')?;
                let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
                (!name.is_empty() && name.chars().all(plain)).then_some(name)
            };
            if let Some(name) = name("  ") {
                module = name;
            } else if let Some(name) = name("    ") {
                done.insert(format!("{module}.{name}"));
            } else if line.contains("[\"error\", \"generic\"") {
                let types = ["error", "generic", "hint", "info", "success", "warning"];
                done.extend(types.map(|name| format!("messages.{name}")));
            }
        }
        done
    }

    #[test]
    fn frames_are_told_of_what_the_host_does() {
        assert_eq!(told(), done());
    }
}
