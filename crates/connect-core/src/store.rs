//! What an app needs of the place where its tenants are kept.

use std::{fmt, future::Future, pin::Pin};

use serde_json::Value;

use crate::{
    Secret,
    base_url::BaseUrl,
    ids::{ClientKey, InstallationId},
    tenant::Tenant,
    time::Timestamp,
};

/// The answer of a store, some time.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A place where tenants are kept. Every back-end passes the same contract test
/// (`connect-store`, `tests.rs`).
///
/// Writes are atomic: a reader sees a record before or after a write, never between, and when the
/// future has answered `Ok` the write survives a crash.
///
/// A store of one's own may leave out what its app does not use: what has a body here answers
/// [`StoreError::NotSupported`].
pub trait Store: Send + Sync + fmt::Debug {
    /// The tenant of that client key, also when it has uninstalled the app.
    fn tenant<'a>(&'a self, client_key: &'a ClientKey) -> StoreFuture<'a, Option<Tenant>>;

    /// Inserts the tenant or replaces what is there.
    fn save_tenant<'a>(&'a self, tenant: &'a Tenant) -> StoreFuture<'a, ()>;

    /// A page of the list of all tenants: from its start, or from where an earlier page ended.
    ///
    /// The order is the store's own. `limit` is how many a page should hold; a back-end may give
    /// some more or fewer, and only [`TenantPage::next`] says that the list is at its end. A tenant
    /// that is there from the first page to the last is on one of them.
    fn tenants<'a>(
        &'a self,
        from: Option<&'a PageToken>,
        limit: usize,
    ) -> StoreFuture<'a, TenantPage>;

    /// Removes the tenant, its settings and its association with a Forge installation for good;
    /// true when there was one.
    fn purge_tenant<'a>(&'a self, client_key: &'a ClientKey) -> StoreFuture<'a, bool>;

    /// Every setting of the tenant, by name.
    fn settings<'a>(&'a self, client_key: &'a ClientKey) -> StoreFuture<'a, Vec<(String, Value)>> {
        let _ = (client_key,);
        not_supported("a list of settings")
    }

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

    /// The Forge installation of that id, when anything is known of it.
    fn installation<'a>(
        &'a self,
        id: &'a InstallationId,
    ) -> StoreFuture<'a, Option<ForgeInstallation>> {
        let _ = (id,);
        not_supported("Forge installations")
    }

    /// Writes what the tokens of an installation say: its API base URL and app token.
    ///
    /// [`ForgeInstallation::client_key`] is not written: only [`Store::associate`] and
    /// [`Store::dissociate`] change the association, so that an invocation which is under way
    /// while the app is installed again cannot undo the move.
    fn save_installation<'a>(&'a self, installation: &'a ForgeInstallation) -> StoreFuture<'a, ()> {
        let _ = (installation,);
        not_supported("Forge installations")
    }

    /// Removes the installation, its settings and its association for good; true when there was
    /// one.
    fn purge_installation<'a>(&'a self, id: &'a InstallationId) -> StoreFuture<'a, bool> {
        let _ = (id,);
        not_supported("Forge installations")
    }

    /// Says that the installation and the tenant are one. A tenant has one installation: an
    /// association with another one, from before a reinstall, is removed.
    fn associate<'a>(
        &'a self,
        id: &'a InstallationId,
        client_key: &'a ClientKey,
    ) -> StoreFuture<'a, ()> {
        let _ = (id, client_key);
        not_supported("Forge installations")
    }

    /// Removes the association of an installation with a tenant; true when there was one.
    fn dissociate<'a>(&'a self, id: &'a InstallationId) -> StoreFuture<'a, bool> {
        let _ = (id,);
        not_supported("Forge installations")
    }

    /// Every setting of the installation, by name.
    fn forge_settings<'a>(
        &'a self,
        id: &'a InstallationId,
    ) -> StoreFuture<'a, Vec<(String, Value)>> {
        let _ = (id,);
        not_supported("Forge installations")
    }

    /// One of the installation's settings: a small value of the app's own.
    fn forge_setting<'a>(
        &'a self,
        id: &'a InstallationId,
        name: &'a str,
    ) -> StoreFuture<'a, Option<Value>> {
        let _ = (id, name);
        not_supported("Forge installations")
    }

    /// Writes one of the installation's settings.
    fn save_forge_setting<'a>(
        &'a self,
        id: &'a InstallationId,
        name: &'a str,
        value: &'a Value,
    ) -> StoreFuture<'a, ()> {
        let _ = (id, name, value);
        not_supported("Forge installations")
    }

    /// Removes one of the installation's settings; true when there was one.
    fn remove_forge_setting<'a>(
        &'a self,
        id: &'a InstallationId,
        name: &'a str,
    ) -> StoreFuture<'a, bool> {
        let _ = (id, name);
        not_supported("Forge installations")
    }
}

