//! Who may do what.

use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    rest::{Call, Caller, Reply, refusal},
    state::lock,
    users::User,
    world,
};

/// `POST /rest/api/3/permissions/check`: of the given account or of whoever calls, those of the
/// asked permissions that are granted.
pub(crate) fn jira(call: &Call<'_>) -> Reply {
    let Some(asked) = call.json() else {
        return malformed();
    };
    let user = match asked["accountId"].as_str() {
        None => current(call),
        // AP.request may ask about its own user only.
        Some(id) if !matches!(call.caller, Caller::App(_) | Caller::Administrator(_)) => {
            current(call).filter(|user| user.account_id == id)
        }
        Some(id) => User::find(&call.on.site, id),
    };
    let has = |permission: &str| world::has_permission(user.as_ref(), permission);
    let global: Vec<&str> = texts(&asked["globalPermissions"])
        .into_iter()
        .filter(|permission| has(permission))
        .collect();
    let known_project = |id: &u64| world::PROJECTS.iter().any(|project| project.id == *id);
    let known_issue = |id: &u64| lock(&call.on.site.data).issues.contains_key(id);
    let mut granted = Vec::new();
    for group in asked["projectPermissions"].as_array().into_iter().flatten() {
        // Ids that do not exist are left out without a word.
        let projects = numbers(&group["projects"]);
        let issues = numbers(&group["issues"]);
        if projects.len() > 1_000 || issues.len() > 1_000 {
            return malformed();
        }
        let projects: Vec<u64> = projects.into_iter().filter(known_project).collect();
        let issues: Vec<u64> = issues.into_iter().filter(known_issue).collect();
        for permission in texts(&group["permissions"]) {
            if has(permission) {
                granted.push(json!({
                    "permission": permission, "projects": projects, "issues": issues,
                }));
            }
        }
    }
    Reply::ok(json!({ "globalPermissions": global, "projectPermissions": granted }))
}

/// `POST /wiki/rest/api/content/{id}/permission/check`.
pub(crate) fn confluence(call: &Call<'_>, id: &str) -> Reply {
    let Some(asked) = call.json() else {
        return malformed();
    };
    let number = id.parse().ok();
    let known = number.is_some_and(|id: u64| lock(&call.on.site.data).contents.contains_key(&id));
    if !known {
        let refusal = refusal(
            "rest/not-found",
            "there is no such page",
            "GET /rest/api/content lists them",
        );
        let body = json!({ "statusCode": 404, "message": "No content found with that id" });
        return Reply::refused(StatusCode::NOT_FOUND, body, refusal);
    }
    let subject = &asked["subject"];
    let user = match (subject["type"].as_str(), subject["identifier"].as_str()) {
        (Some("user"), Some("anonymous")) => None,
        (Some("user"), Some(id)) => match User::find(&call.on.site, id) {
            Some(user) => Some(user),
            None => return malformed(),
        },
        _ => return malformed(),
    };
    let Some(operation) = asked["operation"].as_str() else {
        return malformed();
    };
    let granted = world::may(user.as_ref(), id, operation);
    Reply::ok(json!({ "hasPermission": granted, "errors": [] }))
}

/// The member `operations` of a Confluence user (`expand=operations`).
pub(crate) fn operations(user: Option<&User>) -> Value {
    world::application_operations(user)
        .iter()
        .map(|operation| json!({ "operation": operation, "targetType": "application" }))
        .collect()
}

fn current(call: &Call<'_>) -> Option<User> {
    call.caller.user()
}

fn texts(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn numbers(value: &Value) -> Vec<u64> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_u64)
        .collect()
}

fn malformed() -> Reply {
    let refusal = refusal(
        "rest/request",
        "the body is not what the resource takes",
        "compare it with the product's documentation",
    );
    let body = json!({ "errorMessages": ["The request is not valid"], "message": "The request is not valid" });
    Reply::refused(StatusCode::BAD_REQUEST, body, refusal)
}
