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
    event::{Recorded, SandboxEvent},
    pages::{
        Visit, chrome, nav,
        place::Place,
        placed::{Placed, Scene},
    },
    server::OnSite,
    state::{Shared, Site},
    users::User,
};

/// `GET /`.
pub(crate) async fn everything(State(shared): State<Arc<Shared>>, visit: Visit) -> Response {
    overview(&shared, None, &visit)
}

/// `GET /jira` and `GET /wiki`.
pub(crate) async fn of_site(State(on): State<OnSite>, visit: Visit) -> Response {
    overview(&on.shared, Some(&on.site), &visit)
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
    Json(shared.journal.since(query.after))
}

fn overview(shared: &Shared, only: Option<&Site>, visit: &Visit) -> Response {
    let sites: Vec<Value> = shared
        .sites
        .iter()
        .filter(|site| only.is_none_or(|only| only.base_url == site.base_url))
        .take(MOST_SITES)
        .map(|site| {
            context! {
                product => site.product_name(),
                theme => if site.product == Product::Confluence { "confluence" } else { "jira" },
                url => site.base_url.as_str(),
                client_key => site.client_key.as_str(),
                apps => apps(shared, site, visit),
                trouble => trouble(shared, site),
            }
        })
        .collect();
    let people: Vec<Value> = User::people().map(|user| nav::shown_user(&user)).collect();
    let values = context! {
        title => only.map_or("Sandbox", Site::product_name),
        origin => shared.origin.as_str(),
        username => USERNAME,
        sites,
        people,
    };
    // Those that are not shown are there all the same.
    let more = match only {
        None => shared.sites.len().saturating_sub(MOST_SITES),
        Some(_) => 0,
    };
    let values = context! { more, ..values };
    let template = (StatusCode::OK, "overview.html");
    chrome::page((shared, only), visit, template, Placed::default(), values)
}

/// How the last install on a site failed, with what a real host would say and what to do.
pub(crate) fn trouble(shared: &Shared, site: &Site) -> Option<Value> {
    match shared.journal.last_failure(&site.base_url)? {
        SandboxEvent::InstallFailed {
            app,
            sub_code,
            message,
            seen,
            hint,
            ..
        } => Some(context! { app, sub_code, message, seen, hint }),
        _ => None,
    }
}

/// The apps of a site with the pages to open.
fn apps(shared: &Shared, site: &Site, visit: &Visit) -> Vec<Value> {
    let viewer = visit.viewer(Place::default());
    let scene = Scene {
        shared,
        site,
        viewer: &viewer,
    };
    let apps = site.apps();
    let shown = apps.iter().map(|app| {
        let modules = app.descriptor.modules.iter();
        let pages: Vec<Value> = modules
            .filter(|module| module.is_page() && scene.judge(app, module).shown)
            .map(|module| {
                context! { name => module.name.as_str(), url => super::module_url(site, app, module) }
            })
            .collect();
        context! {
            name => app.descriptor.name.as_str(),
            key => app.descriptor.key.as_str(),
            url => super::app_url(site, app),
            base_url => app.descriptor.base_url.as_str(),
            enabled => app.enabled,
            license => app.license.as_str(),
            module_count => app.descriptor.modules.len(),
            pages,
        }
    });
    shown.collect()
}

/// How many sites are shown.
const MOST_SITES: usize = 20;