fn not_supported<'a, T>(what: &'static str) -> StoreFuture<'a, T> {
    Box::pin(async move { Err(StoreError::NotSupported { what }) })
}

/// A Forge installation of the app, as the tokens that it received name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForgeInstallation {
    /// Forge's id of the installation.
    pub id: InstallationId,
    /// The Connect tenant that it is one with, when the app is a Connect app too.
    pub client_key: Option<ClientKey>,
    /// Where the app calls the product's API for this installation (`app.apiBaseUrl` of an
    /// invocation token).
    pub api_base_url: Option<BaseUrl>,
    /// What the app calls that API with.
    pub app_token: Option<AppToken>,
}

/// The token by which a Forge app calls an API as itself (header `x-forge-oauth-system` of an
/// invocation).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppToken {
    /// The token.
    pub token: Secret,
    /// The first moment at which it is good no longer. Long past for a token that ACE kept, which
    /// keeps no time.
    pub expires_at: Timestamp,
}

/// One page of the list of all tenants.
#[derive(Clone, Debug, Default)]
pub struct TenantPage {
    /// The tenants.
    pub tenants: Vec<Tenant>,
    /// Records of this page that cannot be read; the list goes on behind them.
    pub unreadable: Vec<StoreError>,
    /// Where the next page begins; none when this is the last.
    pub next: Option<PageToken>,
}

/// Where a page of a list begins: a text that means something to the store that gave it only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageToken(String);

impl PageToken {
    /// Made by a store for itself.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// What the store put into it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ForgeInstallation {
    /// An installation of which nothing is known but its id.
    pub fn new(id: InstallationId) -> Self {
        Self {
            id,
            client_key: None,
            api_base_url: None,
            app_token: None,
        }
    }
}

