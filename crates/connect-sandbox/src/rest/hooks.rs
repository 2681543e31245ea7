//! Webhooks that an app registers while it runs (Jira, "Dynamic webhooks").

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    data::{self, Hook, jql::Query, text::date},
    rest::{Call, Caller, Reply, jira_error, lists},
    state::{App, lock},
};

/// `/webhook`.
pub(crate) fn all(call: &Call<'_>) -> Option<Reply> {
    let app = match own(call) {
        Ok(app) => app,
        Err(reply) => return Some(*reply),
    };
    match call.method {
        Method::GET => Some(list(call, app)),
        Method::POST => Some(register(call, app)),
        Method::DELETE => Some(remove(call, app)),
        _ => None,
    }
}

/// `GET /webhook/failed`: those that were tried as often as Jira tries.
pub(crate) fn failed(call: &Call<'_>) -> Reply {
    let app = match own(call) {
        Ok(app) => app,
        Err(reply) => return *reply,
    };
    let given_up = call.on.shared.deliveries.given_up(&app.descriptor.key);
    let values: Vec<Value> = given_up
        .into_iter()
        .map(|delivery| {
            json!({
                "id": delivery.identifier, "url": delivery.url, "body": delivery.body.to_string(),
                "failureTime": delivery.at,
            })
        })
        .collect();
    Reply::ok(json!({ "maxResults": values.len(), "values": values }))
}

/// `PUT /webhook/refresh`: another month.
pub(crate) fn refresh(call: &Call<'_>) -> Reply {
    let app = match own(call) {
        Ok(app) => app,
        Err(reply) => return *reply,
    };
    let Some(ids) = ids(call) else {
        return no_ids();
    };
    let expires = data::now() + LIFE;
    let mut data = lock(&call.on.site.data);
    for hook in data
        .hooks
        .entry(app.descriptor.key.to_string())
        .or_default()
    {
        if ids.contains(&hook.id) {
            hook.expires = expires;
        }
    }
    drop(data);
    Reply::ok(json!({ "expirationDate": date(expires) }))
}

fn list(call: &Call<'_>, app: &App) -> Reply {
    let (Some(start), Some(size)) = (
        lists::number(call, "startAt", 0),
        lists::number(call, "maxResults", 100),
    ) else {
        return lists::no_number();
    };
    let data = lock(&call.on.site.data);
    let hooks = data.hooks.get(app.descriptor.key.as_str());
    let hooks = hooks.map_or(&[][..], Vec::as_slice);
    let shown = |hook: &Hook| {
        let mut shown = json!({
            "id": hook.id, "jqlFilter": hook.jql_filter, "events": hook.events,
            "expirationDate": date(hook.expires), "url": hook.url,
        });
        if !hook.field_ids_filter.is_empty() {
            shown["fieldIdsFilter"] = json!(hook.field_ids_filter);
        }
        if !hook.issue_property_keys_filter.is_empty() {
            shown["issuePropertyKeysFilter"] = json!(hook.issue_property_keys_filter);
        }
        shown
    };
    let values: Vec<Value> = hooks.iter().skip(start).take(size).map(shown).collect();
    Reply::ok(json!({
        "startAt": start, "maxResults": size, "total": hooks.len(),
        "isLast": start + values.len() >= hooks.len(), "values": values,
    }))
}

fn register(call: &Call<'_>, app: &App) -> Reply {
    let body = call.json().unwrap_or_default();
    let url = body["url"].as_str().unwrap_or_default();
    if !url.starts_with(&format!("{}/", app.descriptor.base_url)) {
        return jira_error(
            StatusCode::BAD_REQUEST,
            "the URL is not below the app's base URL",
            "send the whole URL, beginning with `baseUrl` of the descriptor",
        );
    }
    let Some(asked) = body["webhooks"].as_array() else {
        return jira_error(
            StatusCode::BAD_REQUEST,
            "there are no `webhooks`",
            DOCUMENTATION,
        );
    };
    let mut data = lock(&call.on.site.data);
    let expires = data::now() + LIFE;
    let mut results = Vec::new();
    for one in asked {
        let texts = |name: &str| -> Vec<String> {
            let texts = one[name].as_array().into_iter().flatten();
            texts.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let events = texts("events");
        let jql = one["jqlFilter"].as_str().unwrap_or_default();
        let unknown = events
            .iter()
            .find(|event| !EVENTS.contains(&event.as_str()));
        let kept = data
            .hooks
            .get(app.descriptor.key.as_str())
            .map_or(0, Vec::len);
        let problem = if events.is_empty() {
            Some("there are no events".to_owned())
        } else if let Some(unknown) = unknown {
            Some(format!("`{unknown}` is no event of dynamic webhooks"))
        } else if Query::parse(jql).is_none() {
            Some(format!(
                "the sandbox does not understand the filter `{jql}`"
            ))
        } else if kept >= MOST_HOOKS {
            Some("an app has 100 dynamic webhooks at most".to_owned())
        } else {
            None
        };
        if let Some(problem) = problem {
            results.push(json!({ "errors": [problem] }));
            continue;
        }
        let hook = Hook {
            id: data.next_id(),
            url: url.to_owned(),
            events,
            jql_filter: jql.to_owned(),
            field_ids_filter: texts("fieldIdsFilter"),
            issue_property_keys_filter: texts("issuePropertyKeysFilter"),
            expires,
        };
        results.push(json!({ "createdWebhookId": hook.id }));
        data.hooks
            .entry(app.descriptor.key.to_string())
            .or_default()
            .push(hook);
    }
    drop(data);
    Reply::ok(json!({ "webhookRegistrationResult": results }))
}

fn remove(call: &Call<'_>, app: &App) -> Reply {
    let Some(ids) = ids(call) else {
        return no_ids();
    };
    let mut data = lock(&call.on.site.data);
    let hooks = data
        .hooks
        .entry(app.descriptor.key.to_string())
        .or_default();
    hooks.retain(|hook| !ids.contains(&hook.id));
    drop(data);
    Reply::status(StatusCode::ACCEPTED)
}

fn ids(call: &Call<'_>) -> Option<Vec<u64>> {
    let body = call.json()?;
    body["webhookIds"]
        .as_array()?
        .iter()
        .map(Value::as_u64)
        .collect()
}

fn no_ids() -> Reply {
    jira_error(
        StatusCode::BAD_REQUEST,
        "there are no `webhookIds`",
        DOCUMENTATION,
    )
}

/// Apps have them, people do not. The refusal is boxed: it is large and rare.
fn own<'a>(call: &'a Call<'_>) -> Result<&'a App, Box<Reply>> {
    match &call.caller {
        Caller::App(app) => Ok(app),
        _ => Err(Box::new(jira_error(
            StatusCode::FORBIDDEN,
            "only apps of Connect and OAuth 2.0 have dynamic webhooks",
            "call it with the app's own token",
        ))),
    }
}

const DOCUMENTATION: &str = "compare the body with Jira's documentation";

/// Events that dynamic webhooks may have.
const EVENTS: &[&str] = &[
    "comment_created",
    "comment_deleted",
    "comment_updated",
    "issue_property_deleted",
    "issue_property_set",
    "jira:issue_created",
    "jira:issue_deleted",
    "jira:issue_updated",
];

const MOST_HOOKS: usize = 100;

/// Thirty days, in milliseconds.
const LIFE: u64 = 30 * 24 * 3_600 * 1_000;
