//! What the databases have in common: ACE's layout, in which each of them keeps raw records.
//!
//! A [`Backend`] moves JSON; what the JSON means is decided here, once for all.

use std::future::Future;

use connect_core::{
    ClientKey, InstallationId, Tenant,
    store::{ForgeInstallation, PageToken, StoreError, TenantPage},
};
use serde_json::Value;

use crate::{
    names::{self, APP_TOKEN, CLIENT_INFO, Kind},
    record::{self, Stored},
};

/// Whose a value is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Owner<'a> {
    Installation(&'a InstallationId),
    Tenant(&'a ClientKey),
}

impl<'a> Owner<'a> {
    pub(crate) fn id(self) -> &'a str {
        match self {
            Self::Installation(id) => id.as_str(),
            Self::Tenant(key) => key.as_str(),
        }
    }

    /// The name of what the store itself keeps of this owner.
    pub(crate) fn main(self) -> &'static str {
        match self {
            Self::Installation(_) => APP_TOKEN,
            Self::Tenant(_) => CLIENT_INFO,
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::Installation(_) => Kind::Installation,
            Self::Tenant(_) => Kind::Tenant,
        }
    }
}

/// Raw records in ACE's layout. Each write is atomic and has reached the disk of the database, as
/// far as that promises it, when its future has answered `Ok`.
pub(crate) trait Backend: Send + Sync {
    /// The two records of a tenant.
    fn load(
        &self,
        key: &ClientKey,
    ) -> impl Future<Output = Result<Option<Stored>, StoreError>> + Send;

