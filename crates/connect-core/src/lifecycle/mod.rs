//! What a lifecycle call does to a tenant.
//!
//! The token of such a call covers method, path and query, never the body. So the body is bound to
//! the token by hand: the issuer must be the client key the body speaks for, and the body must be
//! for this app and this event. A tenant's secret is replaced by an `installed` call that was
//! proved with the host's signature, and by nothing else.

use std::fmt;

use serde_json::{Map, Value};

use crate::{
    Secret,
    base_url::BaseUrl,
    error::LifecycleError,
    hosts::AllowedHosts,
    ids::{AppKey, ClientKey},
    strict_json,
    tenant::{Names, Product, Tenant, TenantState},
    time::{Seconds, Timestamp},
    verify::{Host, Install, Kind, Verified},
};

/// Shortest shared secret that is accepted, in bytes: as long as the hash it keys (RFC 7518
/// section 3.2).
pub const MIN_SECRET: usize = 32;

/// The lifecycle events of a Connect app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LifecycleEvent {
    /// An administrator switched the app off, or is about to uninstall it.
    Disabled,
    /// The app was switched on; follows an install.
    Enabled,
    /// The app was installed, installed again, upgraded, or its secret was rotated.
    Installed,
    /// The app was removed.
    Uninstalled,
}

/// The body of a lifecycle call, read but not believed.
#[derive(Clone)]
pub struct LifecycleCall {
    /// The app it is for.
    pub key: AppKey,
    /// The installation it speaks for.
    pub client_key: ClientKey,
    /// What happened.
    pub event: LifecycleEvent,
    /// Where the product is.
    pub base_url: BaseUrl,
    /// Which product it is.
    pub product: Product,
    /// The new shared secret; only `installed` has one.
    pub shared_secret: Option<Secret>,
    /// Client id for acting as a user.
    pub oauth_client_id: Option<String>,
    /// The Forge installation, for a Connect-on-Forge app.
    pub installation_id: Option<String>,
    /// Every member but the shared secret.
    pub details: Map<String, Value>,
}

/// Who may install, and how a rotation is softened.
#[derive(Clone, Debug)]
pub struct InstallPolicy {
    /// The app's own key.
    pub app_key: AppKey,
    /// The sites that may install it.
    pub allowed_hosts: AllowedHosts,
    /// How long a replaced secret stays good, for pages that are open during a rotation.
    pub secret_grace: Seconds,
}

/// What a call does.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Nothing is stored, and that is fine: a call about a tenant that is not there.
    Nothing,
    /// This record replaces the tenant's.
    Save(Box<Tenant>),
}

impl LifecycleEvent {
    /// The event of that name (`eventType`).
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "disabled" => Some(Self::Disabled),
            "enabled" => Some(Self::Enabled),
            "installed" => Some(Self::Installed),
            "uninstalled" => Some(Self::Uninstalled),
            _ => None,
        }
    }

    /// The name: `eventType` of the body, and the member of the descriptor's `lifecycle`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Enabled => "enabled",
            Self::Installed => "installed",
            Self::Uninstalled => "uninstalled",
        }
    }
}

impl fmt::Debug for LifecycleCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LifecycleCall")
            .field("key", &self.key)
            .field("client_key", &self.client_key)
            .field("event", &self.event)
            .field("base_url", &self.base_url)
            .field("product", &self.product)
            .field("details", &Names(&self.details))
            .finish_non_exhaustive()
    }
}

