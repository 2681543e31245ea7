//! The host's public install keys: fetched once, kept, and never asked for in vain twice.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use connect_core::{Kid, install_keys::KeyHosts, keys::RsaPublicKey};
use reqwest::{Client, StatusCode};
use tokio::sync::Mutex as AsyncMutex;

use crate::http_client;

/// Fetches install keys and keeps them by id, which never changes its key.
#[derive(Debug)]
pub(crate) struct InstallKeys {
    hosts: KeyHosts,
    http: Client,
    slots: Mutex<Slots>,
}

#[derive(Debug)]
struct Slots {
    by_kid: HashMap<Kid, Arc<AsyncMutex<Slot>>>,
    window_started: Instant,
    fetches_in_window: u32,
}

/// What is known of one key id. Whoever holds the lock is the one that fetches.
#[derive(Debug, Default)]
enum Slot {
    #[default]
    Empty,
    Known(Arc<RsaPublicKey>),
    Refused {
        reason: KeyUnavailable,
        until: Instant,
    },
}

/// Why there is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyUnavailable {
    /// A server answered, with something that is not this key.
    #[error("the key server does not know this key")]
    Unknown,
    /// No server answered in time and within its limits, or too many keys were asked for.
    #[error("the key server cannot be reached")]
    Unreachable,
}

/// A PEM of an RSA key of 8,192 bits has 1.5 KiB.
const MAX_BODY: usize = 16 * 1024;
/// For both servers together; a host waits 5 to 10 s for the install call as a whole.
const DEADLINE: Duration = Duration::from_millis(2500);
/// How long a key that was not there is not asked for again.
const NEGATIVE: Duration = Duration::from_secs(60);
/// Ids that are remembered; a host uses a handful.
const MAX_SLOTS: usize = 256;
/// Fetches in a window: tokens with made-up ids must not turn us against the key server.
const MAX_FETCHES: u32 = 60;
const WINDOW: Duration = Duration::from_secs(60);

impl InstallKeys {
    pub(crate) fn new(hosts: KeyHosts, http: Client) -> Self {
        Self {
            hosts,
            http,
            slots: Mutex::new(Slots {
                by_kid: HashMap::new(),
                window_started: Instant::now(),
                fetches_in_window: 0,
            }),
        }
    }

    /// The key of that id, from memory or from the server. One fetch at a time for one id.
    pub(crate) async fn get(&self, kid: &Kid) -> Result<Arc<RsaPublicKey>, KeyUnavailable> {
        let slot = self.slot(kid);
        let mut slot = slot.lock().await;
        match &*slot {
            Slot::Known(key) => return Ok(Arc::clone(key)),
            Slot::Refused { reason, until } if Instant::now() < *until => return Err(*reason),
            Slot::Refused { .. } | Slot::Empty => {}
        }
        if !self.may_fetch() {
            return Err(KeyUnavailable::Unreachable);
        }
        let fetched = tokio::time::timeout(DEADLINE, self.fetch(kid)).await;
        match fetched.unwrap_or(Err(KeyUnavailable::Unreachable)) {
            Ok(key) => {
                let key = Arc::new(key);
                *slot = Slot::Known(Arc::clone(&key));
                Ok(key)
            }
            Err(reason) => {
                // An outage is forgotten sooner than an answer.
                let wait = match reason {
                    KeyUnavailable::Unknown => NEGATIVE,
                    KeyUnavailable::Unreachable => Duration::from_secs(2),
                };
                *slot = Slot::Refused {
                    reason,
                    until: Instant::now() + wait,
                };
                Err(reason)
            }
        }
    }

    fn slot(&self, kid: &Kid) -> Arc<AsyncMutex<Slot>> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.by_kid.len() >= MAX_SLOTS && !slots.by_kid.contains_key(kid) {
            // Known keys stay; what was refused, or is being fetched by others, goes.
            slots.by_kid.retain(|_, slot| {
                slot.try_lock()
                    .is_ok_and(|slot| matches!(*slot, Slot::Known(_)))
            });
            if slots.by_kid.len() >= MAX_SLOTS {
                slots.by_kid.clear();
            }
        }
        Arc::clone(slots.by_kid.entry(kid.clone()).or_default())
    }

    fn may_fetch(&self) -> bool {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.window_started.elapsed() > WINDOW {
            slots.window_started = Instant::now();
            slots.fetches_in_window = 0;
        }
        slots.fetches_in_window += 1;
        slots.fetches_in_window <= MAX_FETCHES
    }

    /// Asks the servers in order: the second when the first does not answer or does not know.
    async fn fetch(&self, kid: &Kid) -> Result<RsaPublicKey, KeyUnavailable> {
        let mut result = Err(KeyUnavailable::Unreachable);
        for url in self.hosts.urls(kid) {
            result = self.fetch_from(&url).await;
            match &result {
                Ok(_) => break,
                Err(reason) => tracing::warn!(%url, %reason, "install key not fetched"),
            }
        }
        result
    }

    async fn fetch_from(&self, url: &str) -> Result<RsaPublicKey, KeyUnavailable> {
        let sent = self.http.get(url).send().await;
        let mut response = sent.map_err(|_| KeyUnavailable::Unreachable)?;
        // SECURITY: a 404 whose body is a PEM is not a key (ACE takes it for one).
        // Test: only_a_plain_200_is_a_key.
        match response.status() {
            StatusCode::OK => {}
            status if status.is_server_error() => return Err(KeyUnavailable::Unreachable),
            _ => return Err(KeyUnavailable::Unknown),
        }
        let body = http_client::read_body(&mut response, MAX_BODY).await;
        let body = body.map_err(|_| KeyUnavailable::Unreachable)?;
        let body = body.ok_or(KeyUnavailable::Unknown)?;
        std::str::from_utf8(&body)
            .ok()
            .and_then(|pem| RsaPublicKey::from_pem(pem).ok())
            .ok_or(KeyUnavailable::Unknown)
    }
}
