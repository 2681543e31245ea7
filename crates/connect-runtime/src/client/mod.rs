//! Calls to a tenant's product, signed as the app.

use std::{fmt, sync::Arc};

use connect_core::{Tenant, mint, qsh::RequestLine, redact::redact};
use http::{HeaderValue, Method, header};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use url::{Position, Url};

use crate::{app::ConnectApp, http_client};

mod error;

pub use error::{Call, HostError};

/// Calls one tenant's product as the app.
///
/// Every call is signed for its method, path and query, in the header `Authorization: JWT`, never
/// in the URL. A path is relative to the tenant's base URL, context path included. Nothing is sent
/// to another host, and redirects are not followed.
#[derive(Clone, Debug)]
pub struct HostClient {
    app: ConnectApp,
    tenant: Arc<Tenant>,
}

/// A call that is being put together.
#[must_use = "a call does nothing until it is sent"]
pub struct HostCall {
    client: HostClient,
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    body: Option<Result<Vec<u8>, serde_json::Error>>,
}

/// A product's answer with a status from 200 to 299.
pub struct HostResponse {
    call: Call,
    response: reqwest::Response,
}

/// Longest answer that is read into memory.
const MAX_ANSWER: usize = 10 * 1024 * 1024;
/// How much of a refusal is looked at for the host's own message.
const MAX_REFUSAL: usize = 64 * 1024;

impl HostClient {
    pub(crate) fn new(app: ConnectApp, tenant: Arc<Tenant>) -> Self {
        Self { app, tenant }
    }

    /// The tenant whose product is called.
    pub fn tenant(&self) -> &Arc<Tenant> {
        &self.tenant
    }

    /// Reads.
    pub fn get(&self, path: &str) -> HostCall {
        self.call(Method::GET, path)
    }

    /// Sends something new.
    pub fn post(&self, path: &str) -> HostCall {
        self.call(Method::POST, path)
    }

    /// Replaces.
    pub fn put(&self, path: &str) -> HostCall {
        self.call(Method::PUT, path)
    }

    /// Removes.
    pub fn delete(&self, path: &str) -> HostCall {
        self.call(Method::DELETE, path)
    }

    /// A call with any method.
    pub fn call(&self, method: Method, path: &str) -> HostCall {
        HostCall {
            client: self.clone(),
            method,
            path: path.to_owned(),
            query: Vec::new(),
            body: None,
        }
    }
}

impl HostCall {
    /// Adds a query parameter to those that the path already has.
    pub fn query(mut self, name: &str, value: impl ToString) -> Self {
        self.query.push((name.to_owned(), value.to_string()));
        self
    }

    /// Sets a JSON body. A GET has none: hosts answer 403 to a GET with a body (CHANGE-2328), so
    /// there it is an error at sending.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.body = Some(serde_json::to_vec(body));
        self
    }

    /// Sends the call and reads the answer as JSON.
    ///
    /// # Errors
    /// [`HostError`].
    pub async fn fetch<T: DeserializeOwned>(self) -> Result<T, HostError> {
        self.send().await?.json().await
    }

    /// Sends the call.
    ///
    /// # Errors
    /// [`HostError`]; a status outside 200 to 299 is one, with the host's own message.
    pub async fn send(self) -> Result<HostResponse, HostError> {
        let HostClient { app, tenant } = &self.client;
        let url = resolve(tenant, &self.path, &self.query)?;
        let call = Call {
            client_key: tenant.client_key.clone(),
            method: self.method.clone(),
            path: url.path().to_owned(),
        };
        let body = match self.body {
            None => None,
            Some(_) if self.method == Method::GET => {
                return Err(HostError::BodyOnGet { call });
            }
            Some(body) => Some(body.map_err(|source| HostError::Encode {
                call: call.clone(),
                source,
            })?),
        };
        let line = RequestLine {
            method: self.method.as_str(),
            // As it will stand on the wire: after the URL type has normalised it.
            target: &url[Position::BeforePath..Position::AfterQuery],
            form: None,
        };
        let life = app.config().token_life;
        let token = mint::request_token(tenant, app.key(), &line, life, app.now());
        let token = token.map_err(|source| HostError::Token {
            call: call.clone(),
            source,
        })?;
        let mut authorization = HeaderValue::try_from(format!("JWT {token}"))
            .expect("a token is base64url and dots, which a header may hold");
        authorization.set_sensitive(true);
        let mut request = app
            .inner()
            .http
            .request(self.method, url)
            .header(header::AUTHORIZATION, authorization)
            .header(header::ACCEPT, "application/json");
        if let Some(body) = body {
            request = request
                .header(header::CONTENT_TYPE, "application/json")
                .body(body);
        }
        match request.send().await {
            Ok(response) if response.status().is_success() => Ok(HostResponse { call, response }),
            Ok(response) => Err(refused(call, response).await),
            // SECURITY: without its URL, which may hold personal data in its query.
            Err(source) => Err(HostError::Unreachable {
                call,
                source: source.without_url(),
            }),
        }
    }
}

