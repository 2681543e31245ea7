//! Lists in pages, in the products' own styles.

use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    rest::{Call, Reply, refusal},
    urls, world,
};

/// `GET /rest/api/3/project/search`: by `startAt`.
pub(crate) fn projects(call: &Call<'_>) -> Reply {
    let (Some(start), Some(size)) = (number(call, "startAt", 0), number(call, "maxResults", 50))
    else {
        return no_number();
    };
    let all = world::PROJECTS;
    let values: Vec<Value> = all
        .iter()
        .skip(start)
        .take(size)
        .map(|project| json!({ "id": project.id.to_string(), "key": project.key, "name": project.name }))
        .collect();
    let last = start + values.len() >= all.len();
    Reply::ok(json!({
        "startAt": start, "maxResults": size, "total": all.len(), "isLast": last, "values": values,
    }))
}

/// `GET /rest/api/3/search/jql`: by `nextPageToken`. The one query it knows is `project = KEY`.
pub(crate) fn issues(call: &Call<'_>) -> Option<Reply> {
    let project = match call.param("jql").map(str::trim) {
        None | Some("") => None,
        Some(jql) => {
            let key = jql
                .strip_prefix("project")?
                .trim_start()
                .strip_prefix('=')?
                .trim();
            Some(
                world::PROJECTS
                    .iter()
                    .find(|project| project.key == key)?
                    .id,
            )
        }
    };
    let (Some(start), Some(size)) = (
        number(call, "nextPageToken", 0),
        number(call, "maxResults", 50),
    ) else {
        return Some(no_number());
    };
    let found: Vec<_> = world::ISSUES
        .iter()
        .filter(|issue| project.is_none_or(|project| issue.project == project))
        .collect();
    let issues: Vec<Value> = found
        .iter()
        .skip(start)
        .take(size)
        .map(|issue| json!({ "id": issue.id.to_string(), "key": issue.key, "fields": { "summary": issue.summary } }))
        .collect();
    let next = start + issues.len();
    let mut page = json!({ "issues": issues, "isLast": next >= found.len() });
    if next < found.len() {
        page["nextPageToken"] = next.to_string().into();
    }
    Some(Reply::ok(page))
}

/// `GET /wiki/rest/api/content`: by links.
pub(crate) fn contents(call: &Call<'_>) -> Reply {
    let (Some(start), Some(size)) = (number(call, "start", 0), number(call, "limit", 25)) else {
        return no_number();
    };
    let all = world::CONTENTS;
    let results: Vec<Value> = all
        .iter()
        .skip(start)
        .take(size)
        .map(|content| json!({ "id": content.id, "type": "page", "title": content.title }))
        .collect();
    let mut links =
        json!({ "base": call.on.site.base_url.as_str(), "context": call.on.site.base_url.path() });
    let next = start + results.len();
    if next < all.len() {
        let mut link = "/rest/api/content".to_owned();
        urls::add_param(&mut link, "limit", &size.to_string());
        urls::add_param(&mut link, "start", &next.to_string());
        links["next"] = link.into();
    }
    Reply::ok(
        json!({ "results": results, "start": start, "limit": size, "size": results.len(), "_links": links }),
    )
}

fn number(call: &Call<'_>, name: &str, default: usize) -> Option<usize> {
    match call.param(name) {
        None => Some(default),
        Some(text) => text.parse().ok().filter(|number| *number <= 10_000),
    }
}

fn no_number() -> Reply {
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
