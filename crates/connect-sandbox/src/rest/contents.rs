//! Pages, blog posts, comments and what hangs on them.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    data::{self, Content, Data, confluence},
    rest::{Call, Reply, lists, refusal},
    state::lock,
    urls,
    webhooks::Change,
};

/// `/content`.
pub(crate) fn all(call: &Call<'_>) -> Option<Reply> {
    match call.method {
        Method::GET => Some(list(call)),
        Method::POST => Some(create(call)),
        _ => None,
    }
}

fn list(call: &Call<'_>) -> Reply {
    let kind = call.param("type").unwrap_or("page");
    let title = call.param("title");
    let status = call.param("status").unwrap_or("current");
    page(call, "/rest/api/content", |content| {
        content.kind == kind
            && (status == "any" || content.status == status)
            && title.is_none_or(|title| content.title == title)
    })
}

/// `GET /content/{id}/child/comment`.
pub(crate) fn comments(call: &Call<'_>, id: &str) -> Reply {
    let path = format!("/rest/api/content/{id}/child/comment");
    let id = id.parse().ok();
    page(call, &path, |content| {
        content.kind == "comment" && content.container == id && id.is_some()
    })
}

/// `GET /content/search`: `and` of `type`, `title`, `space`, `label` and `id`, by `=` or `~`.
pub(crate) fn search(call: &Call<'_>) -> Option<Reply> {
    let cql = call.param("cql")?;
    let (clauses, _) = cql.split_once("order by").unwrap_or((cql, ""));
    let mut wanted = Vec::new();
    for clause in clauses.split(" and ").flat_map(|part| part.split(" AND ")) {
        let (field, value, contains) = match (clause.split_once('='), clause.split_once('~')) {
            (Some((field, value)), None) => (field, value, false),
            (None, Some((field, value))) => (field, value, true),
            _ => return None,
        };
        let value = value.trim().trim_matches(['"', '\'']).to_owned();
        let field = field.trim();
        if !["type", "title", "space", "label", "id", "text"].contains(&field) {
            return None;
        }
        wanted.push((field.to_owned(), value, contains));
    }
    Some(page(call, "/rest/api/content/search", |content| {
        content.status == "current"
            && wanted.iter().all(|(field, value, contains)| {
                let values: Vec<String> = match field.as_str() {
                    "id" => vec![content.id.to_string()],
                    "label" => content.labels.clone(),
                    "space" => vec![confluence::SPACE_KEY.to_owned()],
                    "text" => vec![content.title.clone(), content.body.clone()],
                    "title" => vec![content.title.clone()],
                    _ => vec![content.kind.clone()],
                };
                let fits = |found: &String| match contains {
                    true => found.to_lowercase().contains(&value.to_lowercase()),
                    false => found == value,
                };
                values.iter().any(fits)
            })
    }))
}

/// A list by links, as Confluence has them.
fn page(call: &Call<'_>, path: &str, wanted: impl Fn(&Content) -> bool) -> Reply {
    let (Some(start), Some(size)) = (
        lists::number(call, "start", 0),
        lists::number(call, "limit", 25),
    ) else {
        return lists::no_number();
    };
    let site = &call.on.site;
    let data = lock(&site.data);
    let all: Vec<&Content> = data
        .contents
        .values()
        .filter(|content| wanted(content))
        .collect();
    let expand = call.param("expand").unwrap_or_default();
    let shown = all.iter().skip(start).take(size);
    let results: Vec<Value> = shown
        .map(|content| content.show(site, &call.on.shared.origin, expand))
        .collect();
    let mut links = json!({ "base": site.base_url.as_str(), "context": site.base_url.path() });
    let next = start + results.len();
    if next < all.len() {
        let mut link = path.to_owned();
        let paging = ["limit", "start"];
        let others = call
            .query
            .iter()
            .filter(|(name, _)| !paging.contains(&name.as_str()));
        for (name, value) in others {
            urls::add_param(&mut link, name, value);
        }
        urls::add_param(&mut link, "limit", &size.to_string());
        urls::add_param(&mut link, "start", &next.to_string());
        links["next"] = link.into();
    }
    Reply::ok(json!({
        "results": results, "start": start, "limit": size, "size": results.len(), "_links": links,
    }))
}

