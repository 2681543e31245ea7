//! What the inspector's page and other commands ask a session.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use connect_core::impersonation::{AuthorizationServers, assertion};
use connect_core::{AccountId, BaseUrl, Secret, Tenant};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::inspect::body::BodyError;
use crate::inspect::fire::{Loaded, Source, Volley};
use crate::inspect::judge::{Judge, now};
use crate::inspect::replay::ReplayError;
use crate::inspect::ring::Ring;
use crate::inspect::server::{Answer, data, text};
use crate::inspect::sign::{InstallKey, Order, SignError, sign};
use crate::inspect::{Auth, Exchange, body, replay, show};
use crate::project::Product;
use crate::proxy::Raw;
use crate::ui::ms;

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
    /// The sandbox, if the session has one.
    pub(super) stage: Option<Stage>,
}

/// What the sandbox of a session does for other commands, and no other host would.
pub(crate) struct Stage {
    /// Signs as it signs installs.
    pub(crate) sign: InstallKey,
    /// The site of each descriptor.
    pub(crate) sites: Vec<BaseUrl>,
    /// User name of its administrator.
    pub(crate) username: String,
    /// The administrator's password, which opens nothing but the sandbox.
    pub(crate) password: Secret,
}

/// Whom an assertion is about.
#[derive(Deserialize)]
struct OnBehalf {
    tenant: Option<String>,
    #[serde(default)]
    product: Option<Product>,
    user: String,
}

/// A token, and the request it came with if it came with one.
#[derive(Deserialize)]
struct Question {
    token: String,
    method: String,
    target: String,
}

/// Why a request cannot be made.
#[derive(Debug, thiserror::Error)]
enum LoadError {
    /// Its body cannot be had.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// Not all of it was kept.
    #[error(transparent)]
    Cut(#[from] ReplayError),
    /// It is not kept any more.
    #[error("no such request")]
    NoRequest,
    /// It would not be the same any more.
    #[error("its body is no text; `connect inspect --replay` sends it as it came")]
    NoText,
    /// There is no such tenant.
    #[error("{0}")]
    Tenant(&'static str),
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
            ["api", "assertion"] if post => match read(request).await {
                Some(on_behalf) => self.assert(&on_behalf),
                None => text(StatusCode::BAD_REQUEST, "not a user"),
            },
            ["api", "draft"] if post => match read(request).await {
                Some(volley) => match self.load(&volley) {
                    Ok((loaded, _)) => data(&json!({ "body": body::shown(&loaded.body) })),
                    Err(error) => text(StatusCode::CONFLICT, &error.to_string()),
                },
                None => text(StatusCode::BAD_REQUEST, "not a request"),
            },
            ["api", "fire"] if post => match read(request).await {
                Some(volley) => self.fire(&volley).await,
                None => text(StatusCode::BAD_REQUEST, "not a request"),
            },
            ["api", "sandbox"] if !post => data(&match &self.stage {
                Some(stage) => json!({
                    "sites": stage.sites.iter().map(BaseUrl::as_str).collect::<Vec<_>>(),
                    "username": stage.username,
                    "password": stage.password.expose(),
                }),
                None => json!(null),
            }),
            ["api", "sign"] if post => match read(request).await {
                Some(order) => self.sign(&order).await,
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

    async fn sign(&self, order: &Order) -> Answer {
        let tenant = match self.judge.tenant(order.tenant.as_deref(), order.product) {
            Ok(tenant) => tenant,
            Err(why) => return text(StatusCode::CONFLICT, why),
        };
        match self.token(order, &tenant).await {
            Ok(token) => data(&json!({
                "token": token, "tenant": tenant.client_key.as_str(),
                "baseUrl": tenant.base_url.as_str(),
                "app": self.judge.address_of(&tenant).as_str(),
            })),
            Err(error) => text(StatusCode::CONFLICT, &error.to_string()),
        }
    }

    async fn token(&self, order: &Order, tenant: &Tenant) -> Result<Option<String>, SignError> {
        let key = self.stage.as_ref().map(|stage| &stage.sign);
        sign(order, tenant, &self.judge.address_of(tenant), key, now()).await
    }

    /// Signs that the app acts as a user, for the server that gives tokens for it.
    fn assert(&self, on_behalf: &OnBehalf) -> Answer {
        let refuse = |why: &dyn std::fmt::Display| text(StatusCode::CONFLICT, &why.to_string());
        let tenant = match self
            .judge
            .tenant(on_behalf.tenant.as_deref(), on_behalf.product)
        {
            Ok(tenant) => tenant,
            Err(why) => return refuse(&why),
        };
        let user = match AccountId::parse(&on_behalf.user) {
            Ok(user) => user,
            Err(error) => return refuse(&error),
        };
        let servers = AuthorizationServers::default();
        let server = servers.of(&tenant.base_url);
        match assertion(&tenant, &user, server, now()) {
            Ok(assertion) => data(&json!({
                "assertion": assertion.expose(), "server": server,
                "baseUrl": tenant.base_url.as_str(),
            })),
            Err(error) => refuse(&error),
        }
    }

    /// A request that is to be made, and whose secret it is signed with.
    fn load(&self, volley: &Volley) -> Result<(Loaded, Tenant), LoadError> {
        let one = match &volley.source {
            Source::Request(id) => Some(self.ring.get(*id).ok_or(LoadError::NoRequest)?),
            Source::Shot(_) => None,
        };
        let issuer = one.as_ref().and_then(|one| one.entry.auth.issuer());
        let signed_it = issuer.and_then(|issuer| self.judge.tenant(Some(issuer), None).ok());
        let tenant = match (&volley.tenant, signed_it) {
            (None, Some(tenant)) => tenant,
            (name, _) => {
                let named = self.judge.tenant(name.as_deref(), volley.product);
                named.map_err(LoadError::Tenant)?
            }
        };
        let mut loaded = match (&volley.source, one) {
            (Source::Shot(shot), _) => {
                Loaded::of_shot(shot, volley, &tenant, &self.judge.address_of(&tenant))
            }
            (_, None) => return Err(LoadError::NoRequest),
            (_, Some(one)) if one.raw.body_length != one.raw.body.len() as u64 => {
                return Err(ReplayError::Cut.into());
            }
            (_, Some(one)) if std::str::from_utf8(&one.raw.body).is_err() => {
                return Err(LoadError::NoText);
            }
            (_, Some(one)) => Loaded::of_request(&one, volley),
        };
        loaded.change(volley)?;
        Ok((loaded, tenant))
    }

    /// Makes a request as a host would, and sends it through the proxy, so that it is on the list.
    async fn fire(&self, volley: &Volley) -> Answer {
        let (loaded, tenant) = match self.load(volley) {
            Ok(loaded) => loaded,
            Err(error) => return text(StatusCode::CONFLICT, &error.to_string()),
        };
        let token = match self.token(&loaded.order, &tenant).await {
            Ok(token) => token,
            Err(error) => return text(StatusCode::CONFLICT, &error.to_string()),
        };
        let head = loaded.head(&self.judge.address(), token.as_deref());
        let began = Instant::now();
        let sent = replay::send(&Raw::whole(head, loaded.body), self.front).await;
        match sent {
            Ok(status) => data(&json!({
                "status": status, "ms": ms(began.elapsed()),
                "algorithm": token.and_then(|token| Auth::read(&token).algorithm().map(str::to_owned)),
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
