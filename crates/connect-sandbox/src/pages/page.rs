//! A module of an app, in a page of the product.

use axum::{
    extract::{OriginalUri, Path, Query, State},
    response::Response,
};
use http::StatusCode;
use minijinja::context;
use serde_json::json;

use crate::{
    event::SandboxEvent,
    pages::{
        bridge, html,
        iframe::{self, Viewer},
        module_url, nav, template,
        variables::Context,
    },
    server::OnSite,
    users::User,
};

/// `GET /plugins/servlet/ac/{app}/{module}`: a page module in its frame. Query parameters that
/// begin with `ac.` become variables, as `AP.navigator.go` hands them over.
pub(crate) async fn show(
    State(on): State<OnSite>,
    Path((app_key, module_key)): Path<(String, String)>,
    Query(query): Query<Vec<(String, String)>>,
    OriginalUri(uri): OriginalUri,
) -> Response {
    let OnSite { shared, site } = &on;
    let user = chosen_user(&query);
    let message = |status: StatusCode, title: &str, text: String, hint: &str| {
        let here = uri.path();
        let nav = nav::values(shared, Some(site), user.as_ref(), here);
        html(
            status,
            template::render("message.html", context! { nav, title, text, hint }),
        )
    };
    let Some(app) = site.app_named(&app_key) else {
        return message(
            StatusCode::NOT_FOUND,
            "App not found",
            format!("No app with the key “{app_key}” is installed on this site."),
            "Start it with “connect dev”, or register its descriptor with the plugin manager.",
        );
    };
    let Some(module) = app
        .descriptor
        .module(&module_key)
        .filter(|module| module.url.is_some())
    else {
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
    let viewer = Viewer {
        context: query
            .into_iter()
            .filter(|(name, _)| name.starts_with("ac."))
            .collect::<Context>(),
        structured: json!({}),
        user: user.clone(),
    };
    let Some(frame) = iframe::frame(shared, site, &app, module, &viewer, json!({})) else {
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
    let here = module_url(site, &app, module);
    let mut own = frame.setup;
    own["full"] = module.is_page().into();
    let setup = bridge::setup(site, viewer.user.as_ref(), vec![own]);
    let body = template::render(
        "module.html",
        context! {
            nav => nav::values(shared, Some(site), viewer.user.as_ref(), &here),
            title => module.name.as_str(),
            app => app.descriptor.name.as_str(),
            app_key => app.descriptor.key.as_str(),
            module_key => module.key.as_str(),
            kind => module.kind.as_str(),
            license => app.license.as_str(),
            client_key => site.client_key.as_str(),
            shown_url => frame.shown_url,
            frame_id => frame.id,
            frame_name => frame.name,
            frame_src => frame.src,
            full => module.is_page(),
            setup => template::script_json(&setup),
        },
    );
    html(StatusCode::OK, body)
}

/// The user of the query parameter `as`: an account id, its last part, or `anonymous`.
fn chosen_user(query: &[(String, String)]) -> Option<User> {
    let chosen = query
        .iter()
        .find(|(name, _)| name == "as")
        .map(|(_, value)| value.as_str());
    match chosen {
        None => Some(User::default_person()),
        Some("anonymous") => None,
        Some(id) => User::person(id)
            .or_else(|| User::person(&format!("712020:{id}")))
            .or_else(|| Some(User::default_person())),
    }
}
