//! Pages, blog posts and comments, and how Confluence shows them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    data::{Data, FOUNDED, founder, text::date_utc},
    state::Site,
    users::User,
    world,
};

/// A page, a blog post, a comment, or something of an app's own type.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Content {
    pub(crate) id: u64,
    /// `page`, `blogpost`, `comment` or `ac:APP:TYPE`.
    pub(crate) kind: String,
    /// `current` or `trashed`.
    pub(crate) status: String,
    pub(crate) title: String,
    /// Storage format.
    pub(crate) body: String,
    pub(crate) version: u64,
    /// The page that it hangs on.
    pub(crate) container: Option<u64>,
    /// Account id.
    pub(crate) author: String,
    /// Milliseconds since 1970.
    pub(crate) created: u64,
    pub(crate) updated: u64,
    pub(crate) labels: Vec<String>,
    /// Value and version.
    pub(crate) properties: BTreeMap<String, (Value, u64)>,
}

impl Content {
    /// As REST shows it; `expand` says what of it in full.
    pub(crate) fn show(&self, site: &Site, origin: &str, expand: &str) -> Value {
        let id = self.id.to_string();
        let expands = |name: &str| expand.split(',').any(|wanted| wanted.trim() == name);
        let author = || match User::find(site, &self.author) {
            Some(user) => user.confluence(site, origin),
            None => json!({ "type": "unknown", "accountId": self.author }),
        };
        let mut shown = json!({
            "id": id, "type": self.kind, "status": self.status, "title": self.title,
            "_links": {
                "self": format!("{}/rest/api/content/{id}", site.base_url),
                "webui": format!("/spaces/{SPACE_KEY}/pages/{id}"),
                "base": site.base_url.as_str(), "context": site.base_url.path(),
            },
        });
        if expands("body.storage") {
            shown["body"] =
                json!({ "storage": { "value": self.body, "representation": "storage" } });
        }
        if expands("version") {
            shown["version"] = json!({
                "number": self.version, "minorEdit": false, "when": date_utc(self.updated), "by": author(),
            });
        }
        if expands("history") {
            shown["history"] = json!({
                "latest": true, "createdDate": date_utc(self.created), "createdBy": author(),
            });
        }
        if expands("space") {
            shown["space"] = space(site);
        }
        if let Some(container) = self.container.filter(|_| expands("container")) {
            shown["container"] = json!({ "id": container.to_string() });
        }
        if expands("metadata.labels") {
            let labels = self.show_labels();
            shown["metadata"] = json!({ "labels": {
                "size": labels.len(), "results": labels, "start": 0, "limit": 200,
            } });
        }
        shown
    }

    pub(crate) fn show_labels(&self) -> Vec<Value> {
        let label =
            |name: &String| json!({ "prefix": "global", "name": name, "label": name, "id": name });
        self.labels.iter().map(label).collect()
    }

    /// The member of a webhook's body that tells of it, and the first part of its events' names.
    pub(crate) fn name_in_webhook(&self) -> &'static str {
        match self.kind.as_str() {
            "blogpost" => "blog",
            "comment" => "comment",
            "page" => "page",
            _ => "content",
        }
    }

    /// The page or post on which a comment is, by way of those that it answers.
    pub(crate) fn page<'a>(&self, data: &'a Data) -> Option<&'a Self> {
        let above = data.contents.get(&self.container?);
        let next = |content: &&Self| data.contents.get(&content.container?);
        let mut chain = std::iter::successors(above, next).take(LONGEST_THREAD);
        chain.find(|content| content.kind != "comment")
    }

    /// As webhooks show it; `data` has what it hangs on.
    pub(crate) fn show_in_webhook(&self, site: &Site, origin: &str, data: &Data) -> Value {
        let page = format!("{}/spaces/{SPACE_KEY}/pages", site.base_url);
        let mut shown = json!({
            "id": self.id, "idAsString": self.id.to_string(),
            "contentType": self.kind, "version": self.version, "spaceKey": SPACE_KEY,
            "creatorAccountId": self.author, "lastModifierAccountId": self.author,
            "creationDate": self.created, "modificationDate": self.updated,
            "self": format!("{page}/{}", self.id),
        });
        match self.name_in_webhook() {
            // Of an app's own kind: as REST shows it.
            "content" => {
                let mut shown = self.show(site, origin, "history,metadata.labels,space,version");
                shown["extensions"] = json!({});
                shown["_expandable"] = json!({
                    "children": format!("/rest/api/content/{}/child", self.id),
                    "container": format!("/rest/api/space/{SPACE_KEY}"),
                });
                return shown;
            }
            "comment" => {
                let above = self.container.and_then(|id| data.contents.get(&id));
                if let Some(replied) = above.filter(|above| above.kind == "comment") {
                    shown["inReplyTo"] = json!({ "id": replied.id });
                }
                if let Some(parent) = self.page(data) {
                    shown["self"] =
                        format!("{page}/{}?focusedCommentId={}", parent.id, self.id).into();
                    shown["parent"] = parent.show_in_webhook(site, origin, data);
                }
            }
            _ => {
                shown["title"] = self.title.as_str().into();
                shown["spaceId"] = SPACE_ID.into();
            }
        }
        shown
    }
}

/// The one space of a site.
pub(crate) fn space(site: &Site) -> Value {
    json!({
        "id": SPACE_ID, "key": SPACE_KEY, "name": "Demonstration", "type": "global", "status": "current",
        "_links": {
            "self": format!("{}/rest/api/space/{SPACE_KEY}", site.base_url),
            "webui": format!("/spaces/{SPACE_KEY}"),
        },
    })
}

/// A label as webhooks show it.
pub(crate) fn label_in_webhook(site: &Site, name: &str) -> Value {
    let name_in_path = crate::urls::percent_encode(name);
    let own = format!("{}/label/{SPACE_KEY}/{name_in_path}", site.base_url);
    json!({ "name": name, "title": name, "self": own })
}

/// The pages of a new site.
pub(super) fn seed(data: &mut Data) {
    for (number, seed) in world::CONTENTS.iter().enumerate() {
        let Ok(id) = seed.id.parse() else {
            continue;
        };
        let at = FOUNDED + number as u64 * 3_600_000;
        let content = Content {
            id,
            kind: "page".to_owned(),
            status: "current".to_owned(),
            title: seed.title.to_owned(),
            body: format!("<p>{}, as everybody may read it.</p>", seed.title),
            version: 1,
            container: None,
            author: founder(),
            created: at,
            updated: at,
            labels: vec!["sandbox".to_owned()],
            properties: BTreeMap::new(),
        };
        data.contents.insert(id, content);
    }
}

/// Key of the one space.
pub(crate) const SPACE_KEY: &str = "DEMO";
pub(crate) const SPACE_ID: u64 = 98_305;

/// How many answers to answers are gone up to find their page.
const LONGEST_THREAD: usize = 1_000;