impl LifecycleCall {
    /// Reads a body.
    ///
    /// # Errors
    /// [`LifecycleError::Body`], naming the first member that is missing or malformed. Unknown
    /// members are kept.
    pub fn parse(body: &[u8]) -> Result<Self, LifecycleError> {
        let bad = |member| LifecycleError::Body { member };
        let Ok(Value::Object(mut details)) = strict_json::parse(body) else {
            return Err(bad("body"));
        };
        let shared_secret = match details.remove("sharedSecret") {
            None => None,
            Some(Value::String(text)) => Some(Secret::new(text)),
            Some(_) => return Err(bad("sharedSecret")),
        };
        let optional = |name: &'static str| match details.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(bad(name)),
        };
        let required = |name: &'static str| optional(name)?.ok_or(bad(name));
        Ok(Self {
            key: AppKey::parse(required("key")?).map_err(|_| bad("key"))?,
            client_key: ClientKey::parse(required("clientKey")?).map_err(|_| bad("clientKey"))?,
            event: LifecycleEvent::parse(required("eventType")?).ok_or(bad("eventType"))?,
            base_url: BaseUrl::parse(required("baseUrl")?).map_err(|_| bad("baseUrl"))?,
            product: Product::parse(required("productType")?).ok_or(bad("productType"))?,
            oauth_client_id: optional("oauthClientId")?.map(str::to_owned),
            installation_id: optional("installationId")?.map(str::to_owned),
            shared_secret,
            details,
        })
    }

    /// Everything that can be refused without a proof: the event of the route, the app, the site.
    ///
    /// # Errors
    /// [`LifecycleError`].
    pub fn precheck(
        &self,
        route: LifecycleEvent,
        policy: &InstallPolicy,
    ) -> Result<(), LifecycleError> {
        if self.event != route {
            return Err(LifecycleError::WrongEvent);
        }
        if self.key != policy.app_key {
            return Err(LifecycleError::AnotherApp);
        }
        if !policy.allowed_hosts.allows(&self.base_url) {
            return Err(LifecycleError::HostNotAllowed);
        }
        if route == LifecycleEvent::Installed {
            let secret = self.shared_secret.as_ref();
            let length = secret
                .ok_or(LifecycleError::Body {
                    member: "sharedSecret",
                })?
                .len();
            if length < MIN_SECRET {
                return Err(LifecycleError::WeakSecret);
            }
        }
        Ok(())
    }

    /// `iss == clientKey`, the one thing that ties the signed token to the unsigned body.
    fn bind<K: Kind>(&self, proof: &Verified<K>) -> Result<(), LifecycleError> {
        if proof.claims().iss == self.client_key.as_str() {
            Ok(())
        } else {
            Err(LifecycleError::AnotherTenant)
        }
    }
}

/// Decides on an `installed` call: a first install, a reinstall, a rename, an upgrade, a rotation.
///
/// All of them end in the same record, so a call that is repeated changes nothing more.
///
/// # Errors
/// [`LifecycleError`]; then nothing may be stored.
pub fn decide_installed(
    existing: Option<&Tenant>,
    call: LifecycleCall,
    proof: &Verified<Install>,
    policy: &InstallPolicy,
    now: Timestamp,
) -> Result<Decision, LifecycleError> {
    call.precheck(LifecycleEvent::Installed, policy)?;
    call.bind(proof)?;
    let secret = call.shared_secret.ok_or(LifecycleError::Body {
        member: "sharedSecret",
    })?;
    let mut tenant = match existing {
        Some(existing) => {
            let mut tenant = existing.clone();
            if *existing.shared_secret() != secret {
                // An old secret must not outlive the installation it belonged to.
                let until = existing.is_installed().then_some(now + policy.secret_grace);
                tenant.rotate_secret(secret, until);
            }
            tenant
        }
        None => Tenant::new(
            call.key.clone(),
            call.client_key.clone(),
            call.base_url.clone(),
            call.product,
            secret,
            now,
        ),
    };
    tenant.app_key = call.key;
    tenant.base_url = call.base_url;
    tenant.product = call.product;
    tenant.oauth_client_id = call.oauth_client_id;
    tenant.installation_id = call.installation_id;
    tenant.details = call.details;
    // A host sends `enabled` after this; an upgrade of a disabled app leaves it disabled.
    if !matches!(tenant.state, TenantState::Disabled) {
        tenant.state = TenantState::Enabled;
    }
    Ok(Decision::Save(Box::new(tenant)))
}

/// Decides on an `uninstalled` call: the record stays, marked.
///
/// # Errors
/// [`LifecycleError`]; then nothing may be stored.
pub fn decide_uninstalled(
    existing: Option<&Tenant>,
    call: &LifecycleCall,
    proof: &Verified<Install>,
    policy: &InstallPolicy,
    now: Timestamp,
) -> Result<Decision, LifecycleError> {
    call.precheck(LifecycleEvent::Uninstalled, policy)?;
    call.bind(proof)?;
    Ok(match existing {
        Some(existing) if existing.is_installed() => {
            let mut tenant = existing.clone();
            tenant.state = TenantState::Uninstalled { at: now };
            tenant.set_previous_secret(None);
            Decision::Save(Box::new(tenant))
        }
        _ => Decision::Nothing,
    })
}

/// Decides on an `enabled` or `disabled` call.
///
/// # Errors
/// [`LifecycleError`]; then nothing may be stored.
pub fn decide_switched(
    existing: &Tenant,
    call: &LifecycleCall,
    proof: &Verified<Host>,
    route: LifecycleEvent,
    policy: &InstallPolicy,
) -> Result<Decision, LifecycleError> {
    call.precheck(route, policy)?;
    call.bind(proof)?;
    let state = match route {
        LifecycleEvent::Disabled => TenantState::Disabled,
        _ => TenantState::Enabled,
    };
    if existing.state == state || !existing.is_installed() {
        return Ok(Decision::Nothing);
    }
    let mut tenant = existing.clone();
    tenant.state = state;
    Ok(Decision::Save(Box::new(tenant)))
}

#[cfg(test)]
mod tests;
