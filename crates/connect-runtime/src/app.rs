//! The app: everything a request needs, shared by all of them.

use std::{
    future::Future,
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use connect_core::{
    AppKey, BaseUrl, ClientKey, Clock, Tenant, Timestamp,
    lifecycle::{InstallPolicy, LifecycleEvent},
    store::{Store, StoreError},
    time::Seconds,
    verify::Policy,
};
use connect_store::SealedStore;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio::sync::broadcast;
use tokio_util::task::TaskTracker;

#[cfg(feature = "views")]
use crate::views::Views;
use crate::{
    client::HostClient,
    clock::SystemClock,
    config::{Config, InvalidConfig},
    descriptor::{Descriptor, DescriptorError, DescriptorFile, Transformer},
    events::AppEvent,
    forge::Forge,
    handler_error::HandlerError,
    http_client,
    impersonation::UserTokens,
    keys::InstallKeys,
    tenants::Tenants,
    webhooks::{Deliveries, Webhook, Work},
};

/// A running app: cheap to clone, and the state of its routes.
#[derive(Clone, Debug)]
pub struct ConnectApp(Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) policy: Policy,
    pub(crate) install_policy: InstallPolicy,
    pub(crate) descriptor: DescriptorFile,
    pub(crate) tenants: Tenants,
    pub(crate) install_keys: InstallKeys,
    pub(crate) user_tokens: UserTokens,
    pub(crate) forge: Forge,
    pub(crate) http: reqwest::Client,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) tasks: TaskTracker,
    pub(crate) deliveries: Deliveries,
    pub(crate) webhooks: Vec<(String, Work)>,
    events: broadcast::Sender<AppEvent>,
    hooks: Vec<(LifecycleEvent, Hook)>,
    #[cfg(feature = "views")]
    pub(crate) views: Views,
}

/// Puts an app together; see [`ConnectApp::builder`].
#[derive(Debug)]
pub struct Builder {
    config: Config,
    store: Option<Arc<dyn Store>>,
    clock: Arc<dyn Clock>,
    hooks: Vec<(LifecycleEvent, Hook)>,
    webhooks: Vec<(String, Work)>,
    transformer: Transformer,
    descriptor: Source,
}

/// Where the descriptor comes from.
#[derive(Debug)]
enum Source {
    /// A file of the app's folder.
    File(PathBuf),
    /// Nowhere: Connect does not know the app of this key.
    None(AppKey),
}

type HookFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

struct Hook(Box<dyn Fn(Arc<Tenant>) -> HookFuture + Send + Sync>);

