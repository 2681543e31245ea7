//! The variables that ACE hands to every view.

use std::{fmt, sync::Arc};

use connect_core::{
    Tenant,
    verify::{Host, Verified},
};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::app::ConnectApp;

/// The variables that ACE hands to every view, under its names, so that an ACE app's views work as
/// they are; right where ACE is wrong (`hostUrl`), and taken from the proof and the store, never
/// from what an unauthenticated query says.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PageContext {
    /// Name of the app.
    pub title: String,
    /// The app's key.
    pub addon_key: String,
    /// Where the world reaches the app.
    pub local_base_url: String,
    /// The product's base URL, context path included.
    pub host_base_url: String,
    /// Scheme, host and port of the product.
    pub host_url: String,
    /// The product's style sheet for apps.
    pub host_stylesheet_url: String,
    /// The bridge script, `AP`.
    pub host_script_url: String,
    /// A session token for the page's calls back; empty on a page without a tenant.
    pub token: String,
    /// `active` or `none`, as the host says.
    pub license: String,
    /// The context claim of the token: where the user is.
    pub context: Map<String, Value>,
    /// The installation; empty on a page without a tenant.
    pub client_key: String,
    /// The user, if there is one.
    pub user_account_id: Option<String>,
    /// Deprecated by Atlassian; hosts stopped sending it.
    pub user_id: Option<String>,
    /// Deprecated by Atlassian; hosts stopped sending it.
    pub time_zone: Option<String>,
    /// The same under the name ACE's code uses.
    pub timezone: Option<String>,
    /// Deprecated by Atlassian; hosts stopped sending it.
    pub locale: Option<String>,
}

/// The variables that are the same for everybody: those of a page that a browser may keep.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg(feature = "views")]
pub(crate) struct StaticContext {
    title: String,
    addon_key: String,
    local_base_url: String,
    host_script_url: String,
}

#[cfg(feature = "views")]
impl StaticContext {
    pub(crate) fn new(app: &ConnectApp) -> Self {
        Self {
            title: title(app),
            addon_key: app.key().to_string(),
            local_base_url: app.config().local_base_url.to_string(),
            host_script_url: app.config().host_script_url.clone(),
        }
    }
}

impl fmt::Debug for PageContext {
    /// Without the token, and without what the host says of the user.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageContext")
            .field("addon_key", &self.addon_key)
            .field("client_key", &self.client_key)
            .field("host_base_url", &self.host_base_url)
            .field("license", &self.license)
            .finish_non_exhaustive()
    }
}

fn title(app: &ConnectApp) -> String {
    let descriptor = app.descriptor();
    let name = descriptor.as_json().get("name").and_then(Value::as_str);
    name.unwrap_or_default().to_owned()
}

impl PageContext {
    pub(crate) fn new(
        app: &ConnectApp,
        visitor: Option<(&Arc<Tenant>, &Verified<Host>)>,
        token: String,
        target: &str,
    ) -> Self {
        let query = target.split_once('?').map_or("", |(_, query)| query);
        let param = |name: &str| {
            url::form_urlencoded::parse(query.as_bytes())
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        let config = app.config();
        let tenant = visitor.map(|(tenant, _)| tenant);
        let host_base_url = tenant.map_or_else(String::new, |tenant| tenant.base_url.to_string());
        let debug = if config.is_development() {
            "-debug"
        } else {
            ""
        };
        let zone = visitor.and_then(|_| param("tz"));
        Self {
            title: title(app),
            addon_key: app.key().to_string(),
            local_base_url: config.local_base_url.to_string(),
            host_stylesheet_url: format!("{host_base_url}/atlassian-connect/all{debug}.css"),
            host_url: tenant.map_or_else(String::new, |tenant| tenant.base_url.origin().to_owned()),
            host_base_url,
            host_script_url: config.host_script_url.clone(),
            token,
            license: match &config.license_override {
                Some(license) => license.clone(),
                None => visitor.and_then(|_| param("lic")).unwrap_or_default(),
            },
            context: visitor
                .and_then(|(_, proof)| proof.claims().context.clone())
                .unwrap_or_default(),
            client_key: tenant.map_or_else(String::new, |tenant| tenant.client_key.to_string()),
            user_account_id: visitor
                .and_then(|(_, proof)| proof.account_id())
                .map(|account| account.to_string()),
            user_id: visitor.and_then(|_| param("user_id")),
            timezone: zone.clone(),
            time_zone: zone,
            locale: visitor.and_then(|_| param("loc")),
        }
    }
}
