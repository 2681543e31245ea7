//! One call: put together, signed, sent, and sent again where that is safe.

use std::{fmt, time::Duration};

use connect_core::{BaseUrl, mint, qsh::RequestLine, redact::redact};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde::{Serialize, de::DeserializeOwned};
use url::{Position, Url};

use super::{
    Actor, Call, Caller, Download, HostError, HostResponse, Multipart, Pages, To, body::Body,
    response::refused, url as place,
};

/// A call that is being put together.
#[must_use = "a call does nothing until it is sent"]
pub struct HostCall {
    caller: Caller,
    method: Method,
    target: Target,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Option<Result<Body, serde_json::Error>>,
    within: Option<Duration>,
}

/// Where a call goes.
enum Target {
    /// Below the base URL of whom the caller calls.
    Below(String),
    /// Anywhere, in nobody's name.
    Foreign(String),
}

/// A call that can be sent, as often as need be.
struct Prepared {
    caller: Caller,
    call: Call,
    url: Url,
    headers: HeaderMap,
    body: Option<Body>,
    within: Option<Duration>,
}

/// How often a call is sent at most.
const ATTEMPTS: u32 = 3;
/// A host that wants us to wait longer than this gets no second try: the caller decides.
const MAX_WAIT: Duration = Duration::from_secs(10);
/// The shortest wait before the second try; it doubles.
const BACK_OFF: Duration = Duration::from_millis(250);
/// How long a download may take altogether.
const DOWNLOAD: Duration = Duration::from_secs(300);
/// Atlassian's media servers are one step away.
const MAX_REDIRECTS: usize = 3;

impl HostCall {
    pub(crate) fn new(caller: Caller, method: Method, path: &str) -> Self {
        Self {
            caller,
            method,
            target: Target::Below(path.to_owned()),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: None,
            within: None,
        }
    }

    pub(super) fn foreign(caller: Caller, method: Method, url: &str) -> Self {
        Self {
            target: Target::Foreign(url.to_owned()),
            ..Self::new(caller, method, "")
        }
    }

    /// Adds a query parameter to those that the path already has.
    pub fn query(mut self, name: &str, value: impl ToString) -> Self {
        self.query.push((name.to_owned(), value.to_string()));
        self
    }

