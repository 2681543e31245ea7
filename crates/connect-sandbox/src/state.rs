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
    data::Data,
    descriptor::Descriptor,
    error::SandboxError,
    event::{Journal, SandboxEvent},
    faults::{Fault, Faults},
    grants::Grant,
    identity::Identity,
    keys::KeySource,
    rest::Kept,
    sandbox::SandboxOptions,
    saver::Saver,
    tasks::Tasks,
    upm::tasks::Upm,
    users::User,
    webhooks::Deliveries,
};

/// Everything the request handlers share.
#[derive(Debug)]
pub(crate) struct Shared {
    /// `http://127.0.0.1:PORT`.
    pub(crate) origin: String,
    pub(crate) port: u16,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) client: Client,
    pub(crate) deliveries: Deliveries,
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
    /// What apps are told instead, since the site was renamed.
    pub(crate) renamed: Mutex<Option<BaseUrl>>,
    pub(crate) client_key: ClientKey,
    /// The customer's, for all products.
    pub(crate) cloud_id: String,
    pub(crate) upm: Upm,
    /// At most one install or uninstall is under way on a site.
    pub(crate) changing: tokio::sync::Mutex<()>,
    /// What apps keep here, by key of the app.
    pub(crate) kept: Mutex<BTreeMap<AppKey, Kept>>,
    /// Issues, pages and what hangs on them.
    pub(crate) data: Mutex<Data>,
    pub(crate) saver: Saver,
    /// The installation of Forge that apps are told of, as those are which Forge deploys.
    pub(crate) installation: Mutex<Option<InstallationId>>,
    apps: Mutex<BTreeMap<AppKey, Arc<App>>>,
}

/// An installed app. A change makes a new one.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) descriptor: Arc<Descriptor>,
    /// The descriptor as it came.
    pub(crate) source: Arc<str>,
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
        options: &SandboxOptions,
    ) -> Result<Self, SandboxError> {
        let origin = format!("http://127.0.0.1:{port}");
        let site = |product, name: Option<&str>| {
            let path = match product {
                Product::Confluence => "wiki",
                Product::Bitbucket | Product::Jira => "jira",
            };
            let url = match name {
                None => format!("{origin}/{path}"),
                Some(name) => format!("{origin}/{name}/{path}"),
            };
            let base_url = BaseUrl::parse(&url).expect("an origin and a plain path are a base URL");
            let saver = Saver::new(options.state_dir.as_deref(), name, product);
            let stored = saver.load()?;
            let apps = stored.iter().flat_map(|stored| stored.apps(product));
            let apps = apps.map(|app| (app.descriptor.key.clone(), Arc::new(app)));
            let apps = apps.collect();
            let (data, kept) = match stored {
                None => (Data::seeded(product), BTreeMap::new()),
                Some(stored) => {
                    let kept = stored.kept.into_iter();
                    let kept =
                        kept.filter_map(|(key, kept)| Some((AppKey::parse(&key).ok()?, kept)));
                    (stored.data, kept.collect())
                }
            };
            Ok::<_, SandboxError>(Arc::new(Site {
                product,
                base_url,
                renamed: Mutex::default(),
                client_key: identity.client_key(product, name),
                cloud_id: identity.cloud_id(name),
                upm: Upm::default(),
                changing: tokio::sync::Mutex::default(),
                kept: Mutex::new(kept),
                data: Mutex::new(data),
                saver,
                installation: Mutex::default(),
                apps: Mutex::new(apps),
            }))
        };
        let mut sites = Vec::new();
        let others = options.sites.iter().map(|name| Some(name.as_str()));
        for name in std::iter::once(None).chain(others) {
            if name.is_some_and(|name| !is_name(name)) {
                let name = name.unwrap_or_default().to_owned();
                return Err(SandboxError::SiteName { name });
            }
            sites.push(site(Product::Jira, name)?);
            sites.push(site(Product::Confluence, name)?);
        }
        Ok(Self {
            client: Client::new()?,
            clock: options.clock.clone(),
            deliveries: Deliveries::new(options.webhook_pause),
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

    /// The site of a context path, the first one if none is said.
    pub(crate) fn site_at(&self, path: Option<&str>) -> Option<&Arc<Site>> {
        match path {
            None => self.sites.first(),
            Some(path) => self.sites.iter().find(|site| site.base_url.path() == path),
        }
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
        self.saver.changed();
        app
    }

    pub(crate) fn remove(&self, key: &AppKey) -> Option<Arc<App>> {
        let removed = lock(&self.apps).remove(key);
        self.saver.changed();
        removed
    }

    /// The address that apps know.
    pub(crate) fn told_url(&self) -> BaseUrl {
        let renamed = lock(&self.renamed).clone();
        renamed.unwrap_or_else(|| self.base_url.clone())
    }

    /// Gives the site another address, where it is too: `localhost` for `127.0.0.1` and back.
    pub(crate) fn rename(&self) -> BaseUrl {
        let mut renamed = lock(&self.renamed);
        *renamed = match &*renamed {
            Some(_) => None,
            None => {
                let url = self.base_url.as_str().replacen("127.0.0.1", "localhost", 1);
                BaseUrl::parse(&url).ok()
            }
        };
        renamed.clone().unwrap_or_else(|| self.base_url.clone())
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

/// Whether a site may be called so: its name is the first part of a path, and others are taken.
fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let taken = [
        "atlassian-connect",
        "ex",
        "install-keys",
        "jira",
        "oauth2",
        "wiki",
    ];
    (1..=40).contains(&name.len()) && name.bytes().all(plain) && !taken.contains(&name)
}

/// Locks, also after a panic of another holder: every critical section here leaves whole values.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
