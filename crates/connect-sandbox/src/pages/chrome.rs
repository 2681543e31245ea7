//! Puts a page together: what is around it, what is in it, and what its script must know.

use axum::response::Response;
use http::StatusCode;
use minijinja::{Value, context};

use crate::{
    pages::{Visit, bridge, html, nav, overview, placed::Placed, template},
    state::{Shared, Site},
};

/// Renders a template inside the product's frame.
pub(crate) fn page(
    (shared, site): (&Shared, Option<&Site>),
    visit: &Visit,
    (status, template): (StatusCode, &str),
    mut placed: Placed,
    values: Value,
) -> Response {
    let nav = nav::values(shared, site, visit, &mut placed);
    let setup = site.map(|site| {
        let mut setup = bridge::setup(site, visit);
        setup["frames"] = std::mem::take(&mut placed.frames).into();
        if let Some(location) = placed.location.take() {
            setup["place"] = location;
        }
        setup["after"] = shared.journal.last_id().into();
        setup["tickets"] = serde_json::json!(placed.tickets);
        template::script_json(&setup)
    });
    let hidden = std::mem::take(&mut placed.hidden);
    let zones = placed.zones();
    let values = context! { nav, setup, hidden, zones, ..values };
    html(status, template::render(template, values))
}

/// A page that says why there is nothing to see.
pub(crate) fn message(
    host: (&Shared, Option<&Site>),
    visit: &Visit,
    status: StatusCode,
    (title, text, hint): (&str, String, &str),
    notes: Vec<Value>,
) -> Response {
    let values = context! { title, text, hint, notes };
    tell(host, visit, status, values)
}

/// The page for an app that is not installed on a site, with the failure of its last install if
/// that may be why.
pub(crate) fn no_app((shared, site): (&Shared, &Site), visit: &Visit, key: &str) -> Response {
    let failed = overview::trouble(shared, site);
    let failed = failed.filter(|failed| {
        let of = failed.get_attr("app").unwrap_or_default();
        of.is_none() || of.as_str() == Some(key)
    });
    let values = context! {
        title => "App not found",
        text => format!("No app with the key “{key}” is installed on this site."),
        hint => "Start it with “connect dev”, or register its descriptor with the plugin manager.",
        failed,
    };
    tell((shared, Some(site)), visit, StatusCode::NOT_FOUND, values)
}

fn tell(
    host: (&Shared, Option<&Site>),
    visit: &Visit,
    status: StatusCode,
    values: Value,
) -> Response {
    page(
        host,
        visit,
        (status, "message.html"),
        Placed::default(),
        values,
    )
}