    /// Adds a header, such as `X-Atlassian-Token: no-check`. `Authorization` is not one of them:
    /// the client says who calls.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        if name != header::AUTHORIZATION {
            self.headers.insert(name, value);
        }
        self
    }

    /// Sets a JSON body. A GET has none: hosts answer 403 to a GET with a body (CHANGE-2328), so
    /// there it is an error at sending.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.body = Some(Body::json(body));
        self
    }

    /// Sets the fields of a form as body (`application/x-www-form-urlencoded`).
    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        self.body = Some(Ok(Body::form(fields)));
        self
    }

    /// Sets a form with files as body, and the header without which hosts refuse one.
    pub fn multipart(mut self, form: Multipart) -> Self {
        self.body = Some(Ok(form.into_body()));
        let name = HeaderName::from_static("x-atlassian-token");
        self.header(name, HeaderValue::from_static("no-check"))
    }

    /// How long the call may take altogether, its answer included: 20 s unless it is said here.
    pub fn within(mut self, time: Duration) -> Self {
        self.within = Some(time);
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
    /// A call that may be repeated (GET, HEAD, OPTIONS, PUT, DELETE) and is answered 429 or 503
    /// with a `Retry-After` of a few seconds is sent again, twice at most, each time with a token
    /// of its own.
    ///
    /// # Errors
    /// [`HostError`]; a status outside 200 to 299 is one, with the host's own message.
    pub async fn send(self) -> Result<HostResponse, HostError> {
        self.prepare()?.send().await
    }

    /// Sends the call and reads the answer piece by piece, up to so many bytes: an attachment.
    ///
    /// Products redirect to a media server of Atlassian's. Such a redirect is followed, without
    /// any credential: the URL itself is what opens it.
    ///
    /// # Errors
    /// [`HostError`].
    pub async fn download(mut self, limit: usize) -> Result<Download, HostError> {
        self.within.get_or_insert(DOWNLOAD);
        let accept = (header::ACCEPT, HeaderValue::from_static("*/*"));
        let prepared = self.header(accept.0, accept.1).prepare()?;
        let answer = prepared.follow(prepared.send_once().await?).await?;
        Ok(Download::new(answer.checked().await?, limit))
    }

    /// Reads a list of Jira's page by page; the items are in the member of that name (`values`,
    /// `issues`, `comments`).
    ///
    /// Both of Jira's styles are known: `startAt` with `isLast` or `total`, and `nextPageToken`.
    pub fn jira_pages<T: DeserializeOwned>(self, items: &'static str) -> Pages<T> {
        Pages::jira(self, items)
    }

    /// Reads a list of Confluence's page by page, following its `_links.next`.
    pub fn confluence_pages<T: DeserializeOwned>(self) -> Pages<T> {
        Pages::confluence(self)
    }

    /// Who calls, and the whole URL: what the first page of a list is read from.
    pub(super) fn into_list(self) -> Result<(Caller, Call, Url), HostError> {
        let prepared = self.prepare()?;
        Ok((prepared.caller, prepared.call, prepared.url))
    }

    fn prepare(self) -> Result<Prepared, HostError> {
        let to = &self.caller.to;
        let url = match &self.target {
            Target::Below(path) => place::resolve(to.base_url(), path, &self.query),
            Target::Foreign(url) => place::foreign(url, &self.query),
        };
        let url = url.ok_or_else(|| HostError::OtherHost {
            callee: to.callee(),
        })?;
        let shown = match self.target {
            Target::Below(_) => Position::BeforePath,
            Target::Foreign(_) => Position::BeforeScheme,
        };
        let call = Call {
            callee: to.callee(),
            method: self.method,
            path: url[shown..Position::AfterPath].to_owned(),
        };
        let body = match self.body {
            None => None,
            Some(_) if call.method == Method::GET => {
                return Err(HostError::BodyOnGet { call });
            }
            Some(body) => Some(body.map_err(|source| HostError::Encode {
                call: call.clone(),
                source,
            })?),
        };
        Ok(Prepared {
            caller: self.caller,
            call,
            url,
            headers: self.headers,
            body,
            within: self.within,
        })
    }
}

impl Prepared {
    async fn send(&self) -> Result<HostResponse, HostError> {
        let mut attempt = 1;
        loop {
            let error = match self.send_once().await?.checked().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let Some(wait) = self.wait_before_next(attempt, &error) else {
                return Err(error);
            };
            tracing::warn!(%error, attempt, ?wait, "called again after a while");
            back_off(wait).await;
            attempt += 1;
        }
    }

