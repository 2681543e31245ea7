//! Fills in the variables of module URLs (Atlassian, "Context parameters").

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::urls;

/// What the product knows about where the user is, by variable name: `issue.key`, `project.id`.
pub(crate) type Context = BTreeMap<String, String>;

/// Replaces `{name}` and `${name}` by percent-encoded values, `{condition.NAME(k=v)}` by what the
/// condition comes to; what is unknown becomes empty, and braces that are never closed stay as they
/// are.
pub(crate) fn expand(
    url: &str,
    context: &Context,
    condition: impl Fn(&str, &Value) -> bool,
) -> String {
    let mut expanded = String::with_capacity(url.len());
    let mut rest = url;
    while let Some(open) = rest.find('{') {
        let (before, tail) = rest.split_at(open);
        let Some(close) = tail.find('}') else {
            break;
        };
        expanded.push_str(before.strip_suffix('$').unwrap_or(before));
        let name = &tail[1..close];
        if let Some(call) = name.strip_prefix("condition.") {
            let (name, params) = call_of(call);
            expanded.push_str(if condition(name, &params) {
                "true"
            } else {
                "false"
            });
        } else if let Some(value) = context.get(name) {
            expanded.push_str(&urls::percent_encode(value));
        }
        rest = &tail[close + 1..];
    }
    expanded.push_str(rest);
    expanded
}

/// Name and parameters of `name(k=v,k=v)`; parameters may be in quotes.
fn call_of(call: &str) -> (&str, Value) {
    let (name, params) = call.split_once('(').unwrap_or((call, ""));
    let pairs = params.trim_end_matches(')').split(',');
    let params = pairs.filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']);
        Some((name.trim().to_owned(), value.into()))
    });
    (name, Value::Object(params.collect::<Map<_, _>>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in_and_encoded() {
        let context = Context::from([
            ("issue.key".to_owned(), "DEMO-1".to_owned()),
            ("project.name".to_owned(), "A & B/C".to_owned()),
        ]);
        for (url, expected) in [
            ("/plain", "/plain"),
            ("/i/{issue.key}", "/i/DEMO-1"),
            (
                "/i?k=${issue.key}&n={project.name}",
                "/i?k=DEMO-1&n=A%20%26%20B%2FC",
            ),
            ("/i?x={unknown}&y=1", "/i?x=&y=1"),
            ("/i?x={broken", "/i?x={broken"),
            ("{issue.key}{issue.key}", "DEMO-1DEMO-1"),
        ] {
            assert_eq!(expand(url, &context, |_, _| true), expected);
        }
    }

    #[test]
    fn conditions_in_addresses_are_asked() {
        let expanded = expand(
            "/?a={condition.user_is_admin}&b={condition.has(permission=\"X\", other=y)}&c={condition.no}",
            &Context::new(),
            |name, params| match name {
                "has" => params["permission"] == "X" && params["other"] == "y",
                name => name == "user_is_admin",
            },
        );
        assert_eq!(expanded, "/?a=true&b=true&c=false");
    }
}
