//! How to open a tunnel: the objects `ngrok` and `cloudflared` of credentials.json.
//!
//! `ngrok` is what atlassian-connect-express hands to `forward()` of `@ngrok/ngrok`, so its keys
//! are that package's. Those that would keep hosts out are refused: a host shows no password.

use std::path::Path;

use connect_core::{BaseUrl, Secret};
use serde_json::{Map, Value};

use crate::tunnel::{Headers, Named, NgrokSettings};

/// How to open a tunnel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tunnels {
    /// The user's ngrok account and endpoint.
    pub(crate) ngrok: NgrokSettings,
    /// A named tunnel of cloudflared.
    pub(crate) named: Option<Named>,
}

/// Keys of `@ngrok/ngrok` whose meaning is ours to decide, or that do nothing there either.
const DECIDED: [&str; 22] = [
    "addr",
    "app_protocol",
    "binPath",
    "configPath",
    "crt",
    "force_new_session",
    "forwards_to",
    "host_header",
    "inspect",
    "key",
    "onLogEvent",
    "onStatusChange",
    "onTerminated",
    "on_log_event",
    "on_status_change",
    "proto",
    "proxy_proto",
    "region",
    "schemes",
    "session_metadata",
    "verify_upstream_tls",
    "web_addr",
];
/// Keys that have the server ask for a log-in or a signature that no host has.
const KEEPS_OUT: [&str; 7] = [
    "auth",
    "basic_auth",
    "mutual_tls_cas",
    "oauth_",
    "oidc_",
    "verify_webhook_",
    "labels",
];

impl Tunnels {
    /// Reads both objects; what is wrong with them is added to `problems`.
    pub(super) fn read(file: &Value, folder: &Path, problems: &mut Vec<String>) -> Self {
        let mut reader = |name| Reader {
            name,
            object: object(file, name, problems),
            problems: Vec::new(),
        };
        let (mut ngrok, mut cloudflared) = (reader("ngrok"), reader("cloudflared"));
        let read = Self {
            ngrok: ngrok.ngrok(folder),
            named: cloudflared.named(),
        };
        problems.append(&mut ngrok.problems);
        problems.append(&mut cloudflared.problems);
        read
    }
}

fn object(file: &Value, name: &str, problems: &mut Vec<String>) -> Map<String, Value> {
    match file.get(name) {
        Some(Value::Object(object)) => object.clone(),
        None | Some(Value::Null) => Map::new(),
        Some(_) => {
            problems.push(format!("`{name}` must be an object"));
            Map::new()
        }
    }
}

/// Takes values out of an object; what stays in it means nothing here.
struct Reader {
    name: &'static str,
    object: Map<String, Value>,
    problems: Vec<String>,
}

impl Reader {
    fn ngrok(&mut self, folder: &Path) -> NgrokSettings {
        // Where it is true the variable is asked for, as it is without a token.
        self.object.remove("authtoken_from_env");
        let settings = NgrokSettings {
            authtoken: self.text("authtoken").map(Secret::new),
            domain: self
                .either("domain", "hostname")
                .map(|domain| plain(&domain)),
            metadata: self.text("metadata"),
            compression: self.switch("compression"),
            pooling: self.switch("pooling_enabled"),
            allow: self.texts("ip_restriction_allow_cidrs"),
            deny: self.texts("ip_restriction_deny_cidrs"),
            request_headers: self.headers("request_header_add", "request_header_remove"),
            response_headers: self.headers("response_header_add", "response_header_remove"),
            traffic_policy: self.either("traffic_policy", "policy"),
            root_cas: self.text("root_cas").map(|text| match text.as_str() {
                "host" | "trusted" => text,
                file => folder.join(file).display().to_string(),
            }),
            server: None,
            proxy: None,
            unused: Vec::new(),
        };
        let left = std::mem::take(&mut self.object);
        let mut unused = Vec::new();
        for (key, value) in left {
            if value.is_null() || DECIDED.contains(&&*key) {
                continue;
            }
            if KEEPS_OUT.iter().any(|keeps| keeps_out(keeps, &key)) {
                self.problems.push(format!(
                    "`ngrok.{key}` would keep hosts out, which cannot log in there; take it out"
                ));
            } else {
                unused.push(key);
            }
        }
        NgrokSettings { unused, ..settings }
    }

    fn named(&mut self) -> Option<Named> {
        let (tunnel, hostname) = (self.text("tunnel"), self.text("hostname"));
        match (tunnel, hostname) {
            (None, None) => None,
            (Some(tunnel), Some(hostname)) if !tunnel.starts_with('-') => {
                match BaseUrl::parse(&format!("https://{}", plain(&hostname))) {
                    Ok(address) => return Some(Named { tunnel, address }),
                    Err(error) => self
                        .problems
                        .push(format!("`cloudflared.hostname` is `{hostname}`: {error}")),
                }
                None
            }
            _ => {
                let problem = "`cloudflared` needs both `tunnel`, its name or id, and `hostname`";
                self.problems.push(problem.to_owned());
                None
            }
        }
    }

    /// A text that is not empty; none also where a variable that is unset stands in for it.
    fn text(&mut self, key: &str) -> Option<String> {
        match self.object.remove(key)? {
            Value::String(text) => {
                Some(text).filter(|text| !text.is_empty() && !text.starts_with('$'))
            }
            Value::Null => None,
            _ => self.wrong(key, "a text"),
        }
    }

