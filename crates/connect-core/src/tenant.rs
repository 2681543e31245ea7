//! One installation of the app on one site.

use std::{fmt, sync::OnceLock};

use serde_json::{Map, Value};

use crate::{
    Secret,
    base_url::BaseUrl,
    ids::{AppKey, ClientKey},
    keys::HmacKey,
    time::Timestamp,
};

/// The products that install Connect apps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Product {
    /// Bitbucket Cloud.
    Bitbucket,
    /// Confluence Cloud, whose base URL ends in `/wiki`.
    Confluence,
    /// Jira Cloud, Jira Service Management included.
    Jira,
}

/// One installation of the app on one site.
///
/// The same site may hold several tenants, one for each product, and keeps its client key when it
/// is renamed.
#[derive(Clone)]
pub struct Tenant {
    /// The app that is installed.
    pub app_key: AppKey,
    /// The host's name for this installation.
    pub client_key: ClientKey,
    /// Where the product's REST resources are, context path included.
    pub base_url: BaseUrl,
    /// Which product it is.
    pub product: Product,
    /// Client id for acting as a user, if the host gave one.
    pub oauth_client_id: Option<String>,
    /// The Forge installation this one belongs to, if the app is a Connect-on-Forge app.
    pub installation_id: Option<String>,
    /// Whether the app is there and may be used.
    pub state: TenantState,
    /// When the app was installed for the first time.
    pub installed_at: Timestamp,
    /// Every member of the last `installed` call but the shared secret, unknown ones included.
    pub details: Map<String, Value>,
    secret: SharedSecret,
    previous: Option<PreviousSecret>,
}

/// Whether the app is there and may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantState {
    /// Installed, but switched off by an administrator.
    Disabled,
    /// Installed and switched on.
    Enabled,
    /// Gone. The record stays, so that data survive a reinstall; see [`crate::lifecycle`].
    Uninstalled {
        /// When the uninstall call came.
        at: Timestamp,
    },
}

/// A shared secret that was replaced, still good for tokens already under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviousSecret {
    /// The secret.
    pub secret: Secret,
    /// The last moment at which it is accepted.
    pub until: Timestamp,
}

#[derive(Clone, Debug)]
struct SharedSecret {
    secret: Secret,
    key: OnceLock<Option<HmacKey>>,
}

impl Product {
    /// The product of that name in a lifecycle call (`productType`).
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "bitbucket" => Some(Self::Bitbucket),
            "confluence" => Some(Self::Confluence),
            "jira" => Some(Self::Jira),
            _ => None,
        }
    }

    /// The name in a lifecycle call.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bitbucket => "bitbucket",
            Self::Confluence => "confluence",
            Self::Jira => "jira",
        }
    }
}

impl Tenant {
    /// A tenant that is installed and enabled.
    pub fn new(
        app_key: AppKey,
        client_key: ClientKey,
        base_url: BaseUrl,
        product: Product,
        secret: Secret,
        installed_at: Timestamp,
    ) -> Self {
        Self {
            app_key,
            client_key,
            base_url,
            product,
            oauth_client_id: None,
            installation_id: None,
            state: TenantState::Enabled,
            installed_at,
            details: Map::new(),
            secret: SharedSecret::new(secret),
            previous: None,
        }
    }

    /// Replaces the shared secret; the old one stays good until `until`, if one is given.
    pub fn rotate_secret(&mut self, secret: Secret, until: Option<Timestamp>) {
        let old = std::mem::replace(&mut self.secret, SharedSecret::new(secret)).secret;
        self.previous = until
            .filter(|_| !old.is_empty())
            .map(|until| PreviousSecret { secret: old, until });
    }

    /// Restores a replaced secret from where it was kept.
    pub fn set_previous_secret(&mut self, previous: Option<PreviousSecret>) {
        self.previous = previous;
    }

    /// The shared secret of this installation.
    ///
    /// This is the documented way to it, for whoever must hand it on: a queue worker, another
    /// service of the same app. It belongs to one tenant and changes when the host rotates it, so
    /// an environment variable is the wrong place for it.
    pub fn shared_secret(&self) -> &Secret {
        &self.secret.secret
    }

    /// The replaced secret, if one is kept.
    pub fn previous_secret(&self) -> Option<&PreviousSecret> {
        self.previous.as_ref()
    }

    /// True unless the app was uninstalled.
    pub fn is_installed(&self) -> bool {
        !matches!(self.state, TenantState::Uninstalled { .. })
    }

    /// The key that signs our calls to this tenant; none when the stored secret is empty.
    pub fn signing_key(&self) -> Option<&HmacKey> {
        self.secret.key()
    }

    /// Tries the keys that a token of this tenant may be signed with now, until one will do; what
    /// came of the last one, or nothing when there is no key.
    pub(crate) fn try_keys<E>(
        &self,
        now: Timestamp,
        check: impl Fn(&HmacKey) -> Result<(), E>,
    ) -> Option<Result<(), E>> {
        let current = self.secret.key().map(&check);
        if let Some(Ok(())) = current {
            return current;
        }
        let previous = self
            .previous
            .as_ref()
            .filter(|previous| now <= previous.until)
            .and_then(|previous| HmacKey::new(&previous.secret).ok());
        previous.map(|key| check(&key)).or(current)
    }
}

impl SharedSecret {
    fn new(secret: Secret) -> Self {
        Self {
            secret,
            key: OnceLock::new(),
        }
    }

    /// Prepared once, because a tenant is cached and asked on every request.
    fn key(&self) -> Option<&HmacKey> {
        self.key
            .get_or_init(|| HmacKey::new(&self.secret).ok())
            .as_ref()
    }
}

impl fmt::Debug for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tenant")
            .field("app_key", &self.app_key)
            .field("client_key", &self.client_key)
            .field("base_url", &self.base_url)
            .field("product", &self.product)
            .field("state", &self.state)
            .field("installed_at", &self.installed_at)
            .field("details", &Names(&self.details))
            .field("shared_secret", &self.secret.secret)
            .field("previous", &self.previous)
            .finish_non_exhaustive()
    }
}

/// The names of members, for `Debug`: a host may send a secret under a name we do not know.
pub(crate) struct Names<'a>(pub(crate) &'a Map<String, Value>);

impl fmt::Debug for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl PartialEq for Tenant {
    fn eq(&self, other: &Self) -> bool {
        self.app_key == other.app_key
            && self.client_key == other.client_key
            && self.base_url == other.base_url
            && self.product == other.product
            && self.oauth_client_id == other.oauth_client_id
            && self.installation_id == other.installation_id
            && self.state == other.state
            && self.installed_at == other.installed_at
            && self.details == other.details
            && self.secret.secret == other.secret.secret
            && self.previous == other.previous
    }
}
