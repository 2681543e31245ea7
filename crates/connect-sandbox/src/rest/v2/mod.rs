//! Version 2 of Confluence's REST API, as far as apps of Connect use it: pages, blog posts, their
//! footer comments, labels and properties, and spaces. Texts are in storage format.

mod listed;
mod properties;
mod shapes;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    data::{Content, Data, SPACE_ID, SPACE_KEY},
    rest::{
        Call, Reply,
        contents::{self, Draft, Refused},
        refusal,
        v2::listed::list,
    },
    state::lock,
};

/// Answers a call below `/api/v2`, or nothing when there is no such resource here.
pub(super) fn answer(call: &Call<'_>, path: &[&str]) -> Option<Reply> {
    if let Some(reply) = wrong_format(call) {
        return Some(reply);
    }
    let get = call.method == Method::GET;
    match path {
        ["comments" | "custom-content", id, "properties", rest @ ..] => {
            properties::of_content(call, id, rest)
        }
        ["footer-comments"] if get => Some(list(call, is_comment)),
        ["footer-comments"] if call.method == Method::POST => Some(done(comment_on(call))),
        ["footer-comments", id] => one(call, id, "comment"),
        ["footer-comments", id, "children"] if get => Some(hanging_on(call, id)),
        ["spaces"] if get => Some(spaces(call)),
        ["spaces", id] if get => Some(space(call, id)),
        ["spaces", id, "properties", rest @ ..] => properties::of_space(call, id, rest),
        ["spaces", id, collection] if get => {
            let kind = kind(collection)?;
            Some(match is_space(id) {
                true => list(call, |content| is_current(content, kind)),
                false => nothing(),
            })
        }
        [collection] => {
            let kind = kind(collection)?;
            match call.method {
                Method::GET => Some(list(call, |content| is_asked(call, content, kind))),
                Method::POST => Some(done(create(call, kind))),
                _ => None,
            }
        }
        [collection, id] => one(call, id, kind(collection)?),
        [collection, id, "footer-comments"] if get => {
            kind(collection)?;
            Some(hanging_on(call, id))
        }
        [collection, id, "labels"] if get => Some(labels(call, id, kind(collection)?)),
        [collection, id, "properties", rest @ ..] => {
            kind(collection)?;
            properties::of_content(call, id, rest)
        }
        _ => None,
    }
}

/// What a collection holds.
fn kind(collection: &str) -> Option<&'static str> {
    match collection {
        "blogposts" => Some("blogpost"),
        "pages" => Some("page"),
        _ => None,
    }
}

fn is_comment(content: &Content) -> bool {
    is_current(content, "comment")
}

fn is_current(content: &Content, kind: &str) -> bool {
    content.kind == kind && content.status == "current"
}

/// Whether the filters of a list let it through.
fn is_asked(call: &Call<'_>, content: &Content, kind: &str) -> bool {
    let among = |name: &str, value: &str| {
        call.param(name)
            .is_none_or(|wanted| wanted.split(',').any(|wanted| wanted.trim() == value))
    };
    let status = call.param("status").unwrap_or("current");
    content.kind == kind
        && status.split(',').any(|wanted| wanted == content.status)
        && among("id", &content.id.to_string())
        && among("space-id", &SPACE_ID.to_string())
        && call
            .param("title")
            .is_none_or(|title| title == content.title)
}

/// The comments on a page, or on a comment.
fn hanging_on(call: &Call<'_>, id: &str) -> Reply {
    let id: Option<u64> = id.parse().ok();
    let known = id.is_some_and(|id| lock(&call.on.site.data).contents.contains_key(&id));
    match known {
        true => list(call, |content| {
            is_comment(content) && content.container == id
        }),
        false => nothing(),
    }
}

fn one(call: &Call<'_>, id: &str, kind: &'static str) -> Option<Reply> {
    let meant = |content: &Content| content.kind == kind;
    Some(match call.method {
        Method::GET => {
            let data = lock(&call.on.site.data);
            match find(&data, id).filter(|content| meant(content)) {
                Some(content) => Reply::ok(shapes::content(call, content, &data)),
                None => nothing(),
            }
        }
        Method::PUT => done(update(call, id, meant)),
        Method::DELETE => match contents::trash(call, id, meant) {
            Ok(()) => Reply::status(StatusCode::NO_CONTENT),
            Err(refused) => refuse(&refused),
        },
        _ => return None,
    })
}

type Done = Result<(Value, StatusCode), Refused>;

fn update(call: &Call<'_>, id: &str, meant: impl Fn(&Content) -> bool) -> Done {
    let (body, text) = text(call)?;
    let version = body["version"]["number"].as_u64();
    let change = (body["title"].as_str(), text, version);
    let content = contents::rewrite(call, id, meant, change)?;
    Ok((shapes::alone(call, &content), StatusCode::OK))
}

