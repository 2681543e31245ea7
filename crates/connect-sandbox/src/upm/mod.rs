//! The plugin manager's REST resources (UPM), as far as tools that register apps use them.
//!
//! Answers have the shapes that clients of the real one rely on, refusals included: what a client
//! gets away with here it gets away with there.

pub(crate) mod tasks;
mod tokens;
mod wire;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use connect_core::{AppKey, Secret};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    USERNAME,
    faults::Fault,
    lifecycle,
    server::OnSite,
    state::{App, License},
    upm::tasks::TaskState,
};

/// The routes below `/rest/plugins/1.0` of a site. Clients write the root with and without a
/// trailing slash.
pub(crate) fn router(on: OnSite) -> Router {
    let at = |path: &str| format!("/rest/plugins/1.0{path}");
    Router::new()
        .route(&at(""), get(list).post(register))
        .route(&at("/"), get(list).post(register))
        .route(&at("/settings"), get(settings))
        .route(&at("/license-tokens"), get(tokens::list).post(tokens::set))
        .route(
            &at("/license-tokens/{plugin}"),
            get(tokens::show).delete(tokens::remove),
        )
        .route(&at("/pending/{id}"), get(poll))
        .route(&at("/{plugin}"), get(show).put(change).delete(remove))
        .route(&at("/{plugin}/license"), get(license).put(set_license))
        .route_layer(middleware::from_fn_with_state(
            on.clone(),
            only_administrators,
        ))
        .with_state(on)
}

/// Basic authentication with the sandbox's user name and password.
async fn only_administrators(State(on): State<OnSite>, request: Request, next: Next) -> Response {
    let given = request
        .headers()
        .get(header::AUTHORIZATION)
        .map(HeaderValue::as_bytes);
    if given.is_some_and(|given| is_administrator(given, &on.shared.identity.password)) {
        return next.run(request).await;
    }
    let reason = if given.is_some() {
        "AUTHENTICATED_FAILED"
    } else {
        "OUT"
    };
    let refusal = problem(
        StatusCode::UNAUTHORIZED,
        "upm.error.unauthorized",
        "user name or password is wrong",
    );
    let challenge = [
        (header::WWW_AUTHENTICATE.as_str(), "Basic realm=\"sandbox\""),
        ("x-seraph-loginreason", reason),
    ];
    (challenge, refusal).into_response()
}

/// True for the `Authorization` header of the sandbox's administrator.
pub(crate) fn is_administrator(authorization: &[u8], password: &Secret) -> bool {
    let Some(encoded) = authorization.strip_prefix(b"Basic ") else {
        return false;
    };
    let Ok(decoded) = STANDARD.decode(encoded.trim_ascii()) else {
        return false;
    };
    let text = str::from_utf8(&decoded).unwrap_or_default();
    text.split_once(':')
        .is_some_and(|(user, given)| user == USERNAME && Secret::new(given) == *password)
}

async fn list(State(on): State<OnSite>) -> Response {
    let plugins: Vec<Value> = on
        .site
        .apps()
        .iter()
        .map(|app| wire::plugin(&on.site, app))
        .collect();
    let token = HeaderValue::from_str(&on.site.upm.new_token())
        .expect("a token consists of base64url characters");
    (
        [(header::HeaderName::from_static("upm-token"), token)],
        typed(
            "installed",
            json!({ "plugins": plugins, "links": wire::root_links(&on.site) }),
        ),
    )
        .into_response()
}

async fn settings(State(on): State<OnSite>) -> Response {
    let open = !on.shared.faults.is_on_order(&Fault::DevelopmentModeOff);
    typed("settings", wire::settings(open))
}

