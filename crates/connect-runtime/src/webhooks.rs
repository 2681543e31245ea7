//! Webhooks: each entry of the descriptor has its route and its check by itself.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    body::{Body, to_bytes},
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use connect_core::{AccountId, ClientKey, Tenant};
use http::{StatusCode, request::Parts};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    app::ConnectApp,
    client::HostClient,
    events::AppEvent,
    extract::HostRequest,
    handler_error::HandlerError,
    rejection::{Public, Refused, Rejection},
};

/// A verified webhook.
///
/// A host delivers at least once: late, twice or out of order. What was answered with success is
/// not handed to a handler of this process again; handlers of several processes must cope.
#[derive(Clone)]
pub struct Webhook<T = Value> {
    /// The event's name, such as `jira:issue_created`.
    pub event: String,
    /// The body.
    pub body: T,
    /// The same for every delivery of one event (`X-Atlassian-Webhook-Identifier`), if the host
    /// sends it: Jira does.
    pub identifier: Option<String>,
    /// How often it was delivered before (`X-Atlassian-Webhook-Retry`).
    pub retry: u32,
    request: HostRequest,
}

impl<T> Webhook<T> {
    /// The app, for its store and its configuration.
    pub fn app(&self) -> &ConnectApp {
        self.request.app()
    }

    /// The installation it comes from.
    pub fn tenant(&self) -> &Arc<Tenant> {
        self.request.tenant()
    }

    /// The user who caused it, if the token names one.
    pub fn account_id(&self) -> Option<AccountId> {
        self.request.account_id()
    }

    /// A client that calls the tenant's product as the app.
    pub fn client(&self) -> HostClient {
        self.request.client()
    }
}

impl<T> fmt::Debug for Webhook<T> {
    /// Without the body, which is the site's data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("event", &self.event)
            .field("identifier", &self.identifier)
            .field("retry", &self.retry)
            .field("client_key", &self.tenant().client_key)
            .finish_non_exhaustive()
    }
}

type WorkFuture = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// What one handler does with a webhook.
pub(crate) struct Work(Box<dyn Fn(Webhook) -> WorkFuture + Send + Sync>);

/// Why a handler did not do its work.
pub(crate) enum Failure {
    /// The body is not of the handler's type.
    Body,
    Handler(Box<HandlerError>),
}

/// Jira's largest bodies are issues with long descriptions and changelogs.
const MAX_BODY: usize = 5 * 1024 * 1024;
/// Jira waits 20 s for an answer and then delivers again.
const DEADLINE: Duration = Duration::from_secs(18);
/// Deliveries that are remembered; Jira delivers again for an hour or so.
const REMEMBERED: usize = 10_000;

impl Work {
    pub(crate) fn new<T, F>(handler: impl Fn(Webhook<T>) -> F + Send + Sync + 'static) -> Self
    where
        T: DeserializeOwned + Send + 'static,
        F: Future<Output = Result<(), HandlerError>> + Send + 'static,
    {
        Self(Box::new(move |webhook| {
            let Webhook {
                event,
                body,
                identifier,
                retry,
                request,
            } = webhook;
            let body = match serde_json::from_value(body) {
                Ok(body) => body,
                Err(_) => return Box::pin(async { Err(Failure::Body) }),
            };
            let done = handler(Webhook {
                event,
                body,
                identifier,
                retry,
                request,
            });
            Box::pin(async move {
                done.await
                    .map_err(|error| Failure::Handler(Box::new(error)))
            })
        }))
    }
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Work")
    }
}

