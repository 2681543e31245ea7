//! What a host sends to an app, found in its descriptor or among the requests that came, and made
//! anew.

use std::time::{SystemTime, UNIX_EPOCH};

use connect_core::lifecycle::LifecycleEvent;
use connect_core::{BaseUrl, Tenant};
use connect_validator::{Finding, Options, Summary, descriptor_facts};
use serde::{Deserialize, Serialize};

use crate::inspect::body::{self, BodyError};
use crate::inspect::sign::{Flaw, Order, TokenKind};
use crate::inspect::{Auth, Exchange};
use crate::project::Product;

/// A request that a host makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shot {
    /// What it is called: a lifecycle event, the event of a webhook, or `iframe:` and the key of a
    /// module.
    pub(crate) name: String,
    /// Method.
    pub(crate) method: String,
    /// Path and query below the app's base URL; variables of the host are left out.
    pub(crate) path: String,
}

/// What is to be sent, and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Volley {
    /// What.
    pub(crate) source: Source,
    /// Another body than the usual one. Where it says `[redacted]` as the usual one does when it
    /// is shown, the secret is put back.
    pub(crate) body: Option<String>,
    /// Values to put into the body.
    pub(crate) set: Vec<String>,
    /// Whose client key; the first tenant if there is only one.
    pub(crate) tenant: Option<String>,
    /// What the tenant is of, where none is named.
    #[serde(default)]
    pub(crate) product: Option<Product>,
    /// Account id of the user.
    pub(crate) user: Option<String>,
    /// What is to be wrong with the token.
    pub(crate) flaw: Option<Flaw>,
}

/// What is sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Source {
    /// A request that came, by its number.
    Request(u64),
    /// Something of the descriptor.
    Shot(Shot),
}

/// A request that lacks only its token.
#[derive(Debug)]
pub(super) struct Loaded {
    method: String,
    /// Path and query, the base path included and the token not.
    target: String,
    /// Header fields besides those that are always made anew.
    fields: Vec<(String, String)>,
    pub(super) body: String,
    in_query: bool,
    pub(super) order: Order,
}

impl Volley {
    /// With nothing out of the ordinary.
    pub(crate) fn of(source: Source) -> Self {
        Self {
            source,
            body: None,
            set: Vec::new(),
            tenant: None,
            product: None,
            user: None,
            flaw: None,
        }
    }
}

/// Everything in the text of a descriptor that a host would call.
///
/// # Errors
/// What keeps the text from being read.
pub(crate) fn read_shots(text: &str) -> Result<Vec<Shot>, Vec<Finding>> {
    descriptor_facts(text, &Options::default()).map(|facts| shots(&facts))
}

/// Everything in a descriptor that a host would call.
fn shots(facts: &Summary) -> Vec<Shot> {
    let lifecycle = &facts.lifecycle;
    let calls = [
        (LifecycleEvent::Disabled, &lifecycle.disabled),
        (LifecycleEvent::Enabled, &lifecycle.enabled),
        (LifecycleEvent::Installed, &lifecycle.installed),
        (LifecycleEvent::Uninstalled, &lifecycle.uninstalled),
    ];
    let calls = calls.into_iter().filter_map(|(event, path)| {
        Some(Shot {
            name: event.as_str().to_owned(),
            method: "POST".to_owned(),
            path: plain(path.as_ref()?, &facts.base_url)?,
        })
    });
    let modules = facts.modules.iter().filter_map(|module| {
        let (name, method) = match (&module.event, &module.key) {
            (Some(event), _) if module.module_type == "webhooks" => (event.clone(), "POST"),
            (_, Some(key)) => (format!("iframe:{key}"), "GET"),
            (_, None) => return None,
        };
        Some(Shot {
            name,
            method: method.to_owned(),
            path: plain(module.url.as_ref()?, &facts.base_url)?,
        })
    });
    calls.chain(modules).collect()
}

