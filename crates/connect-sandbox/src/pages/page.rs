//! A module of an app by itself, in a page of the product.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{StatusCode, header};
use minijinja::context;

use crate::{
    descriptor::Module,
    event::SandboxEvent,
    pages::{
        Visit, chrome,
        iframe::{self, Wanted},
        modules::{self, View},
        place::Place,
        placed::{self, Placed, Scene},
    },
    server::OnSite,
    state::App,
};

/// `GET /plugins/servlet/ac/{app}/{module}`: a module in its frame. Query parameters say where
/// (`issue.key=DEMO-1`); those that begin with `ac.` become variables, as `AP.navigator.go` hands
/// them over.
pub(crate) async fn show(
    State(on): State<OnSite>,
    Path((app_key, module_key)): Path<(String, String)>,
    visit: Visit,
) -> Response {
    let OnSite { shared, site } = &on;
    let message = |status: StatusCode, title: &str, text: String, hint: &str| {
        let host = (&**shared, Some(&**site));
        chrome::message(host, &visit, status, (title, text, hint), Vec::new())
    };
    let Some(app) = site.app_named(&app_key) else {
        return chrome::no_app((shared, site), &visit, &app_key);
    };
    let Some(module) = addressed(&app, &module_key) else {
        return message(
            StatusCode::NOT_FOUND,
            "Page not found",
            format!(
                "{} has no page with the key “{module_key}”.",
                app.descriptor.name
            ),
            "Compare it with the modules of the descriptor.",
        );
    };
    if !app.enabled {
        return message(
            StatusCode::NOT_FOUND,
            "App is switched off",
            format!(
                "An administrator has switched {} off on this site.",
                app.descriptor.name
            ),
            "Switch it on in the plugin manager.",
        );
    }
    let view = modules::spot(&app.descriptor, module, site.product).map(|spot| spot.view);
    let viewer = visit.viewer(place(&on, &visit, view));
    let scene = Scene {
        shared,
        site,
        viewer: &viewer,
    };
    let verdict = scene.judge(&app, module);
    if !verdict.shown {
        return chrome::message(
            (shared, Some(site)),
            &visit,
            StatusCode::NOT_FOUND,
            (
                "Hidden by a condition",
                format!(
                    "The conditions of “{}” do not hold for this visitor here.",
                    module.name
                ),
                "Choose another user or licence at the top, or change the conditions.",
            ),
            placed::notes(&verdict),
        );
    }
    let own = placed::alone(scene, &app, module);
    let frame = iframe::frame(shared, site, &app, module, &own, Wanted::default());
    let Some(frame) = frame else {
        return message(
            StatusCode::BAD_GATEWAY,
            "Address of the page is broken",
            format!(
                "The URL of “{module_key}” cannot be put together with the base URL of the app."
            ),
            "Run “connect validate descriptor”.",
        );
    };
    shared.journal.record(SandboxEvent::PageShown {
        site: site.base_url.to_string(),
        app: app.descriptor.key.to_string(),
        module: module.key.clone(),
        user: viewer.user.as_ref().map(|user| user.account_id.clone()),
    });
    let mut setup = frame.setup;
    setup["full"] = module.is_page().into();
    setup["show"] = module.row().show.name().into();
    let place = viewer.place.variables().iter();
    let mut placed = Placed::default();
    placed.frames.push(setup);
    let values = context! {
        title => module.name.as_str(),
        app => app.descriptor.name.as_str(),
        app_key => app.descriptor.key.as_str(),
        app_url => super::app_url(site, &app),
        module_key => module.key.as_str(),
        kind => module.kind.as_str(),
        license => app.license.as_str(),
        client_key => site.client_key.as_str(),
        cacheable => module.cacheable,
        shown_url => frame.shown_url,
        frame_id => frame.id,
        frame_name => frame.name,
        frame_src => frame.src,
        full => module.is_page(),
        place => place.map(|(name, value)| context! { name, value }).collect::<Vec<_>>(),
        claims => own.place.claims(site.product).to_string(),
        notes => placed::notes(&verdict),
    };
    chrome::page(
        (shared, Some(site)),
        &visit,
        (StatusCode::OK, "module.html"),
        placed,
        values,
    )
}

/// `GET /plugins/servlet/ac-redirect/{app}/{module}`: to the app's own page, signed.
pub(crate) async fn redirect(
    State(on): State<OnSite>,
    Path((app_key, module_key)): Path<(String, String)>,
    visit: Visit,
) -> Response {
    let OnSite { shared, site } = &on;
    let signed = site.app_named(&app_key).and_then(|app| {
        let module = addressed(&app, &module_key)?;
        let view = modules::spot(&app.descriptor, module, site.product).map(|spot| spot.view);
        let viewer = visit.viewer(place(&on, &visit, view));
        let url = iframe::expanded(site, &app, module, &viewer, None)?;
        iframe::signed_url(shared, site, &app, module, &viewer, &url)
    });
    match signed {
        Some((url, _)) => {
            let headers = [
                (header::CACHE_CONTROL, "no-store"),
                (header::REFERRER_POLICY, "no-referrer"),
            ];
            (headers, Redirect::to(&url)).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn addressed<'a>(app: &'a App, key: &str) -> Option<&'a Module> {
    let module = app.descriptor.module(key)?;
    app.descriptor.address(module, None)?;
    Some(module)
}

/// The place a request names, or the first that the module's view has.
fn place(on: &OnSite, visit: &Visit, view: Option<View>) -> Place {
    let asked = Place::asked(&on.site, &visit.query);
    match view {
        Some(view) if asked.is_nowhere() => Place::of_view(&on.site, view),
        _ => asked,
    }
}
