//! A store that is down, and whose driver says too much.

use connect_runtime::core::{
    ClientKey, Tenant,
    store::{DriverError, PageToken, Store, StoreError, StoreFuture, TenantPage},
};
use serde_json::Value;

use crate::journal::Journal;

/// A store that is down.
pub(crate) struct Down(pub(crate) Journal);

impl std::fmt::Debug for Down {
    /// Without the journal, which holds every secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Down")
    }
}

impl Down {
    fn fail<'a, T>(&self) -> StoreFuture<'a, T> {
        let password = self
            .0
            .plant("password of a driver", "canary-password-of-a-driver");
        Box::pin(async move {
            Err(StoreError::Unavailable {
                store: "test".to_owned(),
                source: DriverError::new(format!("postgres://app:{password}@db.example refuses")),
            })
        })
    }
}

impl Store for Down {
    fn tenant<'a>(&'a self, _: &'a ClientKey) -> StoreFuture<'a, Option<Tenant>> {
        self.fail()
    }
    fn save_tenant<'a>(&'a self, _: &'a Tenant) -> StoreFuture<'a, ()> {
        self.fail()
    }
    fn tenants<'a>(&'a self, _: Option<&'a PageToken>, _: usize) -> StoreFuture<'a, TenantPage> {
        self.fail()
    }
    fn purge_tenant<'a>(&'a self, _: &'a ClientKey) -> StoreFuture<'a, bool> {
        self.fail()
    }
    fn setting<'a>(&'a self, _: &'a ClientKey, _: &'a str) -> StoreFuture<'a, Option<Value>> {
        self.fail()
    }
    fn save_setting<'a>(
        &'a self,
        _: &'a ClientKey,
        _: &'a str,
        _: &'a Value,
    ) -> StoreFuture<'a, ()> {
        self.fail()
    }
    fn remove_setting<'a>(&'a self, _: &'a ClientKey, _: &'a str) -> StoreFuture<'a, bool> {
        self.fail()
    }
}
