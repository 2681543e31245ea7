//! From where the host's public install keys come.

use crate::{base_url::BaseUrl, ids::Kid};

/// The class of sites an app serves, which decides whose install keys it trusts.
///
/// The app's configuration chooses, never the call: a body that names a staging site must not make
/// a production app trust staging keys.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum KeyHosts {
    /// One server only: the sandbox, or a proxy (`CONNECT_KEYS_CDN_URL`).
    Custom(BaseUrl),
    /// Atlassian Government Cloud.
    Government,
    /// Atlassian Government Cloud, staging.
    GovernmentStaging,
    /// `*.atlassian.net` and `*.jira.com`.
    #[default]
    Production,
    /// `*.jira-dev.com`.
    Staging,
}

impl KeyHosts {
    /// The URLs at which to look for a key, in order. A kid has been checked to be a plain path,
    /// so it cannot leave the server.
    pub fn urls(&self, kid: &Kid) -> Vec<String> {
        let bases: &[&str] = match self {
            Self::Custom(base) => &[base.as_str()],
            Self::Government => &[
                "https://asap-distribution.us-west-2.prod.atl-auth-us-gov-mod.net",
                "https://cs-migrations--fedrampcdn.us-east-1.prod.cdn.atlassian-us-gov-mod.com",
            ],
            Self::GovernmentStaging => &[
                "https://asap-distribution.us-west-2.staging.atl-auth-us-gov-mod.net",
                "https://cs-migrations--fedrampcdn.us-east-1.staging.cdn.atlassian-us-gov-mod.com",
            ],
            Self::Production => &[
                "https://asap-distribution.us-west-2.prod.atl-asap.net",
                "https://connect-install-keys.atlassian.com",
            ],
            Self::Staging => &[
                "https://asap-distribution.us-west-2.staging.atl-asap.net",
                "https://cs-migrations--cdn.us-east-1.staging.public.atl-paas.net",
            ],
        };
        bases.iter().map(|base| format!("{base}/{kid}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_servers_are_asked_for_the_same_key() {
        let kid = Kid::parse("connect/abc").unwrap();
        for hosts in [
            KeyHosts::Production,
            KeyHosts::Staging,
            KeyHosts::Government,
            KeyHosts::GovernmentStaging,
        ] {
            let urls = hosts.urls(&kid);
            assert_eq!(urls.len(), 2);
            assert!(
                urls.iter()
                    .all(|url| url.starts_with("https://") && url.ends_with("/connect/abc"))
            );
        }
        let custom = KeyHosts::Custom(BaseUrl::parse("http://127.0.0.1:1/keys/").unwrap());
        assert_eq!(custom.urls(&kid), ["http://127.0.0.1:1/keys/connect/abc"]);
    }
}
