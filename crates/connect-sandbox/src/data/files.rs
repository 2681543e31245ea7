//! Files at issues. What they are is kept with the issue, their content in a file of its own.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::data::{jira::View, text::date};

/// A file at an issue.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct File {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) media_type: String,
    /// In bytes.
    pub(crate) size: usize,
    /// Account id.
    pub(crate) author: String,
    /// Milliseconds since 1970.
    pub(crate) created: u64,
    /// Opens it at the media server, and names its content on disk.
    pub(crate) ticket: String,
    /// Nothing when it is on disk only.
    #[serde(skip)]
    pub(crate) content: Option<Bytes>,
}

impl File {
    /// As REST and webhooks show it.
    pub(crate) fn show(&self, view: View<'_>) -> Value {
        let rest = view.rest();
        let mut shown = json!({
            "self": format!("{rest}/attachment/{}", self.id), "id": self.id.to_string(),
            "filename": self.name, "author": view.user(&self.author),
            "created": date(self.created), "size": self.size, "mimeType": self.media_type,
            "content": format!("{rest}/attachment/content/{}", self.id),
        });
        if self.media_type.starts_with("image/") {
            shown["thumbnail"] = format!("{rest}/attachment/thumbnail/{}", self.id).into();
        }
        shown
    }
}