    fn either(&mut self, key: &str, older: &str) -> Option<String> {
        let (new, old) = (self.text(key), self.text(older));
        new.or(old)
    }

    fn switch(&mut self, key: &str) -> bool {
        match self.object.remove(key) {
            Some(Value::Bool(on)) => on,
            None | Some(Value::Null) => false,
            Some(_) => self.wrong(key, "`true` or `false`").unwrap_or_default(),
        }
    }

    /// A text or several.
    fn texts(&mut self, key: &str) -> Vec<String> {
        let all = match self.object.remove(key) {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Array(all)) => all,
            Some(one) => vec![one],
        };
        let texts: Option<Vec<_>> = all
            .into_iter()
            .map(|one| one.as_str().map(str::to_owned))
            .collect();
        texts
            .or_else(|| self.wrong(key, "a text or a list of texts"))
            .unwrap_or_default()
    }

    /// `name:value` to add, and names to remove.
    fn headers(&mut self, add: &str, remove: &str) -> Headers {
        let mut headers = Headers {
            add: Vec::new(),
            remove: self.texts(remove),
        };
        for text in self.texts(add) {
            match text.split_once(':') {
                Some((name, value)) => {
                    let field = (name.trim().to_owned(), value.trim().to_owned());
                    headers.add.push(field);
                }
                None => {
                    let _: Option<()> = self.wrong(add, "texts of the form `name:value`");
                }
            }
        }
        headers
    }

    fn wrong<T>(&mut self, key: &str, expected: &str) -> Option<T> {
        let name = self.name;
        self.problems
            .push(format!("`{name}.{key}` must be {expected}"));
        None
    }
}

/// A name as people copy it, without scheme and slash.
fn plain(domain: &str) -> String {
    let name = domain.split_once("://").map_or(domain, |(_, name)| name);
    name.trim_end_matches('/').to_owned()
}

/// Whether a key is one of these; those that end in `_` are beginnings.
fn keeps_out(keeps: &str, key: &str) -> bool {
    if keeps.ends_with('_') {
        key.starts_with(keeps)
    } else {
        key == keeps
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(file: &Value) -> Result<Tunnels, Vec<String>> {
        let mut problems = Vec::new();
        let tunnels = Tunnels::read(file, Path::new("/project"), &mut problems);
        if problems.is_empty() {
            Ok(tunnels)
        } else {
            Err(problems)
        }
    }

    #[test]
    fn what_ace_hands_to_ngrok_is_understood() {
        let file = json!({ "ngrok": {
            "authtoken": "a token", "domain": "https://my-name.ngrok-free.app/", "proto": "http",
            "addr": 3000, "request_header_add": "x-from: tunnel", "compression": true,
            "ip_restriction_allow_cidrs": ["192.0.2.0/24"], "root_cas": "company.pem",
            "region": "eu", "authToken": "misspelled",
        }});
        let ngrok = check(&file).unwrap().ngrok;
        let expected = NgrokSettings {
            authtoken: Some(Secret::new("a token")),
            domain: Some("my-name.ngrok-free.app".to_owned()),
            compression: true,
            allow: vec!["192.0.2.0/24".to_owned()],
            request_headers: Headers {
                add: vec![("x-from".to_owned(), "tunnel".to_owned())],
                remove: Vec::new(),
            },
            root_cas: Some("/project/company.pem".to_owned()),
            unused: vec!["authToken".to_owned()],
            ..NgrokSettings::default()
        };
        assert_eq!(ngrok, expected);
    }

    #[test]
    fn a_named_tunnel_has_a_name_and_an_address() {
        let file = json!({ "cloudflared": { "tunnel": "mine", "hostname": "dev.example.com" } });
        let expected = Named {
            tunnel: "mine".to_owned(),
            address: BaseUrl::parse("https://dev.example.com").unwrap(),
        };
        assert_eq!(check(&file).unwrap().named, Some(expected));
        assert_eq!(check(&json!({})), Ok(Tunnels::default()));
    }

    #[test]
    fn what_is_wrong_is_named_together() {
        let file = json!({
            "ngrok": {
                "authtoken": 7, "basic_auth": "a:b", "oauth_provider": "google", "compression": 1,
                "request_header_add": "no colon",
            },
            "cloudflared": { "tunnel": "--config=/etc/passwd", "hostname": "a.example" },
        });
        assert_eq!(
            check(&file).unwrap_err(),
            [
                "`ngrok.authtoken` must be a text",
                "`ngrok.compression` must be `true` or `false`",
                "`ngrok.request_header_add` must be texts of the form `name:value`",
                "`ngrok.basic_auth` would keep hosts out, which cannot log in there; take it out",
                "`ngrok.oauth_provider` would keep hosts out, which cannot log in there; \
                 take it out",
                "`cloudflared` needs both `tunnel`, its name or id, and `hostname`",
            ]
        );
        let file = json!({ "ngrok": "a token" });
        assert_eq!(check(&file).unwrap_err(), ["`ngrok` must be an object"]);
    }

    #[test]
    fn an_unset_variable_is_no_token() {
        let file = json!({ "ngrok": { "authtoken": "$NGROK_AUTHTOKEN" } });
        assert_eq!(check(&file).unwrap().ngrok.authtoken, None);
    }
}
