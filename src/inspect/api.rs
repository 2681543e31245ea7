//! What the inspector's page and other commands ask a session.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::inspect::judge::{Judge, now};
use crate::inspect::ring::Ring;
use crate::inspect::server::{Answer, data, text};
use crate::inspect::sign::{Order, sign};
use crate::inspect::{Exchange, replay, show};
use crate::proxy::Raw;

/// Longest time a question for news waits.
const NEWS: Duration = Duration::from_secs(20);
/// Longest question.
const QUESTION: usize = 512 * 1024;

/// What answers.
pub(super) struct Api {
    pub(super) ring: Arc<Ring>,
    pub(super) judge: Arc<Judge>,
    /// The port of the proxy.
    pub(super) front: u16,
}

/// A token, and the request it came with if it came with one.
#[derive(Deserialize)]
struct Question {
    token: String,
    method: String,
    target: String,
}

/// A request that is to be sent to the app.
#[derive(Deserialize)]
struct Shipment {
    head: String,
    body: String,
}

impl Api {
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Answer {
        let path = request.uri().path().to_owned();
        let path: Vec<_> = path.trim_start_matches('/').split('/').collect();
        let post = *request.method() == Method::POST;
        match &path[..] {
            ["api", "app"] if !post => data(&json!({ "app": self.judge.address().as_str() })),
            ["api", "requests"] if !post => {
                let query = request.uri().query().unwrap_or_default();
                let after = query.strip_prefix("after=").and_then(|id| id.parse().ok());
                self.news(after.unwrap_or(0)).await
            }
            ["api", "requests", id] if !post => self.one(id),
            ["api", "requests", id, "replay"] if post => match self.find(id) {
                Some(one) => self.send(&one.raw).await,
                None => none(),
            },
            ["api", "judge"] if post => match read(request).await {
                Some(question) => self.judge(question).await,
                None => text(StatusCode::BAD_REQUEST, "not a question"),
            },
            ["api", "send"] if post => match read::<Shipment>(request).await {
                Some(Shipment { head, body }) => self.send(&Raw::whole(head, body)).await,
                None => text(StatusCode::BAD_REQUEST, "not a request"),
            },
            ["api", "sign"] if post => match read(request).await {
                Some(order) => self.sign(&order),
                None => text(StatusCode::BAD_REQUEST, "not an order"),
            },
            _ => text(StatusCode::NOT_FOUND, "nothing here"),
        }
    }

    /// What came after a request, as soon as there is something.
    async fn news(&self, after: u64) -> Answer {
        let mut watch = self.ring.watch();
        let something = watch.wait_for(|last| *last > after);
        // Nothing new is an answer too.
        let _ = tokio::time::timeout(NEWS, something).await;
        let all = self.ring.after(after);
        let entries: Vec<_> = all.iter().map(|one| &one.entry).collect();
        data(&json!({ "requests": entries }))
    }

    fn one(&self, id: &str) -> Answer {
        match self.find(id) {
            Some(one) => data(&json!({
                "entry": one.entry,
                "curl": show::curl(&one.raw, self.front),
            })),
            None => none(),
        }
    }

    async fn send(&self, raw: &Raw) -> Answer {
        match replay::send(raw, self.front).await {
            Ok(status) => data(&json!({ "status": status })),
            Err(error) => text(StatusCode::CONFLICT, &error.to_string()),
        }
    }

    async fn judge(&self, question: Question) -> Answer {
        let Question {
            token,
            method,
            target,
        } = question;
        let head = format!("{method} {target} HTTP/1.1\r\nAuthorization: JWT {token}\r\n\r\n");
        let raw = Raw::whole(head, String::new());
        // Nobody has answered it.
        data(&json!(self.judge.judge(&raw, 0).await))
    }

    fn sign(&self, order: &Order) -> Answer {
        let tenant = match self.judge.tenant(order.tenant.as_deref()) {
            Ok(tenant) => tenant,
            Err(why) => return text(StatusCode::CONFLICT, why),
        };
        match sign(order, &tenant, &self.judge.address(), now()) {
            Ok(token) => data(&json!({
                "token": token, "tenant": tenant.client_key.as_str(),
                "baseUrl": tenant.base_url.as_str(), "app": self.judge.address().as_str(),
            })),
            Err(error) => text(StatusCode::CONFLICT, &error.to_string()),
        }
    }

    fn find(&self, id: &str) -> Option<Arc<Exchange>> {
        self.ring.get(id.parse().ok()?)
    }
}

fn none() -> Answer {
    text(StatusCode::NOT_FOUND, "no such request")
}

async fn read<T: DeserializeOwned>(request: Request<Incoming>) -> Option<T> {
    let body = Limited::new(request.into_body(), QUESTION);
    let body = tokio::time::timeout(NEWS, body.collect())
        .await
        .ok()?
        .ok()?;
    let bytes: Bytes = body.to_bytes();
    serde_json::from_slice(&bytes).ok()
}
