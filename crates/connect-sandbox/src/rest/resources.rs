//! The resources there are.

use connect_core::Product;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    rest::{
        Call, Caller, Reply, attachments, contents, hooks, issues, jira_error, lists, notes, own,
        permissions, refusal, v2,
    },
    state::License,
    users::User,
};

/// Answers a call, or nothing when there is no such resource here.
pub(crate) fn answer(call: &Call<'_>) -> Option<Reply> {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    let get = call.method == Method::GET;
    if call.root == "api" {
        return match segments.as_slice() {
            ["v2", rest @ ..] => v2::answer(call, rest),
            _ => None,
        };
    }
    match (call.on.site.product, segments.as_slice()) {
        (_, ["atlassian-connect", "1", "addons", key]) if get => Some(addon(call, key)),
        (_, ["atlassian-connect", "1", "addons", key, "properties"]) => {
            own::properties(call, key, None)
        }
        (_, ["atlassian-connect", "1", "addons", key, "properties", name]) => {
            own::properties(call, key, Some(name))
        }
        (_, ["atlassian-connect", "1", "app", "module", "dynamic"]) => own::modules(call),
        (Product::Confluence, ["api", rest @ ..]) => confluence(call, rest),
        (Product::Jira, ["api", "2" | "3" | "latest", rest @ ..]) => jira(call, rest),
        _ => None,
    }
}

fn confluence(call: &Call<'_>, path: &[&str]) -> Option<Reply> {
    let get = call.method == Method::GET;
    let post = call.method == Method::POST;
    match path {
        ["content"] => contents::all(call),
        ["content", "search"] if get => contents::search(call),
        ["content", id] => contents::one(call, id),
        ["content", id, "child", "comment"] if get => Some(contents::comments(call, id)),
        ["content", id, "label"] => contents::labels(call, id),
        ["content", id, "permission", "check"] if post => Some(permissions::confluence(call, id)),
        ["content", id, "property"] => contents::properties(call, id, None),
        ["content", id, "property", name] => contents::properties(call, id, Some(name)),
        ["space"] if get => Some(contents::spaces(call, None)),
        ["space", key] if get => Some(contents::spaces(call, Some(key))),
        ["user"] if get => Some(confluence_user(call)),
        ["user", "anonymous"] if get => Some(anonymous(call)),
        ["user", "current"] if get => Some(current(call)),
        _ => None,
    }
}

fn jira(call: &Call<'_>, path: &[&str]) -> Option<Reply> {
    let get = call.method == Method::GET;
    let post = call.method == Method::POST;
    let put = call.method == Method::PUT;
    match path {
        ["attachment", "content", id] if get => Some(attachments::download(call, id)),
        ["attachment", id] => attachments::one(call, id),
        ["dashboard", _, "items", item, "properties"] => notes::item_properties(call, item, None),
        ["dashboard", _, "items", item, "properties", name] => {
            notes::item_properties(call, item, Some(name))
        }
        [kind @ ("field" | "issuetype" | "priority" | "status")] if get => lists::kinds(call, kind),
        ["issue"] if post => Some(issues::create(call)),
        ["issue", key] => issues::one(call, key),
        ["issue", key, "assignee"] if put => Some(issues::assign(call, key)),
        ["issue", key, "attachments"] if post => Some(attachments::upload(call, key)),
        ["issue", key, "comment"] => notes::comments(call, key),
        ["issue", key, "comment", id] => notes::comment(call, key, id),
        ["issue", key, "properties"] => notes::issue_properties(call, key, None),
        ["issue", key, "properties", name] => notes::issue_properties(call, key, Some(name)),
        ["issue", key, "transitions"] => issues::transitions(call, key),
        ["mypermissions"] if get => Some(lists::my_permissions(call)),
        ["myself"] if get => Some(current(call)),
        ["permissions", "check"] if post => Some(permissions::jira(call)),
        ["project", "search"] if get => Some(lists::projects(call)),
        ["project", key] if get => Some(lists::project(call, key)),
        ["project", key, "properties"] => notes::project_properties(call, key, None),
        ["project", key, "properties", name] => notes::project_properties(call, key, Some(name)),
        ["search", "jql"] if get || post => issues::search(call),
        ["serverInfo"] if get => Some(server_info(call)),
        ["user"] if get => Some(jira_user(call)),
        ["user", "properties"] => notes::user_properties(call, None),
        ["user", "properties", name] => notes::user_properties(call, Some(name)),
        ["user" | "users", "search"] if get => Some(lists::users(call)),
        ["webhook"] => hooks::all(call),
        ["webhook", "failed"] if get => Some(hooks::failed(call)),
        ["webhook", "refresh"] if put => Some(hooks::refresh(call)),
        _ => None,
    }
}

