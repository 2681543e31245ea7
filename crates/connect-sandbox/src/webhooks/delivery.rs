//! One webhook on its way to an app, as often as it takes.

use std::{collections::VecDeque, sync::Arc, sync::Mutex, time::Duration, time::Instant};

use connect_core::{AppKey, Product};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Serialize;
use serde_json::{Value, json};
use url::Url;

use crate::{
    client::{NoAnswer, signed_json},
    data,
    event::SandboxEvent,
    random,
    server::{self, OnSite},
    sign::{self, CALL_LIFE, Subject},
    state::{App, lock},
    webhooks::{Change, callbacks, callbacks::Callback},
};

/// What is to be sent.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub(super) event: String,
    pub(super) user: Option<String>,
    pub(super) url: Url,
    /// Null for a request without a body.
    pub(super) body: Value,
    /// The same for every try, so that an app knows what it has seen.
    pub(super) identifier: String,
}

/// What was sent, and what became of it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sent {
    /// Context path of the site.
    pub(crate) site: String,
    pub(crate) app: String,
    pub(crate) event: String,
    pub(crate) url: String,
    pub(crate) identifier: String,
    pub(crate) body: Value,
    /// Account id of whoever caused it.
    pub(crate) user: Option<String>,
    /// How often it was tried.
    pub(crate) tries: u32,
    /// The last status; none without an answer.
    pub(crate) status: Option<u16>,
    /// Why the last try was none, or why the answer is no success.
    pub(crate) problem: Option<String>,
    /// It is not tried again, and was not taken.
    pub(crate) given_up: bool,
    /// Milliseconds since 1970.
    pub(crate) at: u64,
}

/// The last hundred.
#[derive(Debug)]
pub(crate) struct Deliveries {
    sent: Mutex<VecDeque<Sent>>,
    /// How long the second and every further try waits.
    pub(crate) pause: Duration,
}

impl Deliveries {
    pub(crate) fn new(pause: Duration) -> Self {
        Self {
            sent: Mutex::default(),
            pause,
        }
    }

    /// Oldest first.
    pub(crate) fn all(&self) -> Vec<Sent> {
        lock(&self.sent).iter().cloned().collect()
    }

    /// Those that an app never took.
    pub(crate) fn given_up(&self, app: &AppKey) -> Vec<Sent> {
        let all = self.all().into_iter();
        all.filter(|sent| sent.given_up && sent.app == app.as_str())
            .collect()
    }

    /// Replaces what is known of the same delivery.
    fn note(&self, sent: Sent) {
        let mut all = lock(&self.sent);
        all.retain(|known| known.identifier != sent.identifier || known.url != sent.url);
        if all.len() >= KEPT {
            all.pop_front();
        }
        all.push_back(sent);
    }
}

impl Delivery {
    pub(super) fn new(change: &Change, url: Url, body: Value) -> Self {
        Self {
            event: change.event.clone(),
            user: change.user.clone(),
            url,
            body,
            identifier: random::uuid(),
        }
    }
}

/// Sends it on the side, and again by the product's rules.
pub(super) fn deliver(on: &OnSite, app: &Arc<App>, delivery: Delivery) {
    let (on, app) = (on.clone(), app.clone());
    on.shared.clone().tasks.start(async move {
        let retries = match on.site.product {
            Product::Confluence => 0,
            Product::Bitbucket | Product::Jira => MOST_RETRIES,
        };
        for retry in 0..=retries {
            let left = retries - retry;
            let sent = send(&on, &app, &delivery, retry, left).await;
            if sent.is_none_or(|sent| sent.problem.is_none() || sent.given_up) {
                return;
            }
            let pause = server::wait(on.shared.deliveries.pause);
            if on
                .shared
                .tasks
                .closing
                .run_until_cancelled(pause)
                .await
                .is_none()
            {
                return;
            }
        }
    });
}

/// Jira tries again after these, and when there is no answer.
fn is_retried(status: Option<u16>) -> bool {
    status.is_none_or(|status| matches!(status, 408 | 409 | 425 | 429 | 500..=599))
}

/// One try, with so many left; nothing when it cannot be signed.
pub(super) async fn send(
    on: &OnSite,
    app: &Arc<App>,
    delivery: &Delivery,
    retry: u32,
    left: u32,
) -> Option<Sent> {
    let subject = Subject {
        user: delivery.user.as_deref(),
        context: json!({}),
    };
    let (shared, site) = (&on.shared, &on.site);
    let url = &delivery.url;
    let callback = Callback::parse(&delivery.event);
    let token = match callback {
        Some(callback) => callback.sign(on, app, url).await,
        None => sign::request_token(shared, site, app, "POST", url, CALL_LIFE, &subject),
    }?;
    let started = Instant::now();
    let body = match &delivery.body {
        Value::Null => Vec::new(),
        body if callback == Some(Callback::Installed) => callbacks::wire(body, app),
        body => body.to_string().into_bytes(),
    };
    let headers = match callback {
        Some(_) => signed_json(&token),
        None => headers(&token, delivery, retry, site.product),
    };
    let sent = shared
        .client
        .send(Method::POST, url, headers, body, MOST_ANSWER);
    let (status, problem) = match sent.await {
        Ok(answer) if answer.status.is_success() => (Some(answer.status.as_u16()), None),
        Ok(answer) => {
            let status = answer.status.as_u16();
            (Some(status), Some(format!("the app answered {status}")))
        }
        Err(problem) => (None, Some(format!("the app {}", NoAnswer::as_str(problem)))),
    };
    let again = problem.is_some() && left > 0 && is_retried(status);
    let sent = Sent {
        site: site.base_url.path().to_owned(),
        app: app.descriptor.key.to_string(),
        event: delivery.event.clone(),
        url: url.to_string(),
        identifier: delivery.identifier.clone(),
        body: delivery.body.clone(),
        user: delivery.user.clone(),
        tries: retry + 1,
        status,
        problem: problem.clone(),
        given_up: problem.is_some() && !again,
        at: data::now(),
    };
    shared.deliveries.note(sent.clone());
    let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (site, app) = (site.base_url.to_string(), app.descriptor.key.to_string());
    let url = url.to_string();
    shared.journal.record(match callback {
        Some(callback) => SandboxEvent::LifecycleSent {
            site,
            app,
            lifecycle: callback.as_str(),
            url,
            status,
            ms,
            problem,
        },
        None => SandboxEvent::WebhookSent {
            site,
            app,
            webhook: delivery.event.clone(),
            url,
            identifier: delivery.identifier.clone(),
            retry,
            status,
            ms,
            problem,
        },
    });
    Some(sent)
}

fn headers(token: &str, delivery: &Delivery, retry: u32, product: Product) -> HeaderMap {
    let mut headers = signed_json(token);
    let mut add = |name: &'static str, text: &str| {
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    if product == Product::Jira {
        add("x-atlassian-webhook-identifier", &delivery.identifier);
        add("x-atlassian-webhook-flow", "Primary");
        add("x-atlassian-webhook-trace", &random::token());
        if retry > 0 {
            add("x-atlassian-webhook-retry", &retry.to_string());
        }
    }
    headers
}

/// As often as Jira.
const MOST_RETRIES: u32 = 5;

const KEPT: usize = 100;

/// Largest answer that is read, in bytes; nothing in it counts.
const MOST_ANSWER: usize = 64 * 1024;
