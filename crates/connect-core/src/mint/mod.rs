//! Tokens that an app makes itself.

use serde_json::{Value, json};

use crate::{
    error::TokenError,
    ids::{AccountId, AppKey},
    jws,
    qsh::{Qsh, RequestLine},
    tenant::{Product, Tenant},
    time::{Seconds, Timestamp},
    verify::{LINK_PURPOSE, SESSION_PURPOSE},
};

/// Signs a request of the app to a tenant's product; the text belongs into the header
/// `Authorization: JWT …` and nowhere else: hosts refuse it in a query since February 2022.
///
/// `request.target` is the URL or path as it will be sent, context path included.
///
/// # Errors
/// [`TokenError::Request`] when the URL has no canonical form, [`TokenError::TenantNotInstalled`]
/// when the tenant has no usable secret.
pub fn request_token(
    tenant: &Tenant,
    app_key: &AppKey,
    request: &RequestLine<'_>,
    life: Seconds,
    now: Timestamp,
) -> Result<String, TokenError> {
    let key = tenant.signing_key().ok_or(TokenError::TenantNotInstalled)?;
    let qsh = Qsh::sign(request, tenant.base_url.path())?;
    let mut claims = json!({
        "iss": app_key.as_str(),
        "iat": now.unix(),
        "exp": (now + life).unix(),
        "qsh": qsh.as_str(),
        "aud": [tenant.client_key.as_str()],
    });
    if tenant.product == Product::Bitbucket {
        // Bitbucket finds the installation by the subject (Atlassian, "Bitbucket: authentication").
        claims["sub"] = tenant.client_key.as_str().into();
    }
    Ok(jws::sign_hs256(claims.to_string().as_bytes(), key))
}

/// Signs a request to the app as the tenant's host would: for a host that is not there, in
/// development and in tests.
///
/// `base_path` is the context path of the app.
///
/// # Errors
/// As [`request_token`].
pub fn host_token(
    tenant: &Tenant,
    request: &RequestLine<'_>,
    base_path: &str,
    life: Seconds,
    now: Timestamp,
) -> Result<String, TokenError> {
    let key = tenant.signing_key().ok_or(TokenError::TenantNotInstalled)?;
    let claims = json!({
        "iss": tenant.client_key.as_str(),
        "iat": now.unix(),
        "exp": (now + life).unix(),
        "qsh": Qsh::sign(request, base_path)?.as_str(),
    });
    Ok(jws::sign_hs256(claims.to_string().as_bytes(), key))
}

/// Makes the token of a signed link: a GET of the app's own, by whoever holds the link.
///
/// It is bound to the tenant, to path and query of the link, and to its purpose; it is good for
/// routes that ask for a link and for no others. `request.target` is the link's path and query as
/// it will be asked for, `base_path` the context path of the app.
///
/// # Errors
/// As [`request_token`].
pub fn link_token(
    tenant: &Tenant,
    app_key: &AppKey,
    request: &RequestLine<'_>,
    base_path: &str,
    user: Option<&AccountId>,
    life: Seconds,
    now: Timestamp,
) -> Result<String, TokenError> {
    let qsh = Qsh::sign(request, base_path)?;
    let bound = json!({ "qsh": qsh.as_str(), "purpose": LINK_PURPOSE });
    own_token(tenant, app_key, user, bound, life, now)
}

/// Makes a session token: what a page of the app sends back to the app's own server.
///
/// It is bound to the tenant and to its purpose, is good for routes that ask for a session and for
/// no others, and does not renew itself.
///
/// # Errors
/// [`TokenError::TenantNotInstalled`] when the tenant has no usable secret.
pub fn session_token(
    tenant: &Tenant,
    app_key: &AppKey,
    user: Option<&AccountId>,
    life: Seconds,
    now: Timestamp,
) -> Result<String, TokenError> {
    let bound = json!({ "purpose": SESSION_PURPOSE });
    own_token(tenant, app_key, user, bound, life, now)
}

/// A token of the app to itself, with these claims besides.
fn own_token(
    tenant: &Tenant,
    app_key: &AppKey,
    user: Option<&AccountId>,
    mut claims: Value,
    life: Seconds,
    now: Timestamp,
) -> Result<String, TokenError> {
    let key = tenant.signing_key().ok_or(TokenError::TenantNotInstalled)?;
    claims["iss"] = app_key.as_str().into();
    claims["iat"] = now.unix().into();
    claims["exp"] = (now + life).unix().into();
    claims["aud"] = json!([tenant.client_key.as_str()]);
    if let Some(user) = user {
        claims["sub"] = user.as_str().into();
    }
    Ok(jws::sign_hs256(claims.to_string().as_bytes(), key))
}

#[cfg(test)]
mod tests;
