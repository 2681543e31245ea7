//! Issues: made, read, changed, found, taken away.

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::{
    data::{
        self, Issue,
        jira::{self, Form, View},
        jql::{self, Query},
    },
    rest::{Call, Reply, jira_error, lists},
    state::lock,
    users::User,
    webhooks::Change,
};

/// `POST /issue`.
pub(crate) fn create(call: &Call<'_>) -> Reply {
    let fields = match call.json() {
        Some(Value::Object(body)) => body.get("fields").and_then(Value::as_object).cloned(),
        _ => None,
    };
    let Some(mut fields) = fields else {
        return jira_error(StatusCode::BAD_REQUEST, "the body has no `fields`", BODY);
    };
    let named = fields.remove("project").unwrap_or_default();
    let named = named["key"].as_str().or(named["id"].as_str());
    let Some(project) = named.and_then(data::project) else {
        return wrong_field("project", "is no project of this site");
    };
    let reporter = call.caller.user().map(|user| user.account_id);
    let summary = fields.get("summary").and_then(Value::as_str).map(str::trim);
    let Some(summary) = summary.filter(|summary| !summary.is_empty()) else {
        return wrong_field("summary", "must be given");
    };
    if !fields.contains_key("issuetype") {
        return wrong_field("issuetype", "must be given");
    }
    let reporter = reporter.unwrap_or_default();
    let mut issue = Issue::new(project, summary, &reporter, data::now());
    if let Err(problem) = change_fields(call, &mut issue, &fields) {
        return wrong_field(&problem.0, problem.1);
    }
    let mut data = lock(&call.on.site.data);
    if data.issues.len() >= MOST_ISSUES {
        return jira_error(
            StatusCode::BAD_REQUEST,
            "the sandbox keeps 50,000 issues",
            "delete some, or `connect sandbox --reset`",
        );
    }
    let id = data.add_issue(project, issue);
    let issue = data.issues[&id].clone();
    drop(data);
    let view = view(call);
    call.changed(
        Change::of_issue("jira:issue_created", "issue_created", call, &issue)
            .with("changelog", changelog(&[])),
    );
    Reply {
        body: json!({ "id": issue.id.to_string(), "key": issue.key, "self": format!("{}/issue/{id}", view.rest()) }),
        ..Reply::status(StatusCode::CREATED)
    }
}

/// `/issue/{key}`.
pub(crate) fn one(call: &Call<'_>, key: &str) -> Option<Reply> {
    Some(match call.method {
        Method::GET => read(call, key),
        Method::PUT => update(call, key),
        Method::DELETE => delete(call, key),
        _ => return None,
    })
}

fn read(call: &Call<'_>, key: &str) -> Reply {
    let data = lock(&call.on.site.data);
    let Some(issue) = data.issue(key) else {
        return no_issue();
    };
    let mut shown = issue.show(view(call), wanted(call.param("fields")).as_deref());
    if let Some(names) = call.param("properties") {
        let all = names == "*all";
        let chosen = |name: &&String| all || names.split(',').any(|wanted| wanted == name.as_str());
        let names = issue.properties.keys().filter(chosen);
        shown["properties"] = names
            .map(|name| (name.clone(), issue.properties[name].clone()))
            .collect::<Map<_, _>>()
            .into();
    }
    Reply::ok(shown)
}

fn update(call: &Call<'_>, key: &str) -> Reply {
    let Some(body) = call.json().filter(Value::is_object) else {
        return jira_error(StatusCode::BAD_REQUEST, "the body is no JSON object", BODY);
    };
    if body.get("update").is_some() {
        return jira_error(
            StatusCode::NOT_IMPLEMENTED,
            "the sandbox changes issues by `fields` alone, not by `update`",
            "try it on a real site",
        );
    }
    let fields = body["fields"].as_object().cloned().unwrap_or_default();
    change(call, key, "issue_generic", |issue| {
        change_fields(call, issue, &fields)
    })
}