impl Shot {
    /// The lifecycle event that it is, if it is one.
    pub(crate) fn lifecycle(&self) -> Option<LifecycleEvent> {
        LifecycleEvent::parse(&self.name)
    }

    /// Who signs it: installs and uninstalls the host with its own key.
    pub(crate) fn kind(&self) -> TokenKind {
        match self.lifecycle() {
            Some(LifecycleEvent::Installed | LifecycleEvent::Uninstalled) => TokenKind::Install,
            _ => TokenKind::Host,
        }
    }
}

/// A URL of the descriptor as a path of the app, with the parameters left out that the host would
/// fill in; none for a link that leads elsewhere.
fn plain(url: &str, base: &str) -> Option<String> {
    let url = url.strip_prefix(base).unwrap_or(url);
    if url.starts_with("https://") || url.starts_with("http://") {
        return None;
    }
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let kept: Vec<_> = query
        .split('&')
        .filter(|pair| !pair.contains('{') && !pair.is_empty())
        .collect();
    let path = format!("/{}", path.trim_start_matches('/'));
    Some(match kept.as_slice() {
        [] => path,
        kept => format!("{path}?{}", kept.join("&")),
    })
}

impl Loaded {
    /// Something of the descriptor, for the app at `address`.
    pub(super) fn of_shot(
        shot: &Shot,
        volley: &Volley,
        tenant: &Tenant,
        address: &BaseUrl,
    ) -> Self {
        let usual = match shot.lifecycle() {
            _ if shot.method != "POST" => String::new(),
            Some(event) => body::of_lifecycle(event, tenant).to_string(),
            None => body::of_webhook(&shot.name, now_ms()).to_string(),
        };
        let mut fields = Vec::new();
        if shot.method == "POST" {
            let kind = "application/json; charset=UTF-8".to_owned();
            fields.push(("Content-Type".to_owned(), kind));
        }
        let target = format!("{}{}", address.path(), shot.path);
        Self {
            order: volley.order(&shot.method, &target, shot.kind()),
            method: shot.method.clone(),
            target,
            fields,
            body: usual,
            // A page is opened by a browser, which sends no header of ours.
            in_query: shot.method == "GET",
        }
    }

    /// A request that came.
    pub(super) fn of_request(one: &Exchange, volley: &Volley) -> Self {
        let raw = &one.raw;
        let (target, in_query) = without_token(raw.target());
        let head = String::from_utf8_lossy(&raw.head);
        let lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
        let kept = lines.filter(|(name, _)| !ANEW.contains(&&*name.to_ascii_lowercase()));
        let fields = kept.map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
        let method = raw.method().to_owned();
        Self {
            order: Order {
                user: volley.user.clone().or(user(&one.entry.auth)),
                ..volley.order(&method, &target, kind(&one.entry.auth))
            },
            method,
            target,
            fields: fields.collect(),
            body: String::from_utf8_lossy(&raw.body).into_owned(),
            in_query,
        }
    }

    /// The body that is wanted instead of the usual one.
    ///
    /// # Errors
    /// [`BodyError`].
    pub(super) fn change(&mut self, volley: &Volley) -> Result<(), BodyError> {
        if let Some(edited) = &volley.body {
            self.body = body::restored(edited, &self.body)?;
        }
        if !volley.set.is_empty() {
            let mut value = body::parse(&self.body)?;
            for assignment in &volley.set {
                body::set(&mut value, assignment)?;
            }
            self.body = value.to_string();
        }
        Ok(())
    }

