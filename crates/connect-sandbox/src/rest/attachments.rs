//! Files at issues: uploaded as forms, downloaded by way of a media server.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::{
    random,
    rest::{Call, Reply, refusal},
    state::{Shared, lock},
};

/// A file.
#[derive(Clone, Debug)]
pub(crate) struct File {
    id: String,
    name: String,
    media_type: String,
    content: Bytes,
    /// Opens it at the media server.
    ticket: String,
}

/// `POST /rest/api/3/issue/{key}/attachments`.
pub(crate) fn upload(call: &Call<'_>, issue: &str) -> Reply {
    if lock(&call.on.site.data).issue(issue).is_none() {
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
    let mut kept = lock(&call.on.site.files);
    if kept.len() + files.len() > MOST_FILES {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, "the sandbox keeps 100 files");
    }
    let mut shown = Vec::new();
    for (name, media_type, content) in files {
        let file = File {
            id: (20_000 + kept.len()).to_string(),
            name,
            media_type,
            content,
            ticket: random::token(),
        };
        shown.push(json!({
            "id": file.id, "filename": file.name, "size": file.content.len(),
            "mimeType": file.media_type,
            "content": format!("{}/rest/api/3/attachment/content/{}", call.on.site.base_url, file.id),
        }));
        kept.push(file);
    }
    Reply::ok(Value::Array(shown))
}

/// `GET /rest/api/3/attachment/content/{id}`: the way to the media server.
pub(crate) fn download(call: &Call<'_>, id: &str) -> Reply {
    let kept = lock(&call.on.site.files);
    match kept.iter().find(|file| file.id == id) {
        Some(file) => Reply {
            location: Some(format!("{}/_media/{}", call.on.shared.origin, file.ticket)),
            ..Reply::status(StatusCode::SEE_OTHER)
        },
        None => refuse(StatusCode::NOT_FOUND, "there is no such attachment"),
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
        let files = lock(&site.files);
        files.iter().find(|file| file.ticket == ticket).cloned()
    });
    match found {
        Some(file) => {
            // Whatever it says it is, a browser must not run it.
            let kind = [(header::CONTENT_TYPE, "application/octet-stream")];
            (kind, file.content).into_response()
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
