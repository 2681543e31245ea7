//! A sandbox as its caller sees it.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use connect_core::{AppKey, BaseUrl, Clock, InstallationId, Product, Secret};
use tokio::sync::broadcast;
use tokio_util::sync::DropGuard;

use crate::{
    USERNAME,
    audit::{self, AuditReport},
    clock::SystemClock,
    control,
    error::SandboxError,
    event::{NotSeen, Recorded, SandboxEvent},
    faults::Faults,
    fixture::{Difference, Fixture},
    forge::{self, ForgeAnswer, ForgeInvocation},
    identity::Identity,
    keys::KeySource,
    lifecycle, saver, server,
    signer::HostSigner,
    state::{License, Shared, Site, lock},
};

/// How to start a sandbox.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// Port on 127.0.0.1; 0 takes any free one.
    pub port: u16,
    /// Where the signing key, the password, the client keys and what the sites know are kept
    /// between runs. Without it
    /// they last as long as the process.
    pub state_dir: Option<PathBuf>,
    /// The state folder of another sandbox, to sign with its key: an app that trusts that one
    /// trusts this one too. Nothing but the key is read or kept there.
    pub key_dir: Option<PathBuf>,
    /// Names of more customers. Each has a site of both products, at `/NAME/jira` and `/NAME/wiki`,
    /// beside the first customer's at `/jira` and `/wiki`.
    pub sites: Vec<String>,
    /// How long a webhook that was not taken waits for its next try. Jira takes 5 to 15 minutes.
    pub webhook_pause: Duration,
    /// The host's clock, by which tokens are dated and checked.
    pub clock: Arc<dyn Clock>,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            port: 0,
            state_dir: None,
            key_dir: None,
            sites: Vec::new(),
            webhook_pause: Duration::from_secs(2),
            clock: Arc::new(SystemClock),
        }
    }
}

/// A running sandbox. It stops when it is dropped; [`Sandbox::shutdown`] also waits for that.
#[derive(Debug)]
pub struct Sandbox {
    shared: Arc<Shared>,
    keys_url: String,
    host_script_url: String,
    _stop: (DropGuard, DropGuard),
}

/// An app that is installed on a site.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InstalledApp {
    /// Key of the app.
    pub key: AppKey,
    /// Name of the app.
    pub name: String,
    /// Where the app is.
    pub base_url: BaseUrl,
    /// Whether an administrator has left it switched on.
    pub enabled: bool,
    /// Whether the customer's licence is active.
    pub licensed: bool,
    /// The pages it brings, in the order of its descriptor.
    pub pages: Vec<InstalledPage>,
}

/// A page of an installed app.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InstalledPage {
    /// Key of the module.
    pub key: String,
    /// Name of the module.
    pub name: String,
    /// Where a person looks at it.
    pub url: String,
}

impl Sandbox {
    /// Starts a sandbox on 127.0.0.1 and returns when it answers.
    ///
    /// Runs on the caller's Tokio runtime, whose clock and I/O must be switched on.
    ///
    /// # Errors
    /// [`SandboxError::PortTaken`] when the port is in use, and what else may keep it from
    /// listening or from using its state folder.
    pub async fn start(options: SandboxOptions) -> Result<Self, SandboxError> {
        let SandboxOptions {
            port,
            state_dir,
            key_dir,
            ..
        } = &options;
        let port = *port;
        let listener = server::listen(port)
            .await
            .map_err(|source| match source.kind() {
                io::ErrorKind::AddrInUse => SandboxError::PortTaken { port },
                _ => SandboxError::Listen { port, source },
            })?;
        let bound = listener
            .local_addr()
            .map_err(|source| SandboxError::Listen { port, source })?;
        let identity = identity(state_dir.as_deref()).await?;
        let keys = KeySource::new(key_dir.as_deref().or(state_dir.as_deref()));
        let shared = Shared::new(bound.port(), identity, keys, &options)?;
        let shared = Arc::new(shared);
        let stop = shared.tasks.guard();

        let router = server::router(&shared);
        shared
            .tasks
            .start(server::run(shared.clone(), listener, router));
        for site in &shared.sites {
            let kept = saver::run(shared.clone(), site.clone());
            shared.tasks.start(kept);
        }
        // Making the key takes longer than everything else: begin now, whoever needs it waits.
        let early = shared.clone();
        shared.tasks.start(async move {
            if let Err(error) = early.keys.key().await {
                tracing::error!(%error, "the sandbox has no signing key");
            }
        });
        Ok(Self {
            keys_url: format!("{}/install-keys", shared.origin),
            host_script_url: format!("{}/atlassian-connect/all.js", shared.origin),
            shared,
            _stop: stop,
        })
    }

