//! Tenants in the memory of the process.

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{Mutex, MutexGuard, PoisonError},
};

use connect_core::{
    ClientKey, Tenant,
    store::{Store, StoreFuture},
};
use serde_json::Value;

use crate::record;

/// Tenants in the memory of the process: gone when it ends.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Content>);

#[derive(Debug, Default)]
struct Content {
    tenants: BTreeMap<ClientKey, Tenant>,
    settings: BTreeMap<(ClientKey, String), Value>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// A panic elsewhere cannot leave a half-written record: every change is one insert or remove.
    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn tenant<'a>(&'a self, client_key: &'a ClientKey) -> StoreFuture<'a, Option<Tenant>> {
        Box::pin(async move { Ok(self.content().tenants.get(client_key).cloned()) })
    }

    fn save_tenant<'a>(&'a self, tenant: &'a Tenant) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let key = tenant.client_key.clone();
            self.content().tenants.insert(key, tenant.clone());
            Ok(())
        })
    }

    fn tenants<'a>(
        &'a self,
        after: Option<&'a ClientKey>,
        limit: usize,
    ) -> StoreFuture<'a, Vec<Tenant>> {
        Box::pin(async move {
            let from = after.map_or(Bound::Unbounded, Bound::Excluded);
            let content = self.content();
            let page = content.tenants.range((from, Bound::Unbounded));
            Ok(page.take(limit).map(|(_, tenant)| tenant.clone()).collect())
        })
    }

    fn purge_tenant<'a>(&'a self, client_key: &'a ClientKey) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let mut content = self.content();
            content.settings.retain(|(owner, _), _| owner != client_key);
            Ok(content.tenants.remove(client_key).is_some())
        })
    }

    fn setting<'a>(
        &'a self,
        client_key: &'a ClientKey,
        name: &'a str,
    ) -> StoreFuture<'a, Option<Value>> {
        Box::pin(async move {
            record::check_name(name)?;
            let key = (client_key.clone(), name.to_owned());
            Ok(self.content().settings.get(&key).cloned())
        })
    }

    fn save_setting<'a>(
        &'a self,
        client_key: &'a ClientKey,
        name: &'a str,
        value: &'a Value,
    ) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            record::check_name(name)?;
            let key = (client_key.clone(), name.to_owned());
            self.content().settings.insert(key, value.clone());
            Ok(())
        })
    }

    fn remove_setting<'a>(
        &'a self,
        client_key: &'a ClientKey,
        name: &'a str,
    ) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            record::check_name(name)?;
            let key = (client_key.clone(), name.to_owned());
            Ok(self.content().settings.remove(&key).is_some())
        })
    }
}