/// Changes an issue and tells of what has become different.
fn change(
    call: &Call<'_>,
    key: &str,
    kind: &'static str,
    work: impl FnOnce(&mut Issue) -> Result<(), (String, &'static str)>,
) -> Reply {
    let mut data = lock(&call.on.site.data);
    let Some(issue) = data.issue_mut(key) else {
        return no_issue();
    };
    let before = issue.clone();
    let mut after = before.clone();
    if let Err((field, problem)) = work(&mut after) {
        return wrong_field(&field, problem);
    }
    let items = differences(&before, &after);
    if !items.is_empty() {
        after.updated = data::now();
        *issue = after.clone();
        drop(data);
        let assigned = items.iter().all(|item| item["fieldId"] == "assignee");
        let kind = if assigned { "issue_assigned" } else { kind };
        call.changed(
            Change::of_issue("jira:issue_updated", kind, call, &after)
                .with("changelog", changelog(&items)),
        );
    }
    Reply::status(StatusCode::NO_CONTENT)
}

fn delete(call: &Call<'_>, key: &str) -> Reply {
    let removed = lock(&call.on.site.data).remove_issue(key);
    let Some(issue) = removed else {
        return no_issue();
    };
    call.changed(Change::of_issue(
        "jira:issue_deleted",
        "issue_deleted",
        call,
        &issue,
    ));
    Reply::status(StatusCode::NO_CONTENT)
}

/// `PUT /issue/{key}/assignee`.
pub(crate) fn assign(call: &Call<'_>, key: &str) -> Reply {
    let fields = Map::from_iter([("assignee".to_owned(), call.json().unwrap_or_default())]);
    change(call, key, "issue_assigned", |issue| {
        change_fields(call, issue, &fields)
    })
}

/// `/issue/{key}/transitions`: from everywhere to everywhere.
pub(crate) fn transitions(call: &Call<'_>, key: &str) -> Option<Reply> {
    if call.method == Method::GET {
        let known = lock(&call.on.site.data).issue(key).is_some();
        let view = view(call);
        let shown = jira::STATUSES.iter().map(|status| {
            let (id, name) = status.transition;
            json!({ "id": id, "name": name, "to": jira::status(view, status.name), "isAvailable": true })
        });
        let shown: Vec<Value> = shown.collect();
        return Some(match known {
            true => Reply::ok(json!({ "expand": "transitions", "transitions": shown })),
            false => no_issue(),
        });
    }
    if call.method != Method::POST {
        return None;
    }
    let body = call.json().unwrap_or_default();
    let wanted = body["transition"]["id"].as_str().unwrap_or_default();
    let found = jira::STATUSES
        .iter()
        .find(|status| status.transition.0 == wanted);
    let Some(status) = found else {
        return Some(wrong_field("transition", "is none of this issue"));
    };
    Some(change(call, key, "issue_generic", |issue| {
        issue.move_to(status, data::now());
        Ok(())
    }))
}

/// `GET` and `POST /search/jql`: by `nextPageToken`.
pub(crate) fn search(call: &Call<'_>) -> Option<Reply> {
    let body = match call.method {
        Method::POST => call.json()?,
        _ => Value::Null,
    };
    let text = call
        .param("jql")
        .or(body["jql"].as_str())
        .unwrap_or_default();
    let query = Query::parse(text)?;
    let fields: Option<String> = match &body["fields"] {
        Value::Array(names) => Some(
            names
                .iter()
                .filter_map(Value::as_str)
                .collect::<Vec<_>>()
                .join(","),
        ),
        _ => call.param("fields").map(str::to_owned),
    };
    let number = |name: &str, default| match &body[name] {
        Value::Null => lists::number(call, name, default),
        Value::String(text) => text.parse().ok(),
        value => value.as_u64().and_then(|value| usize::try_from(value).ok()),
    };
    let (Some(start), Some(size)) = (number("nextPageToken", 0), number("maxResults", 50)) else {
        return Some(lists::no_number());
    };
    let user = call.caller.user().map(|user| user.account_id);
    let data = lock(&call.on.site.data);
    let found = query.select(&data, user.as_deref());
    let wanted = match fields {
        None => Some(vec!["summary"]),
        Some(ref fields) => wanted(Some(fields)),
    };
    let view = view(call);
    let page = found.iter().skip(start).take(size.min(MOST_FOUND));
    let issues: Vec<Value> = page
        .map(|issue| issue.show(view, wanted.as_deref()))
        .collect();
    let next = start + issues.len();
    let mut page = json!({ "issues": issues, "isLast": next >= found.len() });
    if next < found.len() {
        page["nextPageToken"] = next.to_string().into();
    }
    Some(Reply::ok(page))
}

/// Fields that a caller wants to see; nothing for all of them.
fn wanted(fields: Option<&str>) -> Option<Vec<&str>> {
    let names: Vec<&str> = fields?.split(',').map(str::trim).collect();
    let all = names
        .iter()
        .any(|name| ["*all", "*navigable"].contains(name));
    (!all).then_some(names)
}

/// Puts what a caller sent into an issue: the name of a field that cannot be, and why.
fn change_fields(
    call: &Call<'_>,
    issue: &mut Issue,
    fields: &Map<String, Value>,
) -> Result<(), (String, &'static str)> {
    for (name, value) in fields {
        let wrong = |problem| (name.clone(), problem);
        let text = || value.as_str().map(str::to_owned);
        match name.as_str() {
            "summary" => {
                let summary = text().filter(|text| !text.trim().is_empty());
                issue.summary = summary.ok_or(wrong("must be a text"))?;
            }
            "description" => issue.description = text_of(call, value).ok_or(wrong(TEXT))?,
            "issuetype" => {
                let found = chosen(value, jira::TYPES);
                issue.issue_type = found.ok_or(wrong("is no type of issues here"))?;
            }
            "priority" => {
                let found = chosen(value, jira::PRIORITIES);
                issue.priority = found.ok_or(wrong("is no priority here"))?;
            }
            "assignee" | "reporter" => {
                let id = value["accountId"].as_str().or(value["id"].as_str());
                let found = id.and_then(|id| User::find(&call.on.site, id));
                match (name.as_str(), id, found) {
                    ("assignee", None, _) => issue.assignee = None,
                    ("assignee", _, Some(user)) => issue.assignee = Some(user.account_id),
                    ("reporter", _, Some(user)) => issue.reporter = user.account_id,
                    _ => return Err(wrong("is no account of this site")),
                }
            }
            "labels" => {
                let labels = value.as_array().ok_or(wrong("must be a list of texts"))?;
                let labels = labels.iter().map(|label| label.as_str().map(str::to_owned));
                let labels: Option<Vec<String>> = labels.collect();
                let labels = labels.ok_or(wrong("must be a list of texts"))?;
                if labels
                    .iter()
                    .any(|label| label.contains(' ') || label.is_empty())
                {
                    return Err(wrong("must be labels without blanks"));
                }
                issue.labels = labels;
            }
            "duedate" => {
                let is_date = |text: &str| text.len() == 10 && jql::is_date(text);
                if !value.is_null() && !value.as_str().is_some_and(is_date) {
                    return Err(wrong("must be a date, such as 2026-01-31"));
                }
                issue.other.insert(name.clone(), value.clone());
            }
            custom if custom.starts_with("customfield_") => {
                issue.other.insert(name.clone(), value.clone());
            }
            _ => return Err(wrong("cannot be set in the sandbox")),
        }
    }
    Ok(())
}

/// A text in the form of the version that is called: documents in 3, plain texts in 2.
pub(crate) fn text_of(call: &Call<'_>, value: &Value) -> Option<Value> {
    let fits = match view(call).form {
        Form::Document => value["type"] == "doc" && value["content"].is_array(),
        Form::Plain => value.is_string(),
    };
    (fits || value.is_null()).then(|| value.clone())
}

/// The name of what `{"id": …}` or `{"name": …}` chooses.
fn chosen(value: &Value, known: &[(&str, &str)]) -> Option<String> {
    let found = known.iter().find(|(id, name)| {
        value["id"] == **id
            || value["name"]
                .as_str()
                .is_some_and(|text| text.eq_ignore_ascii_case(name))
    });
    found.map(|(_, name)| (*name).to_owned())
}

fn differences(before: &Issue, after: &Issue) -> Vec<Value> {
    let text = |value: &Value| match data::text::to_plain(value) {
        Value::String(text) => Some(text),
        _ => None,
    };
    let labels = |issue: &Issue| Some(issue.labels.join(" "));
    let mut items = Vec::new();
    let mut compare = |field: &str, from: Option<String>, to: Option<String>| {
        if from != to {
            items.push(json!({
                "field": field, "fieldtype": "jira", "fieldId": field,
                "from": from, "fromString": from, "to": to, "toString": to,
            }));
        }
    };
    compare(
        "summary",
        Some(before.summary.clone()),
        Some(after.summary.clone()),
    );
    compare(
        "description",
        text(&before.description),
        text(&after.description),
    );
    compare(
        "issuetype",
        Some(before.issue_type.clone()),
        Some(after.issue_type.clone()),
    );
    compare(
        "priority",
        Some(before.priority.clone()),
        Some(after.priority.clone()),
    );
    compare(
        "status",
        Some(before.status.clone()),
        Some(after.status.clone()),
    );
    compare("assignee", before.assignee.clone(), after.assignee.clone());
    compare(
        "reporter",
        Some(before.reporter.clone()),
        Some(after.reporter.clone()),
    );
    compare("labels", labels(before), labels(after));
    for (name, value) in &after.other {
        let shown = |value: Option<&Value>| value.map(Value::to_string);
        compare(name, shown(before.other.get(name)), shown(Some(value)));
    }
    items
}

pub(crate) fn changelog(items: &[Value]) -> Value {
    json!({ "id": data::now().to_string(), "items": items })
}

/// How things are shown to whoever calls this version.
pub(crate) fn view<'a>(call: &'a Call<'_>) -> View<'a> {
    let version = call.segments.get(1).map(String::as_str);
    View {
        site: &call.on.site,
        origin: &call.on.shared.origin,
        form: match version {
            Some("2") => Form::Plain,
            _ => Form::Document,
        },
    }
}

pub(crate) fn no_issue() -> Reply {
    jira_error(
        StatusCode::NOT_FOUND,
        "there is no such issue, or it may not be seen",
        "GET /rest/api/3/search/jql lists them",
    )
}

pub(crate) fn wrong_field(field: &str, problem: &str) -> Reply {
    let mut reply = jira_error(
        StatusCode::BAD_REQUEST,
        &format!("`{field}` {problem}"),
        BODY,
    );
    reply.body = json!({ "errorMessages": [], "errors": { field: problem } });
    reply
}

const TEXT: &str = "must be a document in version 3, a plain text in version 2";
const BODY: &str = "compare the body with Jira's documentation";

/// As many as fit a machine of a developer.
const MOST_ISSUES: usize = 50_000;

/// Most issues on a page of a search.
const MOST_FOUND: usize = 5_000;