/// Why a store did not do what it was asked.
///
/// No variant holds a secret or a statement with its values.
#[derive(Clone, Debug, thiserror::Error)]
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
    /// The store knows us but does not let us read, write or make tables.
    #[error("the store `{store}` does not allow this")]
    Forbidden {
        /// Which store, without credentials.
        store: String,
        /// What its driver says.
        #[source]
        source: DriverError,
    },
    /// There is no room left for what should be written.
    #[error("the store `{store}` is full")]
    Full {
        /// Which store, without credentials.
        store: String,
        /// What its driver says.
        #[source]
        source: DriverError,
    },
    /// The program that prints the keys of the store printed none.
    #[error("`{program}` gave no keys for the store: {problem}")]
    KeyCommand {
        /// The program.
        program: String,
        /// What came of it; nothing of what it printed.
        problem: String,
    },
    /// A newer version of this library has changed the store's own tables.
    #[error("the store `{store}` has layout {found}, and this build knows {known}")]
    NewerLayout {
        /// Which store, without credentials.
        store: String,
        /// The layout that it has.
        found: u32,
        /// The newest layout of this build.
        known: u32,
    },
    /// The back-end was left out when the app was compiled.
    #[error("this build has no `{feature}`")]
    NoDriver {
        /// The Cargo feature to switch on.
        feature: &'static str,
    },
    /// The store is one of the app's own and leaves this out.
    #[error("this store does not keep {what}")]
    NotSupported {
        /// What is left out.
        what: &'static str,
    },
    /// The name is one that the store uses itself.
    #[error("`{name}` is reserved")]
    ReservedName {
        /// The name.
        name: String,
    },
    /// A secret is sealed with a key that we do not have.
    #[error("the secrets of `{record}` are sealed with the key `{key_id}`, which is not here")]
    Sealed {
        /// Which record.
        record: String,
        /// Name of the key.
        key_id: String,
    },
    /// The settings of the store make no sense.
    #[error("the store cannot be opened: {problem}")]
    Settings {
        /// What is wrong with them.
        problem: String,
    },
    /// The store refuses the user name or the password.
    #[error("the store `{store}` refuses the user or the password")]
    Unauthorized {
        /// Which store, without credentials.
        store: String,
        /// What its driver says.
        #[source]
        source: DriverError,
    },
    /// The server or the file cannot be used now.
    #[error("the store `{store}` is not available")]
    Unavailable {
        /// Which store, without credentials.
        store: String,
        /// What its driver says.
        #[source]
        source: DriverError,
    },
    /// The server has no certificate that is good, or none at all where one is asked for: whoever
    /// answers may be somebody else.
    #[error("the store `{store}` cannot be trusted")]
    Untrusted {
        /// Which store, without credentials.
        store: String,
        /// What is wrong with the certificate.
        #[source]
        source: DriverError,
    },
}

/// What the driver of a store says, freed of values: a database may quote in its details the row
/// that it refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DriverError(String);

impl DriverError {
    /// A message that holds no value of a record and no credentials.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl StoreError {
    /// The stable code of docs/errors.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Corrupt { .. } => "store/corrupt",
            Self::Forbidden { .. } => "store/forbidden",
            Self::Full { .. } => "store/full",
            Self::KeyCommand { .. } => "store/key-command",
            Self::NewerLayout { .. } => "store/newer-layout",
            Self::NoDriver { .. } => "store/no-driver",
            Self::NotSupported { .. } => "store/not-supported",
            Self::ReservedName { .. } => "store/reserved-name",
            Self::Sealed { .. } => "store/sealed",
            Self::Settings { .. } => "store/settings",
            Self::Unauthorized { .. } => "store/unauthorized",
            Self::Unavailable { .. } => "store/unavailable",
            Self::Untrusted { .. } => "store/untrusted",
        }
    }

    /// What to do about it, as one phrase.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Corrupt { .. } => {
                "look at the record with `connect tenants show`; install the app again to replace it"
            }
            Self::Forbidden { .. } => {
                "grant the user SELECT, INSERT, UPDATE, DELETE and, for the first start, CREATE"
            }
            Self::Full { .. } => "make room on the disk or raise the quota of the database",
            Self::KeyCommand { .. } => {
                "run the command of `store.keys` in config.json by hand, in the folder of the app"
            }
            Self::NewerLayout { .. } => "use the newer version of the app",
            Self::NoDriver { .. } => {
                "add the feature to connect-runtime in Cargo.toml and build again"
            }
            Self::NotSupported { .. } => "add it to the app's implementation of `Store`",
            Self::ReservedName { .. } => "choose another name for the setting",
            Self::Sealed { .. } => {
                "add the key to CONNECT_STORE_KEYS; old keys must stay until all is sealed anew"
            }
            Self::Settings { .. } => "correct `store` in config.json",
            Self::Unauthorized { .. } => "check user and password in `store.url` or DATABASE_URL",
            Self::Unavailable { .. } => "check that the server runs and can be reached from here",
            Self::Untrusted { .. } => {
                "name the server as its certificate does, and give its authority as \
                 `dialectOptions.ssl.ca` of `store`"
            }
        }
    }
}
