//! The tokens of a host: what it signs, for whom and for how long.

use connect_core::{
    Kid, Timestamp,
    jws::{sign_hs256, sign_rs256},
    qsh::{self, CONTEXT_QSH, Qsh, RequestLine},
    time::Seconds,
};
use serde_json::{Value, json};
use url::Url;

use crate::{
    faults::Fault,
    keys::HostKey,
    state::{App, Shared, Site},
};

/// How long the token of an iframe URL lives, and a context token.
pub(crate) const PAGE_LIFE: Seconds = Seconds(15 * 60);

/// How long the token of a call from server to server lives.
pub(crate) const CALL_LIFE: Seconds = Seconds(3 * 60);

/// Whom and what a token is about.
pub(crate) struct Subject<'a> {
    /// Account id of the user who caused the request, if there is one.
    pub(crate) user: Option<&'a str>,
    /// Where in the product the user was.
    pub(crate) context: Value,
}

impl Subject<'_> {
    /// The host itself.
    pub(crate) fn host() -> Self {
        Self {
            user: None,
            context: json!({}),
        }
    }
}

/// Signs an `installed` or `uninstalled` call (Atlassian, "Signed install callback").
pub(crate) fn install_token(
    shared: &Shared,
    site: &Site,
    key: &HostKey,
    audience: &str,
    base_path: &str,
    url: &Url,
) -> Option<String> {
    let mut claims = claims(shared, site, CALL_LIFE, &Subject::host());
    claims["aud"] = json!([audience]);
    claims["qsh"] = hash(shared, "POST", url, base_path)?.into();
    let unknown = shared.take_fault(|fault| *fault == Fault::UnknownKid);
    let kid = match unknown {
        Some(_) => &Kid::parse("sandbox/this-key-does-not-exist").ok()?,
        None => &key.kid,
    };
    sign_rs256(claims.to_string().as_bytes(), &key.signing, kid).ok()
}

/// Signs a request to an app with the tenant's secret.
pub(crate) fn request_token(
    shared: &Shared,
    site: &Site,
    app: &App,
    method: &str,
    url: &Url,
    life: Seconds,
    subject: &Subject<'_>,
) -> Option<String> {
    let mut claims = claims(shared, site, life, subject);
    claims["qsh"] = hash(shared, method, url, app.descriptor.base_url.path())?.into();
    Some(sign_hs256(claims.to_string().as_bytes(), &app.hmac))
}

/// Signs a context token: for a user and a place, bound to no URL.
pub(crate) fn context_token(
    shared: &Shared,
    site: &Site,
    app: &App,
    subject: &Subject<'_>,
) -> String {
    let mut claims = claims(shared, site, PAGE_LIFE, subject);
    claims["qsh"] = CONTEXT_QSH.into();
    sign_hs256(claims.to_string().as_bytes(), &app.hmac)
}

fn claims(shared: &Shared, site: &Site, life: Seconds, subject: &Subject<'_>) -> Value {
    let mut issued: Timestamp = shared.token_time();
    if shared
        .take_fault(|fault| *fault == Fault::ExpiredToken)
        .is_some()
    {
        issued = issued + Seconds(-2 * 60 * 60);
    }
    let mut claims = json!({
        "iss": site.client_key.as_str(),
        "iat": issued.unix(),
        "exp": (issued + life).unix(),
        "context": subject.context,
    });
    if let Some(user) = subject.user {
        claims["sub"] = user.into();
    }
    claims
}

/// The hash a host makes: unlike apps it hashes the decoded path (`URI.getPath()`), so an app that
/// knows the raw path only must fail here as it would fail in production.
fn hash(shared: &Shared, method: &str, url: &Url, base_path: &str) -> Option<String> {
    if shared
        .take_fault(|fault| *fault == Fault::WrongQsh)
        .is_some()
    {
        return Some(Qsh::of("GET&/another/request&").as_str().to_owned());
    }
    let query = url
        .query()
        .map_or_else(String::new, |query| format!("?{query}"));
    let target = format!("{}{query}", decoded(url.path()));
    let request = RequestLine {
        method,
        target: &target,
        form: None,
    };
    let canonical = qsh::canonical(&request, base_path).ok()?;
    Some(Qsh::of(&canonical).as_str().to_owned())
}

/// A path without escapes; as it was when that would turn a part of it into a query.
fn decoded(path: &str) -> String {
    let decoded = crate::urls::percent_decode(path);
    match decoded {
        Some(text) if !text.contains(['?', '#']) => text,
        _ => path.to_owned(),
    }
}