    /// Writes the two records of a tenant at once.
    fn save(
        &self,
        key: &ClientKey,
        stored: Stored,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// A page of tenants, and where the next one begins. A record that cannot be read is an error
    /// of its own.
    fn page(
        &self,
        from: Option<&str>,
        limit: usize,
    ) -> impl Future<Output = Result<RawPage, StoreError>> + Send;

    /// Removes all there is of an owner; true when there was a main record or an association.
    fn purge(&self, owner: Owner<'_>) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// One value.
    fn value(
        &self,
        owner: Owner<'_>,
        name: &str,
    ) -> impl Future<Output = Result<Option<Value>, StoreError>> + Send;

    /// Every value, the main record and ours beside it possibly included, sorted by name.
    fn values(
        &self,
        owner: Owner<'_>,
    ) -> impl Future<Output = Result<Vec<(String, Value)>, StoreError>> + Send;

    /// Inserts or replaces one value.
    fn save_value(
        &self,
        owner: Owner<'_>,
        name: &str,
        value: &Value,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Removes one value; true when there was one.
    fn remove_value(
        &self,
        owner: Owner<'_>,
        name: &str,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// The client key that an installation is associated with.
    fn association(
        &self,
        id: &InstallationId,
    ) -> impl Future<Output = Result<Option<String>, StoreError>> + Send;

    /// Associates, and removes other associations of the client key.
    fn associate(
        &self,
        id: &InstallationId,
        key: &ClientKey,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Removes an association; true when there was one.
    fn dissociate(
        &self,
        id: &InstallationId,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// Tenants as a back-end found them.
#[derive(Default)]
pub(crate) struct RawPage {
    pub(crate) tenants: Vec<Result<Stored, StoreError>>,
    pub(crate) next: Option<String>,
}

pub(crate) async fn tenant(
    store: &impl Backend,
    key: &ClientKey,
) -> Result<Option<Tenant>, StoreError> {
    let stored = store.load(key).await?;
    stored.map(record::read).transpose()
}

pub(crate) async fn tenants(
    store: &impl Backend,
    from: Option<&PageToken>,
    limit: usize,
) -> Result<TenantPage, StoreError> {
    let raw = store.page(from.map(PageToken::as_str), limit).await?;
    let mut page = TenantPage {
        next: raw.next.map(PageToken::new),
        ..TenantPage::default()
    };
    for stored in raw.tenants {
        match stored.and_then(record::read) {
            Ok(tenant) => page.tenants.push(tenant),
            Err(error) => page.unreadable.push(error),
        }
    }
    Ok(page)
}

pub(crate) async fn installation(
    store: &impl Backend,
    id: &InstallationId,
) -> Result<Option<ForgeInstallation>, StoreError> {
    let client_key = store.association(id).await?;
    let client_key = client_key.and_then(|key| ClientKey::parse(&key).ok());
    let record = store.value(Owner::Installation(id), APP_TOKEN).await?;
    if client_key.is_none() && record.is_none() {
        return Ok(None);
    }
    let found = record::read_installation(id, client_key, record.as_ref());
    Ok(Some(found))
}

pub(crate) async fn settings(
    store: &impl Backend,
    owner: Owner<'_>,
) -> Result<Vec<(String, Value)>, StoreError> {
    let mut values = store.values(owner).await?;
    values.retain(|(name, _)| names::check(owner.kind(), name).is_ok());
    Ok(values)
}

pub(crate) async fn setting(
    store: &impl Backend,
    owner: Owner<'_>,
    name: &str,
) -> Result<Option<Value>, StoreError> {
    names::check(owner.kind(), name)?;
    store.value(owner, name).await
}

pub(crate) async fn save_setting(
    store: &impl Backend,
    owner: Owner<'_>,
    name: &str,
    value: &Value,
) -> Result<(), StoreError> {
    names::check(owner.kind(), name)?;
    store.save_value(owner, name, value).await
}

pub(crate) async fn remove_setting(
    store: &impl Backend,
    owner: Owner<'_>,
    name: &str,
) -> Result<bool, StoreError> {
    names::check(owner.kind(), name)?;
    store.remove_value(owner, name).await
}

/// Makes a [`Backend`] a `Store`.
macro_rules! store_in_aces_layout {
    ($store:ty) => {
        impl connect_core::store::Store for $store {
            fn tenant<'a>(
                &'a self,
                client_key: &'a connect_core::ClientKey,
            ) -> connect_core::store::StoreFuture<'a, Option<connect_core::Tenant>> {
                Box::pin($crate::backend::tenant(self, client_key))
            }

            fn save_tenant<'a>(
                &'a self,
                tenant: &'a connect_core::Tenant,
            ) -> connect_core::store::StoreFuture<'a, ()> {
                let stored = $crate::record::write(tenant);
                Box::pin($crate::backend::Backend::save(
                    self,
                    &tenant.client_key,
                    stored,
                ))
            }

            fn tenants<'a>(
                &'a self,
                from: Option<&'a connect_core::store::PageToken>,
                limit: usize,
            ) -> connect_core::store::StoreFuture<'a, connect_core::store::TenantPage> {
                Box::pin($crate::backend::tenants(self, from, limit))
            }

            fn purge_tenant<'a>(
                &'a self,
                client_key: &'a connect_core::ClientKey,
            ) -> connect_core::store::StoreFuture<'a, bool> {
                let owner = $crate::backend::Owner::Tenant(client_key);
                Box::pin($crate::backend::Backend::purge(self, owner))
            }

            fn settings<'a>(
                &'a self,
                client_key: &'a connect_core::ClientKey,
            ) -> connect_core::store::StoreFuture<'a, Vec<(String, serde_json::Value)>> {
                let owner = $crate::backend::Owner::Tenant(client_key);
                Box::pin($crate::backend::settings(self, owner))
            }

            fn setting<'a>(
                &'a self,
                client_key: &'a connect_core::ClientKey,
                name: &'a str,
            ) -> connect_core::store::StoreFuture<'a, Option<serde_json::Value>> {
                let owner = $crate::backend::Owner::Tenant(client_key);
                Box::pin($crate::backend::setting(self, owner, name))
            }

            fn save_setting<'a>(
                &'a self,
                client_key: &'a connect_core::ClientKey,
                name: &'a str,
                value: &'a serde_json::Value,
            ) -> connect_core::store::StoreFuture<'a, ()> {
                let owner = $crate::backend::Owner::Tenant(client_key);
                Box::pin($crate::backend::save_setting(self, owner, name, value))
            }

            fn remove_setting<'a>(
                &'a self,
                client_key: &'a connect_core::ClientKey,
                name: &'a str,
            ) -> connect_core::store::StoreFuture<'a, bool> {
                let owner = $crate::backend::Owner::Tenant(client_key);
                Box::pin($crate::backend::remove_setting(self, owner, name))
            }

            fn installation<'a>(
                &'a self,
                id: &'a connect_core::InstallationId,
            ) -> connect_core::store::StoreFuture<'a, Option<connect_core::store::ForgeInstallation>>
            {
                Box::pin($crate::backend::installation(self, id))
            }

            fn save_installation<'a>(
                &'a self,
                installation: &'a connect_core::store::ForgeInstallation,
            ) -> connect_core::store::StoreFuture<'a, ()> {
                Box::pin(async move {
                    let record = $crate::record::write_installation(installation);
                    let owner = $crate::backend::Owner::Installation(&installation.id);
                    let name = $crate::names::APP_TOKEN;
                    $crate::backend::Backend::save_value(self, owner, name, &record).await
                })
            }

            fn purge_installation<'a>(
                &'a self,
                id: &'a connect_core::InstallationId,
            ) -> connect_core::store::StoreFuture<'a, bool> {
                let owner = $crate::backend::Owner::Installation(id);
                Box::pin($crate::backend::Backend::purge(self, owner))
            }

            fn associate<'a>(
                &'a self,
                id: &'a connect_core::InstallationId,
                client_key: &'a connect_core::ClientKey,
            ) -> connect_core::store::StoreFuture<'a, ()> {
                Box::pin($crate::backend::Backend::associate(self, id, client_key))
            }

            fn dissociate<'a>(
                &'a self,
                id: &'a connect_core::InstallationId,
            ) -> connect_core::store::StoreFuture<'a, bool> {
                Box::pin($crate::backend::Backend::dissociate(self, id))
            }

            fn forge_settings<'a>(
                &'a self,
                id: &'a connect_core::InstallationId,
            ) -> connect_core::store::StoreFuture<'a, Vec<(String, serde_json::Value)>> {
                let owner = $crate::backend::Owner::Installation(id);
                Box::pin($crate::backend::settings(self, owner))
            }

            fn forge_setting<'a>(
                &'a self,
                id: &'a connect_core::InstallationId,
                name: &'a str,
            ) -> connect_core::store::StoreFuture<'a, Option<serde_json::Value>> {
                let owner = $crate::backend::Owner::Installation(id);
                Box::pin($crate::backend::setting(self, owner, name))
            }

            fn save_forge_setting<'a>(
                &'a self,
                id: &'a connect_core::InstallationId,
                name: &'a str,
                value: &'a serde_json::Value,
            ) -> connect_core::store::StoreFuture<'a, ()> {
                let owner = $crate::backend::Owner::Installation(id);
                Box::pin($crate::backend::save_setting(self, owner, name, value))
            }

            fn remove_forge_setting<'a>(
                &'a self,
                id: &'a connect_core::InstallationId,
                name: &'a str,
            ) -> connect_core::store::StoreFuture<'a, bool> {
                let owner = $crate::backend::Owner::Installation(id);
                Box::pin($crate::backend::remove_setting(self, owner, name))
            }
        }
    };
}

pub(crate) use store_in_aces_layout;
