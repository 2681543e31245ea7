//! Properties of pages, blog posts, comments, custom content and spaces, by an id of their own.

use std::collections::BTreeMap;

use connect_core::qsh::Qsh;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    rest::{
        Call, Reply,
        contents::Refused,
        v2::{is_space, listed::page, nothing, refuse, shapes},
    },
    state::lock,
};

/// Value and version by key.
type Properties = BTreeMap<String, (Value, u64)>;

/// `/{collection}/{id}/properties` and below.
pub(super) fn of_content(call: &Call<'_>, id: &str, rest: &[&str]) -> Option<Reply> {
    let mut data = lock(&call.on.site.data);
    let content = id
        .parse()
        .ok()
        .and_then(|id: u64| data.contents.get_mut(&id));
    match content {
        Some(content) => {
            let (at, author) = (content.updated, content.author.clone());
            answer(call, &mut content.properties, rest, (at, &author))
        }
        None => Some(nothing()),
    }
}

/// `/spaces/{id}/properties` and below.
pub(super) fn of_space(call: &Call<'_>, id: &str, rest: &[&str]) -> Option<Reply> {
    if !is_space(id) {
        return Some(nothing());
    }
    let mut data = lock(&call.on.site.data);
    let home = data.contents.values().next();
    let (at, author) = home.map_or((0, String::new()), |home| {
        (home.created, home.author.clone())
    });
    answer(call, &mut data.space_properties, rest, (at, &author))
}

fn answer(
    call: &Call<'_>,
    kept: &mut Properties,
    rest: &[&str],
    (at, author): (u64, &str),
) -> Option<Reply> {
    let show = |key: &str, (value, version): &(Value, u64)| {
        json!({
            "id": id_of(key), "key": key, "value": value,
            "version": shapes::numbered(*version, at, author),
        })
    };
    match (&call.method, rest) {
        (&Method::GET, []) => {
            let key = call.param("key");
            let asked = |(known, _): &(&String, _)| key.is_none_or(|key| key == known.as_str());
            let all: Vec<(&String, &(Value, u64))> = kept.iter().filter(asked).collect();
            Some(page(call, &all, |(key, one)| show(key, one)))
        }
        (&Method::POST, []) => {
            let body = call.json().unwrap_or_default();
            let key = body["key"].as_str().unwrap_or_default();
            let wrong = match () {
                () if key.is_empty() || key.len() > 255 => Some((
                    StatusCode::BAD_REQUEST,
                    "`key` must be given, of 255 characters at most",
                )),
                () if kept.contains_key(key) => {
                    Some((StatusCode::CONFLICT, "the property is there already"))
                }
                () if kept.len() >= MOST_PROPERTIES => Some((
                    StatusCode::BAD_REQUEST,
                    "the sandbox keeps 1,000 properties here",
                )),
                () => None,
            };
            if let Some((status, message)) = wrong {
                return Some(refuse(&Refused::new(status, message)));
            }
            let new = (body["value"].clone(), 1);
            let shown = show(key, &new);
            kept.insert(key.to_owned(), new);
            Some(Reply::ok(shown))
        }
        (method, [id]) => {
            let Some(key) = kept.keys().find(|key| id_of(key) == *id).cloned() else {
                return Some(nothing());
            };
            match *method {
                Method::GET => Some(Reply::ok(show(&key, &kept[&key]))),
                Method::PUT => Some(change(call, kept, &key, show)),
                Method::DELETE => {
                    kept.remove(&key);
                    Some(Reply::status(StatusCode::NO_CONTENT))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn change(
    call: &Call<'_>,
    kept: &mut Properties,
    key: &str,
    show: impl Fn(&str, &(Value, u64)) -> Value,
) -> Reply {
    let body = call.json().unwrap_or_default();
    let next = kept.get(key).map_or(0, |(_, version)| *version) + 1;
    if body["key"].as_str().is_some_and(|other| other != key) {
        let message = "`key` is that of another property";
        return refuse(&Refused::new(StatusCode::BAD_REQUEST, message));
    }
    if body["version"]["number"].as_u64() != Some(next) {
        let message = format!("`version.number` must be {next}");
        return refuse(&Refused::new(StatusCode::CONFLICT, message));
    }
    let new = (body["value"].clone(), next);
    let shown = show(key, &new);
    kept.insert(key.to_owned(), new);
    Reply::ok(shown)
}

/// A number that belongs to a key, as long as it lives and after.
fn id_of(key: &str) -> String {
    let hash = Qsh::of(key);
    let number = u64::from_str_radix(&hash.as_str()[..12], 16);
    number.unwrap_or_default().to_string()
}

const MOST_PROPERTIES: usize = 1_000;
