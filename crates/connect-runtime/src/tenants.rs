//! The tenants an app is working with, in front of the store.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use connect_core::{
    ClientKey, Tenant,
    store::{Store, StoreError},
};
use http::HeaderValue;

use crate::headers::frame_ancestors;

/// A cache in front of a store, so that a request costs no store round trip.
///
/// A write through this process is seen at once. A write of another process is seen when the entry
/// is older than [`TTL`], or, when it is a new secret, as soon as a token is signed with it.
#[derive(Debug)]
pub(crate) struct Tenants {
    store: Arc<dyn Store>,
    cache: RwLock<HashMap<ClientKey, Entry>>,
}

#[derive(Debug)]
struct Entry {
    known: Known,
    read_at: Instant,
}

/// A tenant, and what is made of it once because every response to it needs it.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) tenant: Arc<Tenant>,
    /// Who may show the app's pages in a frame.
    pub(crate) frames: HeaderValue,
}

impl Known {
    fn new(tenant: Tenant) -> Self {
        Self {
            frames: frame_ancestors(&tenant),
            tenant: Arc::new(tenant),
        }
    }
}

/// How stale a tenant may be that another process has changed.
const TTL: Duration = Duration::from_secs(5);
/// How often a signature that does not hold makes us look again.
const RECHECK: Duration = Duration::from_secs(1);
/// Tenants kept; a page of an app of this size touches far fewer in [`TTL`].
const MAX_ENTRIES: usize = 10_000;

impl Tenants {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            cache: RwLock::default(),
        }
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The tenant of that client key, also when it has uninstalled the app.
    pub(crate) async fn get(&self, client_key: &ClientKey) -> Result<Option<Known>, StoreError> {
        match self.cached(client_key.as_str()) {
            Some(known) => Ok(Some(known)),
            // Boxed: the way through the store is rare, and would make every request's future big.
            None => Box::pin(self.read(client_key)).await,
        }
    }

    /// The tenant whose client key is this text, if it is known and was read not long ago.
    pub(crate) fn cached(&self, client_key: &str) -> Option<Known> {
        let cache = self.cache.read().unwrap_or_else(PoisonError::into_inner);
        let entry = cache.get(client_key)?;
        (entry.read_at.elapsed() < TTL).then(|| entry.known.clone())
    }

    async fn read(&self, client_key: &ClientKey) -> Result<Option<Known>, StoreError> {
        // Taken before the read: a write that overtakes the read is newer than this entry.
        let read_at = Instant::now();
        let Some(tenant) = self.store.tenant(client_key).await? else {
            self.forget(client_key);
            return Ok(None);
        };
        let known = Known::new(tenant);
        self.remember(&known, read_at);
        Ok(Some(known))
    }

    /// The tenant as the store has it, when that differs from this one. Asked when a signature does
    /// not hold, so for one tenant at most once in [`RECHECK`]: bad tokens must not become store
    /// traffic.
    pub(crate) async fn changed(&self, before: &Tenant) -> Result<Option<Known>, StoreError> {
        {
            let cache = self.cache.read().unwrap_or_else(PoisonError::into_inner);
            let fresh = cache
                .get(&before.client_key)
                .is_some_and(|entry| entry.read_at.elapsed() < RECHECK);
            if fresh {
                return Ok(None);
            }
        }
        let read_at = Instant::now();
        let Some(tenant) = self.store.tenant(&before.client_key).await? else {
            self.forget(&before.client_key);
            return Ok(None);
        };
        let known = Known::new(tenant);
        self.remember(&known, read_at);
        Ok((*known.tenant != *before).then_some(known))
    }

    /// The tenant as the store has it now, for decisions that change it.
    pub(crate) async fn fresh(&self, client_key: &ClientKey) -> Result<Option<Tenant>, StoreError> {
        self.store.tenant(client_key).await
    }

    /// Writes through.
    pub(crate) async fn save(&self, tenant: Tenant) -> Result<Arc<Tenant>, StoreError> {
        self.store.save_tenant(&tenant).await?;
        let known = Known::new(tenant);
        self.remember(&known, Instant::now());
        Ok(known.tenant)
    }

    fn remember(&self, known: &Known, read_at: Instant) {
        let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= MAX_ENTRIES {
            cache.retain(|_, entry| entry.read_at.elapsed() < TTL);
            if cache.len() >= MAX_ENTRIES {
                cache.clear();
            }
        }
        let newer = cache
            .get(&known.tenant.client_key)
            .is_some_and(|entry| entry.read_at > read_at);
        if !newer {
            let known = known.clone();
            cache.insert(known.tenant.client_key.clone(), Entry { known, read_at });
        }
    }

    fn forget(&self, client_key: &ClientKey) {
        let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
        cache.remove(client_key);
    }
}

#[cfg(test)]
mod tests {
    use connect_core::{AppKey, BaseUrl, Product, Secret, Timestamp};
    use connect_store::MemoryStore;

    use super::*;

    fn tenant(site: &str) -> Tenant {
        Tenant::new(
            AppKey::parse("com.example.app").unwrap(),
            ClientKey::parse("site-1").unwrap(),
            BaseUrl::parse(site).unwrap(),
            Product::Jira,
            Secret::new("a shared secret that is long enough"),
            Timestamp::from_unix(0),
        )
    }

    #[tokio::test]
    async fn what_is_kept_beside_a_tenant_is_renewed_with_it() {
        let tenants = Tenants::new(Arc::new(MemoryStore::new()));
        assert!(tenants.cached("site-1").is_none());
        for site in ["https://acme.atlassian.net", "https://new.atlassian.net"] {
            tenants.save(tenant(site)).await.unwrap();
            let known = tenants.cached("site-1").unwrap();
            assert_eq!(known.tenant.base_url.as_str(), site);
            assert_eq!(known.frames, format!("frame-ancestors 'self' {site}"));
        }
        assert!(tenants.cached("site-2").is_none());
    }

    #[test]
    fn every_address_of_a_site_may_show_it_once_and_no_other_text_gets_in() {
        let mut tenant = tenant("https://acme.atlassian.net");
        let policy = |tenant: &Tenant| Known::new(tenant.clone()).frames;
        for (shown, more) in [
            ("https://acme.atlassian.net", ""),
            ("https://acme.atlassian.net/", ""),
            (
                "https://help.example.com/portal",
                " https://help.example.com",
            ),
            ("*", ""),
            ("https://a.example; script-src *", ""),
            ("https://a.example\r\nset-cookie: a=b", ""),
        ] {
            for name in ["displayUrl", "displayUrlServicedeskHelpCenter"] {
                tenant.details.insert(name.to_owned(), shown.into());
            }
            let expected = format!("frame-ancestors 'self' https://acme.atlassian.net{more}");
            assert_eq!(policy(&tenant), expected, "{shown}");
        }
    }
}
