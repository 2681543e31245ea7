//! Failures of `connect license`.

use connect_core::{AppKey, BaseUrl};

use crate::error::CliError;

impl CliError {
    /// The site does not have the app.
    pub(crate) fn not_installed(site: &BaseUrl, key: &AppKey) -> Self {
        let message = format!("{key} is not installed on {site}");
        Self::user("license/not-installed", message)
            .hint("connect dev    installs it for as long as it runs")
            .hint("connect license --key KEY    names another app")
    }

    /// There is no session with a sandbox, and no host.
    pub(crate) fn nothing_to_license() -> Self {
        let message = "no session with a sandbox runs here, and credentials.json names no hosts";
        Self::user("license/no-site", message)
            .hint("connect dev --via sandbox    and then, in another terminal, connect license")
    }

    /// credentials.json does not name the host.
    pub(crate) fn no_such_host(host: &str) -> Self {
        Self::user(
            "license/no-site",
            format!("credentials.json names no host `{host}`"),
        )
        .hint("connect info    lists the hosts")
    }

    /// A real site wants an access token.
    pub(crate) fn no_access_token(site: &BaseUrl, key: &AppKey) -> Self {
        let message = format!("{site} needs an access token to give {key} a licence");
        Self::user("license/no-access-token", message)
            .cause("an app that is installed from a descriptor has no licence of its own")
            .hint("make one: marketplace.atlassian.com, Manage apps, your app, Private listings")
            .hint("connect license active --token -    takes it from stdin, where nobody sees it")
            .hint("connect dev --via sandbox    needs none")
    }

    /// Nobody confirmed what others would see.
    pub(crate) fn license_unconfirmed(
        site: &BaseUrl,
        key: &AppKey,
        before: &str,
        after: &str,
    ) -> Self {
        let message = format!("the licence of {key} on {site} stays {before}");
        Self::usage("license/unconfirmed", message)
            .cause(format!(
                "setting it to {after} was not confirmed, and others use the site"
            ))
            .hint("connect license STATE --yes")
    }
}