fn create(call: &Call<'_>) -> Reply {
    let body = call.json().unwrap_or_default();
    let kind = body["type"].as_str().unwrap_or_default();
    let own = |kind: &str| kind.starts_with("ac:");
    if !["blogpost", "comment", "page"].contains(&kind) && !own(kind) {
        return refuse(
            StatusCode::BAD_REQUEST,
            "`type` is none of page, blogpost, comment",
        );
    }
    let title = body["title"].as_str().unwrap_or_default();
    if title.is_empty() && kind != "comment" {
        return refuse(StatusCode::BAD_REQUEST, "there is no `title`");
    }
    let space = body["space"]["key"]
        .as_str()
        .unwrap_or(confluence::SPACE_KEY);
    if space != confluence::SPACE_KEY {
        return refuse(StatusCode::NOT_FOUND, "there is no such space");
    }
    let id_of = |value: &Value| match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_u64(),
    };
    let parent = body["ancestors"].as_array().and_then(|all| all.last());
    let container =
        id_of(&body["container"]["id"]).or(parent.and_then(|parent| id_of(&parent["id"])));
    let draft = Draft {
        kind,
        title,
        body: storage(&body).unwrap_or_default(),
        container,
    };
    match add(call, draft) {
        Ok(content) => shown(call, &content),
        Err(refused) => refused.into_reply(),
    }
}

/// Something to be written.
pub(super) struct Draft<'a> {
    pub(super) kind: &'a str,
    pub(super) title: &'a str,
    pub(super) body: String,
    pub(super) container: Option<u64>,
}

/// Why a change is not made.
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) message: String,
}

impl Refused {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
        }
    }

    fn into_reply(self) -> Reply {
        refuse(self.status, &self.message)
    }
}

/// Adds a page or what hangs on one, and tells of it.
pub(super) fn add(call: &Call<'_>, draft: Draft<'_>) -> Result<Content, Refused> {
    let Some(author) = call.caller.user() else {
        return Err(Refused::new(
            StatusCode::FORBIDDEN,
            "visitors write nothing",
        ));
    };
    let mut data = lock(&call.on.site.data);
    if data.contents.len() >= MOST_CONTENTS {
        let message = "the sandbox keeps 50,000 pages and comments";
        return Err(Refused::new(StatusCode::BAD_REQUEST, message));
    }
    let container = draft.container;
    if container.is_some_and(|id| !data.contents.contains_key(&id)) {
        let message = "there is no such container";
        return Err(Refused::new(StatusCode::NOT_FOUND, message));
    }
    let at = data::now();
    let content = Content {
        id: data.next_id(),
        kind: draft.kind.to_owned(),
        status: "current".to_owned(),
        title: draft.title.to_owned(),
        body: draft.body,
        version: 1,
        container,
        author: author.account_id,
        created: at,
        updated: at,
        labels: Vec::new(),
        properties: BTreeMap::new(),
    };
    data.contents.insert(content.id, content.clone());
    drop(data);
    tell(call, &content, "created");
    Ok(content)
}

