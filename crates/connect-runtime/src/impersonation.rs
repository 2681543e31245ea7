//! Tokens with which the app acts as users.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use connect_core::{
    AccountId, Secret, Tenant, Timestamp,
    impersonation::{AssertionError, AuthorizationServers, Grant, GrantName, Scopes, assertion},
    keys::HmacKey,
    time::Seconds,
};
use http::{StatusCode, header};
use tokio::sync::Mutex as AsyncMutex;

use crate::{app::ConnectApp, client::host_message, http_client};

/// Why the app cannot act as a user.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImpersonationError {
    /// The app cannot even ask.
    #[error(transparent)]
    Assertion(#[from] AssertionError),
    /// The authorization server refuses: the user is not on the site, the app has no
    /// `ACT_AS_USER`, or the site was imported and the app must be installed again.
    #[error("the authorization server answered {status}{}", reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}")))]
    Refused {
        /// The status.
        status: StatusCode,
        /// What it says about it.
        reason: Option<String>,
    },
    /// The authorization server cannot be reached, or not in time.
    #[error("the authorization server cannot be reached")]
    Unreachable,
    /// The authorization server answered something that is no bearer token with a time.
    #[error("the authorization server's answer is no token")]
    Unusable,
}

/// Asks for users' tokens and keeps them, in memory only and until shortly before they expire.
///
/// What is kept under which user cannot be told from it: the names are hashes by a key of the
/// process.
#[derive(Debug)]
pub(crate) struct UserTokens {
    servers: AuthorizationServers,
    key: HmacKey,
    slots: Mutex<Slots>,
}

#[derive(Debug)]
struct Slots {
    by_name: HashMap<GrantName, Arc<AsyncMutex<Slot>>>,
    swept_at: Timestamp,
}

/// What is known of one grant. Whoever holds the lock is the one that asks.
#[derive(Debug, Default)]
enum Slot {
    #[default]
    Empty,
    Known {
        token: Secret,
        /// From then on a new one is asked for.
        stale_at: Timestamp,
    },
    Refused {
        error: ImpersonationError,
        until: Timestamp,
    },
}

/// A token is not used in its last half minute: the call must arrive while it is good.
const MARGIN: Seconds = Seconds(30);
/// How long a refusal is believed: calls in a loop must not become requests in a loop.
const NEGATIVE: Seconds = Seconds(5);
/// The server is asked once, for so long.
const DEADLINE: Duration = Duration::from_secs(10);
/// How often tokens whose time is over are thrown away.
const SWEEP: Seconds = Seconds(60);
/// Grants that are kept; each is a few hundred bytes.
const MAX_SLOTS: usize = 10_000;
/// An answer is a token and a few words.
const MAX_ANSWER: usize = 64 * 1024;

impl UserTokens {
    pub(crate) fn new(servers: AuthorizationServers) -> Self {
        let mut key = [0_u8; 32];
        // Without random numbers the names could be guessed by who already reads our memory.
        let _ = ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut key);
        Self {
            servers,
            key: HmacKey::from_bytes(&key),
            slots: Mutex::new(Slots {
                by_name: HashMap::new(),
                swept_at: Timestamp::from_unix(0),
            }),
        }
    }

    /// A token that is good for a while, from memory or from the server. One request at a time for
    /// one grant.
    pub(crate) async fn get(
        &self,
        app: &ConnectApp,
        tenant: &Tenant,
        account_id: &AccountId,
        scopes: &Scopes,
    ) -> Result<Secret, ImpersonationError> {
        let now = app.now();
        let server = self.servers.of(&tenant.base_url);
        // Also when a token is kept: who has uninstalled the app is not called any more.
        let assertion = assertion(tenant, account_id, server, now)?;
        let slot = self.slot(GrantName::of(&self.key, tenant, account_id, scopes), now);
        let mut slot = slot.lock().await;
        match &*slot {
            Slot::Known { token, .. } if slot.is_of_use(now) => return Ok(token.clone()),
            Slot::Refused { error, .. } if slot.is_of_use(now) => return Err(error.clone()),
            _ => {}
        }
        let asked = self.ask(app, server, &assertion, scopes);
        let asked = tokio::time::timeout(DEADLINE, asked).await;
        match asked.unwrap_or(Err(ImpersonationError::Unreachable)) {
            Ok(grant) => {
                let life = grant.expires_at.since(now);
                // A token that lives shorter than twice the margin is used for half its life.
                let margin = MARGIN.min(Seconds(life.0 / 2));
                *slot = Slot::Known {
                    token: grant.token.clone(),
                    stale_at: grant.expires_at + Seconds(-margin.0),
                };
                Ok(grant.token)
            }
            Err(error) => {
                *slot = Slot::Refused {
                    error: error.clone(),
                    until: now + NEGATIVE,
                };
                Err(error)
            }
        }
    }

    /// Forgets a token that the product does not take.
    pub(crate) fn forget(&self, tenant: &Tenant, account_id: &AccountId, scopes: &Scopes) {
        let name = GrantName::of(&self.key, tenant, account_id, scopes);
        self.lock().by_name.remove(&name);
    }

    fn slot(&self, name: GrantName, now: Timestamp) -> Arc<AsyncMutex<Slot>> {
        let mut slots = self.lock();
        let full = slots.by_name.len() >= MAX_SLOTS && !slots.by_name.contains_key(&name);
        if full || now.since(slots.swept_at) > SWEEP {
            // No clear token beyond its time. Those that somebody waits for stay.
            slots.by_name.retain(|_, slot| {
                Arc::strong_count(slot) > 1 || slot.try_lock().is_ok_and(|slot| slot.is_of_use(now))
            });
            slots.swept_at = now;
        }
        if slots.by_name.len() >= MAX_SLOTS {
            slots.by_name.clear();
        }
        Arc::clone(slots.by_name.entry(name).or_default())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask(
        &self,
        app: &ConnectApp,
        server: &str,
        assertion: &Secret,
        scopes: &Scopes,
    ) -> Result<Grant, ImpersonationError> {
        let now = app.now();
        let sent = app
            .inner()
            .http
            .post(format!("{server}/oauth2/token"))
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form(assertion, scopes))
            .send()
            .await;
        let unreachable = |_| ImpersonationError::Unreachable;
        let mut response = sent.map_err(unreachable)?;
        let body = http_client::read_body(&mut response, MAX_ANSWER).await;
        let body = body.map_err(unreachable)?.unwrap_or_default();
        let status = response.status();
        if !status.is_success() {
            return Err(ImpersonationError::Refused {
                status,
                reason: host_message(&body),
            });
        }
        Grant::parse(&body, now).ok_or(ImpersonationError::Unusable)
    }
}

