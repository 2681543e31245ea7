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
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::{
        AppKey, ClientKey, Product,
        jws::{Compact, VerifyingKey},
    };

    const NOW: Timestamp = Timestamp::from_unix(1_767_225_600);

    fn tenant() -> Tenant {
        let mut tenant = Tenant::new(
            AppKey::parse("com.example.app").unwrap(),
            ClientKey::parse("site-1").unwrap(),
            BaseUrl::parse("https://acme.atlassian.net").unwrap(),
            Product::Jira,
            Secret::new("a shared secret that is long enough, really"),
            NOW,
        );
        tenant.oauth_client_id = Some("client".to_owned());
        tenant
    }

    fn user(id: &str) -> AccountId {
        AccountId::parse(id).unwrap()
    }

    #[test]
    fn an_assertion_says_what_the_server_wants_to_hear() {
        let token = assertion(&tenant(), &user("712020:ada"), PRODUCTION, NOW).unwrap();
        let compact = Compact::parse(token.expose()).unwrap();
        let tenant = tenant();
        let key = VerifyingKey::Hmac(tenant.signing_key().unwrap());
        let claims: Value = serde_json::from_slice(compact.verify(key).unwrap()).unwrap();
        assert_eq!(
            claims,
            json!({
                "iss": "urn:atlassian:connect:clientid:client",
                "sub": "urn:atlassian:connect:useraccountid:712020:ada",
                "tnt": "https://acme.atlassian.net",
                "aud": "https://oauth-2-authorization-server.services.atlassian.com",
                "iat": 1_767_225_600, "exp": 1_767_225_660,
            })
        );
    }

    #[test]
    fn without_a_client_id_or_an_installation_there_is_none() {
        let mut without = tenant();
        without.oauth_client_id = None;
        let error = assertion(&without, &user("a"), PRODUCTION, NOW).unwrap_err();
        assert_eq!(error, AssertionError::NoClientId);
        let mut gone = tenant();
        gone.state = crate::TenantState::Uninstalled { at: NOW };
        let error = assertion(&gone, &user("a"), PRODUCTION, NOW).unwrap_err();
        assert_eq!(error, AssertionError::Token(TokenError::TenantNotInstalled));
    }

    #[test]
    fn the_bearer_cache_key_of_ace_collides_and_ours_does_not() {
        let key = HmacKey::from_bytes(b"of the process");
        let name = |id: &str, scopes: &[Scope]| {
            let scopes = Scopes::only(scopes.iter().copied());
            GrantName::of(&key, &tenant(), &user(id), &scopes)
        };
        // In ACE these are one, and the second user acts with the token of the first.
        assert!(name("a,read", &[]) != name("a", &[Scope::Read]));
        assert!(name("aREAD", &[]) != name("a", &[Scope::Read]));
        assert!(name("a", &[Scope::Read]) != name("a", &[Scope::Read, Scope::Write]));
        assert!(name("a", &[Scope::Write, Scope::Read]) == name("a", &[Scope::Read, Scope::Write]));
        let mut other = tenant();
        other.client_key = ClientKey::parse("site-2").unwrap();
        let elsewhere = GrantName::of(&key, &other, &user("a"), &Scopes::all());
        assert!(name("a", &[]) != elsewhere);
        let mut imported = tenant();
        imported.oauth_client_id = Some("another".to_owned());
        assert!(name("a", &[]) != GrantName::of(&key, &imported, &user("a"), &Scopes::all()));
    }

    #[test]
    fn every_environment_has_its_server() {
        let server = |site: &str| {
            let site = BaseUrl::parse(site).unwrap();
            AuthorizationServers::BySite.of(&site).to_owned()
        };
        assert_eq!(server("https://acme.atlassian.net/wiki"), PRODUCTION);
        assert!(server("https://acme.jira-dev.com").contains(".stg.services.atlassian.com"));
        assert!(
            server("https://a.atlassian-us-gov-mod.net")
                .ends_with("services.atlassian-us-gov-mod.com")
        );
        assert!(server("https://a.atlassian-stg-fedm.net").contains(".stg."));
        assert_eq!(
            server("http://127.0.0.1:1234/jira"),
            "http://127.0.0.1:1234"
        );
        let site = BaseUrl::parse("https://acme.atlassian.net").unwrap();
        let custom = AuthorizationServers::Custom(BaseUrl::parse("https://a.example").unwrap());
        assert_eq!(custom.of(&site), "https://a.example");
    }

    #[test]
    fn only_a_bearer_token_with_a_time_is_a_grant() {
        let good = json!({"access_token": "t", "expires_in": 900, "token_type": "Bearer"});
        let grant = Grant::parse(good.to_string().as_bytes(), NOW).unwrap();
        assert_eq!(grant.expires_at, NOW + Seconds(900));
        for (name, value) in [
            ("access_token", json!("")),
            ("access_token", json!("two words")),
            ("access_token", json!("line\r\nend")),
            ("expires_in", json!(0)),
            ("expires_in", json!("900")),
            ("token_type", json!("mac")),
        ] {
            let mut answer = good.clone();
            answer[name] = value;
            let answer = answer.to_string();
            assert!(Grant::parse(answer.as_bytes(), NOW).is_none(), "{answer}");
        }
        assert!(Grant::parse(b"<html>", NOW).is_none());
    }
}
