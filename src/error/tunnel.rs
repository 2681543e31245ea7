//! Failures of tunnels: what is between the hosts and the app.

use connect_core::BaseUrl;
use connect_core::redact::redact;

use crate::error::CliError;
use crate::process::{Other, is_program, others};
use crate::tunnel::{Interstitial, Subject, TunnelError, meaning};

impl CliError {
    /// A host is elsewhere and the way to here was forbidden.
    pub(crate) fn no_tunnel(site: &BaseUrl) -> Self {
        Self::usage("tunnel/none", format!("{site} cannot reach this machine"))
            .hint("connect dev --tunnel ngrok")
            .hint("open a tunnel to the app's port and name it: --url https://...")
            .hint("connect dev --via sandbox")
    }

    /// A host is elsewhere and nothing is there that opens a way to here.
    pub(crate) fn no_provider(site: &BaseUrl) -> Self {
        Self::user(
            "tunnel/no-provider",
            format!("{site} cannot reach this machine, and nothing here opens a tunnel"),
        )
        .hint(
            "ngrok: put the authtoken of https://dashboard.ngrok.com into credentials.json, \
             as \"ngrok\": { \"authtoken\": \"...\" }",
        )
        .hint(INSTALL_CLOUDFLARED)
        .hint("a tunnel of your own: connect dev --url https://...")
        .hint("connect dev --via sandbox")
    }

    /// `--url` is no address.
    pub(crate) fn bad_url(url: &str, error: &dyn std::fmt::Display) -> Self {
        Self::usage(
            "tunnel/bad-url",
            // It may hold a log-in.
            format!("`{}` is no address for an app", redact(url)),
        )
        .cause(error)
    }

    /// `--url` is plain http and a host is elsewhere.
    pub(crate) fn url_not_https(url: &BaseUrl, site: &BaseUrl) -> Self {
        Self::usage(
            "tunnel/not-https",
            format!("{site} takes apps with an https address only, not {url}"),
        )
    }

    /// The double of ngrok's server cannot be used.
    pub(crate) fn ngrok_server(why: &str) -> Self {
        Self::usage(
            "tunnel/ngrok-server",
            "`CONNECT_NGROK_SERVER` names no server on this machine",
        )
        .cause(why)
        .hint("it is for tests; unset it to use ngrok")
    }

    /// A variable names no proxy. Its value may hold a password.
    pub(crate) fn bad_proxy(variable: &str) -> Self {
        Self::usage(
            "net/proxy",
            format!("the variable {variable} names no proxy that can be used"),
        )
        .hint(format!(
            "{variable}=http://host:port, or with user:password@ before the host"
        ))
    }

