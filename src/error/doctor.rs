//! Failures that `connect doctor` finds where no other command would have met them yet.

use std::io;

use connect_core::{AppKey, BaseUrl};

use crate::error::CliError;
use crate::process::StartError;

impl CliError {
    /// The clocks of this machine and of a host differ.
    pub(crate) fn clock_skew(site: &BaseUrl, ahead: i64) -> Self {
        let seconds = ahead.abs();
        let where_to = if ahead > 0 { "ahead of" } else { "behind" };
        Self::user(
            "clock/skew",
            format!("the clock here is {seconds} s {where_to} that of {site}"),
        )
        .cause("tokens live for minutes: what one side signs, the other takes for expired")
        .hint("let the system set its clock: timedatectl set-ntp true")
    }

    /// Browsers see a page of ngrok's first.
    pub(crate) fn free_ngrok(found: &str) -> Self {
        Self::outside("tunnel/interstitial", found)
            .cause("on ngrok's free plan browsers see a page of its own first (ERR_NGROK_6024), which may not go away in frames")
            .hint("connect dev --tunnel cloudflared")
            .hint("a paid plan, or a tunnel of your own: connect dev --url https://...")
    }

    /// The Forge CLI is not installed.
    pub(crate) fn no_forge() -> Self {
        Self::user("doctor/no-forge", "the Forge CLI is not installed")
            .cause("`forge deploy` sends manifest.yml to Atlassian; nothing else does")
            .hint("npm install --global @forge/cli")
    }

    /// The Forge CLI is there and does not run.
    pub(crate) fn broken_forge(error: &StartError) -> Self {
        Self::user("doctor/no-forge", error.to_string())
            .cause(&error.source)
            .hint("npm install --global @forge/cli")
    }

    /// The Forge CLI is older than what it is to deploy.
    pub(crate) fn old_forge(found: &str, oldest: &str) -> Self {
        let message = format!("the Forge CLI is {found}, older than {oldest}");
        Self::user("doctor/old-forge", message)
            .cause("it does not know all that a manifest with `app.connect` may say today")
            .hint("npm install --global @forge/cli@latest")
    }

    /// The Forge CLI has no node to run on.
    pub(crate) fn no_node(why: &str) -> Self {
        Self::user(
            "doctor/forge-node",
            "the Forge CLI cannot run on the node that is here",
        )
        .cause(why)
        .hint("install a release of node with long-term support: https://nodejs.org")
    }

    /// An app that an earlier session left.
    pub(crate) fn left_by(host: &str, key: &str, pid: u32) -> Self {
        let message = format!("{key} may still be registered with {host}, left by pid {pid}");
        Self::user("dev/left-behind", message).hint("connect clean")
    }

    /// The host has the app, and no session of this folder noted it.
    pub(crate) fn installed_by_others(site: &BaseUrl, key: &AppKey) -> Self {
        let message = format!("{site} has the app, and no session of this folder noted that");
        Self::user("upm/key-taken", message)
            .cause("another folder or person may be using it, or the Marketplace installed it")
            .hint(format!("connect clean --host {site} --key {key}"))
            .hint("or give this one another `key` in atlassian-connect.json")
    }

    /// The file system refuses a repair.
    pub(crate) fn not_mended(file: &str, error: &io::Error) -> Self {
        Self::user("doctor/not-mended", format!("`{file}` cannot be mended")).cause(error)
    }
}
