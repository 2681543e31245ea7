//! Names in a descriptor that are filled in before a host sees it.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// Values for the placeholders of a descriptor.
///
/// A placeholder is written `{{name}}` (atlassian-connect-express, and apps made by `connect new`) or
/// `${name}` (atlassian-connect-spring-boot).
/// Where no value is given, checks run with a made-up one of the right form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Placeholders {
    /// `{{localBaseUrl}}` and `${addon.base-url}`: public base URL of the app.
    pub local_base_url: Option<String>,
    /// `{{environment}}`: `development` or `production`.
    pub environment: Option<String>,
    /// `{{appKey}}` and `${addon.key}`: key of the app.
    pub app_key: Option<String>,
    /// Any others, by name without brackets.
    pub others: BTreeMap<String, String>,
}

/// A text with its placeholders filled in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Filled<'t> {
    pub(crate) text: Cow<'t, str>,
    /// Something in it has no known value: only its type can be judged.
    pub(crate) opaque: bool,
}

impl Placeholders {
    /// Fills in every placeholder of the text whose value is known or can be made up.
    pub(crate) fn fill<'t>(&self, text: &'t str) -> Filled<'t> {
        let mut filled = String::new();
        let mut opaque = false;
        let mut copied = 0;
        for found in Found::all(text) {
            match self.value(found.name) {
                Some(value) => {
                    filled.push_str(&text[copied..found.start]);
                    filled.push_str(value);
                    copied = found.end;
                }
                None => opaque |= found.style != Style::Dollar || !found.name.contains('.'),
            }
        }
        if copied == 0 {
            return Filled {
                text: Cow::Borrowed(text),
                opaque,
            };
        }
        filled.push_str(&text[copied..]);
        Filled {
            text: Cow::Owned(filled),
            opaque,
        }
    }

    /// Whether something fills in a placeholder of this name.
    pub(crate) fn is_known(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// The value of a placeholder, made up if it is well known and none was given.
    fn value(&self, name: &str) -> Option<&str> {
        let made_up = |given: &'_ Option<String>| given.is_none();
        Some(match name {
            "localBaseUrl" | "addon.base-url" if made_up(&self.local_base_url) => SAMPLE_BASE_URL,
            "localBaseUrl" | "addon.base-url" => self.local_base_url.as_deref()?,
            "environment" if made_up(&self.environment) => "development",
            "environment" => self.environment.as_deref()?,
            "appKey" | "addon.key" if made_up(&self.app_key) => SAMPLE_APP_KEY,
            "appKey" | "addon.key" => self.app_key.as_deref()?,
            _ => self.others.get(name)?,
        })
    }
}

/// How a placeholder is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `{{name}}`
    Braces,
    /// `${name}`
    Dollar,
    /// `{% … %}`
    Tag,
    /// `__NAME__`
    Underscores,
}

/// A placeholder in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found<'t> {
    pub(crate) style: Style,
    pub(crate) name: &'t str,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl<'t> Found<'t> {
    /// All placeholders of a text, from left to right.
    pub(crate) fn all(text: &'t str) -> impl Iterator<Item = Self> {
        let mut from = 0;
        std::iter::from_fn(move || {
            let found = Self::first(text, from)?;
            from = found.end;
            Some(found)
        })
    }

    fn first(text: &'t str, mut from: usize) -> Option<Self> {
        while let Some(at) = text[from..].find(['{', '$', '_']) {
            let start = from + at;
            let rest = &text[start..];
            for (style, open, close) in STYLES {
                let Some(inner) = rest.strip_prefix(open) else {
                    continue;
                };
                let Some(length) = find_near(inner, close) else {
                    continue;
                };
                let name = inner[..length].trim();
                if style == Style::Underscores && !is_shouted(name) {
                    continue;
                }
                return Some(Self {
                    style,
                    name,
                    start,
                    end: start + open.len() + length + close.len(),
                });
            }
            from = start + 1;
        }
        None
    }
}

/// Where `close` is, if no other bracket opens before: a text of nothing but opening brackets must not take
/// quadratic time.
pub(crate) fn find_near(text: &str, close: &str) -> Option<usize> {
    let near = &text.as_bytes()[..text.len().min(LONGEST)];
    let end = near
        .iter()
        .position(|b| matches!(b, b'{' | b'\n'))
        .unwrap_or(near.len());
    let mut windows = near[..end].windows(close.len());
    windows.position(|window| window == close.as_bytes())
}

/// Longest placeholder, in bytes.
const LONGEST: usize = 500;

fn is_shouted(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
}

const STYLES: [(Style, &str, &str); 4] = [
    (Style::Braces, "{{", "}}"),
    (Style::Tag, "{%", "%}"),
    (Style::Dollar, "${", "}"),
    (Style::Underscores, "__", "__"),
];

/// Stands in for a base URL that is not known yet. `example` can never be a real domain (RFC 2606, section 2).
pub(crate) const SAMPLE_BASE_URL: &str = "https://app.example";

/// Stands in for an app key that is not known yet.
pub(crate) const SAMPLE_APP_KEY: &str = "app.placeholder";

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, filled: &str, opaque: bool) {
        let values = Placeholders {
            local_base_url: Some("https://x.example".into()),
            ..Placeholders::default()
        };
        let result = values.fill(text);
        assert_eq!((result.text.as_ref(), result.opaque), (filled, opaque));
    }

    #[test]
    fn every_occurrence_is_filled_in() {
        check(
            "{{localBaseUrl}}/a?b={{ localBaseUrl }}",
            "https://x.example/a?b=https://x.example",
            false,
        );
        check("${addon.base-url}/a", "https://x.example/a", false);
    }

    #[test]
    fn unknown_names_make_a_text_opaque() {
        check("{{ vendor_url }}", "{{ vendor_url }}", true);
        check("{% url 'installed' %}", "{% url 'installed' %}", true);
        check("a-__KEY__", "a-__KEY__", true);
    }

    #[test]
    fn context_parameters_are_not_placeholders() {
        check("/a?issue={issue.key}", "/a?issue={issue.key}", false);
        check("/a?issue=${issue.key}", "/a?issue=${issue.key}", false);
        check("__init__", "__init__", false);
        check("{{ open", "{{ open", false);
    }
}
