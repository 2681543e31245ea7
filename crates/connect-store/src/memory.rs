//! Tenants in the memory of the process.

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{Mutex, MutexGuard, PoisonError},
};

use connect_core::{
    ClientKey, InstallationId, Tenant,
    store::{ForgeInstallation, PageToken, Store, StoreFuture, TenantPage},
};
use serde_json::Value;

use crate::names::{self, Kind};

/// Tenants in the memory of the process: gone when it ends.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Content>);

#[derive(Debug, Default)]
struct Content {
    tenants: BTreeMap<ClientKey, Tenant>,
    settings: Settings<ClientKey>,
    installations: BTreeMap<InstallationId, ForgeInstallation>,
    associations: BTreeMap<InstallationId, ClientKey>,
    forge_settings: Settings<InstallationId>,
}

/// Settings by owner and name.
#[derive(Debug)]
struct Settings<K>(BTreeMap<K, BTreeMap<String, Value>>);

impl<K> Default for Settings<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Clone + Ord> Settings<K> {
    fn save(&mut self, owner: &K, name: &str, value: &Value) {
        let settings = self.0.entry(owner.clone()).or_default();
        settings.insert(name.to_owned(), value.clone());
    }

    fn remove(&mut self, owner: &K, name: &str) -> bool {
        let settings = self.0.get_mut(owner);
        settings.is_some_and(|settings| settings.remove(name).is_some())
    }

    fn get(&self, owner: &K, name: &str) -> Option<Value> {
        self.0.get(owner)?.get(name).cloned()
    }

    fn all(&self, owner: &K) -> Vec<(String, Value)> {
        let settings = self.0.get(owner).into_iter().flatten();
        settings
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// A panic elsewhere cannot leave a half-written record: nothing between two changes panics.
    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The methods around the settings of tenants, and those of installations.
macro_rules! settings_in {
    ($field:ident of $kind:path, $owner:ty:
        $all:ident, $one:ident, $save:ident, $remove:ident) => {
        fn $all<'a>(&'a self, owner: &'a $owner) -> StoreFuture<'a, Vec<(String, Value)>> {
            Box::pin(async move { Ok(self.content().$field.all(owner)) })
        }

        fn $one<'a>(&'a self, owner: &'a $owner, name: &'a str) -> StoreFuture<'a, Option<Value>> {
            Box::pin(async move {
                names::check($kind, name)?;
                Ok(self.content().$field.get(owner, name))
            })
        }

        fn $save<'a>(
            &'a self,
            owner: &'a $owner,
            name: &'a str,
            value: &'a Value,
        ) -> StoreFuture<'a, ()> {
            Box::pin(async move {
                names::check($kind, name)?;
                self.content().$field.save(owner, name, value);
                Ok(())
            })
        }

        fn $remove<'a>(&'a self, owner: &'a $owner, name: &'a str) -> StoreFuture<'a, bool> {
            Box::pin(async move {
                names::check($kind, name)?;
                Ok(self.content().$field.remove(owner, name))
            })
        }
    };
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
        from: Option<&'a PageToken>,
        limit: usize,
    ) -> StoreFuture<'a, TenantPage> {
        Box::pin(async move {
            let after = from.and_then(|token| ClientKey::parse(token.as_str()).ok());
            let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let content = self.content();
            let mut rest = content
                .tenants
                .range::<ClientKey, _>((from, Bound::Unbounded));
            let tenants: Vec<Tenant> = rest
                .by_ref()
                .take(limit)
                .map(|(_, tenant)| tenant.clone())
                .collect();
            let last = tenants.last().filter(|_| rest.next().is_some());
            let next = last.map(|last| PageToken::new(last.client_key.as_str()));
            Ok(TenantPage {
                tenants,
                next,
                unreadable: Vec::new(),
            })
        })
    }

    fn purge_tenant<'a>(&'a self, client_key: &'a ClientKey) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let mut content = self.content();
            content.settings.0.remove(client_key);
            content.associations.retain(|_, owner| owner != client_key);
            Ok(content.tenants.remove(client_key).is_some())
        })
    }

    settings_in! {
        settings of Kind::Tenant, ClientKey: settings, setting, save_setting, remove_setting
    }

    fn installation<'a>(
        &'a self,
        id: &'a InstallationId,
    ) -> StoreFuture<'a, Option<ForgeInstallation>> {
        Box::pin(async move {
            let content = self.content();
            let client_key = content.associations.get(id).cloned();
            let known = content.installations.get(id).cloned();
            if known.is_none() && client_key.is_none() {
                return Ok(None);
            }
            let known = known.unwrap_or_else(|| ForgeInstallation::new(id.clone()));
            Ok(Some(ForgeInstallation {
                client_key,
                ..known
            }))
        })
    }

    fn save_installation<'a>(&'a self, installation: &'a ForgeInstallation) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let id = installation.id.clone();
            self.content()
                .installations
                .insert(id, installation.clone());
            Ok(())
        })
    }

    fn purge_installation<'a>(&'a self, id: &'a InstallationId) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let mut content = self.content();
            content.forge_settings.0.remove(id);
            let associated = content.associations.remove(id).is_some();
            Ok(content.installations.remove(id).is_some() || associated)
        })
    }

    fn associate<'a>(
        &'a self,
        id: &'a InstallationId,
        client_key: &'a ClientKey,
    ) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let mut content = self.content();
            content.associations.retain(|_, owner| owner != client_key);
            content.associations.insert(id.clone(), client_key.clone());
            Ok(())
        })
    }

    fn dissociate<'a>(&'a self, id: &'a InstallationId) -> StoreFuture<'a, bool> {
        Box::pin(async move { Ok(self.content().associations.remove(id).is_some()) })
    }

    settings_in! {
        forge_settings of Kind::Installation, InstallationId:
            forge_settings, forge_setting, save_forge_setting, remove_forge_setting
    }
}
