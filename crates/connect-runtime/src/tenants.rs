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
    tenant: Arc<Tenant>,
    read_at: Instant,
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
    pub(crate) async fn get(
        &self,
        client_key: &ClientKey,
    ) -> Result<Option<Arc<Tenant>>, StoreError> {
        match self.cached(client_key.as_str()) {
            Some(tenant) => Ok(Some(tenant)),
            // Boxed: the way through the store is rare, and would make every request's future big.
            None => Box::pin(self.read(client_key)).await,
        }
    }

    /// The tenant whose client key is this text, if it is known and was read not long ago.
    pub(crate) fn cached(&self, client_key: &str) -> Option<Arc<Tenant>> {
        let cache = self.cache.read().unwrap_or_else(PoisonError::into_inner);
        let entry = cache.get(client_key)?;
        (entry.read_at.elapsed() < TTL).then(|| Arc::clone(&entry.tenant))
    }

    async fn read(&self, client_key: &ClientKey) -> Result<Option<Arc<Tenant>>, StoreError> {
        // Taken before the read: a write that overtakes the read is newer than this entry.
        let read_at = Instant::now();
        let Some(tenant) = self.store.tenant(client_key).await? else {
            self.forget(client_key);
            return Ok(None);
        };
        let tenant = Arc::new(tenant);
        self.remember(&tenant, read_at);
        Ok(Some(tenant))
    }

    /// The tenant as the store has it, when that differs from this one. Asked when a signature does
    /// not hold, so for one tenant at most once in [`RECHECK`]: bad tokens must not become store
    /// traffic.
    pub(crate) async fn changed(
        &self,
        known: &Arc<Tenant>,
    ) -> Result<Option<Arc<Tenant>>, StoreError> {
        {
            let cache = self.cache.read().unwrap_or_else(PoisonError::into_inner);
            let fresh = cache
                .get(&known.client_key)
                .is_some_and(|entry| entry.read_at.elapsed() < RECHECK);
            if fresh {
                return Ok(None);
            }
        }
        let read_at = Instant::now();
        let Some(tenant) = self.store.tenant(&known.client_key).await? else {
            self.forget(&known.client_key);
            return Ok(None);
        };
        let tenant = Arc::new(tenant);
        self.remember(&tenant, read_at);
        Ok((*tenant != **known).then_some(tenant))
    }

    /// The tenant as the store has it now, for decisions that change it.
    pub(crate) async fn fresh(&self, client_key: &ClientKey) -> Result<Option<Tenant>, StoreError> {
        self.store.tenant(client_key).await
    }

    /// Writes through.
    pub(crate) async fn save(&self, tenant: Tenant) -> Result<Arc<Tenant>, StoreError> {
        self.store.save_tenant(&tenant).await?;
        let tenant = Arc::new(tenant);
        self.remember(&tenant, Instant::now());
        Ok(tenant)
    }

    fn remember(&self, tenant: &Arc<Tenant>, read_at: Instant) {
        let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= MAX_ENTRIES {
            cache.retain(|_, entry| entry.read_at.elapsed() < TTL);
            if cache.len() >= MAX_ENTRIES {
                cache.clear();
            }
        }
        let newer = cache
            .get(&tenant.client_key)
            .is_some_and(|entry| entry.read_at > read_at);
        if !newer {
            cache.insert(
                tenant.client_key.clone(),
                Entry {
                    tenant: Arc::clone(tenant),
                    read_at,
                },
            );
        }
    }

    fn forget(&self, client_key: &ClientKey) {
        let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
        cache.remove(client_key);
    }
}
