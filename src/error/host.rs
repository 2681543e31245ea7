//! Failures of hosts: what UPM says, in our words, with what to do about it.

use connect_core::BaseUrl;
use connect_sandbox::SandboxError;

use crate::error::install::install_failed;
use crate::error::{CliError, sources};
use crate::host::HostError;
use crate::http::HttpError;

impl CliError {
    /// A host refused, failed or did not answer; `doing` is a phrase such as `install the app`.
    pub(crate) fn host(site: &BaseUrl, doing: &str, error: &HostError) -> Self {
        match error {
            HostError::Blocked(why) => Self::user("dev/journal", "the journal cannot be written")
                .cause(why)
                .hint("make `.connect/` writable: without a journal an app could be left behind"),
            HostError::Disabled => Self::user(
                "upm/disabled",
                format!("{site} installed the app but keeps it disabled"),
            )
            .hint(format!("enable it by hand: {site}/plugins/servlet/upm")),
            HostError::DevModeOff => Self::user(
                "upm/dev-mode-off",
                format!("{site} does not install apps from a descriptor"),
            )
            .cause("its setting `connectDeveloperListingsEnabled` is off")
            .hint(format!(
                "switch on development mode: {site}/plugins/servlet/upm, Settings"
            ))
            .hint("connect dev --via sandbox"),
            HostError::Http(error) => Self::host_http(site, doing, error),
            HostError::InstallFailed { sub_code, message } => {
                install_failed(site, sub_code.as_deref(), message.as_deref())
            }
            HostError::NotAdmin => Self::user(
                "upm/not-admin",
                format!("{site} does not let this user {doing} (403)"),
            )
            .hint("use the API token of a site administrator in credentials.json"),
            HostError::Timeout(after) => Self::outside(
                "upm/timeout",
                format!("{site} did not {doing} within {} s", after.as_secs()),
            ),
            HostError::Unauthorized(reason) => {
                let captcha = reason.as_deref().is_some_and(|reason| {
                    reason.contains("CAPTCHA") || reason.contains("AUTHENTICATION_DENIED")
                });
                if captcha {
                    return Self::user("upm/captcha", format!("{site} wants to see a captcha"))
                        .hint(format!("log in with a browser once: {site}"));
                }
                let error = Self::user(
                    "upm/unauthorized",
                    format!("{site} refused the API token (401)"),
                )
                .hint(
                    "make a new token at id.atlassian.com, Security, API tokens, \
                             and put it in credentials.json",
                );
                match reason {
                    Some(reason) => error.cause(format!("the host says {reason}")),
                    None => error,
                }
            }
            HostError::Unexpected {
                call,
                status,
                detail,
            } => {
                let error = Self::outside(
                    "upm/unexpected",
                    format!("{site} could not {doing}: {call} answered {status}"),
                );
                match (status, detail.as_str()) {
                    (404, _) => error.hint("check the address in credentials.json"),
                    (_, "") => error,
                    (_, detail) => error.cause(detail),
                }
            }
        }
    }

    /// The sandbox cannot start.
    pub(crate) fn sandbox(error: &SandboxError, flag: &str) -> Self {
        let shown = Self::user(error.code(), error.to_string());
        let shown = sources(error).into_iter().fold(shown, Self::cause);
        match error {
            SandboxError::SiteName { .. } => shown.hint("connect sandbox --site acme"),
            SandboxError::PortTaken { .. } => shown.hint(format!("{flag} 0    takes a free one")),
            SandboxError::State { path, .. } => {
                shown.hint(format!("remove `{}` if it is broken", path.display()))
            }
            _ => shown,
        }
    }

    /// The app that is to be attacked cannot be installed, so there is nothing to attack it with.
    pub(crate) fn audit_install(app: &str, sub_code: &str, message: &str, keys: &str) -> Self {
        Self::user("sandbox/install", format!("{app} cannot be installed"))
            .cause(format!("{message} ({sub_code})"))
            .hint(format!("start the app with CONNECT_KEYS_CDN_URL={keys}"))
            .hint("or let `connect dev` start it, and run this in its folder")
    }

    /// Nothing answers where a sandbox should be.
    pub(crate) fn sandbox_not_running(at: &str, cause: &dyn std::fmt::Display) -> Self {
        Self::user("sandbox/not-running", format!("no sandbox answers at {at}"))
            .cause(cause)
            .hint("connect sandbox")
            .hint("--at URL names another one")
    }

    /// A running sandbox does not do what it was ordered.
    pub(crate) fn sandbox_refused(at: &str, status: u16, why: &str) -> Self {
        let message = format!("the sandbox at {at} refused ({status})");
        Self::user("sandbox/refused", message).cause(why)
    }

    fn host_http(site: &BaseUrl, doing: &str, error: &HttpError) -> Self {
        let code = match error {
            HttpError::Broken(_) | HttpError::TooLong => "net/broken",
            HttpError::Client(_) => "net/no-client",
            HttpError::Connect(_) => "net/unreachable",
            HttpError::Timeout(_) => "upm/timeout",
            HttpError::Tls(_) => "net/tls-untrusted",
        };
        let shown = Self::outside(code, format!("cannot {doing} at {site}")).cause(error);
        match error {
            HttpError::Connect(_) => shown.hint(format!(
                "curl -sI {site}    shows whether anything answers there"
            )),
            HttpError::Tls(_) => shown.hint(
                "behind a proxy that inspects TLS: --cacert FILE trusts its root certificate, too",
            ),
            _ => shown,
        }
    }
}