    /// There is no way, or no longer one.
    pub(crate) fn tunnel(error: &TunnelError) -> Self {
        let said = error.to_string();
        match error {
            TunnelError::BadAddress(_) => Self::outside("tunnel/bad-address", said),
            TunnelError::Broken(_) => Self::outside("tunnel/broken", said),
            TunnelError::CloudflaredExited { last, .. } => {
                let error = Self::outside("tunnel/cloudflared-exited", said);
                with_last(error, last.as_deref()).hint("connect dev --tunnel ngrok")
            }
            TunnelError::CloudflaredLimited => Self::outside("tunnel/cloudflared-limit", said)
                .hint("wait some minutes, or use a named tunnel of your own account")
                .hint("connect dev --tunnel ngrok"),
            TunnelError::CloudflaredMissing(why) => {
                Self::user("tunnel/no-cloudflared", "cloudflared cannot be started")
                    .cause(why)
                    .hint(INSTALL_CLOUDFLARED)
                    .hint("connect dev --tunnel ngrok")
            }
            TunnelError::CloudflaredSilent { last, .. } => {
                let error = Self::outside("tunnel/cloudflared-silent", said);
                with_last(error, last.as_deref())
                    .hint("let port 7844 out, TCP and UDP: cloudflared needs it")
                    .hint("connect dev --tunnel ngrok")
            }
            TunnelError::DnsPending(_) => Self::outside("tunnel/dns-pending", said)
                .cause("a new tunnel's name takes a while to be known everywhere")
                .hint("wait; it is asked for again"),
            TunnelError::Edge(code) => edge(*code, said),
            TunnelError::Lost { .. } | TunnelError::LostInSleep(_) => {
                Self::outside("tunnel/lost", said)
            }
            TunnelError::Ngrok(refusal) => ngrok(refusal.code, &refusal.text),
            TunnelError::NgrokNoToken => Self::user("tunnel/ngrok-auth", said)
                .hint(AUTHTOKEN)
                .hint("without an account: connect dev --tunnel cloudflared"),
            TunnelError::NgrokStopped => Self::outside("tunnel/ngrok-stopped", said),
            TunnelError::NotOurs { .. } => Self::outside("tunnel/elsewhere", said)
                .hint("let the tunnel lead to the app's port on 127.0.0.1, path unchanged"),
            TunnelError::OtherAddress { url, .. } => Self::user("tunnel/other-address", said)
                .cause("hosts call the app at the `baseUrl` of its descriptor")
                .hint("write \"baseUrl\": \"{{localBaseUrl}}\" in atlassian-connect.json")
                .hint(format!(
                    "an app that runs already: start it with AC_LOCAL_BASE_URL={url}"
                )),
            TunnelError::Timeout(..) => Self::outside("tunnel/timeout", said)
                .hint("check the network, and https://status.ngrok.com if it is ngrok's"),
            TunnelError::Tls(_) => Self::outside("tunnel/tls-untrusted", said)
                .cause("something between here and there may open TLS connections and read along")
                .hint(
                    "if that is your company's: put \"root_cas\": \"host\" \
                     into `ngrok` of credentials.json",
                ),
            TunnelError::Unanswered(_) => Self::outside("tunnel/unanswered", said)
                .hint("check that the tunnel runs, and that this machine may reach its address"),
            TunnelError::Unreachable(_) => Self::outside("tunnel/unreachable", said)
                .hint("check the network; a firewall must let connect.ngrok-agent.com:443 through"),
        }
    }

    /// A page of the tunnel's operator comes before the app's own.
    pub(crate) fn interstitial(url: &BaseUrl, page: Interstitial) -> Self {
        let (whose, code) = match page.code {
            Some(code) => ("ngrok", format!(" (ERR_NGROK_{code})")),
            None => ("the tunnel's operator", String::new()),
        };
        Self::outside(
            "tunnel/interstitial",
            format!("browsers see a page of {whose} before the app's own at {url}{code}"),
        )
        .cause(
            "inside a product's frame it may not go away; installs and webhooks are not affected",
        )
        .hint(format!(
            "open {url} in the browser once, and press Visit Site"
        ))
        .hint("connect dev --tunnel cloudflared    has no such page; nor has a paid ngrok plan")
    }
}

const AUTHTOKEN: &str = "copy it whole from https://dashboard.ngrok.com/get-started/your-authtoken \
    into credentials.json, as \"ngrok\": { \"authtoken\": \"...\" }, or into NGROK_AUTHTOKEN";
const INSTALL_CLOUDFLARED: &str = "cloudflared, which needs no account: \
    https://developers.cloudflare.com/cloudflare-one/connections/connect-networks/downloads/";

fn with_last(error: CliError, last: Option<&str>) -> CliError {
    match last {
        Some(last) => error.cause(format!("it said: {last}")),
        None => error,
    }
}

