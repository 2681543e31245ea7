//! What the sandbox knows: its sites, and the apps installed on each.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use connect_core::{
    AccountId, AppKey, BaseUrl, ClientKey, Clock, InstallationId, Product, Secret, Timestamp,
    keys::HmacKey, time::Seconds,
};

use crate::{
    client::Client,
    descriptor::Descriptor,
    error::SandboxError,
    event::{Journal, SandboxEvent},
    faults::{Fault, Faults},
    grants::Grant,
    identity::Identity,
    keys::KeySource,
    pages::Macros,
    rest::{File, Kept},
    tasks::Tasks,
    upm::tasks::Upm,
    users::User,
};

/// Everything the request handlers share.
#[derive(Debug)]
pub(crate) struct Shared {
    /// `http://127.0.0.1:PORT`.
    pub(crate) origin: String,
    pub(crate) port: u16,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) client: Client,
    pub(crate) faults: Faults,
    /// Bearer tokens and what they open.
    pub(crate) grants: Mutex<HashMap<String, Grant>>,
    pub(crate) identity: Identity,
    pub(crate) journal: Journal,
    pub(crate) keys: KeySource,
    /// Signs what pages of the sandbox send back to it.
    pub(crate) page_key: HmacKey,
    pub(crate) sites: Vec<Arc<Site>>,
    pub(crate) tasks: Tasks,
}

/// One product of one customer.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) product: Product,
    pub(crate) base_url: BaseUrl,
    pub(crate) client_key: ClientKey,
    pub(crate) upm: Upm,
    /// At most one install or uninstall is under way on a site.
    pub(crate) changing: tokio::sync::Mutex<()>,
    /// What apps keep here, by key of the app.
    pub(crate) kept: Mutex<BTreeMap<AppKey, Kept>>,
    pub(crate) files: Mutex<Vec<File>>,
    /// What the editors of macros saved.
    pub(crate) macros: Mutex<Macros>,
    /// The installation of Forge that apps are told of, as those are which Forge deploys.
    pub(crate) installation: Mutex<Option<InstallationId>>,
    apps: Mutex<BTreeMap<AppKey, Arc<App>>>,
}

/// An installed app. A change makes a new one.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) descriptor: Arc<Descriptor>,
    pub(crate) account_id: AccountId,
    pub(crate) enabled: bool,
    pub(crate) license: License,
    pub(crate) oauth_client_id: String,
    pub(crate) secret: Secret,
    pub(crate) hmac: HmacKey,
}

/// What the customer paid for, as apps are told by `lic`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum License {
    Active,
    None,
}

impl License {
    /// The value of the URL parameter `lic`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::None => "none",
        }
    }
}

impl Shared {
    pub(crate) fn new(
        port: u16,
        identity: Identity,
        keys: KeySource,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SandboxError> {
        let origin = format!("http://127.0.0.1:{port}");
        let site = |product, path| {
            let base_url = BaseUrl::parse(&format!("{origin}{path}"))
                .expect("an origin and a plain path are a base URL");
            Arc::new(Site {
                product,
                base_url,
                client_key: identity.client_key(product).clone(),
                upm: Upm::default(),
                changing: tokio::sync::Mutex::default(),
                kept: Mutex::default(),
                files: Mutex::default(),
                macros: Mutex::default(),
                installation: Mutex::default(),
                apps: Mutex::default(),
            })
        };
        let sites = vec![
            site(Product::Jira, "/jira"),
            site(Product::Confluence, "/wiki"),
        ];
        Ok(Self {
            client: Client::new()?,
            clock,
            faults: Faults::default(),
            grants: Mutex::default(),
            identity,
            journal: Journal::new(),
            keys,
            origin,
            page_key: HmacKey::from_bytes(&crate::random::bytes::<32>()),
            port,
            sites,
            tasks: Tasks::default(),
        })
    }

    /// The true time.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The time by which tokens are dated: the true one, unless a wrong clock is on order.
    pub(crate) fn token_time(&self) -> Timestamp {
        match self.take_fault(|fault| matches!(fault, Fault::ClockSkew { .. })) {
            Some(Fault::ClockSkew { seconds }) => self.now() + Seconds(seconds),
            _ => self.now(),
        }
    }

    /// Uses up one order of the first fault that fits, and says so.
    pub(crate) fn take_fault(&self, fits: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let fault = self.faults.take(fits)?;
        self.journal.record(SandboxEvent::FaultTookEffect {
            fault: fault.to_string(),
        });
        Some(fault)
    }

    pub(crate) fn site(&self, product: Product) -> Option<&Arc<Site>> {
        self.sites.iter().find(|site| site.product == product)
    }
}

impl Site {
    pub(crate) fn app(&self, key: &AppKey) -> Option<Arc<App>> {
        lock(&self.apps).get(key).cloned()
    }

    /// The app of that key as text, if the text is a key at all.
    pub(crate) fn app_named(&self, key: &str) -> Option<Arc<App>> {
        self.app(&AppKey::parse(key).ok()?)
    }

    /// Every installed app, by key.
    pub(crate) fn apps(&self) -> Vec<Arc<App>> {
        lock(&self.apps).values().cloned().collect()
    }

    pub(crate) fn put(&self, app: App) -> Arc<App> {
        let app = Arc::new(app);
        lock(&self.apps).insert(app.descriptor.key.clone(), app.clone());
        app
    }

    pub(crate) fn remove(&self, key: &AppKey) -> Option<Arc<App>> {
        lock(&self.apps).remove(key)
    }

    /// The name of the product, as people say it.
    pub(crate) fn product_name(&self) -> &'static str {
        match self.product {
            Product::Bitbucket => "Bitbucket",
            Product::Confluence => "Confluence",
            Product::Jira => "Jira",
        }
    }
}

impl App {
    /// The account as which the app acts.
    pub(crate) fn user(&self) -> User {
        User::of_app(&self.account_id, &self.descriptor.name)
    }
}

/// Locks, also after a panic of another holder: every critical section here leaves whole values.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