/// Writes the next version of one of those that are `meant`, and tells of it.
pub(super) fn rewrite(
    call: &Call<'_>,
    id: &str,
    meant: impl Fn(&Content) -> bool,
    (title, body, version): (Option<&str>, Option<String>, Option<u64>),
) -> Result<Content, Refused> {
    let mut data = lock(&call.on.site.data);
    let Some(content) = find(&mut data, id).filter(|content| meant(content)) else {
        return Err(Refused::new(StatusCode::NOT_FOUND, NOTHING));
    };
    // Whoever writes says which version comes next, so that nobody overwrites unseen.
    if version != Some(content.version + 1) {
        let message = format!("`version.number` must be {}", content.version + 1);
        return Err(Refused::new(StatusCode::CONFLICT, message));
    }
    if let Some(title) = title {
        title.clone_into(&mut content.title);
    }
    if let Some(body) = body {
        content.body = body;
    }
    content.version += 1;
    content.updated = data::now();
    let content = content.clone();
    drop(data);
    tell(call, &content, "updated");
    Ok(content)
}

/// Puts one of those that are `meant` into the trash, or takes it away when it is there already or
/// is a comment, and tells of it.
pub(super) fn trash(
    call: &Call<'_>,
    id: &str,
    meant: impl Fn(&Content) -> bool,
) -> Result<(), Refused> {
    let mut data = lock(&call.on.site.data);
    let Some(content) = find(&mut data, id).filter(|content| meant(content)) else {
        return Err(Refused::new(StatusCode::NOT_FOUND, NOTHING));
    };
    let trashed = content.status == "trashed" || content.kind == "comment";
    content.status = "trashed".to_owned();
    let content = content.clone();
    if trashed {
        data.contents.remove(&content.id);
    }
    drop(data);
    tell(call, &content, if trashed { "removed" } else { "trashed" });
    Ok(())
}

/// `/content/{id}`.
pub(crate) fn one(call: &Call<'_>, id: &str) -> Option<Reply> {
    let all = |_: &Content| true;
    let done = match call.method {
        Method::GET => match find(&mut lock(&call.on.site.data), id) {
            Some(content) => Ok(shown(call, content)),
            None => Ok(no_content()),
        },
        Method::PUT => {
            let body = call.json().unwrap_or_default();
            let version = body["version"]["number"].as_u64();
            let change = (body["title"].as_str(), storage(&body), version);
            rewrite(call, id, all, change).map(|content| shown(call, &content))
        }
        Method::DELETE => trash(call, id, all).map(|()| Reply::status(StatusCode::NO_CONTENT)),
        _ => return None,
    };
    Some(done.unwrap_or_else(Refused::into_reply))
}

/// `/content/{id}/label`.
pub(crate) fn labels(call: &Call<'_>, id: &str) -> Option<Reply> {
    let mut data = lock(&call.on.site.data);
    let Some(content) = find(&mut data, id) else {
        return Some(no_content());
    };
    let mut added = Vec::new();
    if call.method == Method::POST {
        let body = call.json().unwrap_or_default();
        for label in body.as_array().into_iter().flatten() {
            let name = label["name"].as_str().unwrap_or_default().to_lowercase();
            if !name.is_empty() && !content.labels.contains(&name) {
                content.labels.push(name.clone());
                added.push(name);
            }
        }
    } else if call.method != Method::GET {
        return None;
    }
    let content = content.clone();
    drop(data);
    for name in added {
        let mut labeled = in_webhook(call, &content);
        let names = content.labels.iter().map(|name| json!({ "name": name }));
        labeled["labels"] = names.collect();
        let label = confluence::label_in_webhook(&call.on.site, &name);
        let body = json!({ "label": label, "labeled": labeled });
        call.changed(Change::new("label_added", call, body));
    }
    let labels = content.show_labels();
    Some(Reply::ok(
        json!({ "results": labels, "start": 0, "limit": 200, "size": labels.len() }),
    ))
}

