//! Files at issues: uploaded as forms, downloaded by way of a media server.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::{Value, json};

use crate::{
    data::{
        self, Data, File, Issue,
        jira::{Form, View},
    },
    random,
    rest::{
        Call, Reply,
        issues::{changelog, view},
        refusal,
    },
    state::{Shared, lock},
    webhooks::Change,
};

/// `POST /rest/api/3/issue/{key}/attachments`.
pub(crate) fn upload(call: &Call<'_>, key: &str) -> Reply {
    let mut data = lock(&call.on.site.data);
    if data.issue(key).is_none() {
        return refuse(StatusCode::NOT_FOUND, "there is no such issue");
    }
    if call.header("x-atlassian-token") != Some("no-check") {
        return refuse(StatusCode::FORBIDDEN, "XSRF check failed");
    }
    let boundary = call
        .header("content-type")
        .and_then(|value| value.strip_prefix("multipart/form-data; boundary="));
    let Some(files) = boundary.and_then(|boundary| parts(&call.body, boundary)) else {
        return refuse(StatusCode::BAD_REQUEST, "the body is no form with files");
    };
    if data.files().count() + files.len() > MOST_FILES {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, "the sandbox keeps 100 files");
    }
    let user = call.caller.user().map(|user| user.account_id);
    let at = data::now();
    let file = |(name, media_type, content): (String, String, Bytes)| File {
        id: data.next_id(),
        name,
        media_type,
        size: content.len(),
        author: user.clone().unwrap_or_default(),
        created: at,
        ticket: random::token(),
        content: Some(content),
    };
    let files: Vec<File> = files.into_iter().map(file).collect();
    let Some(issue) = data.issue_mut(key) else {
        return refuse(StatusCode::NOT_FOUND, "there is no such issue");
    };
    issue.files.extend(files.iter().cloned());
    issue.updated = at;
    let issue = issue.clone();
    drop(data);
    for file in &files {
        tell(call, &issue, file, "attachment_created");
    }
    let view = view(call);
    Reply::ok(files.iter().map(|file| file.show(view)).collect())
}

/// `/attachment/{id}`: what it is, and its end.
pub(crate) fn one(call: &Call<'_>, id: &str) -> Option<Reply> {
    let mut data = lock(&call.on.site.data);
    let Some((issue, at)) = find(&mut data, id) else {
        return Some(no_file());
    };
    match call.method {
        Method::GET => Some(Reply::ok(issue.files[at].show(view(call)))),
        Method::DELETE => {
            let file = issue.files.remove(at);
            issue.updated = data::now();
            let issue = issue.clone();
            drop(data);
            tell(call, &issue, &file, "attachment_deleted");
            Some(Reply::status(StatusCode::NO_CONTENT))
        }
        _ => None,
    }
}

/// The issue at which a file is, and its place there.
fn find<'a>(data: &'a mut Data, id: &str) -> Option<(&'a mut Issue, usize)> {
    let id: u64 = id.parse().ok()?;
    data.issues.values_mut().find_map(|issue| {
        let at = issue.files.iter().position(|file: &File| file.id == id)?;
        Some((issue, at))
    })
}

/// Tells of the file, and of the change of its issue.
fn tell(call: &Call<'_>, issue: &Issue, file: &File, event: &str) {
    let plain = View {
        form: Form::Plain,
        ..view(call)
    };
    let body = json!({ "attachment": file.show(plain) });
    call.changed(Change::new(event, call, body).about(issue));
    let (id, name) = (json!(file.id.to_string()), json!(file.name));
    let [from, to] = match event {
        "attachment_created" => [(Value::Null, Value::Null), (id, name)],
        _ => [(id, name), (Value::Null, Value::Null)],
    };
    let item = json!({
        "field": "Attachment", "fieldtype": "jira", "fieldId": "attachment",
        "from": from.0, "fromString": from.1, "to": to.0, "toString": to.1,
    });
    call.changed(
        Change::of_issue("jira:issue_updated", "issue_updated", call, issue)
            .with("changelog", changelog(&[item])),
    );
}

/// `GET /rest/api/3/attachment/content/{id}`: the way to the media server.
pub(crate) fn download(call: &Call<'_>, id: &str) -> Reply {
    match find(&mut lock(&call.on.site.data), id) {
        Some((issue, at)) => {
            let ticket = &issue.files[at].ticket;
            Reply {
                location: Some(format!("{}/_media/{ticket}", call.on.shared.origin)),
                ..Reply::status(StatusCode::SEE_OTHER)
            }
        }
        None => no_file(),
    }
}

/// The media server: the URL is all that it wants to see. A token that comes along is one that
/// the caller should not have sent.
pub(crate) async fn media(
    State(shared): State<Arc<Shared>>,
    Path(ticket): Path<String>,
    headers: HeaderMap,
) -> Response {
    if headers.contains_key(header::AUTHORIZATION) {
        return (StatusCode::BAD_REQUEST, "no token belongs here\n").into_response();
    }
    let found = shared.sites.iter().find_map(|site| {
        let data = lock(&site.data);
        let file = data.files().find(|file| file.ticket == ticket)?;
        Some((site, file.clone()))
    });
    let Some((site, file)) = found else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let content = match file.content {
        Some(content) => Some(content),
        None => site.saver.content(&file.ticket).await,
    };
    match content {
        Some(content) => {
            // Whatever it says it is, a browser must not run it.
            let kind = [(header::CONTENT_TYPE, "application/octet-stream")];
            (kind, content).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The files of a form (RFC 7578): name, media type, content.
fn parts(body: &Bytes, boundary: &str) -> Option<Vec<(String, String, Bytes)>> {
    let line = format!("--{boundary}");
    let mut rest = body.as_ref().strip_prefix(line.as_bytes())?;
    let end = format!("\r\n{line}");
    let mut files = Vec::new();
    while let Some(part) = rest.strip_prefix(b"\r\n") {
        let head = position(part, b"\r\n\r\n")?;
        let content = &part[head + 4..];
        let length = position(content, end.as_bytes())?;
        let headers = str::from_utf8(&part[..head]).ok()?;
        let disposition = headers
            .lines()
            .find(|line| line.starts_with("Content-Disposition:"))?;
        if let Some((_, name)) = disposition.split_once("filename=\"") {
            let media_type = headers
                .lines()
                .find_map(|line| line.strip_prefix("Content-Type: "));
            files.push((
                name.split('"').next()?.to_owned(),
                media_type.unwrap_or("application/octet-stream").to_owned(),
                Bytes::copy_from_slice(&content[..length]),
            ));
        }
        rest = &content[length + end.len()..];
    }
    (rest == b"--\r\n" && !files.is_empty()).then_some(files)
}

fn position(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

fn no_file() -> Reply {
    refuse(StatusCode::NOT_FOUND, "there is no such attachment")
}

fn refuse(status: StatusCode, message: &str) -> Reply {
    Reply::refused(
        status,
        json!({ "errorMessages": [message], "errors": {} }),
        refusal(
            "rest/request",
            message,
            "compare it with the product's documentation",
        ),
    )
}

const MOST_FILES: usize = 100;