/// Answers a webhook: 204 when every handler has done its work, 500 when one has not, so that the
/// host delivers again.
pub(crate) async fn answer(
    app: &ConnectApp,
    event: &str,
    mut parts: Parts,
    body: Body,
) -> Result<Response, Rejection> {
    app.tell(AppEvent::WebhookAuthVerificationTriggered {
        event: event.to_owned(),
    });
    let request = HostRequest::from_request_parts(&mut parts, app).await?;
    app.tell(AppEvent::WebhookAuthVerificationSuccessful {
        event: event.to_owned(),
    });

    let body = to_bytes(body, MAX_BODY)
        .await
        .map_err(|_| Rejection::BodyTooLarge)?;
    let body: Value = if body.is_empty() {
        Value::Null // `excludeBody` of the descriptor
    } else {
        serde_json::from_slice(&body).map_err(|_| Rejection::Body)?
    };
    let header = |name: &str| parts.headers.get(name)?.to_str().ok();
    let webhook = Webhook {
        event: event.to_owned(),
        body,
        identifier: header("x-atlassian-webhook-identifier").map(str::to_owned),
        retry: header("x-atlassian-webhook-retry")
            .and_then(|text| text.parse().ok())
            .unwrap_or(0),
        request,
    };
    let delivery = webhook
        .identifier
        .as_ref()
        .map(|id| (webhook.tenant().client_key.clone(), id.clone()));
    if let Some(delivery) = &delivery {
        match app.inner().deliveries.begin(delivery) {
            Begun::First => {}
            Begun::Handled => return Ok(StatusCode::NO_CONTENT.into_response()),
            // Whether it will succeed is not known yet, so this delivery must come again.
            Begun::UnderWay => return Err(Rejection::Busy),
        }
    }
    app.tell(AppEvent::Webhook {
        client_key: webhook.tenant().client_key.clone(),
        event: event.to_owned(),
    });
    // A task of its own: a host that hangs up does not stop the work half way.
    let worker = app.clone();
    let work = app.inner().tasks.spawn(async move {
        let failure = run(&worker, webhook).await;
        if let Some(delivery) = &delivery {
            worker.inner().deliveries.end(delivery, failure.is_none());
        }
        failure
    });
    Ok(match tokio::time::timeout(DEADLINE, work).await {
        Ok(Ok(None)) => StatusCode::NO_CONTENT.into_response(),
        Ok(Ok(Some(Failure::Body))) => return Err(Rejection::Body),
        Ok(Ok(Some(Failure::Handler(error)))) => failed(&error.to_string()),
        Ok(Err(_)) => failed("the handler panicked"),
        Err(_) => failed("the handler takes longer than the host waits"),
    })
}

/// Runs every handler of the event; the first failure ends it.
async fn run(app: &ConnectApp, webhook: Webhook) -> Option<Failure> {
    let all = &app.inner().webhooks;
    for (_, work) in all.iter().filter(|(event, _)| *event == webhook.event) {
        if let Err(failure) = (work.0)(webhook.clone()).await {
            return Some(failure);
        }
    }
    None
}

fn failed(reason: &str) -> Response {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    let mut response = status.into_response();
    response.extensions_mut().insert(Refused {
        public: Public {
            status,
            class: "internal",
        },
        code: "webhook/failed",
        reason: reason.to_owned(),
    });
    response
}

type Delivery = (ClientKey, String);

/// Which deliveries were handled, or are being handled, in this process.
#[derive(Debug, Default)]
pub(crate) struct Deliveries(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    handled: HashMap<Delivery, bool>,
    order: VecDeque<Delivery>,
}

/// What is known of a delivery that comes in.
#[derive(Debug, PartialEq, Eq)]
enum Begun {
    First,
    Handled,
    UnderWay,
}

impl Deliveries {
    fn begin(&self, delivery: &Delivery) -> Begun {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.handled.get(delivery) {
            Some(true) => return Begun::Handled,
            Some(false) => return Begun::UnderWay,
            None => {}
        }
        if known.order.len() >= REMEMBERED
            && let Some(oldest) = known.order.pop_front()
        {
            known.handled.remove(&oldest);
        }
        known.handled.insert(delivery.clone(), false);
        known.order.push_back(delivery.clone());
        Begun::First
    }

    /// Remembers a success; forgets a failure, so that the next delivery is handled.
    fn end(&self, delivery: &Delivery, success: bool) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if success {
            if let Some(handled) = known.handled.get_mut(delivery) {
                *handled = true;
            }
        } else {
            known.handled.remove(delivery);
            known.order.retain(|other| other != delivery);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(id: &str) -> Delivery {
        (ClientKey::parse("site-1").unwrap(), id.to_owned())
    }

    #[test]
    fn a_delivery_is_handled_once_and_again_after_a_failure() {
        let deliveries = Deliveries::default();
        assert_eq!(deliveries.begin(&delivery("a")), Begun::First);
        assert_eq!(deliveries.begin(&delivery("a")), Begun::UnderWay);
        deliveries.end(&delivery("a"), false);
        assert_eq!(deliveries.begin(&delivery("a")), Begun::First);
        deliveries.end(&delivery("a"), true);
        assert_eq!(deliveries.begin(&delivery("a")), Begun::Handled);
        assert_eq!(deliveries.begin(&delivery("b")), Begun::First);
    }

    #[test]
    fn no_more_are_remembered_than_said() {
        let deliveries = Deliveries::default();
        for n in 0..=REMEMBERED {
            deliveries.begin(&delivery(&n.to_string()));
        }
        let known = deliveries.0.lock().unwrap();
        assert_eq!(
            (known.handled.len(), known.order.len()),
            (REMEMBERED, REMEMBERED)
        );
        assert!(!known.handled.contains_key(&delivery("0")));
    }
}
