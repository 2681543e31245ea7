//! A call that is sent: signed, again where that is safe, and with redirects where that is asked for.

use std::time::Duration;

use connect_core::{BaseUrl, mint, qsh::RequestLine};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use url::{Position, Url};

use super::{
    Actor, Call, Caller, HostError, HostResponse, To, body::Body, call::DOWNLOAD, response::refused,
};

/// A call that can be sent, as often as need be.
pub(super) struct Prepared {
    pub(super) caller: Caller,
    pub(super) call: Call,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Body>,
    pub(super) within: Option<Duration>,
}

/// How often a call is sent at most.
const ATTEMPTS: u32 = 3;
/// A host that wants us to wait longer than this gets no second try: the caller decides.
const MAX_WAIT: Duration = Duration::from_secs(10);
/// The shortest wait before the second try; it doubles.
const BACK_OFF: Duration = Duration::from_millis(250);
/// Atlassian's media servers are one step away.
const MAX_REDIRECTS: usize = 3;

impl Prepared {
    pub(super) async fn send(&self) -> Result<HostResponse, HostError> {
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

    pub(super) async fn send_once(&self) -> Result<HostResponse, HostError> {
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
    pub(super) async fn follow(&self, mut answer: HostResponse) -> Result<HostResponse, HostError> {
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
    pub(super) async fn checked(self) -> Result<Self, HostError> {
        if self.response.status().is_success() {
            Ok(self)
        } else {
            Err(refused(self.call, self.response).await)
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a back-off that the host asked for, bounded by MAX_WAIT"
)]
async fn back_off(wait: Duration) {
    tokio::time::sleep(wait).await;
}
