//! How hosts that are not on this machine reach the app.

use connect_core::BaseUrl;

use crate::error::CliError;

/// The address under which hosts reach the app.
///
/// # Errors
/// When a host is elsewhere and nobody opened a way to here, or the URL named is no address.
pub(crate) fn address(
    named: Option<&str>,
    port: u16,
    sites: &[&BaseUrl],
) -> Result<BaseUrl, CliError> {
    let far = sites.iter().find(|site| !site.is_loopback());
    let Some(named) = named else {
        return match far {
            Some(site) => Err(CliError::no_tunnel(site)),
            None => BaseUrl::parse(&format!("http://127.0.0.1:{port}"))
                .map_err(|error| CliError::bug(error.to_string())),
        };
    };
    let address = BaseUrl::parse(named).map_err(|error| CliError::bad_url(named, &error))?;
    match far {
        Some(site) if !address.is_https() => Err(CliError::url_not_https(&address, site)),
        _ => Ok(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(named: Option<&str>, site: &str) -> Result<String, &'static str> {
        let site = BaseUrl::parse(site).unwrap();
        address(named, 3000, &[&site])
            .map(|address| address.to_string())
            .map_err(|error| error.code)
    }

    #[test]
    fn a_host_elsewhere_needs_an_https_address() {
        let (near, far) = ("http://127.0.0.1:2990/jira", "https://a.atlassian.net");
        assert_eq!(check(None, near), Ok("http://127.0.0.1:3000".to_owned()));
        assert_eq!(check(None, far), Err("tunnel/none"));
        assert_eq!(
            check(Some("http://b.example"), far),
            Err("tunnel/not-https")
        );
        assert_eq!(
            check(Some("https://b.example/"), far),
            Ok("https://b.example".to_owned())
        );
        assert_eq!(check(Some("b.example"), near), Err("tunnel/bad-url"));
    }
}
