//! What an app needs of the place where its tenants are kept.

use std::{fmt, future::Future, pin::Pin};

use serde_json::Value;

use crate::{ids::ClientKey, tenant::Tenant};

/// The answer of a store, some time.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A place where tenants are kept. Every back-end passes the same contract test
/// (`connect-store`, `tests.rs`).
///
/// Writes are atomic: a reader sees a record before or after a write, never between, and when the
/// future has answered `Ok` the write survives a crash.
pub trait Store: Send + Sync + fmt::Debug {
    /// The tenant of that client key, also when it has uninstalled the app.
    fn tenant<'a>(&'a self, client_key: &'a ClientKey) -> StoreFuture<'a, Option<Tenant>>;

    /// Inserts the tenant or replaces what is there.
    fn save_tenant<'a>(&'a self, tenant: &'a Tenant) -> StoreFuture<'a, ()>;

    /// Up to `limit` tenants whose client keys come after `after` in byte order, in that order:
    /// a page of the list of all.
    fn tenants<'a>(
        &'a self,
        after: Option<&'a ClientKey>,
        limit: usize,
    ) -> StoreFuture<'a, Vec<Tenant>>;

    /// Removes the tenant and its settings for good; true when there was one.
    fn purge_tenant<'a>(&'a self, client_key: &'a ClientKey) -> StoreFuture<'a, bool>;

    /// One of the tenant's settings: a small value of the app's own.
    fn setting<'a>(
        &'a self,
        client_key: &'a ClientKey,
        name: &'a str,
    ) -> StoreFuture<'a, Option<Value>>;

    /// Writes one of the tenant's settings.
    fn save_setting<'a>(
        &'a self,
        client_key: &'a ClientKey,
        name: &'a str,
        value: &'a Value,
    ) -> StoreFuture<'a, ()>;

    /// Removes one of the tenant's settings; true when there was one.
    fn remove_setting<'a>(
        &'a self,
        client_key: &'a ClientKey,
        name: &'a str,
    ) -> StoreFuture<'a, bool>;
}

/// Why a store did not do what it was asked.
///
/// No variant holds a secret or a statement with its values.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A record is there but cannot be read. Somebody else wrote it, or the disk did.
    #[error("the stored record `{record}` cannot be read: {problem}")]
    Corrupt {
        /// Which record.
        record: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The name is one that the store uses itself.
    #[error("`{name}` is reserved")]
    ReservedName {
        /// The name.
        name: String,
    },
    /// The server or the file cannot be used now.
    #[error("the store `{store}` is not available")]
    Unavailable {
        /// Which store, without credentials.
        store: String,
        /// What its driver says.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StoreError {
    /// The stable code of docs/errors.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Corrupt { .. } => "store/corrupt",
            Self::ReservedName { .. } => "store/reserved-name",
            Self::Unavailable { .. } => "store/unavailable",
        }
    }
}