    /// The sandbox itself: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.shared.origin
    }

    /// The site of a product, context path included. Bitbucket is not simulated; asking for it
    /// gives the Jira site.
    pub fn site(&self, product: Product) -> BaseUrl {
        self.on(product).base_url.clone()
    }

    /// Base URL of the install keys, for `CONNECT_KEYS_CDN_URL`.
    pub fn keys_url(&self) -> &str {
        &self.keys_url
    }

    /// Where the keys of Forge's invocation tokens are, for `CONNECT_FORGE_KEYS_URL`.
    pub fn forge_keys_url(&self) -> String {
        format!("{}{}", self.shared.origin, forge::JWKS)
    }

    /// Signs anything with the key that installs are signed with.
    pub fn signer(&self) -> HostSigner {
        HostSigner(Arc::clone(&self.shared))
    }

    /// Installs an app by the address of its descriptor, as the plugin manager does it.
    ///
    /// # Errors
    /// [`SandboxError::Install`] with the plugin manager's code.
    pub async fn install(
        &self,
        product: Product,
        descriptor_url: &str,
    ) -> Result<AppKey, SandboxError> {
        let installed = lifecycle::install(&self.shared, self.on(product), descriptor_url).await;
        installed.map_err(SandboxError::from)
    }

    /// Every site: those of the first customer, then those of the others in the order of
    /// [`SandboxOptions::sites`], Jira before Confluence.
    pub fn sites(&self) -> impl Iterator<Item = &BaseUrl> {
        self.shared.sites.iter().map(|site| &site.base_url)
    }

    /// As [`Sandbox::install`], on any site.
    ///
    /// # Errors
    /// As [`Sandbox::install`], and [`SandboxError::SiteName`] when there is no such site.
    pub async fn install_at(
        &self,
        site: &BaseUrl,
        descriptor_url: &str,
    ) -> Result<AppKey, SandboxError> {
        let known = self
            .shared
            .sites
            .iter()
            .find(|known| known.base_url == *site);
        let Some(known) = known else {
            return Err(SandboxError::SiteName {
                name: site.to_string(),
            });
        };
        let installed = lifecycle::install(&self.shared, known, descriptor_url).await;
        installed.map_err(SandboxError::from)
    }

    /// Gives every app of a product's site a new secret, as hosts do it now and then.
    pub async fn rotate_secrets(&self, product: Product) {
        // What apps make of it is among the events.
        let _ = control::tell_again(&self.shared, self.on(product)).await;
    }

    /// Gives a product's site another address (`localhost` for `127.0.0.1`, and back), where it is
    /// from now on too, and tells its apps, whose client key stays. Gives the new one.
    pub async fn rename(&self, product: Product) -> BaseUrl {
        let url = self.on(product).rename();
        let _ = control::tell_again(&self.shared, self.on(product)).await;
        url
    }

    /// What happened to an app, as far back as the sandbox remembers, to be done again with
    /// [`Sandbox::replay`].
    pub fn record(&self, app: &AppKey) -> Fixture {
        Fixture::record(&self.shared, app.as_str())
    }

    /// Does to the app of a descriptor what a host did when the fixture was recorded, and says
    /// what the app does otherwise now: nothing is good.
    ///
    /// # Errors
    /// [`SandboxError::Install`] when the app cannot be installed.
    pub async fn replay(
        &self,
        fixture: &Fixture,
        descriptor_url: &str,
    ) -> Result<Vec<Difference>, SandboxError> {
        fixture.replay(&self.shared, descriptor_url).await
    }

    /// Attacks the app of a descriptor: installs it on the site of `product`, or of the first that
    /// takes it, sends every kind of request that an app must refuse and those that it must not,
    /// and takes it away again unless it was there before.
    ///
    /// The app must trust [`Sandbox::keys_url`], as for every install.
    ///
    /// # Errors
    /// [`SandboxError::Install`] when the app cannot be installed, so that there is nothing to
    /// attack it with.
    pub async fn audit(
        &self,
        descriptor_url: &str,
        product: Option<Product>,
    ) -> Result<AuditReport, SandboxError> {
        audit::audit(&self.shared, descriptor_url, product).await
    }

    /// From now on the lifecycle calls of a site name this installation, as those do for a Connect
    /// app that Forge has deployed; none takes that back.
    pub fn name_installation(&self, product: Product, installation: Option<InstallationId>) {
        *lock(&self.on(product).installation) = installation;
    }

    /// Removes an app, as the plugin manager does it; false when it is not there.
    pub async fn uninstall(&self, product: Product, key: &AppKey) -> bool {
        lifecycle::uninstall(&self.shared, self.on(product), key).await
    }

    /// Calls a Forge remote as Forge would, with an invocation token and the tokens for calling
    /// back through the sandbox's gateway.
    ///
    /// # Errors
    /// [`SandboxError::Invocation`] when the remote does not answer: in 5 s for a trigger.
    pub async fn invoke(&self, invocation: &ForgeInvocation) -> Result<ForgeAnswer, SandboxError> {
        forge::invoke(&self.shared, self.on(invocation.product), invocation).await
    }

    /// As [`Sandbox::invoke`], with a token of an earlier invocation.
    ///
    /// # Errors
    /// As [`Sandbox::invoke`].
    pub async fn invoke_again(
        &self,
        invocation: &ForgeInvocation,
        token: &str,
    ) -> Result<ForgeAnswer, SandboxError> {
        let site = self.on(invocation.product);
        forge::send(&self.shared, site, invocation, token.to_owned()).await
    }

    /// The bridge script that pages of apps load, for `AC_HOST_SCRIPT_URL`.
    pub fn host_script_url(&self) -> &str {
        &self.host_script_url
    }

    /// User name of the administrator, for the plugin manager.
    pub fn username(&self) -> &str {
        USERNAME
    }

    /// Password of the administrator.
    pub fn password(&self) -> &Secret {
        &self.shared.identity.password
    }

    /// Everything that happens from now on. A receiver that falls more than a thousand events
    /// behind loses the oldest.
    pub fn subscribe(&self) -> broadcast::Receiver<SandboxEvent> {
        self.shared.journal.subscribe()
    }

    /// The last thousand events, oldest first.
    pub fn events(&self) -> Vec<Recorded> {
        self.shared.journal.events()
    }

    /// Waits until an event satisfies the predicate; events of the past count. The predicate sees
    /// each event once, in order, so it may count them.
    ///
    /// # Errors
    /// [`NotSeen`] after the deadline; its `Debug` form lists what did happen.
    pub async fn wait_for(
        &self,
        predicate: impl FnMut(&SandboxEvent) -> bool,
        deadline: Duration,
    ) -> Result<SandboxEvent, NotSeen> {
        self.shared.journal.wait_for(predicate, deadline).await
    }

    /// The apps installed on a product's site, by key.
    pub fn installed(&self, product: Product) -> Vec<InstalledApp> {
        let site = self.on(product);
        let apps = site.apps();
        let pages = |app: &crate::state::App| {
            let pages = app
                .descriptor
                .modules
                .iter()
                .filter(|module| module.is_page());
            pages
                .map(|module| InstalledPage {
                    key: module.key.clone(),
                    name: module.name.clone(),
                    url: crate::pages::module_url(site, app, module),
                })
                .collect()
        };
        apps.iter()
            .map(|app| InstalledApp {
                key: app.descriptor.key.clone(),
                name: app.descriptor.name.clone(),
                base_url: app.descriptor.base_url.clone(),
                enabled: app.enabled,
                licensed: app.license == License::Active,
                pages: pages(app),
            })
            .collect()
    }

    /// Misbehaviour to order.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Stops listening, lets requests under way finish for a second, and returns when nothing of
    /// the sandbox runs any more.
    pub async fn shutdown(self) {
        self.shared.tasks.end(PATIENCE).await;
        // What the last requests changed.
        for site in &self.shared.sites {
            saver::save(site).await;
        }
    }

    fn on(&self, product: Product) -> &Arc<Site> {
        let site = self.shared.site(product).or(self.shared.sites.first());
        site.expect("Shared::new makes two sites")
    }
}

/// Who the sandbox is. One that has just stopped may need a moment to let its folder go.
async fn identity(state_dir: Option<&Path>) -> Result<Identity, SandboxError> {
    let mut again = tokio::time::interval(Duration::from_millis(50));
    let began = tokio::time::Instant::now();
    loop {
        again.tick().await;
        match Identity::load(state_dir) {
            Err(SandboxError::StateInUse { .. }) if began.elapsed() < PATIENCE => {}
            loaded => return loaded,
        }
    }
}

/// How long requests under way may take when the sandbox closes.
const PATIENCE: Duration = Duration::from_secs(1);