impl HostResponse {
    /// The status, 200 to 299.
    pub fn status(&self) -> http::StatusCode {
        self.response.status()
    }

    /// The headers.
    pub fn headers(&self) -> &http::HeaderMap {
        self.response.headers()
    }

    /// Reads the body as JSON.
    ///
    /// # Errors
    /// [`HostError::Unreachable`] when it breaks off, [`HostError::TooLarge`],
    /// [`HostError::Decode`] when it is something else.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, HostError> {
        let call = self.call.clone();
        let body = self.bytes().await?;
        // SECURITY: the parser's own message repeats what it found. Test: canary, no_secret_leaves.
        serde_json::from_slice(&body).map_err(|error| HostError::Decode {
            call,
            line: error.line(),
            column: error.column(),
        })
    }

    /// Reads the body, up to 10 MiB.
    ///
    /// # Errors
    /// [`HostError::Unreachable`] when it breaks off, [`HostError::TooLarge`].
    pub async fn bytes(mut self) -> Result<Vec<u8>, HostError> {
        match http_client::read_body(&mut self.response, MAX_ANSWER).await {
            Ok(Some(body)) => Ok(body),
            Ok(None) => Err(HostError::TooLarge { call: self.call }),
            Err(source) => Err(HostError::Unreachable {
                call: self.call,
                source: source.without_url(),
            }),
        }
    }
}

impl fmt::Debug for HostCall {
    /// Without query and body, which may be personal or secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.split('?').next().unwrap_or_default();
        f.debug_struct("HostCall")
            .field("client_key", &self.client.tenant.client_key)
            .field("method", &self.method)
            .field("path", &redact(path))
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for HostResponse {
    /// Without headers, which may set a cookie, and without the URL's query.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostResponse")
            .field("call", &self.call)
            .field("status", &self.response.status())
            .finish_non_exhaustive()
    }
}

/// The URL of a path below the tenant's base URL.
fn resolve(tenant: &Tenant, path: &str, query: &[(String, String)]) -> Result<Url, HostError> {
    let base = &tenant.base_url;
    let refuse = || HostError::OtherHost {
        client_key: tenant.client_key.clone(),
    };
    let text = if path.contains("://") {
        path.to_owned()
    } else {
        let path = path.trim_start_matches('/');
        // A path that already has the context path, such as a `next` link, does not get it twice.
        let context = base.path().trim_start_matches('/');
        let below = path.strip_prefix(context);
        match below {
            Some(rest) if !context.is_empty() && rest.starts_with('/') => {
                format!("{}/{path}", base.origin())
            }
            _ => format!("{base}/{path}"),
        }
    };
    let mut url = Url::parse(&text).map_err(|_| refuse())?;
    // SECURITY: the token must not leave for another host, nor for another application of this one.
    // Test: nothing_is_sent_elsewhere.
    let is_below = url
        .path()
        .strip_prefix(base.path())
        .is_some_and(|rest| rest.starts_with('/'));
    if url.origin().ascii_serialization() != base.origin()
        || !is_below
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return Err(refuse());
    }
    url.set_fragment(None);
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    Ok(url)
}

async fn refused(call: Call, mut response: reqwest::Response) -> HostError {
    let status = response.status();
    let body = http_client::read_body(&mut response, MAX_REFUSAL).await;
    let body = body.ok().flatten().unwrap_or_default();
    HostError::Refused {
        call,
        status,
        message: host_message(&body),
    }
}

/// What the host says of a refusal: Jira's `errorMessages` and `errors`, Confluence's `message`.
/// A host that repeats our token in it, or a password of the body, does not get it into our logs.
fn host_message(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let texts = |value: &Value| -> Vec<String> {
        match value {
            Value::Array(items) => items
                .iter()
                .filter_map(|item| Some(item.as_str()?.to_owned()))
                .collect(),
            Value::Object(members) => members
                .iter()
                .filter_map(|(name, text)| Some(format!("{name}: {}", text.as_str()?)))
                .collect(),
            Value::String(text) => vec![text.clone()],
            _ => Vec::new(),
        }
    };
    let all: Vec<String> = ["errorMessages", "errors", "message", "error"]
        .iter()
        .filter_map(|name| value.get(name))
        .flat_map(texts)
        .collect();
    // Redacted before it is cut: half a token has lost its shape.
    let text: String = redact(&all.join("; ")).chars().take(500).collect();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests;