fn ngrok(code: Option<u16>, text: &str) -> CliError {
    let (subject, cause) = meaning(code);
    let named = match code {
        Some(code) => format!(" (ERR_NGROK_{code})"),
        None => String::new(),
    };
    let error = match subject {
        Subject::Account => CliError::user(
            "tunnel/ngrok-account",
            format!("ngrok does not let this account open a tunnel{named}"),
        )
        .hint("look at the account: https://dashboard.ngrok.com"),
        Subject::Auth => CliError::user(
            "tunnel/ngrok-auth",
            format!("ngrok refused the authtoken{named}"),
        )
        .hint(AUTHTOKEN),
        Subject::Domain => CliError::user(
            "tunnel/ngrok-domain",
            format!("ngrok does not give this domain to the account{named}"),
        )
        .hint("take a `domain` that is listed at https://dashboard.ngrok.com/domains, or none"),
        Subject::Endpoint => CliError::outside(
            "tunnel/ngrok-endpoint",
            format!("the address is online already{named}"),
        )
        .hint("stop the other agent: https://dashboard.ngrok.com/agents"),
        Subject::Limit => CliError::outside(
            "tunnel/ngrok-limit",
            format!("the ngrok account is at a limit of its plan{named}"),
        )
        .hint("see https://dashboard.ngrok.com/usage"),
        Subject::Outdated => CliError::outside(
            "tunnel/ngrok-outdated",
            format!("ngrok takes no agent as old as this one{named}"),
        )
        .hint("install a newer version of connect"),
        Subject::Sessions => CliError::outside(
            "tunnel/ngrok-session-limit",
            format!("your ngrok account already has a session{named}"),
        )
        .hint(stop_the_other(&others(may_have_a_tunnel)))
        .hint("connect dev --tunnel cloudflared"),
        Subject::Unknown => CliError::outside(
            "tunnel/ngrok-refused",
            format!("ngrok refused the tunnel{named}"),
        ),
    };
    let error = match cause {
        Some(cause) => error.cause(cause),
        None => error,
    };
    let error = match text {
        "" => error,
        text => error.cause(format!("ngrok said: {text}")),
    };
    let error = match code {
        Some(code) if cause.is_none() => {
            error.hint(format!("https://ngrok.com/docs/errors/err_ngrok_{code}"))
        }
        _ => error,
    };
    match subject {
        Subject::Auth | Subject::Outdated => error,
        _ => error.hint("connect dev --tunnel cloudflared"),
    }
}

/// An error page in the app's place.
fn edge(code: u16, said: String) -> CliError {
    let error = CliError::outside("tunnel/edge", said);
    let error = match (code, meaning(Some(code)).1) {
        (_, Some(cause)) => error.cause(cause),
        (3200, None) => error.cause("no agent serves this address"),
        (6022, None) => error.cause("the account must be verified before it may serve pages"),
        (8012, None) => error.cause("the tunnel leads to a port where nobody listens"),
        (_, None) => error,
    };
    error.hint(format!("https://ngrok.com/docs/errors/err_ngrok_{code}"))
}

/// Programs that may hold the session of an account.
fn may_have_a_tunnel(words: &[&str]) -> bool {
    is_program(words, "ngrok") || is_program(words, "connect") && words.contains(&"dev")
}

/// What to do about sessions that others hold, with those that are on this machine.
fn stop_the_other(others: &[Other]) -> String {
    let named = others.iter().take(3).map(|other| match &other.folder {
        Some(folder) => format!("pid {} in {}", other.pid, folder.display()),
        None => format!("pid {}", other.pid),
    });
    match &*named.collect::<Vec<_>>().join(", ") {
        "" => "stop the other one, on another machine: https://dashboard.ngrok.com/agents".into(),
        named => format!("stop the other one ({named}), or see https://dashboard.ngrok.com/agents"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_session_is_named_where_it_is_on_this_machine() {
        let other = |pid, folder: Option<&str>| Other {
            pid,
            folder: folder.map(Into::into),
        };
        assert!(stop_the_other(&[]).contains("on another machine"));
        let text = stop_the_other(&[other(8123, Some("/src/other")), other(9, None)]);
        assert!(text.contains("(pid 8123 in /src/other, pid 9)"), "{text}");
        assert!(may_have_a_tunnel(&["/usr/bin/ngrok", "http", "80"]));
        assert!(may_have_a_tunnel(&["connect", "-v", "dev"]));
        assert!(!may_have_a_tunnel(&["connect", "validate"]));
        assert!(!may_have_a_tunnel(&[""]));
    }
}
