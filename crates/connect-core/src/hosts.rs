//! Which sites may install the app.

use crate::{base_url::BaseUrl, error::ConfigError};

/// The list of hosts whose sites may install the app (`whitelist` of config.json).
///
/// A pattern is a host name, or one whose labels may be `*`, each standing for exactly one label.
/// Case does not matter. Nothing is allowed that no pattern names, and an empty pattern, which ACE
/// reads as "every host", is a configuration error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedHosts {
    patterns: Vec<Vec<Box<str>>>,
    loopback: bool,
}

impl AllowedHosts {
    /// Reads the patterns.
    ///
    /// # Errors
    /// [`ConfigError::HostPattern`] for the first pattern that is empty, has an empty label, or
    /// mixes `*` with other characters.
    pub fn parse<T: AsRef<str>>(
        patterns: impl IntoIterator<Item = T>,
    ) -> Result<Self, ConfigError> {
        let patterns = patterns
            .into_iter()
            .map(|pattern| parse_pattern(pattern.as_ref()))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            patterns,
            loopback: false,
        })
    }

    /// Atlassian's own sites: `*.atlassian.net` and `*.jira.com`.
    pub fn atlassian() -> Self {
        let pattern = |labels: [&str; 3]| labels.map(Box::from).to_vec();
        Self {
            patterns: vec![
                pattern(["*", "atlassian", "net"]),
                pattern(["*", "jira", "com"]),
            ],
            loopback: false,
        }
    }

    /// Lets sites on this machine in as well, over plain http too: for the sandbox.
    #[must_use]
    pub fn with_loopback(mut self) -> Self {
        self.loopback = true;
        self
    }

    /// Whether a site at this address may install the app. Everything but loopback needs https.
    pub fn allows(&self, site: &BaseUrl) -> bool {
        if site.is_loopback() {
            return self.loopback;
        }
        if !site.is_https() {
            return false;
        }
        // A usual site is on the usual port; `BaseUrl` drops that from the origin.
        if site
            .origin()
            .rsplit(':')
            .next()
            .is_some_and(|port| port.parse::<u16>().is_ok())
        {
            return false;
        }
        self.patterns.iter().any(|pattern| {
            let mut labels = site.host().split('.');
            pattern.iter().all(|expected| {
                labels
                    .next()
                    .is_some_and(|label| &**expected == "*" || **expected == *label)
            }) && labels.next().is_none()
        })
    }
}

fn parse_pattern(pattern: &str) -> Result<Vec<Box<str>>, ConfigError> {
    let refuse = |problem| {
        Err(ConfigError::HostPattern {
            pattern: pattern.to_owned(),
            problem,
        })
    };
    let text = pattern.trim().to_ascii_lowercase();
    if text.is_empty() {
        return refuse("empty");
    }
    if text.contains("://") || text.contains(['/', ':']) {
        return refuse("not a bare host name");
    }
    for label in text.split('.') {
        if label.is_empty() {
            return refuse("holding an empty label");
        }
        if label != "*"
            && !label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
        {
            return refuse("holding a label that is neither a name nor `*`");
        }
    }
    Ok(text.split('.').map(Box::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(patterns: &[&str], site: &str) -> bool {
        AllowedHosts::parse(patterns)
            .unwrap()
            .allows(&BaseUrl::parse(site).unwrap())
    }

    #[test]
    fn a_star_is_exactly_one_label() {
        let list = ["*.atlassian.net", "jira.example.com"];
        assert!(allows(&list, "https://acme.atlassian.net"));
        assert!(allows(&list, "https://ACME.Atlassian.NET/wiki"));
        assert!(allows(&list, "https://jira.example.com"));
        for site in [
            "https://a.b.atlassian.net",
            "https://atlassian.net",
            "https://acme.atlassian.net.evil.example",
            "https://acme-atlassian.net",
            "https://acme.atlassian.net:8443",
            "http://acme.atlassian.net",
            "https://127.0.0.1",
            "http://127.0.0.1",
        ] {
            assert!(!allows(&list, site), "{site}");
        }
    }

    #[test]
    fn loopback_is_let_in_only_on_request() {
        let site = BaseUrl::parse("http://127.0.0.1:3099/jira").unwrap();
        assert!(!AllowedHosts::atlassian().allows(&site));
        assert!(AllowedHosts::atlassian().with_loopback().allows(&site));
    }

    #[test]
    fn a_pattern_that_would_allow_too_much_is_a_mistake() {
        for bad in [
            "",
            " ",
            "a..b",
            ".atlassian.net",
            "*foo.net",
            "https://x.net",
            "x.net/y",
            "x.net:80",
            "**",
        ] {
            assert!(AllowedHosts::parse([bad]).is_err(), "{bad:?}");
        }
    }
}
