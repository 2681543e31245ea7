//! What an invocation token says, typed.

use std::fmt;

use serde_json::{Map, Value};

use crate::{
    base_url::BaseUrl,
    claims::Claims,
    error::TokenError,
    ids::{AccountId, InstallationId, NameError},
    time::Timestamp,
};

/// The claims of an invocation token (Atlassian, "Forge remote invocation contract": Forge
/// Invocation Token).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ForgeClaims {
    /// The token's own id, different for every invocation.
    pub jti: String,
    /// When it stops being valid.
    pub expires_at: Timestamp,
    /// Which app, where, in which version.
    pub app: ForgeApp,
    /// Where the user or the event was.
    pub context: ForgeContext,
    /// The user; none for events and scheduled triggers.
    pub principal: Option<AccountId>,
    /// Name of the isolated cloud that it comes from, if it comes from one.
    pub ic_label: Option<IcLabel>,
}

/// The app that is invoked (`app`).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ForgeApp {
    /// Id of the app, `ari:cloud:ecosystem::app/…`.
    pub id: String,
    /// Version of the app (`appVersion`).
    pub version: Option<String>,
    /// Which installation. It changes at a reinstall, the cloud id does not.
    pub installation_id: InstallationId,
    /// Where the product's API is for this installation.
    pub api_base_url: BaseUrl,
    /// Environment that the app is deployed to.
    pub environment: Environment,
    /// The module that invokes.
    pub module: ForgeModule,
    /// The customer's licence; none for an app that has no licensing, and outside production.
    pub license: Option<ForgeLicense>,
}

/// Environment of a Forge app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Environment {
    /// For its developer.
    Development,
    /// For customers.
    Production,
    /// For tests.
    Staging,
    /// Something newer than this library.
    Unknown,
}

/// The module that invokes (`app.module`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ForgeModule {
    /// Such as `core:trigger`.
    pub kind: String,
    /// Its key in the manifest.
    pub key: String,
}

/// A customer's licence (`app.license`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ForgeLicense {
    /// Whether the app may be used.
    pub active: bool,
    /// Whether it is a trial.
    pub evaluation: bool,
    /// Such as `capabilityStandard` or `capabilityAdvanced`.
    pub capability_set: Option<String>,
    /// Everything, unread: billing period, end of the trial, entitlement.
    pub all: Map<String, Value>,
}

/// Where the user or the event was (`context`).
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ForgeContext {
    /// Id of the site, which stays when the app is installed again.
    pub cloud_id: Option<String>,
    /// Id of the workspace, for products that have those.
    pub workspace_id: Option<String>,
    /// Address of the site.
    pub site_url: Option<BaseUrl>,
    /// Everything, unread.
    pub all: Map<String, Value>,
}

/// Name of an isolated cloud, which becomes part of a URL.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IcLabel(Box<str>);

impl IcLabel {
    /// 1 to 50 of `a` to `z`, digits, `_` and `-`, as Atlassian prescribes before the label may be
    /// put into a URL.
    ///
    /// # Errors
    /// Anything else; the text is not repeated.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b);
        if (1..=50).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Self(text.into()))
        } else {
            Err(NameError::new("isolated cloud label", "not a plain word"))
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ForgeClaims {
    /// Takes the claims of Forge out of those that every token has.
    pub(super) fn read(claims: &mut Claims) -> Result<Self, TokenError> {
        let jti = claims.other.get("jti").and_then(Value::as_str);
        let jti = jti.filter(|jti| (1..=255).contains(&jti.len()));
        let app = claims.other.get("app").and_then(Value::as_object);
        let principal = match claims.other.get("principal") {
            None | Some(Value::Null) => None,
            Some(id) => Some(
                id.as_str()
                    .and_then(|id| AccountId::parse(id).ok())
                    .ok_or(claim("principal"))?,
            ),
        };
        let ic_label = match claims.other.get("icLabel") {
            None | Some(Value::Null) => None,
            Some(label) => Some(
                label
                    .as_str()
                    .and_then(|label| IcLabel::parse(label).ok())
                    .ok_or(claim("icLabel"))?,
            ),
        };
        Ok(Self {
            jti: jti.ok_or(claim("jti"))?.to_owned(),
            expires_at: claims.exp,
            app: ForgeApp::read(app.ok_or(claim("app"))?)?,
            principal,
            ic_label,
            context: ForgeContext::read(claims.context.take().unwrap_or_default()),
        })
    }
}

impl ForgeApp {
    fn read(app: &Map<String, Value>) -> Result<Self, TokenError> {
        let text = |name: &str| app.get(name).and_then(Value::as_str);
        let within = |name: &str, member: &str| {
            let text = app.get(name)?.get(member)?.as_str()?;
            Some(text.to_owned())
        };
        // Older tokens name the installation beside the object that newer ones have.
        let installation = within("installation", "id");
        let installation = text("installationId").or(installation.as_deref());
        let api = text("apiBaseUrl").and_then(|url| BaseUrl::parse(url).ok());
        Ok(Self {
            id: text("id").ok_or(claim("app.id"))?.to_owned(),
            version: text("appVersion")
                .or_else(|| text("version"))
                .map(str::to_owned),
            installation_id: installation
                .and_then(|id| InstallationId::parse(id).ok())
                .ok_or(claim("app.installationId"))?,
            // SECURITY: our tokens go there, so nobody on the way may read them.
            // Test: every_rule_of_an_invocation_token_has_a_token_that_breaks_it.
            api_base_url: api
                .filter(|url| url.is_https() || url.is_loopback())
                .ok_or(claim("app.apiBaseUrl"))?,
            environment: match within("environment", "type").as_deref() {
                Some("DEVELOPMENT") => Environment::Development,
                Some("PRODUCTION") => Environment::Production,
                Some("STAGING") => Environment::Staging,
                _ => Environment::Unknown,
            },
            module: ForgeModule {
                kind: within("module", "type").unwrap_or_default(),
                key: within("module", "key").unwrap_or_default(),
            },
            license: app
                .get("license")
                .and_then(Value::as_object)
                .map(ForgeLicense::read),
        })
    }
}

impl ForgeLicense {
    fn read(license: &Map<String, Value>) -> Self {
        let flag = |name: &str| license.get(name).and_then(Value::as_bool);
        let text = |name: &str| license.get(name).and_then(Value::as_str);
        Self {
            // `isActive` is its name until October 2026 (CHANGE-3155).
            active: flag("active").or(flag("isActive")).unwrap_or(false),
            evaluation: flag("isEvaluation").unwrap_or(false),
            capability_set: text("capabilitySet").map(str::to_owned),
            all: license.clone(),
        }
    }
}

impl ForgeContext {
    fn read(all: Map<String, Value>) -> Self {
        let text = |name: &str| all.get(name).and_then(Value::as_str);
        Self {
            cloud_id: text("cloudId").map(str::to_owned),
            workspace_id: text("workspaceId").map(str::to_owned),
            site_url: text("siteUrl").and_then(|url| BaseUrl::parse(url).ok()),
            all,
        }
    }
}

impl fmt::Debug for ForgeContext {
    /// Without what the user looked at.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForgeContext")
            .field("cloud_id", &self.cloud_id)
            .field("site_url", &self.site_url)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for IcLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IcLabel({})", self.0)
    }
}

fn claim(claim: &'static str) -> TokenError {
    TokenError::Claim { claim }
}
