//! What a host sends to an app, found in its descriptor.

use connect_core::BaseUrl;
use serde_json::{Map, Value, json};

/// A request that a host makes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shot {
    /// What it is called: the event of a webhook, or `iframe:` and the key of a module.
    pub(crate) name: String,
    /// Method.
    pub(crate) method: &'static str,
    /// Path and query below the app's base URL; variables of the host are left out.
    pub(crate) path: String,
}

/// Everything in a descriptor that a host would call with the shared secret.
pub(crate) fn shots(descriptor: &Value) -> Vec<Shot> {
    let mut shots = Vec::new();
    let modules = descriptor["modules"].as_object().into_iter().flatten();
    for (kind, modules) in modules {
        let list = match modules {
            Value::Array(list) => list.as_slice(),
            one => std::slice::from_ref(one),
        };
        for module in list {
            let Some(url) = module["url"].as_str() else {
                continue;
            };
            let (name, method) = match (kind.as_str(), &module["event"], &module["key"]) {
                ("webhooks", Value::String(event), _) => (event.clone(), "POST"),
                (_, _, Value::String(key)) => (format!("iframe:{key}"), "GET"),
                _ => continue,
            };
            let path = plain(url);
            shots.push(Shot { name, method, path });
        }
    }
    shots
}

/// A URL of the descriptor as a path, with the parameters left out that the host would fill in.
fn plain(url: &str) -> String {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let kept: Vec<_> = query
        .split('&')
        .filter(|pair| !pair.contains('{') && !pair.is_empty())
        .collect();
    let path = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("/{path}")
    };
    match kept.as_slice() {
        [] => path,
        kept => format!("{path}?{}", kept.join("&")),
    }
}

/// The smallest body of a webhook: what every one of them has.
pub(crate) fn body(event: &str, timestamp_ms: u128) -> Value {
    json!({ "timestamp": timestamp_ms as u64, "webhookEvent": event })
}

/// Puts a value at a dotted place in a body: `issue.key=TEST-1`.
///
/// # Errors
/// When there is no `=`, or something on the way is no object.
pub(crate) fn set(body: &mut Value, assignment: &str) -> Result<(), String> {
    let (place, value) = assignment
        .split_once('=')
        .ok_or_else(|| format!("`{assignment}` is not PLACE=VALUE"))?;
    let mut at = body;
    for name in place.split('.') {
        if at.is_null() {
            *at = Value::Object(Map::new());
        }
        let Value::Object(members) = at else {
            return Err(format!(
                "`{place}` goes through something that is no object"
            ));
        };
        at = members.entry(name).or_insert(Value::Null);
    }
    *at = value.into();
    Ok(())
}

/// The head of a request to the app at `address`.
pub(crate) fn head(shot: &Shot, address: &BaseUrl, token: Option<&str>, body: &str) -> String {
    let authority = address.origin().split("//").nth(1).unwrap_or_default();
    let target = format!("{}{}", address.path(), shot.path);
    let mut target = target;
    let mut fields = format!("Host: {authority}\r\nConnection: close\r\n");
    match token {
        // A page is opened by a browser, which sends no header of ours.
        Some(token) if shot.method == "GET" => {
            let between = if target.contains('?') { '&' } else { '?' };
            target.push_str(&format!("{between}jwt={token}"));
        }
        Some(token) => fields.push_str(&format!("Authorization: JWT {token}\r\n")),
        None => {}
    }
    if !body.is_empty() {
        let length = body.len();
        fields.push_str(&format!(
            "Content-Type: application/json; charset=UTF-8\r\nContent-Length: {length}\r\n"
        ));
    }
    format!("{} {target} HTTP/1.1\r\n{fields}\r\n", shot.method)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_says_what_can_be_fired() {
        let descriptor = json!({ "modules": {
            "webhooks": [{ "event": "jira:issue_created", "url": "/hooks/issue?id={issue.id}&a=1" }],
            "generalPages": [{ "key": "hello", "url": "hello" }],
            "configurePage": { "key": "set-up", "url": "/set-up?x={y}" },
            "webItems": [{ "key": "no-url" }],
        }});
        let mut found: Vec<_> = shots(&descriptor)
            .into_iter()
            .map(|shot| (shot.name, shot.method, shot.path))
            .collect();
        found.sort();
        let expected = [
            ("iframe:hello", "GET", "/hello"),
            ("iframe:set-up", "GET", "/set-up"),
            ("jira:issue_created", "POST", "/hooks/issue?a=1"),
        ];
        let expected =
            expected.map(|(name, method, path)| (name.to_owned(), method, path.to_owned()));
        assert_eq!(found, expected);
    }

    #[test]
    fn values_are_put_where_they_belong() {
        let mut body = body("jira:issue_created", 1);
        set(&mut body, "issue.key=TEST-1").unwrap();
        assert_eq!(body["issue"]["key"], "TEST-1");
        assert!(set(&mut body, "issue").is_err());
        assert!(set(&mut body, "webhookEvent.x=1").is_err());
    }
}
