//! Everything an app brings, on one page: each module, where it is shown, and what its conditions
//! come to; with those that show nothing, to be looked at and fired.

use axum::{
    extract::{Path, State},
    response::Response,
};
use http::StatusCode;
use minijinja::{Value, context};

use crate::{
    descriptor::Module,
    pages::{
        Visit, chrome, fire,
        modules::{self, View},
        place::Place,
        placed::{self, Placed, Scene},
        views,
    },
    server::OnSite,
    state::{App, License},
};

/// `GET /apps/{app}`.
pub(crate) async fn show(
    State(on): State<OnSite>,
    Path(key): Path<String>,
    visit: Visit,
) -> Response {
    let OnSite { shared, site } = &on;
    let host = (&**shared, Some(&**site));
    let Some(app) = site.app_named(&key) else {
        return chrome::no_app((shared, site), &visit, &key);
    };
    let modules: Vec<Value> = app
        .descriptor
        .modules
        .iter()
        .map(|module| listed(&on, &app, module, &visit))
        .collect();
    let descriptor = &app.descriptor;
    let viewer = visit.viewer(Place::of_view(site, View::Workflow));
    let scene = Scene {
        shared,
        site,
        viewer: &viewer,
    };
    let mut placed = Placed::default();
    placed.add_ticket(scene, &app);
    let scopes: Vec<&str> = descriptor
        .scopes
        .iter()
        .map(|scope| scope.as_str())
        .collect();
    let values = context! {
        title => descriptor.name.as_str(),
        description => descriptor.description.as_str(),
        vendor => descriptor.vendor.as_deref(),
        version => descriptor.version.as_str(),
        base_url => descriptor.base_url.as_str(),
        app_key => descriptor.key.as_str(),
        enabled => app.enabled,
        licensed => app.license == License::Active,
        scopes,
        client_key => site.client_key.as_str(),
        account_id => app.account_id.as_str(),
        modules,
    };
    chrome::page(host, &visit, (StatusCode::OK, "app.html"), placed, values)
}

fn listed(on: &OnSite, app: &App, module: &Module, visit: &Visit) -> Value {
    let spot = modules::spot(&app.descriptor, module, on.site.product);
    let view = spot.map(|spot| spot.view);
    let viewer = visit.viewer(
        view.map(|view| Place::of_view(&on.site, view))
            .unwrap_or_default(),
    );
    let scene = Scene {
        shared: &on.shared,
        site: &on.site,
        viewer: &viewer,
    };
    let verdict = scene.judge(app, module);
    let located = matches!(
        module.kind.as_str(),
        "webItems" | "webPanels" | "webSections"
    );
    context! {
        shown => verdict.shown,
        notes => placed::notes(&verdict),
        location => module.location.as_deref(),
        lost => located && spot.is_none(),
        place => view.and_then(|view| views::first_path(&on.site, view)).map(|path| format!("{}{path}", on.site.base_url)),
        json => serde_json::to_string_pretty(&module.raw).unwrap_or_default(),
        fire => fire::method(module).map(|method| method.to_string()),
        sample => fire::sample(scene, app, module).map(|body| serde_json::to_string_pretty(&body).unwrap_or_default()),
        address => app.descriptor.address(module, None),
        ..placed::described(scene, app, module)
    }
}
