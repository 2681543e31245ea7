//! Fills in the variables of module URLs (Atlassian, "Context parameters").

use std::collections::BTreeMap;

use crate::urls;

/// What the product knows about where the user is, by variable name: `issue.key`, `project.id`.
pub(crate) type Context = BTreeMap<String, String>;

/// Replaces `{name}` and `${name}` by percent-encoded values; what is unknown becomes empty, and
/// braces that are never closed stay as they are.
pub(crate) fn expand(url: &str, context: &Context) -> String {
    let mut expanded = String::with_capacity(url.len());
    let mut rest = url;
    while let Some(open) = rest.find('{') {
        let (before, tail) = rest.split_at(open);
        let Some(close) = tail.find('}') else {
            break;
        };
        expanded.push_str(before.strip_suffix('$').unwrap_or(before));
        let name = &tail[1..close];
        if let Some(value) = context.get(name) {
            expanded.push_str(&urls::percent_encode(value));
        }
        rest = &tail[close + 1..];
    }
    expanded.push_str(rest);
    expanded
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
            assert_eq!(expand(url, &context), expected);
        }
    }
}
