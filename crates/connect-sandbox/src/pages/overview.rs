//! Where one begins: sites, apps, people and what happened last.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State},
    response::Response,
};
use connect_core::Product;
use http::StatusCode;
use minijinja::{Value, context};
use serde::Deserialize;

use crate::{
    USERNAME,
    event::Recorded,
    pages::{html, nav, template},
    server::OnSite,
    state::{Shared, Site},
    users::User,
};

/// `GET /`.
pub(crate) async fn everything(State(shared): State<Arc<Shared>>) -> Response {
    overview(&shared, None)
}

/// `GET /jira` and `GET /wiki`.
pub(crate) async fn of_site(State(on): State<OnSite>) -> Response {
    overview(&on.shared, Some(&on.site))
}

#[derive(Deserialize)]
pub(crate) struct EventsQuery {
    #[serde(default)]
    after: u64,
}

/// `GET /_sandbox/events?after=ID`: what happened since.
pub(crate) async fn events(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<EventsQuery>,
) -> Json<Vec<Recorded>> {
    let mut events = shared.journal.events();
    events.retain(|event| event.id > query.after);
    Json(events)
}

fn overview(shared: &Shared, only: Option<&Site>) -> Response {
    let sites: Vec<Value> = shared
        .sites
        .iter()
        .filter(|site| only.is_none_or(|only| only.product == site.product))
        .map(|site| {
            context! {
                product => site.product_name(),
                theme => if site.product == Product::Confluence { "confluence" } else { "jira" },
                url => site.base_url.as_str(),
                client_key => site.client_key.as_str(),
                apps => nav::site_apps(site, ""),
            }
        })
        .collect();
    let people: Vec<Value> = User::people().map(|user| nav::shown_user(&user)).collect();
    let user = User::default_person();
    let here = only.map_or("/", |site| site.base_url.as_str());
    let body = template::render(
        "overview.html",
        context! {
            nav => nav::values(shared, only, Some(&user), here),
            title => only.map_or("Sandbox", Site::product_name),
            origin => shared.origin.as_str(),
            username => USERNAME,
            sites,
            people,
        },
    );
    html(StatusCode::OK, body)
}