impl Slot {
    fn is_of_use(&self, now: Timestamp) -> bool {
        match self {
            Self::Empty => false,
            Self::Known { stale_at, .. } => now < *stale_at,
            Self::Refused { until, .. } => now < *until,
        }
    }
}

/// The grant, as a form (RFC 7523 section 2.1).
fn form(assertion: &Secret, scopes: &Scopes) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
    form.append_pair("assertion", assertion.expose());
    if !scopes.is_all() {
        form.append_pair("scope", &scopes.to_string());
    }
    form.finish()
}

impl ImpersonationError {
    /// The stable code of docs/errors.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Assertion(AssertionError::NoClientId) => "impersonation/no-client-id",
            Self::Assertion(_) => "impersonation/not-installed",
            Self::Refused { .. } => "impersonation/refused",
            Self::Unreachable => "impersonation/unreachable",
            Self::Unusable => "impersonation/unusable",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(tokens: &UserTokens, n: usize) -> GrantName {
        let tenant = Tenant::new(
            connect_core::AppKey::parse("com.example.app").unwrap(),
            connect_core::ClientKey::parse("site-1").unwrap(),
            connect_core::BaseUrl::parse("https://acme.atlassian.net").unwrap(),
            connect_core::Product::Jira,
            Secret::new("a shared secret that is long enough, really"),
            Timestamp::from_unix(0),
        );
        let user = AccountId::parse(&n.to_string()).unwrap();
        GrantName::of(&tokens.key, &tenant, &user, &Scopes::all())
    }

    fn put(tokens: &UserTokens, n: usize, stale_at: i64, now: i64) {
        let slot = tokens.slot(name(tokens, n), Timestamp::from_unix(now));
        *slot.try_lock().unwrap() = Slot::Known {
            token: Secret::new("a token"),
            stale_at: Timestamp::from_unix(stale_at),
        };
    }

    #[test]
    fn no_token_is_kept_beyond_its_time() {
        let tokens = UserTokens::new(AuthorizationServers::BySite);
        put(&tokens, 1, 1_000, 100);
        put(&tokens, 2, 2_000, 101);
        put(&tokens, 3, 2_000, 1_500);
        let names: Vec<GrantName> = tokens.lock().by_name.keys().copied().collect();
        assert_eq!(names.len(), 2);
        assert!(!names.contains(&name(&tokens, 1)));
    }

    #[test]
    fn no_more_tokens_are_kept_than_said() {
        let tokens = UserTokens::new(AuthorizationServers::BySite);
        for n in 0..=MAX_SLOTS {
            put(&tokens, n, 2_000, 1_000);
            assert!(tokens.lock().by_name.len() <= MAX_SLOTS);
        }
        let known = tokens
            .lock()
            .by_name
            .contains_key(&name(&tokens, MAX_SLOTS));
        assert!(known, "the newest is among them");
    }
}
