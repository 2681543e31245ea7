//! Failures that `connect doctor` finds where no other command would have met them yet.

use std::io;

use connect_core::{AppKey, BaseUrl};

use crate::error::CliError;

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
