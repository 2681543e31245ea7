//! What people look at: an overview, and a page of the product around each module of an app.

mod app;
mod bridge;
mod check;
mod chrome;
mod conditions;
mod diagnosis;
mod expression;
mod fire;
mod iframe;
mod macros;
mod modules;
mod native;
mod nav;
mod overview;
mod page;
mod place;
mod placed;
mod template;
mod variables;
mod views;
mod visit;

pub(crate) use iframe::Viewer;
pub(crate) use place::Place;
pub(crate) use visit::Visit;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path as UrlPath, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderValue, StatusCode, header};

use crate::{
    descriptor::Module,
    server::OnSite,
    state::{App, Shared, Site},
    urls, users,
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
        .route("/_sandbox/bridge/check", post(check::check))
        .route("/_sandbox/bridge/fire", post(fire::fire))
        .route("/_sandbox/bridge/frame", post(bridge::frame))
        .route("/_sandbox/bridge/macro", post(macros::save))
        .route("/_sandbox/bridge/static", post(macros::render))
        .route("/_sandbox/bridge/token", post(bridge::token))
        .route("/_sandbox/events", get(overview::events))
        .route(
            "/_sandbox/static/console.js",
            get(async || asset(CONSOLE_JS, JAVASCRIPT)),
        )
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
        .route("/_sandbox/view", post(visit::choose))
}

/// The routes of one site.
pub(crate) fn site_router(on: OnSite) -> Router {
    let mut router = Router::new()
        .route("/", get(overview::of_site))
        .route("/apps/{app}", get(app::show))
        .route("/webhooks", get(fire::webhooks))
        .route("/plugins/servlet/ac/{app}/{module}", get(page::show))
        .route(
            "/plugins/servlet/ac-redirect/{app}/{module}",
            get(page::redirect),
        );
    for (path, view, look) in views::VIEWS {
        let (view, look) = (*view, *look);
        let show = async move |on: State<OnSite>, key: Option<UrlPath<String>>, visit: Visit| {
            views::show(on, key, visit, view, look).await
        };
        router = router.route(path, get(show));
    }
    router.with_state(on)
}

/// Where a person looks at a module.
pub(crate) fn module_url(site: &Site, app: &App, module: &Module) -> String {
    let key = urls::percent_encode(&module.key);
    format!(
        "{}/plugins/servlet/ac/{}/{key}",
        site.base_url, app.descriptor.key
    )
}

/// Where a person looks at all that an app brings.
pub(crate) fn app_url(site: &Site, app: &App) -> String {
    format!("{}/apps/{}", site.base_url, app.descriptor.key)
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
            // Apps are told nothing, and the sandbox is told which of its pages sent a form.
            header::REFERRER_POLICY,
            HeaderValue::from_static("same-origin"),
        ),
    ];
    (status, headers, body).into_response()
}

/// A disc with initials: of an account, or of the name of anything else.
async fn avatar(State(shared): State<Arc<Shared>>, UrlPath(account): UrlPath<String>) -> Response {
    let account = account.strip_suffix(".svg").unwrap_or(&account);
    let user = shared
        .sites
        .iter()
        .find_map(|site| crate::users::User::find(site, account));
    let name = user.map_or_else(|| account.to_owned(), |user| user.display_name);
    let svg = template::avatar(&users::initials(&name), users::hue(account));
    (
        [
            (header::CONTENT_TYPE, "image/svg+xml"),
            (header::CACHE_CONTROL, "max-age=3600"),
        ],
        svg,
    )
        .into_response()
}

/// Colours and font of the pages, as CSS variables for light and dark: other pages of the workbench
/// look alike with them.
pub const PALETTE: &str = include_str!("assets/palette.css");

/// Scripts and styles are our own; frames and icons are the apps'.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src http: https: data:; \
    connect-src 'self'; frame-src http: https:; form-action 'self'; base-uri 'none'; frame-ancestors 'self'";

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const ALL_JS: &str = include_str!("assets/all.js");
const CONSOLE_JS: &str = include_str!("assets/console.js");
const HOST_JS: &str = concat!(
    "(() => {\n\"use strict\";\n",
    include_str!("assets/host/wire.js"),
    include_str!("assets/host/methods.js"),
    include_str!("assets/host/calls.js"),
    include_str!("assets/host/dialogs.js"),
    include_str!("assets/host/products.js"),
    include_str!("assets/host/view.js"),
    include_str!("assets/host/changes.js"),
    include_str!("assets/host/start.js"),
    "})();\n",
);
const OVERVIEW_JS: &str = include_str!("assets/overview.js");
const STYLE: &str = concat!(
    include_str!("assets/palette.css"),
    include_str!("assets/sandbox.css"),
    include_str!("assets/product.css"),
);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// `module.method` of every method the frames are told of, classes without their members.
    fn told() -> BTreeSet<String> {
        let api: serde_json::Value = serde_json::from_str(include_str!("assets/api.json")).unwrap();
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
        for line in include_str!("assets/host/methods.js").lines() {
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