    /// How long to wait before the call is sent again; nothing when it must not be.
    fn wait_before_next(&self, attempt: u32, error: &HostError) -> Option<Duration> {
        let again = matches!(
            error.status(),
            Some(StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
        );
        if attempt >= ATTEMPTS || !again || !self.call.method.is_idempotent() {
            return None;
        }
        // Who says no time is asked by a person, not by a loop.
        let asked = error.retry_after()?;
        let wait = asked.max(BACK_OFF * 2_u32.pow(attempt - 1));
        (wait <= MAX_WAIT).then_some(wait)
    }

    async fn send_once(&self) -> Result<HostResponse, HostError> {
        let mut request = self
            .caller
            .app
            .inner()
            .http
            .request(self.call.method.clone(), self.url.clone())
            .header(header::ACCEPT, "application/json")
            .headers(self.headers.clone());
        if let Some(authorization) = self.authorization().await? {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        if let Some(Body {
            content_type,
            bytes,
        }) = &self.body
        {
            request = request
                .header(header::CONTENT_TYPE, content_type)
                .body(bytes.clone());
        }
        if let Some(within) = self.within {
            request = request.timeout(within);
        }
        let call = self.call.clone();
        match request.send().await {
            Ok(response) => {
                if response.status() == StatusCode::UNAUTHORIZED {
                    self.forget_user_token();
                }
                Ok(HostResponse { call, response })
            }
            Err(source) => Err(HostError::network(call, source)),
        }
    }

    /// Who calls. A token of the app is made for the URL as it will stand on the wire, after the
    /// URL type has normalised it.
    async fn authorization(&self) -> Result<Option<HeaderValue>, HostError> {
        let Caller { app, to, actor } = &self.caller;
        let text = match (actor, to) {
            (Actor::Nobody, _) => return Ok(None),
            (Actor::Bearer(Some(token)), _) => format!("Bearer {}", token.expose()),
            (Actor::User { account_id, scopes }, To::Tenant(tenant)) => {
                let tokens = &app.inner().user_tokens;
                let token = tokens.get(app, tenant, account_id, scopes).await;
                let token = token.map_err(|source| HostError::Impersonation {
                    call: self.call.clone(),
                    source,
                })?;
                format!("Bearer {}", token.expose())
            }
            (Actor::App, To::Tenant(tenant)) => {
                let line = RequestLine {
                    method: self.call.method.as_str(),
                    target: &self.url[Position::BeforePath..Position::AfterQuery],
                    form: None,
                };
                let life = app.config().token_life;
                let token = mint::request_token(tenant, app.key(), &line, life, app.now());
                let token = token.map_err(|source| HostError::Token {
                    call: self.call.clone(),
                    source,
                })?;
                format!("JWT {token}")
            }
            (Actor::Bearer(None) | Actor::App | Actor::User { .. }, _) => {
                let call = self.call.clone();
                return Err(HostError::NoToken { call });
            }
        };
        // A token that cannot stand in a header is none of a host's.
        let mut value = HeaderValue::try_from(text).map_err(|_| HostError::NoToken {
            call: self.call.clone(),
        })?;
        value.set_sensitive(true);
        Ok(Some(value))
    }

    /// A user's token that the host does not take is asked for anew at the next call.
    fn forget_user_token(&self) {
        if let (Actor::User { account_id, scopes }, To::Tenant(tenant)) =
            (&self.caller.actor, &self.caller.to)
        {
            let tokens = &self.caller.app.inner().user_tokens;
            tokens.forget(tenant, account_id, scopes);
        }
    }

    /// Follows redirects, without any credential.
    async fn follow(&self, mut answer: HostResponse) -> Result<HostResponse, HostError> {
        let mut from = self.url.clone();
        for _ in 0..MAX_REDIRECTS {
            let to = answer.headers().get(header::LOCATION);
            let to = to
                .filter(|_| answer.status().is_redirection() && self.call.method == Method::GET)
                .and_then(|to| from.join(to.to_str().ok()?).ok());
            let Some(url) = to else {
                return Ok(answer);
            };
            // SECURITY: a site must not make us call what only this machine can reach.
            // Test: a_redirect_is_followed_without_a_token.
            let origin = BaseUrl::parse(&url.origin().ascii_serialization());
            let allowed = origin.is_ok_and(|origin| {
                if origin.is_loopback() {
                    self.caller.to.base_url().is_loopback()
                } else {
                    origin.is_https()
                }
            });
            if !allowed {
                return Err(HostError::OtherHost {
                    callee: self.call.callee.clone(),
                });
            }
            let request = self.caller.app.inner().http.get(url.clone());
            let request = request.timeout(self.within.unwrap_or(DOWNLOAD));
            let call = self.call.clone();
            answer = match request.send().await {
                Ok(response) => HostResponse { call, response },
                Err(source) => return Err(HostError::network(call, source)),
            };
            from = url;
        }
        Ok(answer)
    }
}

impl HostResponse {
    /// An answer of a status from 200 to 299; any other is an error.
    async fn checked(self) -> Result<Self, HostError> {
        if self.response.status().is_success() {
            Ok(self)
        } else {
            Err(refused(self.call, self.response).await)
        }
    }
}

impl fmt::Debug for HostCall {
    /// Without query, headers and body, which may be personal or secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Target::Below(text) | Target::Foreign(text)) = &self.target;
        let path = text.split('?').next().unwrap_or_default();
        f.debug_struct("HostCall")
            .field("callee", &self.caller.to.callee())
            .field("method", &self.method)
            .field("path", &redact(path))
            .finish_non_exhaustive()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a back-off that the host asked for, bounded by MAX_WAIT"
)]
async fn back_off(wait: Duration) {
    tokio::time::sleep(wait).await;
}
