//! Lists, page after page, by a cursor that says nothing to its bearer.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    data::Content,
    rest::{
        Call, Reply,
        contents::Refused,
        v2::{refuse, shapes},
    },
    state::lock,
    urls,
};

/// Those that are wanted, in the order that is asked for.
pub(super) fn list(call: &Call<'_>, wanted: impl Fn(&Content) -> bool) -> Reply {
    let data = lock(&call.on.site.data);
    let all = data.contents.values().filter(|content| wanted(content));
    let mut all: Vec<&Content> = all.collect();
    if let Some(order) = call.param("sort") {
        let (field, descending) = match order.strip_prefix('-') {
            Some(field) => (field, true),
            None => (order, false),
        };
        match field {
            "created-date" => all.sort_by_key(|content| content.created),
            "id" => {}
            "modified-date" => all.sort_by_key(|content| content.updated),
            "title" => all.sort_by(|one, other| one.title.cmp(&other.title)),
            _ => return bad("there is no such order"),
        }
        if descending {
            all.reverse();
        }
    }
    let shown = |content: &&Content| shapes::content(call, content, &data);
    page(call, &all, shown)
}

/// The page of a list that the cursor names.
pub(super) fn page<T>(call: &Call<'_>, all: &[T], show: impl Fn(&T) -> Value) -> Reply {
    let limit = match call.param("limit").map(str::parse) {
        None => 25,
        Some(Ok(limit @ 1..=250)) => limit,
        Some(_) => return bad("`limit` is a number from 1 to 250"),
    };
    let start = match call.param("cursor").map(read) {
        None => 0,
        Some(Some(start)) => start,
        Some(None) => return bad("the cursor is none of this list"),
    };
    let results: Vec<Value> = all.iter().skip(start).take(limit).map(show).collect();
    let end = start.saturating_add(results.len());
    let mut links = shapes::base(call);
    let next = (end < all.len()).then(|| {
        let mut next = format!("{}/{}", call.on.site.base_url.path(), call.path());
        for (name, value) in &call.query {
            if name != "cursor" {
                urls::add_param(&mut next, name, value);
            }
        }
        urls::add_param(
            &mut next,
            "cursor",
            &URL_SAFE_NO_PAD.encode(end.to_string()),
        );
        next
    });
    if let Some(next) = &next {
        links["next"] = next.as_str().into();
    }
    Reply {
        next,
        ..Reply::ok(json!({ "results": results, "_links": links }))
    }
}

fn read(cursor: &str) -> Option<usize> {
    let text = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    str::from_utf8(&text).ok()?.parse().ok()
}

fn bad(message: &str) -> Reply {
    refuse(&Refused::new(StatusCode::BAD_REQUEST, message))
}