/// What a product shows to a visitor who is not logged in.
pub(crate) fn is_public(product: Product, method: &Method, path: &str) -> bool {
    match product {
        Product::Confluence => *method == Method::GET && path == "/rest/api/user/anonymous",
        _ => *method == Method::POST && path == "/rest/api/3/permissions/check",
    }
}

/// `GET /rest/api/3/myself` and `GET /wiki/rest/api/user/current`: whoever calls.
fn current(call: &Call<'_>) -> Reply {
    let user = match call.caller.user() {
        Some(user) => user,
        None => {
            let refusal = refusal(
                "rest/anonymous",
                "nobody is logged in on the page",
                "choose a user on the page",
            );
            return Reply::refused(
                StatusCode::UNAUTHORIZED,
                json!({ "message": "Client must be authenticated to access this resource.", "status-code": 401 }),
                refusal,
            );
        }
    };
    Reply::ok(shown(call, &user))
}

fn jira_user(call: &Call<'_>) -> Reply {
    let Some(account_id) = call.param("accountId") else {
        return jira_error(
            StatusCode::BAD_REQUEST,
            "The query parameter 'accountId' must be provided",
            "add `?accountId=…`",
        );
    };
    match User::find(&call.on.site, account_id) {
        Some(user) => Reply::ok(shown(call, &user)),
        None => jira_error(
            StatusCode::NOT_FOUND,
            "Specified user does not exist or you do not have required permissions",
            "the sandbox's page `/` lists its users",
        ),
    }
}

/// `GET /wiki/rest/api/user/anonymous`.
fn anonymous(call: &Call<'_>) -> Reply {
    let mut body = json!({ "type": "anonymous", "displayName": "Anonymous" });
    if expands_operations(call) {
        body["operations"] = permissions::operations(None);
    }
    Reply::ok(body)
}

fn expands_operations(call: &Call<'_>) -> bool {
    let expand = call.param("expand").unwrap_or_default();
    expand.split(',').any(|name| name == "operations")
}

fn confluence_user(call: &Call<'_>) -> Reply {
    match call
        .param("accountId")
        .and_then(|id| User::find(&call.on.site, id))
    {
        Some(user) => {
            let mut body = shown(call, &user);
            if expands_operations(call) {
                body["operations"] = permissions::operations(Some(&user));
            }
            Reply::ok(body)
        }
        None => {
            let refusal = refusal(
                "rest/not-found",
                "there is no such user",
                "the sandbox's page `/` lists its users",
            );
            Reply::refused(
                StatusCode::NOT_FOUND,
                json!({ "statusCode": 404, "message": "No user found with that account id" }),
                refusal,
            )
        }
    }
}

fn server_info(call: &Call<'_>) -> Reply {
    Reply::ok(json!({
        "baseUrl": call.on.site.base_url.as_str(),
        "version": "1001.0.0-SNAPSHOT",
        "versionNumbers": [1001, 0, 0],
        "deploymentType": "Cloud",
        "buildNumber": 100_276,
        "serverTitle": "Sandbox Jira",
    }))
}

/// `GET /rest/atlassian-connect/1/addons/{key}`: an app's view of itself.
fn addon(call: &Call<'_>, key: &str) -> Reply {
    let own = match &call.caller {
        Caller::App(app) | Caller::Bridge { app, .. } => Some(app.clone()),
        Caller::Administrator(_) => call.on.site.app_named(key),
        Caller::Anonymous | Caller::AsUser { .. } | Caller::Forge { .. } | Caller::Person(_) => {
            None
        }
    };
    let Some(app) = own.filter(|app| app.descriptor.key.as_str() == key) else {
        let refusal = refusal(
            "rest/another-app",
            "an app may look at itself only",
            "put the app's own key into the path",
        );
        return Reply::refused(
            StatusCode::NOT_FOUND,
            json!({ "message": "Not Found" }),
            refusal,
        );
    };
    let active = app.license == License::Active;
    let mut body = json!({
        "key": key,
        "version": app.descriptor.version,
        "state": if app.enabled { "ENABLED" } else { "DISABLED" },
        "host": { "product": call.on.site.product_name(), "contacts": [] },
        "links": { "self": [{ "href": format!("{}/rest/atlassian-connect/1/addons/{key}", call.on.site.base_url) }] },
    });
    if app.descriptor.licensing {
        body["license"] = json!({ "active": active, "type": "COMMERCIAL", "evaluation": false });
    }
    Reply::ok(body)
}

fn shown(call: &Call<'_>, user: &User) -> Value {
    let (site, origin) = (&call.on.site, &call.on.shared.origin);
    match site.product {
        Product::Confluence => user.confluence(site, origin),
        Product::Bitbucket | Product::Jira => user.jira(site, origin),
    }
}
