//! Texts with marks, in the two forms that products have, and dates.

use connect_core::Timestamp;
use serde_json::{Value, json};

/// A text as Atlassian Document Format, which version 3 of the REST API speaks. A plain text
/// becomes one paragraph a line.
pub(crate) fn to_adf(text: &Value) -> Value {
    let Some(plain) = text.as_str() else {
        return text.clone();
    };
    let paragraph = |line: &str| match line {
        "" => json!({ "type": "paragraph", "content": [] }),
        line => json!({ "type": "paragraph", "content": [{ "type": "text", "text": line }] }),
    };
    let lines: Vec<Value> = plain.lines().map(paragraph).collect();
    json!({ "type": "doc", "version": 1, "content": lines })
}

/// A text as version 2 of the REST API and webhooks have it: what can be read of a document.
pub(crate) fn to_plain(text: &Value) -> Value {
    if !text.is_object() {
        return text.clone();
    }
    let mut plain = String::new();
    read(text, &mut plain, 0);
    plain.trim_end().into()
}

fn read(node: &Value, plain: &mut String, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    if let Some(text) = node["text"].as_str() {
        plain.push_str(text);
    }
    for child in node["content"].as_array().into_iter().flatten() {
        read(child, plain, depth + 1);
    }
    if ["heading", "paragraph"].contains(&node["type"].as_str().unwrap_or_default()) {
        plain.push('\n');
    }
}

/// A moment as Jira writes it: `2026-01-01T00:00:00.000+0000`.
pub(crate) fn date(millis: u64) -> String {
    format!("{}+0000", civil(millis))
}

/// A moment as Confluence writes it: `2026-01-01T00:00:00.000Z`.
pub(crate) fn date_utc(millis: u64) -> String {
    format!("{}Z", civil(millis))
}

fn civil(millis: u64) -> String {
    let (seconds, ms) = (millis / 1_000, millis % 1_000);
    let moment = Timestamp::from_unix(i64::try_from(seconds).unwrap_or(i64::MAX));
    let (year, month, day) = moment.civil();
    let rest = seconds % 86_400;
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}")
}

/// How deep a document is read.
const DEEPEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_go_there_and_back() {
        let text = json!("One\n\nTwo");
        assert_eq!(to_plain(&to_adf(&text)), text);
        assert_eq!(to_plain(&Value::Null), Value::Null);
        assert_eq!(date(1_767_225_600_007), "2026-01-01T00:00:00.007+0000");
    }
}
