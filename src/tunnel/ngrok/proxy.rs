//! The way out of a network that lets connections out by a proxy only: HTTP's CONNECT
//! (RFC 9110, section 9.3.6).

use std::fmt;
use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use connect_core::Secret;
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::{Host, Url};

/// A proxy, and how to log in there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProxyServer {
    host: String,
    port: u16,
    /// What goes after `Basic`.
    login: Option<Secret>,
}

/// Longest head of a proxy's answer, in bytes.
const LONGEST_HEAD: usize = 8192;

impl ProxyServer {
    /// A proxy as variables name it: `http://[user:password@]host[:port]`, `http://` may be left
    /// out. None for other schemes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let whole = if text.contains("://") {
            text.to_owned()
        } else {
            format!("http://{text}")
        };
        let url = Url::parse(&whole).ok()?;
        if url.scheme() != "http" {
            return None;
        }
        let host = match url.host()? {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        let login = match (url.username(), url.password()) {
            ("", None) => None,
            (user, password) => {
                let password = password.unwrap_or_default();
                let part = |text| percent_decode_str(text).decode_utf8().ok();
                let login = format!("{}:{}", part(user)?, part(password)?);
                Some(Secret::new(STANDARD.encode(login)))
            }
        };
        Some(Self {
            host,
            port: url.port_or_known_default()?,
            login,
        })
    }

    /// A connection to a server, through the proxy.
    ///
    /// # Errors
    /// When the proxy cannot be reached, or refuses.
    pub(super) async fn connect(&self, host: &str, port: u16) -> io::Result<TcpStream> {
        let mut stream = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(|error| io::Error::new(error.kind(), Refused(error.to_string())))?;
        let mut request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n");
        if let Some(login) = &self.login {
            request.push_str(&format!(
                "Proxy-Authorization: Basic {}\r\n",
                login.expose()
            ));
        }
        request.push_str("\r\n");
        let request = Secret::new(request);
        stream.write_all(request.expose().as_bytes()).await?;
        // One byte at a time: what follows the head is the server's.
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() == LONGEST_HEAD {
                return Err(refused("it answers no end of a head"));
            }
            head.push(stream.read_u8().await?);
        }
        let head = String::from_utf8_lossy(&head);
        let status = head.split_whitespace().nth(1).unwrap_or_default();
        match status.parse::<u16>() {
            Ok(200..300) => Ok(stream),
            Ok(407) => Err(refused("it wants a log-in (407)")),
            Ok(status) => Err(refused(&format!("it answered {status}"))),
            Err(_) => Err(refused("it speaks no HTTP")),
        }
    }
}

fn refused(why: &str) -> io::Error {
    io::Error::other(Refused(why.to_owned()))
}

/// Why a proxy let nothing through.
#[derive(Debug)]
struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proxy in HTTPS_PROXY did not let it out: {}", self.0)
    }
}

impl std::error::Error for Refused {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_read_as_variables_name_them() {
        let parts = |text| {
            ProxyServer::parse(text).map(|proxy| {
                let login = proxy.login.map(|login| login.expose().to_owned());
                (proxy.host, proxy.port, login)
            })
        };
        let plain = |host: &str, port| Some((host.to_owned(), port, None));
        for (text, expected) in [
            ("http://proxy.example:3128", plain("proxy.example", 3128)),
            ("proxy.example:3128/", plain("proxy.example", 3128)),
            ("http://[::1]:8080", plain("::1", 8080)),
            ("http://proxy.example", plain("proxy.example", 80)),
            ("socks5://proxy.example:1080", None),
            ("https://proxy.example", None),
            ("http://", None),
        ] {
            assert_eq!(parts(text), expected, "{text}");
        }
        let login = Some("YWRhOnAgcw==".to_owned());
        let expected = Some(("proxy.example".to_owned(), 3128, login));
        assert_eq!(parts("http://ada:p%20s@proxy.example:3128"), expected);
        let proxy = ProxyServer::parse("http://ada:secret@proxy.example").unwrap();
        assert!(!format!("{proxy:?}").contains("c2VjcmV0"));
    }
}
