//! From a token to a proof.
//!
//! One table says what each kind of route takes ([`RouteKind::rule`]); one function checks it; and
//! only that function makes a [`Verified`]. The order of checks is fixed: size, shape, algorithm,
//! signature, time, issuer, audience, query string hash.

use std::{
    marker::PhantomData,
    sync::{Arc, OnceLock},
};

use crate::{
    base_url::BaseUrl,
    claims::Claims,
    error::TokenError,
    ids::{AccountId, AppKey, ClientKey},
    jws::{Compact, VerifyingKey},
    keys::{Algorithm, HmacKey, RsaPublicKey},
    qsh::{self, CONTEXT_QSH, RequestLine},
    tenant::Tenant,
    time::{Seconds, Timestamp},
};

mod rules;

pub use rules::{
    AudienceRule, Context, Host, Install, IssuerRule, Kind, LINK_PURPOSE, Link, QshRule, RouteKind,
    Rule, SESSION_PURPOSE, Session,
};

/// What an app expects of every token.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The app's own key.
    pub app_key: AppKey,
    /// Every base URL the app answers to, the descriptor's first. One server may stand behind two,
    /// one for Jira and one for Confluence.
    pub base_urls: Vec<BaseUrl>,
    /// How far the clocks of host and app may differ.
    pub leeway: Seconds,
    /// Longest life of a host's token, `exp` minus `iat`.
    pub max_lifetime: Seconds,
    /// Longest life of one of our session tokens (`maxTokenAge` of config.json).
    pub max_session: Seconds,
    /// Whether a session token may lack its purpose, as those of ACE do: for the first minutes
    /// after a move from ACE, while its pages are still open.
    pub session_without_purpose: bool,
}

/// Claims whose token held for a route of that kind.
///
/// It can be made in this module only, so whoever holds one holds the proof:
///
/// ```compile_fail
/// # use connect_core::verify::{Host, Verified};
/// # fn forge(claims: std::sync::Arc<connect_core::Claims>) -> Verified<Host> {
/// Verified::<Host> { claims, kind: std::marker::PhantomData }
/// # }
/// ```
///
/// and a proof of one kind does not pass for another:
///
/// ```compile_fail
/// # use connect_core::verify::{Context, Host, Verified};
/// # fn pass(proof: Verified<Context>) -> Verified<Host> {
/// proof
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Verified<K: Kind> {
    claims: Arc<Claims>,
    kind: PhantomData<K>,
}

impl<K: Kind> Verified<K> {
    /// The claims.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The user for whom the token was issued.
    ///
    /// ACE looks into the context claim first, where old hosts put it
    /// (`context.user.accountId`), and so do we.
    pub fn account_id(&self) -> Option<AccountId> {
        let user = self
            .claims
            .context
            .as_ref()
            .and_then(|context| context.get("user"));
        let id = user
            .and_then(|user| user.get("accountId"))
            .and_then(|id| id.as_str());
        id.and_then(|id| AccountId::parse(id).ok())
            .or_else(|| self.claims.sub.clone())
    }
}

/// A token taken apart, and what it says of itself, good only for finding the key.
#[derive(Debug)]
pub struct Unverified<'a> {
    compact: Compact<'a>,
    /// Read once, for finding the key; believed only when the signature holds.
    claims: OnceLock<Arc<Claims>>,
}

