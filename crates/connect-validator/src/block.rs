//! YAML in block style, as people write it by hand: what is put into manifests.

use std::fmt::Write as _;

use crate::json::{Node, Value};

/// A value to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Block {
    List(Vec<Self>),
    /// Members in their order.
    Map(Vec<(String, Self)>),
    /// As it is written, quotes included.
    Scalar(String),
}

impl Block {
    /// A text, in quotes where it would mean something else without.
    pub(crate) fn text(text: &str) -> Self {
        Self::Scalar(match is_plain(text) || is_plain_name(text) {
            true => text.to_owned(),
            false => quoted(text),
        })
    }

    /// A value of JSON whose texts go through `text`. A template tag in the place of a value becomes `null`; of
    /// members with the same name the last one counts.
    pub(crate) fn of(node: &Node<'_>, text: &mut dyn FnMut(&str) -> String) -> Self {
        match &node.value {
            Value::Array(array) => Self::List(
                array
                    .items
                    .iter()
                    .map(|item| Self::of(item, text))
                    .collect(),
            ),
            Value::Bool(value) => Self::Scalar(value.to_string()),
            Value::Number(value) if value.is_finite() => Self::Scalar(value.to_string()),
            Value::Null | Value::Number(_) | Value::Opaque => Self::Scalar("null".to_owned()),
            Value::Object(object) => {
                let mut members: Vec<(String, Self)> = Vec::with_capacity(object.members.len());
                for member in &object.members {
                    let value = Self::of(&member.value, text);
                    let key = member.written();
                    if member.double_of.is_some()
                        && let Some(first) = members.iter_mut().find(|known| known.0 == key)
                    {
                        first.1 = value;
                        continue;
                    }
                    members.push((key.to_owned(), value));
                }
                Self::Map(members)
            }
            Value::String(value) => Self::text(&text(value)),
        }
    }

    /// The value as an item of a list whose dashes stand behind `indent`.
    pub(crate) fn item(&self, indent: &str) -> String {
        let mut out = String::new();
        let deeper = format!("{indent}  ");
        match self {
            Self::List(items) if !items.is_empty() => {
                for item in items {
                    out += &item.item(&deeper);
                }
            }
            Self::Map(members) if !members.is_empty() => self.lines(&mut out, &deeper),
            _ => return format!("{indent}- {}\n", self.inline()),
        }
        format!("{indent}- {}", out.trim_start())
    }

    /// The lines of the members of a map.
    pub(crate) fn lines(&self, out: &mut String, indent: &str) {
        let Self::Map(members) = self else {
            return;
        };
        for (key, value) in members {
            // A single letter is a key to all readers, whatever some take it for as a value.
            let is_letter = key.len() == 1 && key.as_bytes()[0].is_ascii_alphabetic();
            let key = match is_letter || is_plain(key) || is_plain_name(key) {
                true => key.clone(),
                false => quoted(key),
            };
            out.extend([indent, &key, ":"]);
            let deeper = format!("{indent}  ");
            match value {
                Self::Map(inner) if !inner.is_empty() => {
                    out.push('\n');
                    value.lines(out, &deeper);
                }
                Self::List(items) if !items.is_empty() => {
                    out.push('\n');
                    for item in items {
                        out.push_str(&item.item(&deeper));
                    }
                }
                _ => out.extend([" ", &*value.inline(), "\n"]),
            }
        }
    }

    /// What fits on the line of its key: a scalar, or the sign of something empty.
    fn inline(&self) -> String {
        match self {
            Self::List(_) => "[]".to_owned(),
            Self::Map(_) => "{}".to_owned(),
            Self::Scalar(text) => text.clone(),
        }
    }
}

/// In double quotes. Every JSON string is one of YAML, but for characters that YAML does not take unescaped
/// (YAML 1.2, section 5.1).
fn quoted(text: &str) -> String {
    let mut out = String::new();
    for c in crate::json::quoted(text).chars() {
        match c {
            '\u{7f}'..='\u{9f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out
}

/// Whether a text means itself without quotes, to readers of any YAML.
fn is_plain(text: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || " ./_-".contains(c);
    let word = text.to_ascii_lowercase();
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(good)
        && !text.ends_with(' ')
        && !["false", "n", "no", "null", "off", "on", "true", "y", "yes"].contains(&&*word)
}

/// Whether it is a name such as `jira:webItems` or an address: two words with a colon between them.
fn is_plain_name(text: &str) -> bool {
    let word = |text: &str| is_plain(text) && !text.contains(' ');
    text.split_once(':')
        .is_some_and(|(product, name)| word(product) && word(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    /// What is written is read back as the same value.
    #[test]
    fn every_json_is_read_back_from_its_yaml() {
        for source in [
            r#"{"a":[[1,[2,"x"]],[],{},[[]]],"b":{"c":{}},"yes":"no","1e3":"1e3"}"#,
            r##"{"- a: b":"# not a comment","":"","~":"null","'":"\"\\\u0000\u007f\u2028\ud83e\udd80"}"##,
            r#"{"a":[{"b":[{"c":1.5},{"d":-7}]},"text: more",true,null]}"#,
            r#"{"trailing ":" x","/hello?x={y}":"/hello?x={y}&z=%20"}"#,
        ] {
            let node = crate::json::parse(source).root.expect("JSON");
            let block = Block::of(&node, &mut str::to_owned);
            let mut text = String::new();
            block.lines(&mut text, "");
            let read = yaml::parse(&text);
            assert!(read.problem.is_none(), "{text}");
            let back = Block::of(&read.root.expect("a value"), &mut str::to_owned);
            assert_eq!(back, block, "{text}");
        }
    }
}
