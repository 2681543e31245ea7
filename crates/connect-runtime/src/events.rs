//! What happens in an app, under the names that ACE gives it.

use connect_core::ClientKey;

/// Something that happened; see [`ConnectApp::subscribe`](crate::ConnectApp::subscribe).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AppEvent {
    /// A tenant's record could not be stored.
    HostSettingsNotSaved {
        /// The tenant.
        client_key: ClientKey,
        /// What the store said.
        error: String,
    },
    /// A tenant's record was stored.
    HostSettingsSaved {
        /// The tenant.
        client_key: ClientKey,
    },
    /// A verified webhook, before its handlers run.
    Webhook {
        /// The tenant.
        client_key: ClientKey,
        /// The event's name, such as `jira:issue_created`.
        event: String,
    },
    /// A webhook's token was proved.
    WebhookAuthVerificationSuccessful {
        /// The event's name.
        event: String,
    },
    /// A webhook came in, its token not looked at yet.
    WebhookAuthVerificationTriggered {
        /// The event's name.
        event: String,
    },
}

impl AppEvent {
    /// ACE's name for it; for a webhook, the webhook's own.
    pub fn name(&self) -> &str {
        match self {
            Self::HostSettingsNotSaved { .. } => "host_settings_not_saved",
            Self::HostSettingsSaved { .. } => "host_settings_saved",
            Self::Webhook { event, .. } => event,
            Self::WebhookAuthVerificationSuccessful { .. } => {
                "webhook_auth_verification_successful"
            }
            Self::WebhookAuthVerificationTriggered { .. } => "webhook_auth_verification_triggered",
        }
    }
}
