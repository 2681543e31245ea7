//! What Forge sends with events, scheduled triggers and before an uninstall.

use std::fmt;

use axum::{
    body::to_bytes,
    extract::{FromRequest, Request},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::rejection::Rejection;

/// The body of an invocation, as the second argument of a handler whose first is a
/// [`ForgeRequest`](super::ForgeRequest); `T` is what the event carries.
///
/// ```
/// use connect_runtime::{Accepted, AppLifecycle, ForgeEvent, ForgeRequest};
///
/// async fn installed(request: ForgeRequest, event: ForgeEvent<AppLifecycle>) -> Accepted {
///     let id = event.payload.id;
///     request.accept(async move { println!("{id} is there") })
/// }
/// ```
#[derive(Clone)]
pub struct ForgeEvent<T = Value> {
    /// What the event carries.
    pub payload: T,
    /// Why the event comes again; none the first time.
    pub retry: Option<RetryContext>,
}

/// An event that Forge delivers again (`retryContext`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RetryContext {
    /// How often it was delivered before.
    pub retry_count: u32,
    /// Why.
    pub retry_reason: RetryReason,
}

/// Why an event is delivered again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum RetryReason {
    /// The app refused the token.
    InvalidForgeInvocationToken,
    /// The app answered with a failure.
    InvalidRemoteInvocationError,
    /// The app did not answer within 5 s.
    TimeoutError,
    /// Something newer than this library.
    #[serde(other)]
    Unknown,
}

/// `avi:forge:installed:app` and `avi:forge:upgraded:app`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AppLifecycle {
    /// Id of the installation.
    pub id: String,
    /// Who has installed it.
    pub installer_account_id: Option<String>,
    /// Who has upgraded it.
    pub upgrader_account_id: Option<String>,
    /// The app.
    pub app: EventApp,
}

/// An app, as events name it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EventApp {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Whose it is.
    pub owner_account_id: Option<String>,
}

/// A scheduled trigger, which carries nothing but the key of its module.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ScheduledTrigger {
    /// Where it was set off.
    #[serde(default)]
    pub context: EventContext,
}

/// The module `preUninstall`: the installation goes, and 55 s are left to say goodbye. What the app
/// answers does not stop it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PreUninstall {
    /// Where.
    pub context: EventContext,
}

/// Where an event was set off.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EventContext {
    /// Id of the site.
    pub cloud_id: Option<String>,
    /// Key of the module in the manifest.
    pub module_key: Option<String>,
}

/// Events of products carry issues and pages.
const MAX_BODY: usize = 5 * 1024 * 1024;

impl<T: DeserializeOwned> ForgeEvent<T> {
    /// Reads a body. An event stands in it as it is, or in a member `payload`.
    fn read(body: &[u8]) -> Option<Self> {
        let mut body: Value = if body.is_empty() {
            Value::Object(serde_json::Map::new())
        } else {
            serde_json::from_slice(body).ok()?
        };
        let retry = [
            body.get("retryContext"),
            body.pointer("/payload/retryContext"),
        ]
        .into_iter()
        .flatten()
        .find_map(|retry| RetryContext::deserialize(retry).ok());
        if let Some(payload) = body.get_mut("payload").filter(|it| it.is_object()) {
            let payload = payload.take();
            // What surrounds the event is a part of what handlers may ask for.
            let payload = T::deserialize(&payload).or_else(|_| {
                body["payload"] = payload;
                T::deserialize(&body)
            });
            return Some(Self {
                payload: payload.ok()?,
                retry,
            });
        }
        Some(Self {
            payload: T::deserialize(body).ok()?,
            retry,
        })
    }
}

impl<T> fmt::Debug for ForgeEvent<T> {
    /// Without the payload, which is the site's data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForgeEvent")
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for ForgeEvent<T> {
    type Rejection = Rejection;

    async fn from_request(request: Request, _: &S) -> Result<Self, Rejection> {
        let body = to_bytes(request.into_body(), MAX_BODY).await;
        let body = body.map_err(|_| Rejection::BodyTooLarge)?;
        Self::read(&body).ok_or(Rejection::Body)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read<T: DeserializeOwned>(body: &Value) -> ForgeEvent<T> {
        ForgeEvent::read(body.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn events_are_read_with_and_without_what_surrounds_them() {
        let event = json!({"id": "i-1", "app": {"id": "a-1", "version": "2.0.0"}});
        for body in [
            event.clone(),
            json!({"payload": event, "contextToken": "x"}),
        ] {
            let read = read::<AppLifecycle>(&body);
            assert_eq!(read.payload.id, "i-1");
            assert_eq!(read.payload.app.version.as_deref(), Some("2.0.0"));
            assert_eq!(read.retry, None);
        }
        let goodbye =
            json!({"context": {"cloudId": "c-1", "moduleKey": "bye"}, "contextToken": "x"});
        let read = read::<PreUninstall>(&goodbye);
        assert_eq!(read.payload.context.cloud_id.as_deref(), Some("c-1"));
        let nothing = ForgeEvent::<ScheduledTrigger>::read(b"").unwrap();
        assert!(nothing.payload.context.module_key.is_none());
        assert!(ForgeEvent::<AppLifecycle>::read(b"[]").is_none());
        assert!(ForgeEvent::<AppLifecycle>::read(b"<html>").is_none());
    }

    #[test]
    fn a_delivery_says_why_it_comes_again() {
        let retry = json!({"retryData": null, "retryCount": 2, "retryReason": "TIMEOUT_ERROR"});
        let event = json!({"payload": {"a": 1, "retryContext": retry}});
        let expected = RetryContext {
            retry_count: 2,
            retry_reason: RetryReason::TimeoutError,
        };
        assert_eq!(read::<Value>(&event).retry, Some(expected));
        let newer = json!({"retryContext": {"retryCount": 1, "retryReason": "SOMETHING_NEW"}});
        let read = read::<Value>(&newer).retry.unwrap();
        assert_eq!(read.retry_reason, RetryReason::Unknown);
    }
}
