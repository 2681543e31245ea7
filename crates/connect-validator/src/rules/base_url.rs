//! Rules for `baseUrl`.

use crate::checker::Checker;
use crate::codes;
use crate::json::{Node, quoted, shorten};
use crate::placeholder::Found;

pub(super) fn check<'t>(checker: &mut Checker<'t>, root: &'t Node<'t>) {
    let Some(node) = root.get("baseUrl") else {
        return;
    };
    let Some(raw) = node.as_str() else {
        return;
    };
    checker.member("baseUrl", |checker| {
        // What a placeholder stands for is the business of whoever fills it in.
        if Found::all(raw).next().is_none() {
            literal(checker, node, raw);
        }
    });
}

fn literal<'t>(checker: &mut Checker<'t>, node: &'t Node<'t>, url: &'t str) {
    let Some(parts) = Parts::of(url) else {
        return;
    };
    if parts.host.is_empty() || parts.host.contains(|c: char| "<>{}| \\^`\"".contains(c)) {
        let message = format!("`{}` has no host a request could go to", shorten(url));
        checker.report(&codes::BASE_URL_PLACEHOLDER, node.range, message);
        return;
    }
    let host = parts.host.to_ascii_lowercase();
    if !host.contains(['.', ':']) && host != "localhost" {
        let message = format!("`{host}` is not a full host name: nobody else can find it");
        checker.report(&codes::BASE_URL_PLACEHOLDER, node.range, message);
    } else if is_local(&host) {
        let message =
            format!("`{host}` is this machine or network: a site in the cloud cannot reach it");
        checker
            .report(&codes::BASE_URL_NOT_PUBLIC, node.range, message)
            .help("write `{{localBaseUrl}}`, and `connect dev` fills in an address that works");
    } else {
        if !parts.secure {
            let right = format!("https{}", &url["http".len()..]);
            let message = "sites refuse `http` unless they are in development mode";
            checker
                .report(&codes::BASE_URL_HTTP, node.range, message)
                .did_you_mean(&right, vec![(node.range, quoted(&right))]);
        }
        if let Some(product) = host_in(&host, PRODUCT_SITES) {
            let message = format!("`{host}` is a site of {product}, not where the app runs");
            checker.report(&codes::BASE_URL_PRODUCT_SITE, node.range, message);
        } else if host_in(&host, SAMPLES).is_some() || host.starts_with("your-") {
            let message = format!("`{host}` is a sample, not an address of yours");
            checker.report(&codes::BASE_URL_PLACEHOLDER, node.range, message);
        } else if let Some(tunnel) = host_in(&host, TUNNELS) {
            let message = format!(
                "`{host}` is a tunnel of {tunnel}: it ends with the program that opened it"
            );
            checker
                .report(&codes::BASE_URL_TUNNEL, node.range, message)
                .help("write `{{localBaseUrl}}`, and `connect dev` fills in the tunnel of the day");
        }
        if let Some(port) = parts
            .port
            .filter(|port| !matches!(*port, "80" | "443" | "8080"))
        {
            let message = format!(
                "port {} is not reached: descriptors are fetched from 80, 443 and 8080 only",
                shorten(port)
            );
            checker.report(&codes::BASE_URL_PORT, node.range, message);
        }
    }
    path(checker, node, url, &parts);
}

fn path<'t>(checker: &mut Checker<'t>, node: &'t Node<'t>, url: &str, parts: &Parts<'_>) {
    if let Some(at) = url.find(['?', '#']) {
        let message = "a base URL has no query and no fragment: paths are put behind it";
        checker
            .report(&codes::BASE_URL_QUERY, node.range, message)
            .did_you_mean(&url[..at], vec![(node.range, quoted(&url[..at]))]);
    } else if parts.path.ends_with(".json") {
        let right = url.rsplit_once('/').map_or(url, |(front, _)| front);
        let message = "this is the address of the descriptor, not of the app";
        checker
            .report(&codes::BASE_URL_DESCRIPTOR, node.range, message)
            .did_you_mean(right, vec![(node.range, quoted(right))]);
    } else if parts.path.ends_with('/') {
        let right = url.trim_end_matches('/');
        let message = "the final `/` doubles with the one that paths begin with";
        checker
            .report(&codes::BASE_URL_SLASH, node.range, message)
            .did_you_mean(right, vec![(node.range, quoted(right))]);
    }
}

/// The parts of an absolute URL that the rules look at.
struct Parts<'u> {
    secure: bool,
    host: &'u str,
    port: Option<&'u str>,
    path: &'u str,
}

impl<'u> Parts<'u> {
    fn of(url: &'u str) -> Option<Self> {
        let (secure, rest) = match url.strip_prefix("https://") {
            Some(rest) => (true, rest),
            None => (false, url.strip_prefix("http://")?),
        };
        let (authority, path) = match rest.find(['/', '?', '#']) {
            Some(at) => (&rest[..at], &rest[at..]),
            None => (rest, ""),
        };
        let authority = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !authority.ends_with(']') => (host, Some(port)),
            _ => (authority, None),
        };
        let path = path.split(['?', '#']).next().unwrap_or_default();
        Some(Self {
            secure,
            host,
            port,
            path,
        })
    }
}

/// Names and addresses that only the own machine or network knows (RFC 1918, RFC 6761, RFC 6762).
fn is_local(host: &str) -> bool {
    let numbers: Vec<u8> = host
        .split('.')
        .map_while(|part| part.parse().ok())
        .collect();
    let private = match numbers[..] {
        [0 | 10 | 127, _, _, _] | [192, 168, _, _] | [169, 254, _, _] => true,
        [172, second, _, _] => (16..32).contains(&second),
        _ => false,
    };
    private
        || matches!(host, "localhost" | "[::1]" | "host.docker.internal")
        || [".localhost", ".local", ".internal", ".lan"]
            .iter()
            .any(|end| host.ends_with(end))
}

/// The second half of the first entry whose first half is the host or a domain above it.
fn host_in(host: &str, list: &'static [(&'static str, &'static str)]) -> Option<&'static str> {
    let found = list.iter().find(|(domain, _)| {
        host.strip_suffix(domain)
            .is_some_and(|front| front.is_empty() || front.ends_with('.'))
    });
    found.map(|(_, what)| *what)
}

const PRODUCT_SITES: &[(&str, &str)] = &[
    ("atlassian.net", "Jira and Confluence"),
    ("bitbucket.org", "Bitbucket"),
    ("jira-dev.com", "Jira and Confluence"),
    ("jira.com", "Jira and Confluence"),
];

/// Domains kept for examples (RFC 2606), and those that tutorials use.
const SAMPLES: &[(&str, &str)] = &[
    ("domain.tld", ""),
    ("example.com", ""),
    ("example.net", ""),
    ("example.org", ""),
    ("mydomain.com", ""),
    ("yourdomain.com", ""),
];

const TUNNELS: &[(&str, &str)] = &[
    ("loca.lt", "localtunnel"),
    ("localtunnel.me", "localtunnel"),
    ("ngrok-free.app", "ngrok"),
    ("ngrok-free.dev", "ngrok"),
    ("ngrok.app", "ngrok"),
    ("ngrok.dev", "ngrok"),
    ("ngrok.io", "ngrok"),
    ("serveo.net", "serveo"),
    ("trycloudflare.com", "Cloudflare"),
];