impl<'a> Unverified<'a> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// See [`Compact::parse`].
    pub fn parse(token: &'a str) -> Result<Self, TokenError> {
        Compact::parse(token).map(|compact| Self {
            compact,
            claims: OnceLock::new(),
        })
    }

    /// The tenant that the token claims to concern, for looking up its secret.
    ///
    /// # Errors
    /// As [`Unverified::tenant_name`], and [`TokenError::Issuer`] or [`TokenError::Audience`] when
    /// the name is no client key.
    pub fn tenant_hint<K: Kind>(&self) -> Result<ClientKey, TokenError> {
        let name = self.tenant_name::<K>()?;
        ClientKey::parse(name).map_err(|_| match K::ROUTE.rule().issuer {
            IssuerRule::App => TokenError::Audience,
            IssuerRule::Caller | IssuerRule::Tenant => TokenError::Issuer,
        })
    }

    /// What stands where [`Unverified::tenant_hint`] reads the client key, for finding a tenant
    /// that is at hand. It may be no client key at all.
    ///
    /// # Errors
    /// [`TokenError::AlgorithmRefused`] before anything else when the route takes another
    /// algorithm, then what [`Claims::parse`] refuses, and [`TokenError::Audience`] when the
    /// tenant should be the one audience and is not.
    pub fn tenant_name<K: Kind>(&self) -> Result<&str, TokenError> {
        let rule = K::ROUTE.rule();
        if self.compact.algorithm() != rule.algorithm {
            return Err(TokenError::AlgorithmRefused);
        }
        let claims = self.claims()?;
        match rule.issuer {
            IssuerRule::App => match claims.aud.as_deref() {
                Some([one]) => Ok(one),
                _ => Err(TokenError::Audience),
            },
            IssuerRule::Caller | IssuerRule::Tenant => Ok(&claims.iss),
        }
    }

    /// Everything about an install token that can be refused without the key, so that nobody can
    /// make us fetch keys with tokens that could never pass.
    ///
    /// # Errors
    /// As [`verify_install`], the signature aside.
    pub fn precheck_install(
        &self,
        request: &RequestLine<'_>,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<(), TokenError> {
        if self.compact.algorithm() != Algorithm::Rs256 {
            return Err(TokenError::AlgorithmRefused);
        }
        let claims = self.claims()?;
        let hint = ClientKey::parse(&claims.iss).map_err(|_| TokenError::Issuer)?;
        check(
            RouteKind::Install,
            claims,
            &hint,
            Some(request),
            policy,
            now,
        )
    }

    /// The token itself.
    pub fn compact(&self) -> &Compact<'a> {
        &self.compact
    }

    /// What the token says; good for finding the key, and for more only behind a check of the
    /// signature, which covers the very bytes these were read from.
    fn claims(&self) -> Result<&Arc<Claims>, TokenError> {
        if let Some(claims) = self.claims.get() {
            return Ok(claims);
        }
        let claims = Arc::new(Claims::parse(self.compact.unproved_payload())?);
        Ok(self.claims.get_or_init(|| claims))
    }
}

/// Proves a token of the host for one of its requests.
///
/// # Errors
/// [`TokenError`], checks in the order of this module.
pub fn verify_host(
    token: &Unverified<'_>,
    tenant: &Tenant,
    request: &RequestLine<'_>,
    policy: &Policy,
    now: Timestamp,
) -> Result<Verified<Host>, TokenError> {
    with_secret(token, tenant, Some(request), policy, now)
}

/// Proves a context token, as `AP.context.getToken()` hands it out.
///
/// # Errors
/// [`TokenError`], checks in the order of this module.
pub fn verify_context(
    token: &Unverified<'_>,
    tenant: &Tenant,
    policy: &Policy,
    now: Timestamp,
) -> Result<Verified<Context>, TokenError> {
    with_secret(token, tenant, None, policy, now)
}

/// Proves a session token of ours.
///
/// # Errors
/// [`TokenError`], checks in the order of this module.
pub fn verify_session(
    token: &Unverified<'_>,
    tenant: &Tenant,
    policy: &Policy,
    now: Timestamp,
) -> Result<Verified<Session>, TokenError> {
    with_secret(token, tenant, None, policy, now)
}

/// Proves the token of one of our signed links, for the very URL it was made for.
///
/// # Errors
/// [`TokenError`], checks in the order of this module.
pub fn verify_link(
    token: &Unverified<'_>,
    tenant: &Tenant,
    request: &RequestLine<'_>,
    policy: &Policy,
    now: Timestamp,
) -> Result<Verified<Link>, TokenError> {
    with_secret(token, tenant, Some(request), policy, now)
}

/// Proves an install token with the host's public key. That its issuer is the client key of the
/// body is for [`crate::lifecycle`] to check, which needs this proof to do anything.
///
/// # Errors
/// [`TokenError`], checks in the order of this module.
pub fn verify_install(
    token: &Unverified<'_>,
    key: &RsaPublicKey,
    request: &RequestLine<'_>,
    policy: &Policy,
    now: Timestamp,
) -> Result<Verified<Install>, TokenError> {
    token.compact.verify(VerifyingKey::Rsa(key))?;
    let claims = token.claims()?;
    let issuer = ClientKey::parse(&claims.iss).map_err(|_| TokenError::Issuer)?;
    check(
        RouteKind::Install,
        claims,
        &issuer,
        Some(request),
        policy,
        now,
    )?;
    Ok(Verified {
        claims: Arc::clone(claims),
        kind: PhantomData,
    })
}