/// `/content/{id}/property` and below.
pub(crate) fn properties(call: &Call<'_>, id: &str, name: Option<&str>) -> Option<Reply> {
    let mut data = lock(&call.on.site.data);
    let Some(content) = find(&mut data, id) else {
        return Some(no_content());
    };
    let kept = &mut content.properties;
    let show = |key: &str, (value, version): &(Value, u64)| {
        json!({
            "id": key, "key": key, "value": value, "version": { "number": version },
        })
    };
    let body = call.json().unwrap_or_default();
    let reply = match (&call.method, name) {
        (&Method::GET, None) => {
            let results: Vec<Value> = kept.iter().map(|(key, one)| show(key, one)).collect();
            return Some(Reply::ok(
                json!({ "results": results, "size": results.len() }),
            ));
        }
        (&Method::GET, Some(name)) => {
            return Some(match kept.get(name) {
                Some(one) => Reply::ok(show(name, one)),
                None => no_content(),
            });
        }
        (&Method::POST, _) => {
            let key = name.or(body["key"].as_str()).unwrap_or_default().to_owned();
            if key.is_empty() || kept.contains_key(&key) || kept.len() >= MOST_PROPERTIES {
                return Some(refuse(
                    StatusCode::CONFLICT,
                    "the property is there, or has no key",
                ));
            }
            kept.insert(key.clone(), (body["value"].clone(), 1));
            Reply::ok(show(&key, &kept[&key]))
        }
        (&Method::PUT, Some(name)) => {
            let version = kept.get(name).map_or(0, |(_, version)| *version) + 1;
            if body["version"]["number"]
                .as_u64()
                .is_some_and(|number| number != version)
            {
                return Some(refuse(
                    StatusCode::CONFLICT,
                    "`version.number` is not the next one",
                ));
            }
            kept.insert(name.to_owned(), (body["value"].clone(), version));
            Reply::ok(show(name, &kept[name]))
        }
        (&Method::DELETE, Some(name)) => match kept.remove(name) {
            Some(_) => Reply::status(StatusCode::NO_CONTENT),
            None => no_content(),
        },
        _ => return None,
    };
    drop(data);
    Some(reply)
}

/// `GET /space` and `/space/{key}`.
pub(crate) fn spaces(call: &Call<'_>, key: Option<&str>) -> Reply {
    let space = confluence::space(&call.on.site);
    match key {
        None => Reply::ok(
            json!({ "results": [space], "start": 0, "limit": 25, "size": 1, "_links": {} }),
        ),
        Some(key) if key == confluence::SPACE_KEY => Reply::ok(space),
        Some(_) => refuse(StatusCode::NOT_FOUND, "there is no such space"),
    }
}

fn find<'a>(data: &'a mut Data, id: &str) -> Option<&'a mut Content> {
    data.contents.get_mut(&id.parse().ok()?)
}

fn storage(body: &Value) -> Option<String> {
    let text = &body["body"]["storage"]["value"];
    text.as_str().map(str::to_owned)
}

fn shown(call: &Call<'_>, content: &Content) -> Reply {
    let expand = call
        .param("expand")
        .unwrap_or("body.storage,version,space,history,container");
    Reply::ok(content.show(&call.on.site, &call.on.shared.origin, expand))
}

fn tell(call: &Call<'_>, content: &Content, what: &'static str) {
    let kind = content.name_in_webhook();
    let mut body = json!({ kind: in_webhook(call, content) });
    if what == "updated" && kind == "page" {
        body["updateTrigger"] = "edit_page".into();
    }
    call.changed(Change::named(format!("{kind}_{what}"), call, body));
}

fn in_webhook(call: &Call<'_>, content: &Content) -> Value {
    let site = &call.on.site;
    content.show_in_webhook(site, &call.on.shared.origin, &lock(&site.data))
}

fn no_content() -> Reply {
    refuse(StatusCode::NOT_FOUND, NOTHING)
}

fn refuse(status: StatusCode, message: &str) -> Reply {
    Reply::refused(
        status,
        json!({ "statusCode": status.as_u16(), "message": message }),
        refusal(
            "rest/request",
            message,
            "compare it with Confluence's documentation",
        ),
    )
}

const NOTHING: &str = "there is no such thing here";
const MOST_CONTENTS: usize = 50_000;
const MOST_PROPERTIES: usize = 1_000;
