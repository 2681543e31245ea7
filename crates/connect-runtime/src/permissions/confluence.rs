//! Confluence: what a user may do with a content, and with Confluence as a whole.

use connect_core::AccountId;
use http::{HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{PermissionError, in_context};
use crate::client::HostClient;

/// Operations of Confluence's that a user must be allowed, every one of them.
///
/// ```
/// use connect_runtime::ConfluencePermissions;
///
/// let asked = ConfluencePermissions::new().content(["read", "update"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfluencePermissions {
    content: Vec<String>,
    application: Vec<String>,
}

/// The content that permissions are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfluencePlace {
    content: Option<String>,
}

impl ConfluencePermissions {
    /// None yet, which no user passes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Operations on the place's content: `read`, `update`, `delete` (REST API version 1, "Check
    /// content permissions").
    #[must_use]
    pub fn content<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.content.extend(names.into_iter().map(Into::into));
        self
    }

    /// Operations on Confluence as a whole: `administer`, `create_space` (REST API version 1, "Get
    /// user", `operations`).
    #[must_use]
    pub fn application<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.application.extend(names.into_iter().map(Into::into));
        self
    }
}

impl ConfluencePlace {
    /// A content by its id; nothing unless it is letters, digits and `-`, because it becomes a part
    /// of a path.
    pub fn content(id: &str) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        let good = (1..=64).contains(&id.len()) && id.bytes().all(plain);
        good.then(|| Self {
            content: Some(id.to_owned()),
        })
    }

    /// The content that the context claim of a token names (`confluence.content.id`). An id that
    /// is none names nothing.
    pub fn of_context(context: Option<&Map<String, Value>>) -> Self {
        let id = in_context(context, &["confluence", "content", "id"]);
        let id = id.and_then(|id| match id {
            Value::Number(id) => id.as_u64().map(|id| id.to_string()),
            Value::String(id) => Some(id.clone()),
            _ => None,
        });
        id.and_then(|id| Self::content(&id)).unwrap_or_default()
    }
}

pub(super) async fn check(
    client: &HostClient,
    user: Option<&AccountId>,
    asked: &ConfluencePermissions,
    place: &ConfluencePlace,
) -> Result<(), PermissionError> {
    if asked.content.is_empty() && asked.application.is_empty() {
        return Err(PermissionError::NothingAsked);
    }
    let client = client.as_app();
    if !asked.content.is_empty() {
        let id = place.content.as_deref();
        let id = id.ok_or(PermissionError::NoPlace { place: "content" })?;
        for operation in &asked.content {
            if !may(&client, user, id, operation).await? {
                return Err(denied(operation));
            }
        }
    }
    if !asked.application.is_empty() {
        let granted = application_operations(&client, user).await?;
        if let Some(missing) = asked
            .application
            .iter()
            .find(|name| !granted.contains(name))
        {
            return Err(denied(missing));
        }
    }
    Ok(())
}

/// `POST /rest/api/content/{id}/permission/check`, which knows visitors as `anonymous`.
async fn may(
    client: &HostClient,
    user: Option<&AccountId>,
    id: &str,
    operation: &str,
) -> Result<bool, PermissionError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer {
        has_permission: bool,
    }
    let user = user.map_or("anonymous", AccountId::as_str);
    let body = json!({
        "subject": { "type": "user", "identifier": user },
        "operation": operation,
    });
    let call = client
        .post(&format!("/rest/api/content/{id}/permission/check"))
        .header(
            HeaderName::from_static("x-atlassian-token"),
            HeaderValue::from_static("no-check"),
        )
        .json(&body);
    let answer: Answer = call.fetch().await?;
    Ok(answer.has_permission)
}

/// What a user may do with Confluence as a whole.
async fn application_operations(
    client: &HostClient,
    user: Option<&AccountId>,
) -> Result<Vec<String>, PermissionError> {
    #[derive(Deserialize)]
    struct Answer {
        operations: Vec<Operation>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Operation {
        operation: String,
        target_type: String,
    }
    let call = match user {
        Some(user) => client.get("/rest/api/user").query("accountId", user),
        None => client.get("/rest/api/user/anonymous"),
    };
    let answer: Answer = call.query("expand", "operations").fetch().await?;
    let operations = answer.operations.into_iter();
    Ok(operations
        .filter(|operation| operation.target_type == "application")
        .map(|operation| operation.operation)
        .collect())
}

fn denied(permission: &str) -> PermissionError {
    PermissionError::Denied {
        permission: permission.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_id_never_becomes_a_path() {
        for odd in ["../uh oh", "", "1/2", "1?x", "%2e", "ä", &"1".repeat(65)] {
            assert_eq!(ConfluencePlace::content(odd), None, "{odd:?}");
        }
        let place = |id: Value| {
            let context = json!({"confluence": {"content": {"id": id}}});
            ConfluencePlace::of_context(context.as_object())
        };
        assert_eq!(
            place(json!("32769")),
            ConfluencePlace::content("32769").unwrap()
        );
        assert_eq!(
            place(json!(32769)),
            ConfluencePlace::content("32769").unwrap()
        );
        for odd in [json!("../x"), json!(null), json!([1]), json!(-1)] {
            assert_eq!(place(odd), ConfluencePlace::default());
        }
    }
}
