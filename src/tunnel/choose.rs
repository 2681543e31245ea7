//! Which way hosts take to the app, from what was asked for and what is there.

use connect_core::BaseUrl;

use crate::error::CliError;
use crate::tunnel::cloudflared::{Cloudflared, Named};
use crate::tunnel::ngrok::{Ngrok, NgrokSettings};
use crate::tunnel::own::Own;
use crate::tunnel::{Tunnel, TunnelError};

/// The tunnel that was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Whatever fits, and none unless a host is elsewhere.
    #[default]
    Auto,
    /// cloudflared, even if every host is on this machine.
    Cloudflared,
    /// ngrok, even if every host is on this machine.
    Ngrok,
    /// None, even if a host is elsewhere.
    None,
}

/// What was asked for, and what is there.
#[derive(Debug)]
pub(crate) struct Wish<'a> {
    /// The tunnel that was asked for.
    pub(crate) choice: Choice,
    /// The address that was named.
    pub(crate) url: Option<&'a str>,
    /// The hosts.
    pub(crate) sites: &'a [&'a BaseUrl],
    /// What is known of the user's ngrok account.
    pub(crate) ngrok: NgrokSettings,
    /// The named tunnel of cloudflared, if there is one.
    pub(crate) named: Option<Named>,
    /// Where the program cloudflared is, if it is installed.
    pub(crate) cloudflared: Option<Cloudflared>,
}

/// The way hosts take to the app.
#[derive(Debug)]
pub(crate) enum Way {
    /// There is an address already.
    Direct(BaseUrl),
    /// None is needed: every host is on this machine.
    Here,
    /// Something has to be opened first, or proven.
    Through(Box<dyn Tunnel>),
}

impl Way {
    /// Whether what comes through it is to be heard at a proxy of ours.
    pub(crate) fn needs_a_door(&self) -> bool {
        matches!(self, Self::Through(tunnel) if tunnel.leads_here())
    }
}

/// Chooses the way.
///
/// # Errors
/// When a host is elsewhere and there is no way from it to here, the URL named is no address, or
/// what the tunnel that was asked for needs is not there.
pub(crate) fn choose(wish: Wish<'_>) -> Result<Way, CliError> {
    let far = wish.sites.iter().find(|site| !site.is_loopback());
    if let Some(named) = wish.url {
        let address = BaseUrl::parse(named).map_err(|error| CliError::bad_url(named, &error))?;
        return match far {
            Some(site) if !address.is_https() => Err(CliError::url_not_https(&address, site)),
            Some(_) => Ok(Way::Through(Box::new(Own(address)))),
            // Who named an address for hosts on this machine knows how they reach it.
            None => Ok(Way::Direct(address)),
        };
    }
    let ngrok = |settings: NgrokSettings| -> Result<Way, CliError> {
        match Ngrok::new(settings) {
            Some(ngrok) => Ok(Way::Through(Box::new(ngrok))),
            None => Err(CliError::tunnel(&TunnelError::NgrokNoToken)),
        }
    };
    let through = |program: Cloudflared, named| Way::Through(Box::new(program.with(named)));
    match (wish.choice, far, wish.cloudflared) {
        (Choice::Ngrok, _, _) => ngrok(wish.ngrok),
        (Choice::Cloudflared, _, Some(program)) => Ok(through(program, wish.named)),
        (Choice::Cloudflared, _, None) => Err(CliError::tunnel(&TunnelError::CloudflaredMissing(
            "it is not on the PATH".to_owned(),
        ))),
        (Choice::Auto | Choice::None, None, _) => Ok(Way::Here),
        (Choice::None, Some(site), _) => Err(CliError::no_tunnel(site)),
        (Choice::Auto, Some(_), _) if wish.ngrok.authtoken.is_some() => ngrok(wish.ngrok),
        (Choice::Auto, Some(_), Some(program)) => Ok(through(program, wish.named)),
        (Choice::Auto, Some(site), None) => Err(CliError::no_provider(site)),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;

    use connect_core::Secret;

    use super::*;

    struct Case {
        choice: Choice,
        url: Option<&'static str>,
        site: &'static str,
        token: bool,
        cloudflared: bool,
    }

    const NEAR: &str = "http://127.0.0.1:2990/jira";
    const FAR: &str = "https://a.atlassian.net";
    const CASE: Case = Case {
        choice: Choice::Auto,
        url: None,
        site: FAR,
        token: false,
        cloudflared: false,
    };

    fn cloudflared() -> Cloudflared {
        Cloudflared::new(PathBuf::new(), PathBuf::new(), Arc::new(()))
    }

    fn check(case: Case) -> Result<String, &'static str> {
        let site = BaseUrl::parse(case.site).unwrap();
        let wish = Wish {
            choice: case.choice,
            url: case.url,
            sites: &[&site],
            ngrok: NgrokSettings {
                authtoken: case.token.then(|| Secret::new("a token")),
                ..NgrokSettings::default()
            },
            named: None,
            cloudflared: case.cloudflared.then(cloudflared),
        };
        match choose(wish) {
            Ok(Way::Direct(address)) => Ok(address.to_string()),
            Ok(Way::Here) => Ok("here".to_owned()),
            Ok(Way::Through(tunnel)) => Ok(tunnel.name().to_owned()),
            Err(error) => Err(error.code),
        }
    }

    #[test]
    fn a_host_on_this_machine_needs_no_tunnel_but_gets_the_one_asked_for() {
        let near = Case { site: NEAR, ..CASE };
        assert_eq!(check(near), Ok("here".to_owned()));
        let asked = Case {
            site: NEAR,
            choice: Choice::Ngrok,
            token: true,
            ..CASE
        };
        assert_eq!(check(asked), Ok("ngrok".to_owned()));
        let named = Case {
            site: NEAR,
            url: Some("http://host.example:3000"),
            ..CASE
        };
        assert_eq!(check(named), Ok("http://host.example:3000".to_owned()));
    }

    #[test]
    fn a_host_elsewhere_is_reached_by_ngrok_then_by_cloudflared() {
        for (token, cloudflared, expected) in [
            (true, true, Ok("ngrok")),
            (true, false, Ok("ngrok")),
            (false, true, Ok("cloudflared")),
            (false, false, Err("tunnel/no-provider")),
        ] {
            let case = Case {
                token,
                cloudflared,
                ..CASE
            };
            assert_eq!(check(case), expected.map(str::to_owned));
        }
    }

    #[test]
    fn what_was_asked_for_is_what_is_taken() {
        for (choice, expected) in [
            (Choice::Cloudflared, Ok("cloudflared")),
            (Choice::Ngrok, Ok("ngrok")),
            (Choice::None, Err("tunnel/none")),
        ] {
            let case = Case {
                choice,
                token: true,
                cloudflared: true,
                ..CASE
            };
            assert_eq!(check(case), expected.map(str::to_owned));
        }
        for (choice, expected) in [
            (Choice::Cloudflared, "tunnel/no-cloudflared"),
            (Choice::Ngrok, "tunnel/ngrok-auth"),
        ] {
            assert_eq!(check(Case { choice, ..CASE }), Err(expected));
        }
    }

    #[test]
    fn a_host_elsewhere_takes_an_https_address_only() {
        for (url, site, expected) in [
            ("http://b.example", FAR, Err("tunnel/not-https")),
            ("https://b.example/", FAR, Ok("own")),
            ("b.example", NEAR, Err("tunnel/bad-url")),
        ] {
            let case = Case {
                url: Some(url),
                site,
                ..CASE
            };
            assert_eq!(check(case), expected.map(str::to_owned), "{url}");
        }
    }
}
