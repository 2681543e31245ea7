//! Calls that a product makes to an app without anybody seeing a page: a step of a workflow, a JQL
//! function, a template. The app's page sends them, with a body that one may edit before.
//!
//! Webhooks have a console of their own, which also sends them late, twice and in any order.

use std::{sync::Arc, time::Instant};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, StatusCode};
use minijinja::{Value as Shown, context};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    client,
    descriptor::Module,
    event::SandboxEvent,
    pages::{
        Visit, bridge, chrome, iframe, macros,
        placed::{self, Placed, Scene},
    },
    server::OnSite,
    sign::{self, CALL_LIFE},
    users::User,
};

#[derive(Deserialize)]
pub(crate) struct Order {
    module: String,
    #[serde(default)]
    body: Value,
}

/// `POST /_sandbox/bridge/fire`: calls the address of a module as the product would.
pub(crate) async fn fire(
    State(shared): State<Arc<crate::state::Shared>>,
    headers: HeaderMap,
    Json(order): Json<Order>,
) -> Response {
    let Some(on) = bridge::opened(&shared, &headers) else {
        return bridge::expired();
    };
    let refuse = |status: StatusCode, message: &str| {
        (status, Json(json!({ "message": message }))).into_response()
    };
    let module = on.app.descriptor.module(&order.module);
    let Some((module, method)) = module.and_then(|module| Some((module, method(module)?))) else {
        return refuse(
            StatusCode::NOT_FOUND,
            "the app has no such module that a product calls",
        );
    };
    let scene = Scene {
        shared: &shared,
        site: &on.site,
        viewer: &on.viewer,
    };
    let viewer = placed::alone(scene, &on.app, module);
    let signed = iframe::expanded(&on.site, &on.app, module, &viewer, None).and_then(|url| {
        let own = on.app.descriptor.owns(&url);
        let subject = iframe::subject(&on.site, &viewer);
        let verb = method.as_str();
        let token =
            sign::request_token(&shared, &on.site, &on.app, verb, &url, CALL_LIFE, &subject);
        Some((url, token.filter(|_| own)?))
    });
    let Some((url, token)) = signed else {
        return refuse(
            StatusCode::BAD_GATEWAY,
            "the address of the module is not one of the app",
        );
    };
    let body = match method {
        Method::GET => Vec::new(),
        _ => order.body.to_string().into_bytes(),
    };
    let started = Instant::now();
    let headers = client::signed_json(&token);
    let answer = shared
        .client
        .send(method, &url, headers, body, MOST_ANSWER)
        .await;
    let (status, text, problem) = match answer {
        Ok(answer) => {
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            (Some(answer.status.as_u16()), text, None)
        }
        Err(problem) => (
            None,
            String::new(),
            Some(format!("the app {}", problem.as_str())),
        ),
    };
    let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let mut shown = url.clone();
    shown.set_query(None);
    shared.journal.record(SandboxEvent::ModuleCalled {
        site: on.site.base_url.to_string(),
        app: on.app.descriptor.key.to_string(),
        module: module.key.clone(),
        url: shown.to_string(),
        status,
        ms,
    });
    let body = json!({ "url": shown.as_str(), "status": status, "ms": ms, "text": text, "problem": problem });
    Json(body).into_response()
}

/// How a product calls modules of this type; nothing when it does not.
pub(crate) fn method(module: &Module) -> Option<Method> {
    match module.kind.as_str() {
        "automationActions" | "jiraJqlFunctions" | "jiraWorkflowPostFunctions" => {
            Some(Method::POST)
        }
        "blueprints" => Some(Method::GET),
        _ => None,
    }
}

/// A body to begin with. What the products send has more in it: compare it with their
/// documentation before relying on a member.
pub(crate) fn sample(scene: Scene<'_>, app: &crate::state::App, module: &Module) -> Option<Value> {
    let place = &scene.viewer.place;
    let issue = json!({
        "id": place.get("issue.id"), "key": place.get("issue.key"),
        "fields": { "project": { "id": place.get("project.id"), "key": place.get("project.key") } },
    });
    match module.kind.as_str() {
        "automationActions" => Some(json!({ "issue": issue })),
        "jiraJqlFunctions" => Some(json!({ "precomputations": [{
            "id": "1", "functionKey": module.key, "functionName": module.raw["name"],
            "field": "key", "operator": "in", "arguments": [],
        }] })),
        "jiraWorkflowPostFunctions" => {
            let saved = macros::saved(scene.site, app, scene.viewer, module);
            Some(json!({
                "configuration": { "value": saved.parameters.get("config") },
                "transition": {
                    "transitionId": 21, "transitionName": "Start progress", "workflowName": "Sandbox workflow",
                    "from_status": "To Do", "to_status": "In Progress",
                },
                "issue": issue,
            }))
        }
        _ => None,
    }
}

/// `GET {site}/webhooks`: a console for webhooks.
pub(crate) async fn webhooks(State(on): State<OnSite>, visit: Visit) -> Response {
    let apps: Vec<Shown> = on
        .site
        .apps()
        .iter()
        .map(|app| {
            let modules = app.descriptor.modules.iter();
            let hooks = modules.filter(|module| module.kind == "webhooks");
            let hooks: Vec<Shown> = hooks
                .map(|hook| context! { event => hook.raw["event"].as_str(), url => hook.url.as_deref(), filter => hook.raw["filter"].as_str() })
                .collect();
            context! { key => app.descriptor.key.as_str(), name => app.descriptor.name.as_str(), hooks }
        })
        .collect();
    let values = context! {
        title => "Webhooks",
        apps,
        people => User::people().map(|user| context! { id => user.account_id, name => user.display_name }).collect::<Vec<_>>(),
    };
    let template = (StatusCode::OK, "webhooks.html");
    chrome::page(
        (&on.shared, Some(&on.site)),
        &visit,
        template,
        Placed::default(),
        values,
    )
}

/// Longest answer that is shown, in bytes.
const MOST_ANSWER: usize = 64 * 1024;