fn create(call: &Call<'_>, kind: &str) -> Done {
    let (body, text) = text(call)?;
    let bad = |message: &str| Refused::new(StatusCode::BAD_REQUEST, message);
    let Some(space) = body["spaceId"].as_str() else {
        return Err(bad("`spaceId` must be given, as a text"));
    };
    if !is_space(space) {
        let message = "there is no such space";
        return Err(Refused::new(StatusCode::NOT_FOUND, message));
    }
    if body["status"]
        .as_str()
        .is_some_and(|status| status != "current")
    {
        return Err(not_here("drafts"));
    }
    let title = body["title"].as_str().unwrap_or_default();
    if title.is_empty() {
        return Err(bad("`title` must be given"));
    }
    let draft = Draft {
        kind,
        title,
        body: text.unwrap_or_default(),
        container: id_in(&body["parentId"])?,
    };
    let content = contents::add(call, draft)?;
    Ok((shapes::alone(call, &content), StatusCode::OK))
}

fn comment_on(call: &Call<'_>) -> Done {
    let (body, text) = text(call)?;
    let given = ["pageId", "blogPostId", "parentCommentId"].map(|name| &body[name]);
    let mut given = given.into_iter().filter(|value| !value.is_null());
    let (Some(on), None) = (given.next(), given.next()) else {
        let message = "one of `pageId`, `blogPostId` and `parentCommentId` must be given";
        return Err(Refused::new(StatusCode::BAD_REQUEST, message));
    };
    let draft = Draft {
        kind: "comment",
        title: "",
        body: text.unwrap_or_default(),
        container: id_in(on)?,
    };
    let content = contents::add(call, draft)?;
    Ok((shapes::alone(call, &content), StatusCode::CREATED))
}

/// The body of a call, and the text in it.
fn text(call: &Call<'_>) -> Result<(Value, Option<String>), Refused> {
    let Some(body) = call.json().filter(Value::is_object) else {
        let message = "the body is no JSON object";
        return Err(Refused::new(StatusCode::BAD_REQUEST, message));
    };
    let inner = &body["body"];
    let (format, value) = match inner.get("storage") {
        Some(storage) => ("storage", &storage["value"]),
        None if inner.is_null() => return Ok((body, None)),
        None => {
            let format = inner["representation"].as_str().unwrap_or_default();
            (format, &inner["value"])
        }
    };
    if format != "storage" {
        return Err(not_here("texts in another format than storage"));
    }
    let text = value.as_str().map(str::to_owned);
    Ok((body, text))
}

/// An id that may be left out; ids are texts here.
fn id_in(value: &Value) -> Result<Option<u64>, Refused> {
    if value.is_null() {
        return Ok(None);
    }
    let id = value.as_str().and_then(|id| id.parse().ok());
    let wrong = || Refused::new(StatusCode::BAD_REQUEST, "ids are texts of digits");
    id.map(Some).ok_or_else(wrong)
}

fn labels(call: &Call<'_>, id: &str, kind: &str) -> Reply {
    let data = lock(&call.on.site.data);
    let Some(content) = find(&data, id).filter(|content| content.kind == kind) else {
        return nothing();
    };
    let labels = content.labels.iter();
    let labels = labels.map(|name| json!({ "id": name, "name": name, "prefix": "global" }));
    let labels: Vec<Value> = labels.collect();
    Reply::ok(json!({ "results": labels, "_links": shapes::base(call) }))
}

fn spaces(call: &Call<'_>) -> Reply {
    let among = |name: &str, value: &str| {
        call.param(name)
            .is_none_or(|wanted| wanted.split(',').any(|wanted| wanted == value))
    };
    let asked = among("keys", SPACE_KEY) && among("ids", &SPACE_ID.to_string());
    let found = asked.then(|| shapes::space(call));
    let found: Vec<Value> = found.into_iter().collect();
    Reply::ok(json!({ "results": found, "_links": shapes::base(call) }))
}

fn space(call: &Call<'_>, id: &str) -> Reply {
    match is_space(id) {
        true => Reply::ok(shapes::space(call)),
        false => nothing(),
    }
}

fn is_space(id: &str) -> bool {
    id == SPACE_ID.to_string()
}

fn find<'a>(data: &'a Data, id: &str) -> Option<&'a Content> {
    data.contents.get(&id.parse().ok()?)
}

/// Pages are shown in storage format or without their text: others would have to be made up.
fn wrong_format(call: &Call<'_>) -> Option<Reply> {
    let format = call.param("body-format")?;
    (format != "storage").then(|| refuse(&not_here("texts in another format than storage")))
}

fn done(done: Done) -> Reply {
    match done {
        Ok((body, status)) => Reply {
            body,
            ..Reply::status(status)
        },
        Err(refused) => refuse(&refused),
    }
}

fn not_here(what: &str) -> Refused {
    let message = format!("the sandbox does not have {what}: try it on a site");
    Refused::new(StatusCode::NOT_IMPLEMENTED, message)
}

fn nothing() -> Reply {
    refuse(&Refused::new(
        StatusCode::NOT_FOUND,
        "there is no such thing here",
    ))
}

fn refuse(Refused { status, message }: &Refused) -> Reply {
    let title = status.canonical_reason().unwrap_or_default();
    let code = title.to_uppercase().replace(' ', "_");
    let error =
        json!({ "status": status.as_u16(), "code": code, "title": message, "detail": null });
    let hint = "compare it with version 2 of Confluence's documentation";
    let why = match *status {
        StatusCode::NOT_IMPLEMENTED => refusal("rest/not-implemented", message, hint),
        _ => refusal("rest/request", message, hint),
    };
    Reply::refused(*status, json!({ "errors": [error] }), why)
}
