//! Forge, as far as a remote sees it: invocation tokens, the keys they are checked with, and the
//! gateway through which the product's API is called back.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use connect_core::{
    AccountId, InstallationId, Kid, Product,
    forge::{ISSUER, to_json},
    jws::sign_rs256,
    keys::RsaPublicKey,
    time::Seconds,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};
use url::Url;

use crate::{
    client::NoAnswer,
    error::SandboxError,
    event::SandboxEvent,
    faults::Fault,
    grants::{self, Grant, Holder},
    random,
    state::{Shared, Site},
    users::User,
};

/// An invocation of a Forge remote, to be sent.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ForgeInvocation {
    /// Where the endpoint is: `remotes[].baseUrl` and `endpoint[].route.path` of the manifest.
    pub url: String,
    /// The method; triggers are always POST.
    pub method: Method,
    /// Id of the app, `ari:cloud:ecosystem::app/…`.
    pub app_id: String,
    /// Which installation.
    pub installation: InstallationId,
    /// The product it is installed in.
    pub product: Product,
    /// Kind and key of the module that invokes.
    pub module: (String, String),
    /// The user; none for triggers.
    pub user: Option<AccountId>,
    /// What a user interface or an event sends; null for nothing.
    pub body: Value,
    /// Whether `x-forge-oauth-system` is sent (`auth.appSystemToken`).
    pub system_token: bool,
    /// Whether `x-forge-oauth-user` is sent (`auth.appUserToken`), which needs a user.
    pub user_token: bool,
    /// Claims that replace those of the token, for tests of refusals.
    pub claims: Value,
}

/// What a remote answered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ForgeAnswer {
    /// The status.
    pub status: StatusCode,
    /// The body; null when it is no JSON.
    pub body: Value,
    /// The invocation token that was sent, for sending it again.
    pub token: String,
}

impl ForgeInvocation {
    /// A call of the app's page by a user, without tokens for calling back.
    pub fn new(app_id: &str, installation: InstallationId, url: &str) -> Self {
        Self {
            url: url.to_owned(),
            method: Method::POST,
            app_id: app_id.to_owned(),
            installation,
            product: Product::Jira,
            module: ("core:endpoint".to_owned(), "endpoint".to_owned()),
            user: None,
            body: Value::Null,
            system_token: false,
            user_token: false,
            claims: Value::Null,
        }
    }
}

/// The key server of Forge.
pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new().route(JWKS, get(keys))
}

/// Path of the key document.
pub(crate) const JWKS: &str = "/_forge/.well-known/jwks.json";

async fn keys(State(shared): State<Arc<Shared>>) -> Response {
    let key = shared.keys.key().await.ok();
    let public = key.and_then(|key| {
        let public = RsaPublicKey::from_pem(&key.public_pem).ok()?;
        Some(to_json(&key.kid, &public))
    });
    let status = if public.is_some() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    shared.journal.record(SandboxEvent::ForgeKeysServed {
        status: status.as_u16(),
    });
    let keys: Vec<Value> = public.into_iter().collect();
    (status, Json(json!({ "keys": keys }))).into_response()
}

/// Signs an invocation and sends it.
pub(crate) async fn invoke(
    shared: &Arc<Shared>,
    site: &Site,
    invocation: &ForgeInvocation,
) -> Result<ForgeAnswer, SandboxError> {
    let key = shared.keys.key().await?;
    let claims = claims(shared, site, invocation);
    let unknown = Kid::parse("sandbox/this-key-does-not-exist").ok();
    let unknown = unknown.filter(|_| {
        let fault = shared.take_fault(|fault| *fault == Fault::UnknownKid);
        fault.is_some()
    });
    let kid = unknown.as_ref().unwrap_or(&key.kid);
    let token = sign_rs256(claims.to_string().as_bytes(), &key.signing, kid);
    let token = token.map_err(|_| SandboxError::Key {
        problem: "cannot sign",
    })?;
    send(shared, site, invocation, token).await
}

