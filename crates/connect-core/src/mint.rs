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
mod tests {
    use super::*;
    use crate::{
        BaseUrl, ClientKey, Secret,
        claims::Claims,
        jws::Compact,
        verify::{Policy, Unverified, verify_host, verify_link, verify_session},
    };

    fn tenant(product: Product) -> Tenant {
        Tenant::new(
            AppKey::parse("com.example.app").unwrap(),
            ClientKey::parse("site-1").unwrap(),
            BaseUrl::parse("https://acme.atlassian.net").unwrap(),
            product,
            Secret::new("a shared secret that is long enough, really"),
            Timestamp::from_unix(1_767_225_600),
        )
    }

    fn line(target: &str) -> RequestLine<'_> {
        RequestLine {
            method: "GET",
            target,
            form: None,
        }
    }

    #[test]
    fn a_link_is_good_for_its_url_and_nothing_else_is_a_link() {
        let now = Timestamp::from_unix(1_767_225_600);
        let tenant = tenant(Product::Jira);
        let policy = Policy {
            app_key: tenant.app_key.clone(),
            base_urls: vec![BaseUrl::parse("https://app.example.com/base").unwrap()],
            leeway: Seconds(30),
            max_lifetime: Seconds(3600),
            max_session: Seconds(3600),
            // As for the first minutes after a move from ACE: no door for links.
            session_without_purpose: true,
        };
        let own = line("/base/chart?size=big");
        let life = Seconds(60);
        let link = link_token(&tenant, &policy.app_key, &own, "/base", None, life, now).unwrap();
        let open = |token: &str, target: &str| {
            let token = Unverified::parse(token).unwrap();
            verify_link(&token, &tenant, &line(target), &policy, now).err()
        };
        assert_eq!(open(&link, own.target), None);
        assert_eq!(open(&link, &format!("{}&jwt={link}", own.target)), None);
        for other in ["/base/chart", "/base/chart?size=small", "/other?size=big"] {
            assert_eq!(open(&link, other), Some(TokenError::QshMismatch), "{other}");
        }
        let post = RequestLine {
            method: "POST",
            ..own
        };
        let unverified = Unverified::parse(&link).unwrap();
        let refused = verify_link(&unverified, &tenant, &post, &policy, now);
        assert_eq!(refused.unwrap_err(), TokenError::QshMismatch);
        let refused = verify_session(&unverified, &tenant, &policy, now);
        assert_eq!(refused.unwrap_err(), TokenError::QshMismatch);
        let refused = verify_host(&unverified, &tenant, &own, &policy, now);
        assert_eq!(refused.unwrap_err(), TokenError::Issuer);

        let session = session_token(&tenant, &policy.app_key, None, life, now).unwrap();
        assert_eq!(open(&session, own.target), Some(TokenError::QshMismatch));
        let host = host_token(&tenant, &own, "/base", life, now).unwrap();
        assert_eq!(open(&host, own.target), Some(TokenError::Issuer));
        // The hash alone makes no link: the app signs requests to hosts with one too.
        let qsh = Qsh::sign(&own, "/base").unwrap();
        for claims in [
            json!({"qsh": qsh.as_str()}),
            json!({"qsh": qsh.as_str(), "purpose": SESSION_PURPOSE}),
        ] {
            let token = own_token(&tenant, &policy.app_key, None, claims, life, now).unwrap();
            assert_eq!(open(&token, own.target), Some(TokenError::Purpose));
        }
    }

    #[test]
    fn bitbucket_finds_the_installation_by_the_subject() {
        let now = Timestamp::from_unix(1_767_225_600);
        let claims = |product| {
            let tenant = tenant(product);
            let line = line("/2.0/user");
            let token = request_token(&tenant, &tenant.app_key, &line, Seconds(60), now).unwrap();
            Claims::parse(Compact::parse(&token).unwrap().unproved_payload()).unwrap()
        };
        let subject = claims(Product::Bitbucket).sub.unwrap();
        assert_eq!(subject.as_str(), "site-1");
        assert_eq!(claims(Product::Jira).sub, None);
        assert_eq!(claims(Product::Jira).aud.unwrap(), ["site-1"]);
    }
}
