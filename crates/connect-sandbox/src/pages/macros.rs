//! Macros on the pages of Confluence: what was saved in them, the variables they are shown with,
//! and what static ones come to.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    client,
    data::Saved,
    descriptor::Module,
    pages::{Viewer, bridge, iframe, modules::Show},
    sign::{self, CALL_LIFE},
    state::{App, Shared, Site, lock},
};

/// Adds what a macro is shown with to the place of its viewer.
pub(crate) fn add(site: &Site, app: &App, viewer: &mut Viewer, module: &Module) {
    let saved = saved(site, app, viewer, module);
    let declared = module.raw["parameters"].as_array().into_iter().flatten();
    for parameter in declared {
        let Some(name) = parameter["identifier"].as_str() else {
            continue;
        };
        let value = saved
            .parameters
            .get(name)
            .map(text)
            .or_else(|| parameter["defaultValue"].as_str().map(str::to_owned));
        viewer.place.set(name, value.unwrap_or_default());
    }
    let id = connect_core::qsh::Qsh::of(&format!(
        "{}/{}/{}",
        app.descriptor.key, module.kind, module.key
    ));
    let id = &id.as_str()[..32];
    let short: String = saved.body.chars().take(LONGEST_BODY).collect();
    viewer
        .place
        .set("macro.truncated", short.len() < saved.body.len());
    viewer.place.set("macro.body", short);
    viewer.place.set("macro.hash", id);
    viewer.place.set("macro.id", id);
    viewer.place.set("output.type", "display");
    if let Some(user) = &viewer.user {
        let account = user.account_id.clone();
        viewer.place.set("user.id", &account);
        viewer.place.set("user.key", account);
    }
}

/// Adds what the step of a workflow was configured with; other modules have no such thing.
pub(crate) fn add_step(site: &Site, app: &App, viewer: &mut Viewer, module: &Module) {
    let name = match module.kind.as_str() {
        "jiraWorkflowConditions" => "condition",
        "jiraWorkflowPostFunctions" => "postFunction",
        "jiraWorkflowValidators" => "validator",
        _ => return,
    };
    let saved = saved(site, app, viewer, module);
    let config = saved.parameters.get("config").map(text);
    viewer.place.set(&format!("{name}.id"), 1);
    viewer
        .place
        .set(&format!("{name}.config"), config.unwrap_or_default());
}

/// What was saved in a macro, or what a new one has.
pub(crate) fn saved(site: &Site, app: &App, viewer: &Viewer, module: &Module) -> Saved {
    let (page, name) = place(app, viewer, module);
    let data = lock(&site.data);
    let saved = data.macros.get(&page).and_then(|page| page.get(&name));
    saved.cloned().unwrap_or_else(|| Saved {
        parameters: Map::new(),
        body: match module.raw["bodyType"].as_str() {
            None | Some("none" | "NONE") => String::new(),
            Some(_) => "Text inside the macro.".to_owned(),
        },
    })
}

#[derive(Deserialize)]
pub(crate) struct Save {
    module: String,
    #[serde(default)]
    parameters: Map<String, Value>,
    body: Option<String>,
}

/// `POST /_sandbox/bridge/macro`: saves what the editor of a macro made.
pub(crate) async fn save(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(save): Json<Save>,
) -> Response {
    let Some(on) = bridge::opened(&shared, &headers) else {
        return bridge::expired();
    };
    let Some(module) = on.app.descriptor.module(&save.module) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let before = saved(&on.site, &on.app, &on.viewer, module);
    let new = Saved {
        parameters: save.parameters,
        body: save.body.unwrap_or(before.body),
    };
    let (page, name) = place(&on.app, &on.viewer, module);
    let mut data = lock(&on.site.data);
    if data.macros.len() >= MOST_PAGES && !data.macros.contains_key(&page) {
        return StatusCode::INSUFFICIENT_STORAGE.into_response();
    }
    data.macros.entry(page).or_default().insert(name, new);
    drop(data);
    on.site.saver.changed();
    StatusCode::NO_CONTENT.into_response()
}

#[derive(Deserialize)]
pub(crate) struct Wanted {
    module: String,
}

/// `POST /_sandbox/bridge/static`: what a static macro comes to. The host asks the app from server
/// to server, with a token in the query, and shows an error in its place when that fails.
pub(crate) async fn render(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(wanted): Json<Wanted>,
) -> Response {
    let Some(on) = bridge::opened(&shared, &headers) else {
        return bridge::expired();
    };
    let module = on.app.descriptor.module(&wanted.module);
    let Some(module) = module.filter(|module| module.row().show == Show::Static) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut viewer = on.viewer.clone();
    add(&on.site, &on.app, &mut viewer, module);
    let url = iframe::expanded(&on.site, &on.app, module, &viewer, None);
    let signed = url.and_then(|url| {
        let subject = iframe::subject(&on.site, &viewer);
        let life = CALL_LIFE;
        let token = sign::request_token(&shared, &on.site, &on.app, "GET", &url, life, &subject)?;
        Some((url, token))
    });
    let Some((url, token)) = signed else {
        return failed("the address of the macro cannot be put together");
    };
    let headers = client::signed_json(&token);
    let answer = shared
        .client
        .send(Method::GET, &url, headers, Vec::new(), MOST_TEXT)
        .await;
    match answer {
        Ok(answer) if answer.status.is_success() => {
            let html = String::from_utf8_lossy(&answer.body).into_owned();
            Json(json!({ "html": html })).into_response()
        }
        Ok(answer) => failed(&format!("the app answered {}", answer.status.as_u16())),
        Err(problem) => failed(problem.as_str()),
    }
}

fn failed(why: &str) -> Response {
    let message = format!("Error rendering macro: {why}");
    (StatusCode::BAD_GATEWAY, Json(json!({ "message": message }))).into_response()
}

/// The page, and the module on it.
fn place(app: &App, viewer: &Viewer, module: &Module) -> (String, String) {
    let content = viewer.place.get("content.id").unwrap_or_default();
    let name = format!("{}/{}/{}", app.descriptor.key, module.kind, module.key);
    (content.to_owned(), name)
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Longest body of a macro that goes into an address, in characters.
const LONGEST_BODY: usize = 128;

/// Pages with macros that are kept.
const MOST_PAGES: usize = 10_000;

/// Longest answer of a static macro, in bytes.
const MOST_TEXT: usize = 512 * 1024;
