//! Lifecycle calls sent by hand: what the host tells an app of its own install, at another time
//! than the host would. They change nothing on the site.

use serde_json::Value;
use url::Url;

use crate::{
    lifecycle,
    server::OnSite,
    sign::{self, CALL_LIFE, Subject},
    state::App,
    webhooks::samples::Sample,
};

/// A lifecycle call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Callback {
    Disabled,
    Enabled,
    Installed,
    Uninstalled,
}

impl Callback {
    const ALL: [Self; 4] = [
        Self::Installed,
        Self::Enabled,
        Self::Disabled,
        Self::Uninstalled,
    ];

    /// The call of that name, which no webhook has.
    pub(super) fn parse(event: &str) -> Option<Self> {
        let named = |callback: &Self| callback.as_str() == event;
        Self::ALL.into_iter().find(named)
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Enabled => "enabled",
            Self::Installed => "installed",
            Self::Uninstalled => "uninstalled",
        }
    }

    /// Where the app wants to hear of it.
    pub(super) fn address(self, app: &App) -> Option<Url> {
        let lifecycle = &app.descriptor.lifecycle;
        let url = match self {
            Self::Disabled => &lifecycle.disabled,
            Self::Enabled => &lifecycle.enabled,
            Self::Installed => &lifecycle.installed,
            Self::Uninstalled => &lifecycle.uninstalled,
        };
        url.clone()
    }

    /// Signs as a host does: with its own key what begins and ends a tenant, else with the
    /// tenant's secret.
    pub(super) async fn sign(self, on: &OnSite, app: &App, url: &Url) -> Option<String> {
        let OnSite { shared, site } = on;
        match self {
            Self::Disabled | Self::Enabled => {
                let subject = Subject::host();
                sign::request_token(shared, site, app, "POST", url, CALL_LIFE, &subject)
            }
            Self::Installed | Self::Uninstalled => {
                let key = shared.keys.key().await.ok()?;
                let app = &app.descriptor;
                let path = app.base_url.path();
                sign::install_token(shared, site, &key, &app.audience, path, url)
            }
        }
    }
}

/// A body for each of them.
pub(super) fn samples(on: &OnSite, app: &App) -> Vec<Sample> {
    let one = |callback: Callback| {
        let name = callback.as_str();
        let mut body = lifecycle::body(&on.site, app, name, None);
        if callback == Callback::Installed {
            body["sharedSecret"] = SECRET.into();
        }
        Sample {
            name,
            event: name,
            lifecycle: true,
            body,
        }
    };
    Callback::ALL.map(one).into()
}

/// The bytes of the body of `installed`, with the tenant's secret where it is named.
pub(super) fn wire(body: &Value, app: &App) -> Vec<u8> {
    let mut filled = body.clone();
    if let Some(secret) = filled.get_mut("sharedSecret")
        && secret == SECRET
    {
        *secret = app.secret.expose().into();
    }
    filled.to_string().into_bytes()
}

/// SECURITY: what is shown and kept names the secret only. Test:
/// `lifecycle_calls_are_sent_by_hand_and_never_show_the_secret`.
const SECRET: &str = "${sharedSecret}";
