//! The resources there are.

use connect_core::Product;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    rest::{Call, Caller, Reply, refusal},
    state::License,
    users::User,
};

/// Answers a call, or nothing when there is no such resource here.
pub(crate) fn answer(call: &Call<'_>) -> Option<Reply> {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    let get = call.method == Method::GET;
    match (call.on.site.product, segments.as_slice()) {
        (_, ["atlassian-connect", "1", "addons", key]) if get => Some(addon(call, key)),
        (Product::Confluence, ["api", "user"]) if get => Some(confluence_user(call)),
        (Product::Confluence, ["api", "user", "current"]) if get => Some(current(call)),
        (Product::Jira, ["api", "2" | "3" | "latest", "myself"]) if get => Some(current(call)),
        (Product::Jira, ["api", "2" | "3" | "latest", "serverInfo"]) if get => {
            Some(server_info(call))
        }
        (Product::Jira, ["api", "2" | "3" | "latest", "user"]) if get => Some(jira_user(call)),
        _ => None,
    }
}

/// `GET /rest/api/3/myself` and `GET /wiki/rest/api/user/current`: whoever calls.
fn current(call: &Call<'_>) -> Reply {
    let user = match &call.caller {
        Caller::Administrator(user) => user.clone(),
        Caller::App(app) => app.user(),
        Caller::Bridge {
            user: Some(user), ..
        } => user.clone(),
        Caller::Bridge { user: None, .. } => {
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

fn confluence_user(call: &Call<'_>) -> Reply {
    match call
        .param("accountId")
        .and_then(|id| User::find(&call.on.site, id))
    {
        Some(user) => Reply::ok(shown(call, &user)),
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

fn jira_error(status: StatusCode, message: &str, hint: &str) -> Reply {
    Reply::refused(
        status,
        json!({ "errorMessages": [message], "errors": {} }),
        refusal("rest/request", message, hint),
    )
}
