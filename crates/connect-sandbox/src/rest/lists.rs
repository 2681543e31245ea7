//! Lists of what never changes, and of projects and people, in Jira's own style.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::{
    data::{self, jira},
    rest::{Call, Reply, issues::view, jira_error, refusal},
    users::User,
    world,
};

/// `GET /project/search`: by `startAt`.
pub(crate) fn projects(call: &Call<'_>) -> Reply {
    let (Some(start), Some(size)) = (number(call, "startAt", 0), number(call, "maxResults", 50))
    else {
        return no_number();
    };
    let all = world::PROJECTS;
    let view = view(call);
    let page = all.iter().skip(start).take(size);
    let values: Vec<Value> = page.map(|project| view.project(project)).collect();
    let last = start + values.len() >= all.len();
    Reply::ok(json!({
        "startAt": start, "maxResults": size, "total": all.len(), "isLast": last, "values": values,
    }))
}

/// `GET /project/{key}`.
pub(crate) fn project(call: &Call<'_>, key: &str) -> Reply {
    let Some(project) = data::project(key) else {
        return no_project();
    };
    let view = view(call);
    let mut shown = view.project(project);
    shown["lead"] = view.user(&User::default_person().account_id);
    let types = jira::TYPES
        .iter()
        .map(|(_, name)| jira::issue_type(view, name));
    shown["issueTypes"] = types.collect();
    Reply::ok(shown)
}

/// `GET /issuetype`, `/priority`, `/status` and `/field`.
pub(crate) fn kinds(call: &Call<'_>, kind: &str) -> Option<Reply> {
    let view = view(call);
    let shown: Vec<Value> = match kind {
        "field" => {
            let field = |id: &&str| json!({ "id": id, "key": id, "name": id, "custom": false });
            FIELDS.iter().map(field).collect()
        }
        "issuetype" => {
            let types = jira::TYPES.iter();
            types
                .map(|(_, name)| jira::issue_type(view, name))
                .collect()
        }
        "priority" => {
            let priorities = jira::PRIORITIES.iter();
            priorities
                .map(|(_, name)| jira::priority(view, name))
                .collect()
        }
        "status" => {
            let statuses = jira::STATUSES.iter();
            statuses
                .map(|status| jira::status(view, status.name))
                .collect()
        }
        _ => return None,
    };
    Some(Reply::ok(shown.into()))
}

/// `GET /users/search`, and `/user/search` with `query`.
pub(crate) fn users(call: &Call<'_>) -> Reply {
    let query = call.param("query").unwrap_or_default().to_lowercase();
    let (site, origin) = (&call.on.site, &call.on.shared.origin);
    let named = |user: &User| {
        let email = user.email.unwrap_or_default();
        user.display_name.to_lowercase().contains(&query) || email.starts_with(&query)
    };
    let found = User::people().filter(named);
    Reply::ok(found.map(|user| user.jira(site, origin)).collect())
}

/// `GET /mypermissions`: of whoever calls.
pub(crate) fn my_permissions(call: &Call<'_>) -> Reply {
    let Some(asked) = call.param("permissions") else {
        return jira_error(
            StatusCode::BAD_REQUEST,
            "the query parameter `permissions` must be given",
            "add `?permissions=BROWSE_PROJECTS,EDIT_ISSUES`",
        );
    };
    let user = call.caller.user();
    let shown: Map<String, Value> = asked
        .split(',')
        .map(|key| {
            let have = world::has_permission(user.as_ref(), key);
            (
                key.to_owned(),
                json!({ "key": key, "havePermission": have }),
            )
        })
        .collect();
    Reply::ok(json!({ "permissions": shown }))
}

pub(crate) fn number(call: &Call<'_>, name: &str, default: usize) -> Option<usize> {
    match call.param(name) {
        None => Some(default),
        Some(text) => text.parse().ok().filter(|number| *number <= 1_000_000),
    }
}

pub(crate) fn no_number() -> Reply {
    let message = "a number of the query is none";
    Reply::refused(
        StatusCode::BAD_REQUEST,
        json!({ "errorMessages": [message] }),
        refusal(
            "rest/request",
            message,
            "compare it with the product's documentation",
        ),
    )
}

pub(crate) fn no_project() -> Reply {
    jira_error(
        StatusCode::NOT_FOUND,
        "there is no such project",
        "GET /rest/api/3/project/search lists them",
    )
}

/// Fields of every issue.
const FIELDS: &[&str] = &[
    "assignee",
    "comment",
    "created",
    "creator",
    "description",
    "issuetype",
    "labels",
    "priority",
    "project",
    "reporter",
    "status",
    "summary",
    "updated",
];