/// The app cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The port cannot be listened on.
    #[error("cannot listen on {address}")]
    Address {
        /// Address and port.
        address: String,
        /// What the operating system says.
        #[source]
        source: std::io::Error,
    },
    /// config.json or the environment.
    #[error(transparent)]
    Config(#[from] InvalidConfig),
    /// The descriptor.
    #[error(transparent)]
    Descriptor(#[from] DescriptorError),
    /// The server stopped by itself.
    #[error("the server stopped")]
    Serve(#[source] std::io::Error),
    /// The store of tenants.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The TLS set-up of outgoing calls.
    #[error("TLS cannot be set up")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ConnectApp {
    /// The app of a folder: its `config.json`, its `atlassian-connect.json`, its `views` and the
    /// store that the configuration names.
    ///
    /// # Errors
    /// [`StartError`], naming the file and line when a file is wrong.
    pub async fn from_folder(folder: impl AsRef<Path>) -> Result<Self, StartError> {
        let config = Config::load(folder.as_ref())?;
        Self::builder(config).build().await
    }

    /// Starts putting an app together.
    pub fn builder(config: Config) -> Builder {
        Builder {
            config,
            store: None,
            clock: Arc::new(SystemClock),
            hooks: Vec::new(),
            webhooks: Vec::new(),
            transformer: Transformer::default(),
            descriptor: Source::File("atlassian-connect.json".into()),
        }
    }

    /// What the app was told from outside.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The app's key.
    pub fn key(&self) -> &AppKey {
        &self.0.policy.app_key
    }

    /// The descriptor as it is served now.
    pub fn descriptor(&self) -> Arc<Descriptor> {
        self.0.descriptor.current()
    }

    /// The store of tenants and their settings.
    pub fn store(&self) -> &Arc<dyn Store> {
        self.0.tenants.store()
    }

    /// A tenant by its client key, for work outside a request.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tenant(&self, client_key: &ClientKey) -> Result<Option<Arc<Tenant>>, StoreError> {
        let known = self.0.tenants.get(client_key).await?;
        Ok(known.map(|known| known.tenant))
    }

    /// A client that calls the tenant's product as the app.
    pub fn client(&self, tenant: &Arc<Tenant>) -> HostClient {
        HostClient::new(self.clone(), Arc::clone(tenant))
    }

    /// A client for a tenant by its client key, for work outside a request; none when there is no
    /// such tenant, or when it has uninstalled the app.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn client_of(
        &self,
        client_key: &ClientKey,
    ) -> Result<Option<HostClient>, StoreError> {
        let tenant = self.tenant(client_key).await?;
        let tenant = tenant.filter(|tenant| tenant.is_installed());
        Ok(tenant.map(|tenant| self.client(&tenant)))
    }

    /// The events from now on, under ACE's names. Who reads too slowly misses the oldest.
    pub fn subscribe(&self) -> broadcast::Receiver<AppEvent> {
        self.0.events.subscribe()
    }

    pub(crate) fn tell(&self, event: AppEvent) {
        // Nobody listening is fine.
        let _ = self.0.events.send(event);
    }

    /// Whether a handler of the app waits for this webhook.
    pub(crate) fn handles(&self, event: &str) -> bool {
        self.0.webhooks.iter().any(|(of, _)| of == event)
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Runs the hooks of an event beside the request, which has been answered by then.
    pub(crate) fn after(&self, event: LifecycleEvent, tenant: &Arc<Tenant>) {
        for (_, hook) in self.0.hooks.iter().filter(|(of, _)| *of == event) {
            self.0.tasks.spawn((hook.0)(Arc::clone(tenant)));
        }
    }
}

impl Builder {
    /// Uses this store and not the one that the configuration names.
    #[must_use]
    pub fn store(mut self, store: impl Store + 'static) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Uses this store, which others hold as well.
    #[must_use]
    pub fn shared_store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Some(store);
        self
    }

    /// Uses this clock: for tests and replays.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Does this after a tenant was installed, reinstalled, renamed or got a new secret.
    ///
    /// The host has its answer by then (it waits a few seconds only), so this may take its time;
    /// it is waited for when the app stops. The record is the stored one, its shared secret
    /// included ([`Tenant::shared_secret`]).
    #[must_use]
    pub fn on_installed<F: Future<Output = ()> + Send + 'static>(
        self,
        work: impl Fn(Arc<Tenant>) -> F + Send + Sync + 'static,
    ) -> Self {
        self.on(LifecycleEvent::Installed, work)
    }

    /// Does this after a tenant has uninstalled the app. Its record is kept, marked.
    #[must_use]
    pub fn on_uninstalled<F: Future<Output = ()> + Send + 'static>(
        self,
        work: impl Fn(Arc<Tenant>) -> F + Send + Sync + 'static,
    ) -> Self {
        self.on(LifecycleEvent::Uninstalled, work)
    }

    /// Does this after an administrator has switched the app on.
    #[must_use]
    pub fn on_enabled<F: Future<Output = ()> + Send + 'static>(
        self,
        work: impl Fn(Arc<Tenant>) -> F + Send + Sync + 'static,
    ) -> Self {
        self.on(LifecycleEvent::Enabled, work)
    }

    /// Does this after an administrator has switched the app off.
    #[must_use]
    pub fn on_disabled<F: Future<Output = ()> + Send + 'static>(
        self,
        work: impl Fn(Arc<Tenant>) -> F + Send + Sync + 'static,
    ) -> Self {
        self.on(LifecycleEvent::Disabled, work)
    }

    /// Does this for every verified webhook of that event (`jira:issue_created`). The body is read
    /// as `T`; `serde_json::Value` takes any.
    ///
    /// The descriptor's `modules.webhooks` says where it comes in; there is no route to write. The
    /// host has its answer when the work is done, and delivers again when it fails or takes longer
    /// than 18 s, so long work belongs into a queue.
    #[must_use]
    pub fn on_webhook<T, F>(
        mut self,
        event: &str,
        work: impl Fn(Webhook<T>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        T: DeserializeOwned + Send + 'static,
        F: Future<Output = Result<(), HandlerError>> + Send + 'static,
    {
        self.webhooks.push((event.to_owned(), Work::new(work)));
        self
    }

    /// Reads the descriptor from this file of the app's folder and not from
    /// `atlassian-connect.json`: for a server that is two apps.
    #[must_use]
    pub fn descriptor_file(mut self, name: impl Into<PathBuf>) -> Self {
        self.descriptor = Source::File(name.into());
        self
    }

    /// Has no descriptor: for the remote of an app that Forge knows and Connect does not. No site
    /// can install it, so no host request is ever genuine.
    #[must_use]
    pub fn forge_only(mut self, key: AppKey) -> Self {
        self.descriptor = Source::None(key);
        self
    }

    /// Changes the descriptor before it is served, after its placeholders were filled in
    /// (ACE's `descriptorTransformer`).
    #[must_use]
    pub fn transform_descriptor(
        mut self,
        work: impl Fn(&mut Map<String, Value>, &Config) + Send + Sync + 'static,
    ) -> Self {
        self.transformer = Transformer(Some(Box::new(work)));
        self
    }

    /// The app.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn build(self) -> Result<ConnectApp, StartError> {
        let config = self.config;
        let descriptor = match self.descriptor {
            Source::File(name) => {
                DescriptorFile::open(&config.folder.join(name), &config, self.transformer)?
            }
            Source::None(key) => DescriptorFile::none(key, &config),
        };
        let store = match self.store {
            Some(store) => store,
            None => open_store(&config).await?,
        };
        let (app_key, own_url) = {
            let current = descriptor.current();
            (current.key().clone(), current.base_url().clone())
        };
        let http = http_client::client(
            &format!("{} {app_key}", config.user_agent),
            Duration::from_secs(20),
        )?;
        Ok(ConnectApp(Arc::new(Inner {
            policy: Policy {
                app_key: app_key.clone(),
                base_urls: base_urls(own_url, &config),
                leeway: Seconds(30),
                max_lifetime: Seconds(24 * 60 * 60),
                max_session: config.max_token_age,
                session_without_purpose: config.legacy_session_tokens,
            },
            install_policy: InstallPolicy {
                app_key,
                allowed_hosts: config.allowed_hosts.clone(),
                secret_grace: config.secret_grace,
            },
            install_keys: InstallKeys::new(config.key_hosts.clone(), http.clone()),
            forge: Forge::new(&config, http.clone()),
            user_tokens: UserTokens::new(config.authorization_servers.clone()),
            tenants: Tenants::new(store),
            #[cfg(feature = "views")]
            views: Views::new(config.folder.join("views"), config.is_development()),
            clock: self.clock,
            tasks: TaskTracker::new(),
            hooks: self.hooks,
            webhooks: self.webhooks,
            deliveries: Deliveries::default(),
            events: broadcast::channel(256).0,
            descriptor,
            http,
            config,
        })))
    }

    fn on<F: Future<Output = ()> + Send + 'static>(
        mut self,
        event: LifecycleEvent,
        work: impl Fn(Arc<Tenant>) -> F + Send + Sync + 'static,
    ) -> Self {
        let hook = Hook(Box::new(move |tenant| Box::pin(work(tenant))));
        self.hooks.push((event, hook));
        self
    }
}

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hook")
    }
}

/// Every base URL that the app answers to, the descriptor's first, each once.
fn base_urls(own: BaseUrl, config: &Config) -> Vec<BaseUrl> {
    let mut all = vec![own];
    for url in std::iter::once(&config.local_base_url).chain(&config.allowed_base_urls) {
        if !all.contains(url) {
            all.push(url.clone());
        }
    }
    all
}

async fn open_store(config: &Config) -> Result<Arc<dyn Store>, StartError> {
    let settings = &config.store;
    let waiting = |error: &StoreError| {
        tracing::warn!(
            code = error.code(),
            store = settings.name(),
            "the store is not there yet, trying again for up to {} s",
            STORE_PATIENCE.as_secs()
        );
    };
    let store = connect_store::open_within(settings, STORE_PATIENCE, waiting).await?;
    Ok(match &config.store_keys {
        Some(keys) => Arc::new(SealedStore::new(store, keys.keyring().await?)),
        None => store,
    })
}

/// How long a start waits for its store: a database is often started together with its app, and
/// most platforms give an app a minute to come up.
const STORE_PATIENCE: Duration = Duration::from_secs(30);
