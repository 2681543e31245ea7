//! Forge remote: invocations in, calls to the product out.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use connect_core::{
    InstallationId, Secret, TokenError,
    forge::{ForgeClaims, ForgePolicy, Invocation, ReplayGuard, UnverifiedInvocation, verify},
    store::{AppToken, ForgeInstallation, StoreError},
    time::Seconds,
};
use http::{HeaderMap, header};

use crate::{
    app::ConnectApp, client::Actor, config::Config, keys::KeyUnavailable, rejection::Rejection,
};

mod client;
mod event;
mod keys;
mod request;

pub use client::ForgeClient;
pub use event::{
    AppLifecycle, EventApp, EventContext, ForgeEvent, PreUninstall, RetryContext, RetryReason,
    ScheduledTrigger,
};
pub use request::{Accepted, ForgeRequest};

/// What an app needs to take invocations.
#[derive(Debug)]
pub(crate) struct Forge {
    policy: ForgePolicy,
    keys: keys::ForgeKeys,
    used: Mutex<ReplayGuard>,
    /// Hashes of the tokens that were stored last, so that not every invocation is a write.
    stored: Mutex<HashMap<InstallationId, [u8; 32]>>,
}

/// How far the clocks of Forge and app may differ; its tokens live under half a minute.
const LEEWAY: Seconds = Seconds(10);
/// Far above what Forge makes; a token that lives longer is none of its.
const MAX_LIFETIME: Seconds = Seconds(5 * 60);
/// Tokens that are remembered as used, at about 100 bytes each.
const MAX_USED: usize = 100_000;
/// Installations whose tokens are remembered.
const MAX_STORED: usize = 10_000;
/// Forge promises two hours for the tokens that it sends; a call must have arrived by then.
const TOKEN_LIFE: Seconds = Seconds(2 * 60 * 60 - 60);

impl Forge {
    pub(crate) fn new(config: &Config, http: reqwest::Client) -> Self {
        Self {
            policy: ForgePolicy {
                app_ids: config.app_ids.clone(),
                leeway: LEEWAY,
                max_lifetime: MAX_LIFETIME,
            },
            keys: keys::ForgeKeys::new(config.forge_keys.clone(), http),
            used: Mutex::new(ReplayGuard::new(MAX_USED)),
            stored: Mutex::default(),
        }
    }

    /// Proves the token of an invocation, once.
    async fn prove(&self, app: &ConnectApp, headers: &HeaderMap) -> Result<Invocation, Rejection> {
        let now = app.now();
        let token = UnverifiedInvocation::parse(bearer(headers)?)?;
        let kid = token.precheck(&self.policy, now)?;
        let key = self.keys.get(&kid, token.ic_label_hint()).await;
        let key = key.map_err(|reason| match reason {
            KeyUnavailable::Unknown => Rejection::Token(TokenError::Kid),
            KeyUnavailable::Unreachable => Rejection::ForgeKeys,
        })?;
        let proof = verify(token, &key, &self.policy, now)?;
        let claims = proof.claims();
        let until = claims.expires_at + LEEWAY;
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        // SECURITY: only behind the signature, so that nobody can use up tokens of others.
        // Test: an_invocation_is_taken_once.
        if used.is_first(&claims.jti, until, now) {
            Ok(proof)
        } else {
            Err(TokenError::Replayed.into())
        }
    }

    /// Keeps the token with which the app calls on its own, when it is another than the last. The
    /// invocation does not need it kept, so a store that is down does not stop that.
    async fn keep(&self, app: &ConnectApp, claims: &ForgeClaims, token: &Secret) {
        let id = &claims.app.installation_id;
        let hash = ring::digest::digest(&ring::digest::SHA256, token.expose().as_bytes());
        let mut name = [0; 32];
        name.copy_from_slice(hash.as_ref());
        if self.lock_stored().get(id) == Some(&name) {
            return;
        }
        let installation = ForgeInstallation {
            api_base_url: Some(claims.app.api_base_url.clone()),
            app_token: Some(AppToken {
                token: token.clone(),
                expires_at: app.now() + TOKEN_LIFE,
            }),
            ..ForgeInstallation::new(id.clone())
        };
        if let Err(error) = app.store().save_installation(&installation).await {
            tracing::warn!(installation = %id, %error, "the app's token is not kept");
            return;
        }
        let mut stored = self.lock_stored();
        if stored.len() >= MAX_STORED && !stored.contains_key(id) {
            stored.clear();
        }
        stored.insert(id.clone(), name);
    }

    fn lock_stored(&self) -> std::sync::MutexGuard<'_, HashMap<InstallationId, [u8; 32]>> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ConnectApp {
    /// A client for a Forge installation, as the app, for work outside an invocation; none when
    /// nothing is known of the installation. It has the token of the last invocation that brought
    /// one, as long as that is good.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forge_client(
        &self,
        installation: &InstallationId,
    ) -> Result<Option<ForgeClient>, StoreError> {
        let Some(known) = self.store().installation(installation).await? else {
            return Ok(None);
        };
        let now = self.now();
        let token = known.app_token.filter(|token| now < token.expires_at);
        let actor = Actor::Bearer(token.map(|token| token.token));
        Ok(known
            .api_base_url
            .map(|api| ForgeClient::new(self.clone(), known.id, api, actor)))
    }
}

/// The token of `Authorization: Bearer …`, which is there once.
fn bearer(headers: &HeaderMap) -> Result<&str, TokenError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or(TokenError::Missing)?;
    if values.next().is_some() {
        return Err(TokenError::Ambiguous);
    }
    let (scheme, token) = value
        .to_str()
        .ok()
        .and_then(|value| value.trim_start().split_once(' '))
        .ok_or(TokenError::Missing)?;
    if scheme.eq_ignore_ascii_case("bearer") {
        Ok(token.trim())
    } else {
        Err(TokenError::Missing)
    }
}

/// A token that Forge sends along for calling the product.
fn secret(headers: &HeaderMap, name: &str) -> Option<Secret> {
    let value = headers.get(name)?.to_str().ok()?.trim();
    (!value.is_empty()).then(|| Secret::new(value))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn found(values: &[&str]) -> Result<String, TokenError> {
        let mut headers = HeaderMap::new();
        for value in values {
            let value = HeaderValue::from_str(value).unwrap();
            headers.append(header::AUTHORIZATION, value);
        }
        bearer(&headers).map(str::to_owned)
    }

    #[test]
    fn a_token_is_in_one_place_and_there_once() {
        let token = Ok("a.b.c".to_owned());
        assert_eq!(found(&["Bearer a.b.c"]), token);
        assert_eq!(found(&["bearer  a.b.c "]), token);
        for nothing in ["", "a.b.c", "JWT a.b.c", "Basic eDp5"] {
            assert_eq!(found(&[nothing]), Err(TokenError::Missing), "{nothing}");
        }
        assert_eq!(found(&[]), Err(TokenError::Missing));
        for two in [["Bearer a.b.c", "Bearer a.b.c"], ["JWT x", "Bearer a.b.c"]] {
            assert_eq!(found(&two), Err(TokenError::Ambiguous));
        }
    }
}
