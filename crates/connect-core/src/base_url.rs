//! The address of a site or of an app, in one spelling.

use std::fmt;

use crate::ids::NameError;

/// The base URL of a site or an app: scheme, host, port if unusual, and a context path without a
/// trailing slash.
///
/// Made only by [`BaseUrl::parse`], so two spellings of one address (`HTTPS://Acme.Atlassian.net:443/`
/// and `https://acme.atlassian.net`) are equal.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BaseUrl {
    text: Box<str>,
    host: Box<str>,
    origin_len: usize,
}

impl BaseUrl {
    /// Reads an `http` or `https` URL that has no user, no query and no fragment.
    ///
    /// # Errors
    /// Anything else, and text over 2,048 bytes or with control characters, blanks or
    /// backslashes, which URL parsers repair in different ways.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        const KIND: &str = "base URL";
        let refuse = |problem| Err(NameError::new(KIND, problem));
        if text.is_empty() {
            return refuse("empty");
        }
        if text.len() > 2048 {
            return refuse("too long");
        }
        // SECURITY: `url` strips tabs and turns `\` into `/`; a second parser might not.
        // Test: odd_spellings_are_refused.
        if text.bytes().any(|b| b <= b' ' || b == b'\\' || b == 0x7f) {
            return refuse("holding a blank, a control character or a backslash");
        }
        let Ok(url) = url::Url::parse(text) else {
            return refuse("not a URL");
        };
        if !matches!(url.scheme(), "http" | "https") {
            return refuse("neither http nor https");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("holding a user name");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return refuse("holding a query or a fragment");
        }
        let Some(host) = url.host_str() else {
            return refuse("without a host");
        };
        let host = host.trim_end_matches('.').to_owned();
        if host.is_empty() {
            return refuse("without a host");
        }
        let mut text = format!("{}://{host}", url.scheme());
        if let Some(port) = url.port() {
            text.push(':');
            text.push_str(&port.to_string());
        }
        let origin_len = text.len();
        text.push_str(url.path().trim_end_matches('/'));
        Ok(Self {
            text: text.into(),
            host: host.into(),
            origin_len,
        })
    }

    /// The whole URL, without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Host name in lower case, or the address in brackets for IPv6; no port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Scheme, host and port: the origin of RFC 6454, as a browser writes it.
    pub fn origin(&self) -> &str {
        &self.text[..self.origin_len]
    }

    /// The context path: empty, or `/wiki` and the like; never a trailing slash.
    pub fn path(&self) -> &str {
        &self.text[self.origin_len..]
    }

    /// True for `https`.
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https:")
    }

    /// True for `localhost` and for loopback addresses, where plain http is acceptable because
    /// nothing leaves the machine.
    pub fn is_loopback(&self) -> bool {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || host.ends_with(".localhost")
            || host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }

    /// True when `text` spells this very URL, a trailing slash and the spelling of scheme, host
    /// and default port ignored.
    pub fn is_spelled_by(&self, text: &str) -> bool {
        *text == *self.text || Self::parse(text).is_ok_and(|other| other == *self)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_address_are_equal() {
        let plain = BaseUrl::parse("https://acme.atlassian.net").unwrap();
        for text in [
            "https://acme.atlassian.net/",
            "HTTPS://ACME.ATLASSIAN.NET",
            "https://acme.atlassian.net:443",
            "https://acme.atlassian.net.",
        ] {
            assert_eq!(BaseUrl::parse(text).unwrap(), plain, "{text}");
            assert!(plain.is_spelled_by(text));
        }
        assert!(!plain.is_spelled_by("http://acme.atlassian.net"));
        assert!(!plain.is_spelled_by("https://acme.atlassian.net.evil.example"));
        assert!(!plain.is_spelled_by("https://acme.atlassian.net/wiki"));
    }

    #[test]
    fn parts_are_found() {
        let url = BaseUrl::parse("http://127.0.0.1:3099/jira/").unwrap();
        assert_eq!(url.origin(), "http://127.0.0.1:3099");
        assert_eq!(url.path(), "/jira");
        assert_eq!(url.host(), "127.0.0.1");
        assert!(url.is_loopback() && !url.is_https());
        assert!(BaseUrl::parse("http://[::1]:80").unwrap().is_loopback());
    }

    #[test]
    fn odd_spellings_are_refused() {
        for text in [
            "",
            "acme.atlassian.net",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://a@b.example",
            "https://b.example?x",
            "https://b.example#x",
            "https://evil.example\\.atlassian.net",
            "https://acme.atlassian.net\t.evil.example",
            "https://acme .example",
            "https://",
            "https://.",
        ] {
            assert!(BaseUrl::parse(text).is_err(), "{text:?}");
        }
    }
}
