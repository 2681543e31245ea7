//! How version 2 shows things. Ids are texts.

use serde_json::{Value, json};

use crate::{
    data::{Content, Data, SPACE_ID, SPACE_KEY, text::date_utc},
    rest::Call,
    state::lock,
};

/// A page, a blog post or a comment, for whoever holds the lock.
pub(super) fn content(call: &Call<'_>, content: &Content, data: &Data) -> Value {
    let id = content.id.to_string();
    let at_page = |id: u64| format!("/spaces/{SPACE_KEY}/pages/{id}");
    let mut shown = json!({
        "id": id, "status": content.status, "title": content.title,
        "version": version(content), "body": {},
    });
    if call.param("body-format").is_some() || call.method != http::Method::GET {
        shown["body"] =
            json!({ "storage": { "representation": "storage", "value": content.body } });
    }
    let mut links = base(call);
    if content.kind == "comment" {
        let above = content.container.and_then(|id| data.contents.get(&id));
        if let Some(replied) = above.filter(|above| above.kind == "comment") {
            shown["parentCommentId"] = replied.id.to_string().into();
        }
        if let Some(page) = content.page(data) {
            let member = match page.kind.as_str() {
                "blogpost" => "blogPostId",
                _ => "pageId",
            };
            shown[member] = page.id.to_string().into();
            shown["title"] = format!("Re: {}", page.title).into();
            links["webui"] = format!("{}?focusedCommentId={id}", at_page(page.id)).into();
        }
    } else {
        shown["spaceId"] = SPACE_ID.to_string().into();
        shown["authorId"] = content.author.as_str().into();
        shown["createdAt"] = date_utc(content.created).into();
        links["webui"] = at_page(content.id).into();
        links["editui"] = format!("/pages/edit/{id}").into();
    }
    if content.kind == "page" {
        let parent = content.container.map(|id| id.to_string());
        shown["parentType"] = parent.as_ref().map(|_| "page").into();
        shown["parentId"] = parent.into();
        shown["ownerId"] = content.author.as_str().into();
    }
    shown["_links"] = links;
    shown
}

/// The same for whoever does not hold the lock.
pub(super) fn alone(call: &Call<'_>, one: &Content) -> Value {
    content(call, one, &lock(&call.on.site.data))
}

pub(super) fn space(call: &Call<'_>) -> Value {
    let data = lock(&call.on.site.data);
    let home = data.contents.values().next();
    let mut links = base(call);
    links["webui"] = format!("/spaces/{SPACE_KEY}").into();
    json!({
        "id": SPACE_ID.to_string(), "key": SPACE_KEY, "name": "Demonstration", "type": "global",
        "status": "current", "homepageId": home.map(|home| home.id.to_string()),
        "authorId": home.map(|home| home.author.as_str()),
        "createdAt": home.map(|home| date_utc(home.created)), "_links": links,
    })
}

pub(super) fn version(content: &Content) -> Value {
    numbered(content.version, content.updated, &content.author)
}

pub(super) fn numbered(number: u64, at: u64, author: &str) -> Value {
    json!({
        "number": number, "createdAt": date_utc(at), "authorId": author,
        "message": "", "minorEdit": false,
    })
}

/// What addresses of other links are relative to.
pub(super) fn base(call: &Call<'_>) -> Value {
    json!({ "base": call.on.site.base_url.as_str() })
}