/// Refuses a token of an unknown tenant, taking the time a known one would have taken.
pub fn refuse_unknown_tenant(token: &Unverified<'_>) -> TokenError {
    // SECURITY: which tenants exist must not be told by the clock. The result cannot be `Ok`
    // by anything but luck, and is not looked at.
    let nobody = HmacKey::from_bytes(b"nobody has this secret");
    let _ = token.compact.verify(VerifyingKey::Hmac(&nobody));
    TokenError::UnknownTenant
}

fn with_secret<K: Kind>(
    token: &Unverified<'_>,
    tenant: &Tenant,
    request: Option<&RequestLine<'_>>,
    policy: &Policy,
    now: Timestamp,
) -> Result<Verified<K>, TokenError> {
    // A wrong secret of a known tenant, and a tenant that is gone, cost the same time.
    let verify = |key: &HmacKey| token.compact.verify(VerifyingKey::Hmac(key)).map(drop);
    let verified = tenant.try_keys(now, verify);
    verified.unwrap_or(Err(TokenError::TenantNotInstalled))?;
    if !tenant.is_installed() {
        return Err(TokenError::TenantNotInstalled);
    }
    let claims = token.claims()?;
    check(K::ROUTE, claims, &tenant.client_key, request, policy, now)?;
    Ok(Verified {
        claims: Arc::clone(claims),
        kind: PhantomData,
    })
}

/// Time, issuer, audience, hash, purpose: in this order, from the one table.
fn check(
    kind: RouteKind,
    claims: &Claims,
    tenant: &ClientKey,
    request: Option<&RequestLine<'_>>,
    policy: &Policy,
    now: Timestamp,
) -> Result<(), TokenError> {
    let rule = kind.rule();
    if now.since(claims.exp) >= policy.leeway {
        return Err(TokenError::Expired);
    }
    let starts = claims.nbf.map_or(claims.iat, |nbf| nbf.max(claims.iat));
    if starts.since(now) > policy.leeway {
        return Err(TokenError::NotYetValid);
    }
    let longest = match kind {
        RouteKind::Session => policy.max_session,
        _ => policy.max_lifetime,
    };
    let life = claims.exp.since(claims.iat);
    if life < Seconds(0) || life > longest {
        return Err(TokenError::Lifetime);
    }

    let issuer = match rule.issuer {
        IssuerRule::App => policy.app_key.as_str(),
        IssuerRule::Caller | IssuerRule::Tenant => tenant.as_str(),
    };
    if claims.iss != issuer {
        return Err(TokenError::Issuer);
    }

    let is_ours = |name: &str| policy.base_urls.iter().any(|url| url.is_spelled_by(name));
    let audience = match rule.audience {
        AudienceRule::BaseUrl => claims.audience_names(is_ours),
        AudienceRule::IfPresent => {
            claims.aud.is_none()
                || claims.audience_names(|name| {
                    name == policy.app_key.as_str() || name == tenant.as_str() || is_ours(name)
                })
        }
        AudienceRule::Tenant => {
            matches!(claims.aud.as_deref(), Some([one]) if one == tenant.as_str())
        }
    };
    if !audience {
        return Err(TokenError::Audience);
    }

    let bound = match (rule.qsh, claims.qsh.as_deref(), request) {
        (QshRule::Absent, None, _) => true,
        (QshRule::Context, Some(claimed), _) => claimed == CONTEXT_QSH,
        (QshRule::Exact, Some(claimed), Some(request)) => {
            qsh::matches(claimed, request, policy.base_urls.iter().map(BaseUrl::path))?
        }
        _ => false,
    };
    if !bound {
        return Err(TokenError::QshMismatch);
    }
    match (rule.purpose, claims.purpose.as_deref()) {
        (None, _) => Ok(()),
        (Some(expected), Some(purpose)) if purpose == expected => Ok(()),
        (Some(SESSION_PURPOSE), None) if policy.session_without_purpose => Ok(()),
        (Some(_), _) => Err(TokenError::Purpose),
    }
}

#[cfg(test)]
mod tests;
