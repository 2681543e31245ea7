//! What hangs on issues and projects: comments and properties.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    data::{self, Comment, jira::Form, jira::View},
    rest::{
        Call, Reply,
        issues::{no_issue, text_of, view, wrong_field},
        jira_error, lists,
    },
    state::lock,
    users::User,
    webhooks::Change,
};

/// `/issue/{key}/comment`.
pub(crate) fn comments(call: &Call<'_>, key: &str) -> Option<Reply> {
    match call.method {
        Method::GET => Some(list(call, key)),
        Method::POST => Some(add(call, key)),
        _ => None,
    }
}

fn list(call: &Call<'_>, key: &str) -> Reply {
    let (Some(start), Some(size)) = (
        lists::number(call, "startAt", 0),
        lists::number(call, "maxResults", 50),
    ) else {
        return lists::no_number();
    };
    let data = lock(&call.on.site.data);
    let Some(issue) = data.issue(key) else {
        return no_issue();
    };
    let page = issue.comments.iter().skip(start).take(size);
    let shown: Vec<Value> = page
        .map(|comment| comment.show(view(call), issue.id))
        .collect();
    Reply::ok(json!({
        "startAt": start, "maxResults": size, "total": issue.comments.len(), "comments": shown,
    }))
}

fn add(call: &Call<'_>, key: &str) -> Reply {
    let body = call.json().and_then(|body| text_of(call, &body["body"]));
    let Some(body) = body.filter(|body| !body.is_null()) else {
        return wrong_field(
            "comment",
            "must be a document in version 3, a plain text in version 2",
        );
    };
    let mut data = lock(&call.on.site.data);
    let at = data::now();
    let comment = Comment {
        id: data.next_id(),
        author: call
            .caller
            .user()
            .map(|user| user.account_id)
            .unwrap_or_default(),
        body,
        created: at,
        updated: at,
    };
    let Some(issue) = data.issue_mut(key) else {
        return no_issue();
    };
    if issue.comments.len() >= MOST_COMMENTS {
        return wrong_field(
            "comment",
            "is one too many: the sandbox keeps 1,000 at an issue",
        );
    }
    issue.comments.push(comment.clone());
    issue.updated = at;
    let issue = issue.clone();
    drop(data);
    tell(call, "comment_created", &comment, &issue);
    // Jira tells those that wait for changes of issues too; nothing is in the changelog.
    call.changed(
        Change::of_issue("jira:issue_updated", "issue_commented", call, &issue)
            .with("comment", comment.show(plain(call), issue.id)),
    );
    Reply {
        body: comment.show(view(call), issue.id),
        ..Reply::status(StatusCode::CREATED)
    }
}

/// `/issue/{key}/comment/{id}`.
pub(crate) fn comment(call: &Call<'_>, key: &str, id: &str) -> Option<Reply> {
    let mut data = lock(&call.on.site.data);
    let Some(issue) = data.issue_mut(key) else {
        return Some(no_issue());
    };
    let found = id.parse().ok();
    let found = found.and_then(|id: u64| issue.comments.iter().position(|known| known.id == id));
    let Some(at) = found else {
        return Some(jira_error(
            StatusCode::NOT_FOUND,
            "there is no such comment",
            "GET /rest/api/3/issue/{key}/comment lists them",
        ));
    };
    let (event, reply, comment) = match call.method {
        Method::GET => {
            let shown = issue.comments[at].show(view(call), issue.id);
            return Some(Reply::ok(shown));
        }
        Method::PUT => {
            let body = call.json().and_then(|body| text_of(call, &body["body"]));
            let Some(body) = body.filter(|body| !body.is_null()) else {
                return Some(wrong_field("comment", "has no text"));
            };
            let comment = &mut issue.comments[at];
            comment.body = body;
            comment.updated = data::now();
            let comment = comment.clone();
            let reply = Reply::ok(comment.show(view(call), issue.id));
            ("comment_updated", reply, comment)
        }
        Method::DELETE => {
            let comment = issue.comments.remove(at);
            (
                "comment_deleted",
                Reply::status(StatusCode::NO_CONTENT),
                comment,
            )
        }
        _ => return None,
    };
    let issue = issue.clone();
    drop(data);
    tell(call, event, &comment, &issue);
    Some(reply)
}

fn tell(call: &Call<'_>, event: &'static str, comment: &Comment, issue: &data::Issue) {
    let brief = [
        "summary",
        "issuetype",
        "project",
        "assignee",
        "priority",
        "status",
    ];
    let body = json!({
        "comment": comment.show(plain(call), issue.id),
        "issue": issue.show(plain(call), Some(&brief)),
        "eventType": "primaryAction",
    });
    call.changed(Change::new(event, call, body).about(issue));
}

/// Webhooks show texts as version 2 does.
fn plain<'a>(call: &'a Call<'_>) -> View<'a> {
    View {
        form: Form::Plain,
        ..view(call)
    }
}

