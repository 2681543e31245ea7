//! The pages of the products on which apps show things: an issue, a project, a dashboard, a page
//! with macros and so on. One handler for all of them: what differs is data.

use axum::{
    extract::{Path, State},
    response::Response,
};
use http::StatusCode;
use minijinja::{Value, context};
use serde_json::json;

use crate::{
    event::SandboxEvent,
    pages::{
        Visit, chrome, iframe,
        modules::{Show, View},
        native::native,
        place::Place,
        placed::{self, Placed, Scene},
    },
    server::OnSite,
    state::Site,
};

/// The routes of the views: path, view, and its look.
pub(crate) const VIEWS: &[(&str, View, &str)] = &[
    ("/admin", View::Admin, "admin"),
    ("/agents", View::Agent, "agents"),
    ("/boards/{key}", View::Board, "board"),
    ("/browse/{key}", View::Issue, "issue"),
    ("/dashboard", View::Dashboard, "dashboard"),
    ("/dashboard/{key}", View::Dashboard, "dashboard"),
    ("/issues", View::Search, "issues"),
    ("/pages/edit/{key}", View::Editor, "editor"),
    ("/pages/create", View::Editor, "editor"),
    ("/pages/{key}", View::Content, "content"),
    ("/spaces/DEMO/pages/{key}", View::Content, "content"),
    ("/people/{key}", View::Profile, "profile"),
    ("/portal", View::Portal, "portal"),
    ("/project-settings/{key}", View::ProjectSettings, "settings"),
    ("/projects/{key}", View::Project, "project"),
    (
        "/projects/{key}/settings",
        View::ProjectSettings,
        "settings",
    ),
    ("/space-tools/{key}", View::SpaceTools, "settings"),
    ("/spaces/{key}", View::Space, "space"),
    ("/workflow", View::Workflow, "workflow"),
];

/// The view of a path below the site.
pub(crate) fn view_of(path: &str) -> Option<View> {
    let fits = |route: &str| {
        let (mut route, mut path) = (route.split('/'), path.split('/'));
        loop {
            match (route.next(), path.next()) {
                (None, None) => return true,
                (Some(wanted), Some(is)) if wanted == is || wanted == "{key}" => {}
                _ => return false,
            }
        }
    };
    let found = VIEWS.iter().find(|(route, ..)| fits(route));
    found.map(|(_, view, _)| *view)
}

/// Where a view is to be seen, below the site: with the first thing there is.
pub(crate) fn first_path(site: &Site, view: View) -> Option<String> {
    let (route, ..) = VIEWS.iter().find(|(_, known, _)| *known == view)?;
    let place = Place::of_view(site, view);
    let names = [
        "issue.key",
        "project.key",
        "content.id",
        "space.key",
        "profileUser.accountId",
    ];
    let key = names.iter().find_map(|name| place.get(name));
    Some(route.replace("{key}", key.unwrap_or_default()))
}

/// Shows one of them.
pub(crate) async fn show(
    State(on): State<OnSite>,
    key: Option<Path<String>>,
    visit: Visit,
    view: View,
    look: &'static str,
) -> Response {
    let OnSite { shared, site } = &on;
    let key = key.as_ref().map(|Path(key)| key.as_str());
    let Some(native) = native(site, view, key) else {
        let what = key.unwrap_or_default();
        return chrome::message(
            (shared, Some(site)),
            &visit,
            StatusCode::NOT_FOUND,
            (
                "Not found",
                format!("There is nothing with the key “{what}” on this site."),
                "The menu shows what there is.",
            ),
            Vec::new(),
        );
    };
    let viewer = visit.viewer(native.place);
    let scene = Scene {
        shared,
        site,
        viewer: &viewer,
    };
    let mut placed = Placed::default();
    placed.add_view(scene, view);
    add_own_content(scene, &mut placed);
    let own = iframe::ticket(shared, site, None, &viewer);
    placed.tickets.insert(String::new(), own);
    placed.location = location(view, &viewer.place);
    let macros = match view {
        View::Editor => macros(scene, &mut placed),
        _ => Vec::new(),
    };
    for frame in &placed.frames {
        shared.journal.record(SandboxEvent::PageShown {
            site: site.base_url.to_string(),
            app: frame["app"].as_str().unwrap_or_default().to_owned(),
            module: frame["module"].as_str().unwrap_or_default().to_owned(),
            user: viewer.user.as_ref().map(|user| user.account_id.clone()),
        });
    }
    let place: Vec<Value> = viewer
        .place
        .variables()
        .iter()
        .map(|(name, value)| context! { name, value })
        .collect();
    let values = context! {
        look,
        macros,
        title => native.title,
        place,
        claims => viewer.place.claims(site.product).to_string(),
        ..native.values
    };
    chrome::page(
        (shared, Some(site)),
        &visit,
        (StatusCode::OK, "view.html"),
        placed,
        values,
    )
}

/// Content of an app's own kind, `ac:APP:MODULE`, is shown by the app.
fn add_own_content(scene: Scene<'_>, placed: &mut Placed) {
    let kind = scene.viewer.place.get("content.type").unwrap_or_default();
    let mut names = kind.split(':');
    let (Some("ac"), Some(app), Some(key)) = (names.next(), names.next(), names.next()) else {
        return;
    };
    let app = scene.site.app_named(app).filter(|app| app.enabled);
    if let Some(app) = app
        && let Some(module) = app.descriptor.module(key)
    {
        placed.add_part(scene, &app, module, "view");
    }
}

/// The macros there are to put into a page.
fn macros(scene: Scene<'_>, placed: &mut Placed) -> Vec<Value> {
    let mut macros = Vec::new();
    for app in scene.site.apps().iter().filter(|app| app.enabled) {
        for module in &app.descriptor.modules {
            if matches!(module.row().show, Show::Macro | Show::Static) {
                placed.add_ticket(scene, app);
                macros.push(placed::described(scene, app, module));
            }
        }
    }
    macros
}

/// What `AP.navigator.getLocation` says of a view (Atlassian, "Navigator").
fn location(view: View, place: &Place) -> Option<serde_json::Value> {
    let (target, names): (_, &[_]) = match view {
        View::Content => (
            "contentview",
            &[("contentId", "content.id"), ("spaceKey", "space.key")],
        ),
        View::Dashboard => ("dashboard", &[("dashboardId", "dashboard.id")]),
        View::Editor => (
            "contentedit",
            &[("contentId", "content.id"), ("spaceKey", "space.key")],
        ),
        View::Issue => ("issue", &[("issueKey", "issue.key")]),
        View::Profile => ("userProfile", &[("userAccountId", "profileUser.accountId")]),
        View::ProjectSettings => ("projectAdminSummary", &[("projectKey", "project.key")]),
        View::Space => ("spaceview", &[("spaceKey", "space.key")]),
        View::SpaceTools => ("spacetools", &[("spaceKey", "space.key")]),
        _ => return None,
    };
    let values = names
        .iter()
        .filter_map(|(name, from)| Some(((*name).to_owned(), place.get(from)?.into())));
    let context = values.collect::<serde_json::Map<_, _>>();
    Some(json!({ "target": target, "context": context }))
}