#[derive(Deserialize)]
struct RegisterQuery {
    #[serde(default)]
    token: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RegisterBody {
    plugin_uri: String,
}

async fn register(
    State(on): State<OnSite>,
    Query(query): Query<RegisterQuery>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !has_type(&headers, "application/vnd.atl.plugins.remote.install+json") {
        return problem(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "upm.error.unsupported.media.type",
            "send application/vnd.atl.plugins.remote.install+json",
        );
    }
    let Ok(RegisterBody { plugin_uri }) = serde_json::from_slice(&body) else {
        return problem(
            StatusCode::BAD_REQUEST,
            "upm.error.bad.request",
            "send {\"pluginUri\": \"https://…/atlassian-connect.json\"}",
        );
    };
    if !on.site.upm.use_token(&query.token) {
        return problem(
            StatusCode::FORBIDDEN,
            "upm.error.invalid.token",
            "the token is missing, unknown or used up: ask for the list again and send its `upm-token`",
        );
    }
    let task = on.site.upm.begin(&plugin_uri);
    let endless = on
        .shared
        .take_fault(|fault| *fault == Fault::TaskNeverEnds)
        .is_some();
    if !endless {
        let (on, id) = (on.clone(), task.id.clone());
        // A task of its own: a client that hangs up must not stop an install half way.
        on.shared.clone().tasks.start(async move {
            let state = match lifecycle::install(&on.shared, &on.site, &plugin_uri).await {
                Ok(key) => TaskState::Installed(key.to_string()),
                Err(failure) => TaskState::Failed(failure),
            };
            on.site.upm.finish(&id, state);
        });
    }
    let location = format!(
        "{}{}",
        on.site.base_url.origin(),
        wire::task_path(&on.site, &task.id)
    );
    (
        StatusCode::ACCEPTED,
        [(header::LOCATION, location)],
        typed("install.installing", wire::task(&on.site, &task)),
    )
        .into_response()
}

async fn poll(State(on): State<OnSite>, Path(id): Path<String>) -> Response {
    let Some(task) = on.site.upm.task(&id) else {
        return problem(StatusCode::NOT_FOUND, "upm.error.not.found", "no such task");
    };
    match &task.state {
        TaskState::Failed(_) => typed("task.install.err", wire::task(&on.site, &task)),
        TaskState::Installed(key) => {
            let location = format!(
                "{}{}",
                on.site.base_url.origin(),
                wire::plugin_path(&on.site, key)
            );
            (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
        }
        TaskState::Running => typed("install.installing", wire::task(&on.site, &task)),
    }
}

async fn show(State(on): State<OnSite>, Path(plugin): Path<String>) -> Response {
    match app_of(&on, &plugin) {
        Some(app) => typed("plugin", wire::plugin(&on.site, &app)),
        None => not_installed(),
    }
}

#[derive(Deserialize)]
struct ChangeBody {
    enabled: bool,
}

async fn change(
    State(on): State<OnSite>,
    Path(plugin): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !has_type(&headers, "application/vnd.atl.plugins.plugin+json") {
        return problem(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "upm.error.unsupported.media.type",
            "send application/vnd.atl.plugins.plugin+json",
        );
    }
    let Ok(ChangeBody { enabled }) = serde_json::from_slice(&body) else {
        return problem(
            StatusCode::BAD_REQUEST,
            "upm.error.bad.request",
            "send {\"enabled\": true} or {\"enabled\": false}",
        );
    };
    let Some(app) = app_of(&on, &plugin) else {
        return not_installed();
    };
    match lifecycle::set_enabled(&on.shared, &on.site, &app.descriptor.key, enabled).await {
        Some(app) => typed("plugin", wire::plugin(&on.site, &app)),
        None => not_installed(),
    }
}

async fn remove(State(on): State<OnSite>, Path(plugin): Path<String>) -> Response {
    let Some(app) = app_of(&on, &plugin) else {
        return not_installed();
    };
    if on
        .shared
        .take_fault(|fault| *fault == Fault::SwallowDeregister)
        .is_some()
    {
        return StatusCode::NO_CONTENT.into_response();
    }
    let (done, removed) = tokio::sync::oneshot::channel();
    // A task of its own: a client that hangs up must not stop it half way.
    on.shared.clone().tasks.start(async move {
        let removed = lifecycle::uninstall(&on.shared, &on.site, &app.descriptor.key).await;
        // Nobody listens when the client is gone.
        let _ = done.send(removed);
    });
    match removed.await {
        Ok(true) => StatusCode::NO_CONTENT.into_response(),
        Ok(false) => not_installed(),
        Err(_) => problem(
            StatusCode::SERVICE_UNAVAILABLE,
            "upm.plugin.error.unexpected.error",
            "the sandbox is closing",
        ),
    }
}

async fn license(State(on): State<OnSite>, Path(plugin): Path<String>) -> Response {
    match app_of(&on, &plugin) {
        Some(app) => typed("", wire::license(&app)),
        None => not_installed(),
    }
}

#[derive(Deserialize)]
struct LicenseBody {
    active: bool,
}

async fn set_license(
    State(on): State<OnSite>,
    Path(plugin): Path<String>,
    body: Bytes,
) -> Response {
    let Ok(LicenseBody { active }) = serde_json::from_slice(&body) else {
        return problem(
            StatusCode::BAD_REQUEST,
            "upm.error.bad.request",
            "send {\"active\": true} or {\"active\": false}",
        );
    };
    let Some(app) = app_of(&on, &plugin) else {
        return not_installed();
    };
    let app = set_active(&on, &app, active);
    typed("", wire::license(&app))
}

fn set_active(on: &OnSite, app: &App, active: bool) -> Arc<App> {
    let license = match active {
        true => License::Active,
        false => License::None,
    };
    on.site.put(App {
        license,
        ..app.clone()
    })
}

/// The app of a plugin key: UPM writes `KEY-key`.
fn app_of(on: &OnSite, plugin: &str) -> Option<Arc<App>> {
    let key = AppKey::parse(plugin.strip_suffix("-key")?).ok()?;
    on.site.app(&key)
}

fn has_type(headers: &HeaderMap, wanted: &str) -> bool {
    let given = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let given = given.map(|given| given.split(';').next().unwrap_or_default().trim());
    given.is_some_and(|given| given.eq_ignore_ascii_case(wanted))
}

/// JSON under one of UPM's own content types.
fn typed(kind: &str, body: Value) -> Response {
    let dot = if kind.is_empty() { "" } else { "." };
    let content_type = format!("application/vnd.atl.plugins{dot}{kind}+json");
    ([(header::CONTENT_TYPE, content_type)], body.to_string()).into_response()
}

fn not_installed() -> Response {
    problem(
        StatusCode::NOT_FOUND,
        "upm.plugin.error.not.found",
        "no such app is installed",
    )
}

fn problem(status: StatusCode, sub_code: &str, message: &str) -> Response {
    (
        status,
        Json(json!({ "subCode": sub_code, "errorMessage": message })),
    )
        .into_response()
}