/// `/issue/{key}/properties` and below.
pub(crate) fn issue_properties(call: &Call<'_>, key: &str, name: Option<&str>) -> Option<Reply> {
    let mut data = lock(&call.on.site.data);
    let Some(issue) = data.issue_mut(key) else {
        return Some(no_issue());
    };
    let (reply, event) = properties(call, &mut issue.properties, name)?;
    if let (Some(event), Some(name)) = (event, name) {
        let event = match event {
            Happened::Removed => "issue_property_deleted",
            Happened::Set => "issue_property_set",
        };
        let value = issue.properties.get(name);
        let body = json!({ "property": {
            "issue": { "id": issue.id.to_string(), "key": issue.key },
            "key": name, "value": value,
        } });
        let change = Change::new(event, call, body).about(issue).property(name);
        drop(data);
        call.changed(change);
    }
    Some(reply)
}

/// `/project/{key}/properties` and below.
pub(crate) fn project_properties(call: &Call<'_>, key: &str, name: Option<&str>) -> Option<Reply> {
    let Some(project) = data::project(key) else {
        return Some(lists::no_project());
    };
    let mut data = lock(&call.on.site.data);
    let kept = data.project_properties.entry(project.key.to_owned());
    let (reply, _) = properties(call, kept.or_default(), name)?;
    Some(reply)
}

/// `/user/properties` and below: of the account that is named, or of whoever calls.
pub(crate) fn user_properties(call: &Call<'_>, name: Option<&str>) -> Option<Reply> {
    let user = match call.param("accountId") {
        Some(id) => User::find(&call.on.site, id),
        None => call.caller.user(),
    };
    let Some(user) = user else {
        return Some(jira_error(
            StatusCode::NOT_FOUND,
            "there is no such user",
            "add `?accountId=…`; the sandbox's page `/` lists its users",
        ));
    };
    let mut data = lock(&call.on.site.data);
    let kept = data.user_properties.entry(user.account_id);
    let (reply, _) = properties(call, kept.or_default(), name)?;
    Some(reply)
}

/// `/dashboard/{id}/items/{item}/properties` and below.
pub(crate) fn item_properties(call: &Call<'_>, item: &str, name: Option<&str>) -> Option<Reply> {
    let mut data = lock(&call.on.site.data);
    let all = &mut data.item_properties;
    if all.len() >= MOST_PROPERTIES && !all.contains_key(item) {
        return Some(jira_error(
            StatusCode::BAD_REQUEST,
            "the sandbox keeps the properties of 1,000 items",
            "`connect sandbox reset` forgets them",
        ));
    }
    let kept = all.entry(item.to_owned());
    let (reply, _) = properties(call, kept.or_default(), name)?;
    Some(reply)
}

#[derive(Clone, Copy)]
enum Happened {
    Removed,
    Set,
}

fn properties(
    call: &Call<'_>,
    kept: &mut BTreeMap<String, Value>,
    name: Option<&str>,
) -> Option<(Reply, Option<Happened>)> {
    let none = || {
        jira_error(
            StatusCode::NOT_FOUND,
            "there is no such property",
            "GET …/properties lists them",
        )
    };
    Some(match (&call.method, name) {
        (&Method::GET, None) => {
            let own = format!("{}/{}", call.on.site.base_url, call.path());
            let key = |key: &String| json!({ "key": key, "self": format!("{own}/{key}") });
            let keys: Vec<Value> = kept.keys().map(key).collect();
            (Reply::ok(json!({ "keys": keys })), None)
        }
        (&Method::GET, Some(name)) => match kept.get(name) {
            Some(value) => (Reply::ok(json!({ "key": name, "value": value })), None),
            None => (none(), None),
        },
        (&Method::PUT, Some(name)) => {
            let refuse =
                |message| jira_error(StatusCode::BAD_REQUEST, message, "see Jira's limits");
            let Some(value) = call.json() else {
                return Some((refuse("the value is not JSON"), None));
            };
            if name.len() > 255 || call.body.len() > 32_768 {
                return Some((
                    refuse("keys have 255 characters at most, values 32,768 bytes"),
                    None,
                ));
            }
            if kept.len() >= MOST_PROPERTIES && !kept.contains_key(name) {
                return Some((refuse("the sandbox keeps 1,000 properties here"), None));
            }
            let status = match kept.insert(name.to_owned(), value) {
                Some(_) => StatusCode::OK,
                None => StatusCode::CREATED,
            };
            (Reply::status(status), Some(Happened::Set))
        }
        (&Method::DELETE, Some(name)) => match kept.remove(name) {
            Some(_) => (
                Reply::status(StatusCode::NO_CONTENT),
                Some(Happened::Removed),
            ),
            None => (none(), None),
        },
        _ => return None,
    })
}

const MOST_COMMENTS: usize = 1_000;
const MOST_PROPERTIES: usize = 1_000;