    /// Its head, for the app at `address`.
    pub(super) fn head(&self, address: &BaseUrl, token: Option<&str>) -> String {
        let authority = address.origin().split("//").nth(1).unwrap_or_default();
        let (mut target, mut fields) = (self.target.clone(), String::new());
        match token {
            Some(token) if self.in_query => {
                let between = if target.contains('?') { '&' } else { '?' };
                target.push_str(&format!("{between}jwt={token}"));
            }
            Some(token) => fields.push_str(&format!("Authorization: JWT {token}\r\n")),
            None => {}
        }
        for (name, value) in &self.fields {
            fields.push_str(&format!("{name}: {value}\r\n"));
        }
        if !self.body.is_empty() {
            fields.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        let method = &self.method;
        format!(
            "{method} {target} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n{fields}\r\n"
        )
    }
}

impl Volley {
    fn order(&self, method: &str, target: &str, kind: TokenKind) -> Order {
        Order {
            method: method.to_owned(),
            target: target.to_owned(),
            tenant: self.tenant.clone(),
            product: self.product,
            user: self.user.clone(),
            kind,
            flaw: self.flaw,
        }
    }
}

/// Header fields that a request that came does not hand on.
const ANEW: [&str; 6] = [
    "authorization",
    "connection",
    "content-length",
    "expect",
    "host",
    "transfer-encoding",
];

/// A target without the parameter `jwt`, and whether it had one.
fn without_token(target: &str) -> (String, bool) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let is_token = |pair: &&str| *pair == "jwt" || pair.starts_with("jwt=");
    let kept: Vec<_> = query.split('&').filter(|pair| !is_token(pair)).collect();
    let had = query.split('&').any(|pair| is_token(&pair));
    let kept = kept.join("&");
    if kept.is_empty() {
        return (path.to_owned(), had);
    }
    (format!("{path}?{kept}"), had)
}

/// Who signed a request.
fn kind(auth: &Auth) -> TokenKind {
    match auth.kind.as_deref() {
        Some("context") => TokenKind::Context,
        Some("install") => TokenKind::Install,
        _ => TokenKind::Host,
    }
}

/// Whom a request was about.
fn user(auth: &Auth) -> Option<String> {
    auth.user().map(str::to_owned)
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use connect_validator::{Options, descriptor_facts};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_descriptor_says_what_can_be_fired() {
        let descriptor = json!({
            "key": "a", "name": "A", "baseUrl": "{{localBaseUrl}}",
            "authentication": { "type": "jwt" },
            "lifecycle": { "installed": "/installed", "disabled": "/off" },
            "modules": {
                "webhooks": [{ "event": "jira:issue_created", "url": "/hooks/issue?id={issue.id}&a=1" }],
                "generalPages": [{ "key": "hello", "url": "hello" }],
                "configurePage": { "key": "set-up", "url": "/set-up?x={y}" },
                "webItems": [
                    { "key": "no-url" },
                    { "key": "elsewhere", "url": "https://b.example/x" },
                    { "key": "here", "url": "{{localBaseUrl}}/here" },
                ],
            },
        });
        let facts = descriptor_facts(&descriptor.to_string(), &Options::default()).unwrap();
        let mut found: Vec<_> = shots(&facts)
            .into_iter()
            .map(|shot| (shot.kind(), shot.name, shot.method, shot.path))
            .map(|(kind, name, method, path)| format!("{kind:?} {name} {method} {path}"))
            .collect();
        found.sort();
        let expected = [
            "Host disabled POST /off",
            "Host iframe:hello GET /hello",
            "Host iframe:here GET /here",
            "Host iframe:set-up GET /set-up",
            "Host jira:issue_created POST /hooks/issue?a=1",
            "Install installed POST /installed",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn the_token_is_taken_out_of_a_target_and_nothing_else() {
        for (target, expected, had) in [
            ("/a?jwt=x&b=1", "/a?b=1", true),
            ("/a?b=1&jwt=x", "/a?b=1", true),
            ("/a?jwt=x", "/a", true),
            ("/a?jwtx=1", "/a?jwtx=1", false),
            ("/a", "/a", false),
        ] {
            assert_eq!(
                without_token(target),
                (expected.to_owned(), had),
                "{target}"
            );
        }
    }
}
