//! Forge's public keys: one document, fetched when it is needed and kept.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant},
};

use connect_core::{
    Kid,
    forge::{IcLabel, JsonWebKeys, KeySource},
    keys::RsaPublicKey,
};
use reqwest::{Client, StatusCode};
use tokio::sync::Mutex as AsyncMutex;

use crate::{http_client, keys::KeyUnavailable};

/// Fetches the documents of Forge's keys and keeps them: one, or one for each isolated cloud.
#[derive(Debug)]
pub(crate) struct ForgeKeys {
    source: KeySource,
    http: Client,
    sets: Mutex<HashMap<Option<IcLabel>, Arc<KeySet>>>,
}

/// The keys of one document.
#[derive(Debug, Default)]
struct KeySet {
    known: RwLock<Known>,
    /// The last attempt. Whoever holds it is the one that fetches.
    attempt: AsyncMutex<Option<(Instant, Result<(), KeyUnavailable>)>>,
}

#[derive(Debug, Default)]
struct Known {
    keys: HashMap<Kid, Arc<RsaPublicKey>>,
    fetched_at: Option<Instant>,
}

/// A document has a few keys of half a KiB each.
const MAX_BODY: usize = 256 * 1024;
/// Forge waits 5 s for the answer to an event.
const DEADLINE: Duration = Duration::from_millis(2500);
/// A document is fetched again after so long, so that keys that were withdrawn are noticed.
const FRESH: Duration = Duration::from_secs(60 * 60);
/// When it cannot be fetched, its keys stay good for so long.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);
/// How long an id that was not in the document is not looked for again, and an outage believed:
/// tokens with made-up ids must not turn us against the key server.
const COOL_DOWN: Duration = Duration::from_secs(10);
const OUTAGE: Duration = Duration::from_secs(2);
/// Isolated clouds; the label is read from tokens that nobody has proved.
const MAX_SETS: usize = 32;

impl ForgeKeys {
    pub(crate) fn new(source: KeySource, http: Client) -> Self {
        Self {
            source,
            http,
            sets: Mutex::default(),
        }
    }

    /// The key of that id, from memory or from the server. One fetch at a time.
    pub(crate) async fn get(
        &self,
        kid: &Kid,
        label: Option<&IcLabel>,
    ) -> Result<Arc<RsaPublicKey>, KeyUnavailable> {
        let url = self.source.url(label).ok_or(KeyUnavailable::Unknown)?;
        let set = self.set(label).ok_or(KeyUnavailable::Unreachable)?;
        if let Some(key) = set.known(kid, FRESH) {
            return Ok(key);
        }
        let mut attempt = set.attempt.lock().await;
        // Another one may have fetched it while we waited.
        if let Some(key) = set.known(kid, FRESH) {
            return Ok(key);
        }
        let stale = set.known(kid, STALE);
        if let Some((at, result)) = &*attempt {
            let wait = if result.is_ok() { COOL_DOWN } else { OUTAGE };
            if at.elapsed() < wait {
                let reason = result.err().unwrap_or(KeyUnavailable::Unknown);
                return stale.ok_or(reason);
            }
        }
        let fetched = tokio::time::timeout(DEADLINE, self.fetch(&url)).await;
        let fetched = fetched.unwrap_or(Err(KeyUnavailable::Unreachable));
        *attempt = Some((
            Instant::now(),
            fetched.as_ref().map(drop).map_err(|reason| *reason),
        ));
        match fetched {
            Ok(keys) => {
                set.replace(keys);
                set.known(kid, FRESH).ok_or(KeyUnavailable::Unknown)
            }
            Err(reason) => {
                tracing::warn!(%url, %reason, "keys of Forge not fetched");
                stale.ok_or(reason)
            }
        }
    }

    fn set(&self, label: Option<&IcLabel>) -> Option<Arc<KeySet>> {
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        if sets.len() >= MAX_SETS && !sets.contains_key(&label.cloned()) {
            return None;
        }
        Some(Arc::clone(sets.entry(label.cloned()).or_default()))
    }

    async fn fetch(&self, url: &str) -> Result<JsonWebKeys, KeyUnavailable> {
        let sent = self.http.get(url).send().await;
        let mut response = sent.map_err(|_| KeyUnavailable::Unreachable)?;
        if response.status() != StatusCode::OK {
            return Err(KeyUnavailable::Unreachable);
        }
        let body = http_client::read_body(&mut response, MAX_BODY).await;
        let body = body.ok().flatten().ok_or(KeyUnavailable::Unreachable)?;
        JsonWebKeys::parse(&body).ok_or(KeyUnavailable::Unreachable)
    }
}

impl KeySet {
    fn known(&self, kid: &Kid, age: Duration) -> Option<Arc<RsaPublicKey>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let fresh = known.fetched_at.is_some_and(|at| at.elapsed() < age);
        known.keys.get(kid).filter(|_| fresh).cloned()
    }

    fn replace(&self, keys: JsonWebKeys) {
        let keys = keys.into_map().into_iter();
        let keys = keys.map(|(kid, key)| (kid, Arc::new(key))).collect();
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        *known = Known {
            keys,
            fetched_at: Some(Instant::now()),
        };
    }
}
