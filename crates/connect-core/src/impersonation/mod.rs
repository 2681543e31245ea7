//! Acting as a user: the JWT bearer grant of Connect apps (RFC 7523; Atlassian, "User
//! impersonation for Connect apps").
//!
//! The app signs an assertion with the tenant's shared secret, and an authorization server gives a
//! bearer token for it. Nothing here talks to that server; see `connect-runtime`.

use std::{collections::BTreeSet, fmt};

use serde::Deserialize;
use serde_json::json;

use crate::{
    Secret,
    base_url::BaseUrl,
    error::TokenError,
    ids::AccountId,
    jws,
    keys::HmacKey,
    tenant::Tenant,
    time::{Seconds, Timestamp},
};

/// Life of an assertion: it is used once, at once.
const ASSERTION_LIFE: Seconds = Seconds(60);
/// A server that promises more is believed for a day.
const MAX_LIFE: i64 = 24 * 60 * 60;

/// Which authorization server stands behind a site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AuthorizationServers {
    /// The one of the environment that the site's host name belongs to. A site on this machine is
    /// its own.
    #[default]
    BySite,
    /// This one for every site: a test, or a proxy.
    Custom(BaseUrl),
}

/// A scope of a Connect app that a user's token may be limited to (Atlassian, "Scopes for Connect
/// apps").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Reading e-mail addresses.
    AccessEmailAddresses,
    /// Administrating the site.
    Admin,
    /// Removing things.
    Delete,
    /// Administrating projects.
    ProjectAdmin,
    /// Reading.
    Read,
    /// Administrating spaces.
    SpaceAdmin,
    /// Changing things.
    Write,
}

/// The scopes a token is asked for: all that the app has, or some.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(BTreeSet<Scope>);

/// Under which name a token is kept: says nothing of the user, and no two grants share one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct GrantName([u8; 32]);

/// A bearer token and its time.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The token.
    pub token: Secret,
    /// The first moment at which it is good no longer.
    pub expires_at: Timestamp,
}

/// Why there can be no assertion.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AssertionError {
    /// The host gave no `oauthClientId` at install time, so the app may not act as a user there:
    /// the descriptor does not ask for `ACT_AS_USER`, or did not when it was installed.
    #[error("the tenant has no OAuth client id")]
    NoClientId,
    /// The tenant has uninstalled the app or has no usable secret.
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl AuthorizationServers {
    /// The server of a site, without a trailing slash: the audience of assertions.
    pub fn of<'a>(&'a self, site: &'a BaseUrl) -> &'a str {
        match self {
            Self::Custom(server) => server.as_str(),
            Self::BySite if site.is_loopback() => site.origin(),
            Self::BySite => {
                let host = site.host();
                let found = SERVERS.iter().find(|(suffix, _)| host.ends_with(suffix));
                found.map_or(PRODUCTION, |(_, server)| server)
            }
        }
    }
}

impl Scopes {
    /// All that the app's descriptor asks for.
    pub fn all() -> Self {
        Self::default()
    }

    /// These only. Without any it is [`Scopes::all`].
    pub fn only(scopes: impl IntoIterator<Item = Scope>) -> Self {
        Self(scopes.into_iter().collect())
    }

    /// True for [`Scopes::all`].
    pub fn is_all(&self) -> bool {
        self.0.is_empty()
    }
}

impl Scope {
    /// The name in a grant.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessEmailAddresses => "ACCESS_EMAIL_ADDRESSES",
            Self::Admin => "ADMIN",
            Self::Delete => "DELETE",
            Self::ProjectAdmin => "PROJECT_ADMIN",
            Self::Read => "READ",
            Self::SpaceAdmin => "SPACE_ADMIN",
            Self::Write => "WRITE",
        }
    }
}

/// Signs that the app wants to act as this user of the tenant, for this authorization server.
///
/// # Errors
/// [`AssertionError`].
pub fn assertion(
    tenant: &Tenant,
    account_id: &AccountId,
    server: &str,
    now: Timestamp,
) -> Result<Secret, AssertionError> {
    let client_id = tenant.oauth_client_id.as_deref();
    let client_id = client_id.ok_or(AssertionError::NoClientId)?;
    let key = tenant
        .signing_key()
        .filter(|_| tenant.is_installed())
        .ok_or(TokenError::TenantNotInstalled)?;
    let claims = json!({
        "iss": format!("urn:atlassian:connect:clientid:{client_id}"),
        "sub": format!("urn:atlassian:connect:useraccountid:{account_id}"),
        "tnt": tenant.base_url.as_str(),
        "aud": server,
        "iat": now.unix(),
        "exp": (now + ASSERTION_LIFE).unix(),
    });
    Ok(Secret::new(jws::sign_hs256(
        claims.to_string().as_bytes(),
        key,
    )))
}

impl GrantName {
    /// The name of a grant, by a key of the process.
    ///
    /// Every part goes in with its length before it, so that a user whose id ends in `,read` and
    /// one who is asked for with the scope `read` are two (ACE joins the parts with commas).
    pub fn of(key: &HmacKey, tenant: &Tenant, account_id: &AccountId, scopes: &Scopes) -> Self {
        let scopes = scopes.to_string();
        let parts = [
            tenant.client_key.as_str(),
            tenant.oauth_client_id.as_deref().unwrap_or_default(),
            account_id.as_str(),
            &scopes,
        ];
        let mut message = Vec::new();
        for part in parts {
            message.extend_from_slice(&part.len().to_be_bytes());
            message.extend_from_slice(part.as_bytes());
        }
        let mut name = [0; 32];
        name.copy_from_slice(key.sign(&message).as_ref());
        Self(name)
    }
}

impl Grant {
    /// Reads the answer of an authorization server (RFC 6749 section 5.1); nothing when it is not
    /// a bearer token with a time.
    pub fn parse(answer: &[u8], now: Timestamp) -> Option<Self> {
        #[derive(Deserialize)]
        struct Answer {
            access_token: Secret,
            expires_in: i64,
            token_type: String,
        }
        let answer: Answer = serde_json::from_slice(answer).ok()?;
        let usable = !answer.access_token.is_empty()
            && answer
                .access_token
                .expose()
                .bytes()
                .all(|b| b.is_ascii_graphic())
            && answer.expires_in > 0
            && answer.token_type.eq_ignore_ascii_case("bearer");
        usable.then(|| Self {
            token: answer.access_token,
            expires_at: now + Seconds(answer.expires_in.min(MAX_LIFE)),
        })
    }
}

impl fmt::Display for Scopes {
    /// As a grant names them: sorted, with blanks between.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(|scope| scope.as_str()).collect();
        f.write_str(&names.join(" "))
    }
}

impl fmt::Debug for GrantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GrantName(..)")
    }
}

const PRODUCTION: &str = "https://oauth-2-authorization-server.services.atlassian.com";

/// Suffixes of host names, and the server behind them.
const SERVERS: &[(&str, &str)] = &[
    (
        ".atlassian-stg-fedm.net",
        "https://oauth-2-authorization-server.stg.services.atlassian-us-gov-mod.com",
    ),
    (
        ".atlassian-us-gov-mod.net",
        "https://oauth-2-authorization-server.services.atlassian-us-gov-mod.com",
    ),
    (
        ".jira-dev.com",
        "https://oauth-2-authorization-server.stg.services.atlassian.com",
    ),
];

#[cfg(test)]
mod tests;