/// Sends an invocation with a token that was made before.
pub(crate) async fn send(
    shared: &Arc<Shared>,
    site: &Site,
    invocation: &ForgeInvocation,
    token: String,
) -> Result<ForgeAnswer, SandboxError> {
    let url = Url::parse(&invocation.url).map_err(|_| SandboxError::Invocation {
        problem: "the endpoint has no URL",
    })?;
    let headers = headers(shared, site, invocation, &token);
    let body = match &invocation.body {
        Value::Null => Vec::new(),
        body => body.to_string().into_bytes(),
    };
    let limit = if invocation.module.0.contains("rigger") {
        EVENT
    } else {
        PAGE
    };
    let sent = shared
        .client
        .send(invocation.method.clone(), &url, headers, body, MOST_ANSWER);
    let sent = tokio::time::timeout(limit, sent).await;
    let answer = sent.unwrap_or(Err(NoAnswer::Timeout));
    shared.journal.record(SandboxEvent::ForgeInvoked {
        url: format!("{}{}", url.origin().ascii_serialization(), url.path()),
        module: invocation.module.1.clone(),
        status: answer.as_ref().ok().map(|answer| answer.status.as_u16()),
    });
    let answer = answer.map_err(|problem| SandboxError::Invocation {
        problem: problem.as_str(),
    })?;
    Ok(ForgeAnswer {
        status: answer.status,
        body: serde_json::from_slice(&answer.body).unwrap_or_default(),
        token,
    })
}

/// The claims of an invocation token (Atlassian, "Forge remote invocation contract").
fn claims(shared: &Shared, site: &Site, invocation: &ForgeInvocation) -> Value {
    let now = shared.token_time();
    let cloud_id = &site.cloud_id;
    let (kind, key) = &invocation.module;
    let mut claims = json!({
        "iss": ISSUER,
        "aud": invocation.app_id,
        "iat": now.unix(),
        "nbf": now.unix(),
        "exp": (now + TOKEN_LIFE).unix(),
        "jti": random::token(),
        "app": {
            "id": invocation.app_id,
            "appVersion": "2.1.0",
            "installationId": invocation.installation.as_str(),
            "apiBaseUrl": format!("{}/ex/{}/{cloud_id}", shared.origin, site.product.as_str()),
            "environment": { "type": "DEVELOPMENT", "id": "ari:cloud:ecosystem::environment/sandbox" },
            "module": { "type": kind, "key": key },
        },
        "context": { "cloudId": cloud_id, "siteUrl": site.base_url.origin(), "moduleKey": key },
    });
    if let Some(user) = &invocation.user {
        claims["principal"] = user.as_str().into();
    }
    if let (Some(claims), Some(others)) = (claims.as_object_mut(), invocation.claims.as_object()) {
        claims.extend(others.clone());
    }
    claims
}

fn headers(shared: &Shared, site: &Site, invocation: &ForgeInvocation, token: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut secret = |name: HeaderName, text: &str| {
        let mut value = HeaderValue::from_str(text).expect("tokens here are base64url and dots");
        value.set_sensitive(true);
        headers.insert(name, value);
    };
    secret(header::AUTHORIZATION, &format!("Bearer {token}"));
    let bearer = |user: Option<User>| {
        let holder = Holder::Forge {
            app: invocation.app_id.clone(),
            user,
        };
        grants::issue(
            shared,
            Grant {
                site: site.base_url.path().to_owned(),
                holder,
                scopes: None,
                expires_at: shared.now() + BEARER_LIFE,
            },
        )
    };
    if invocation.system_token {
        let name = HeaderName::from_static("x-forge-oauth-system");
        secret(name, &bearer(None));
    }
    let user = invocation.user.as_ref();
    let user = user.and_then(|user| User::person(user.as_str()));
    if let Some(user) = user.filter(|_| invocation.user_token) {
        let name = HeaderName::from_static("x-forge-oauth-user");
        secret(name, &bearer(Some(user)));
    }
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    for name in ["x-b3-traceid", "x-b3-spanid"] {
        let id = random::hex(&random::bytes::<8>());
        let id = HeaderValue::from_str(&id).expect("hexadecimal digits may stand in a header");
        headers.insert(HeaderName::from_static(name), id);
    }
    headers
}

/// Life of an invocation token, as in Atlassian's sample.
const TOKEN_LIFE: Seconds = Seconds(25);

/// Least life of the tokens for calling back.
const BEARER_LIFE: Seconds = Seconds(2 * 60 * 60);

/// How long Forge waits for the answer to an event or a scheduled trigger.
const EVENT: Duration = Duration::from_secs(5);

/// How long Forge waits for the answer to a user interface. Our client gives up sooner.
const PAGE: Duration = Duration::from_secs(25);

/// Largest answer that is read, in bytes.
const MOST_ANSWER: usize = 1024 * 1024;
