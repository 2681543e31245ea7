//! Rules for texts.

/// What a text field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Text {
    /// Most characters.
    pub(crate) most: usize,
    pub(crate) rule: TextRule,
}

/// The form of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextRule {
    Any,
    /// Absolute, or relative to the base URL.
    AnyUrl,
    AppKey,
    /// Answered by the app: relative to the base URL.
    AppUrl,
    /// Absolute, http or https.
    BaseUrl,
    /// A path that the host appends to the base URL.
    Callback,
    CssClass,
    CssColor,
    CssLength,
    CssLengths,
    CssSize,
    CssValue,
    Gutter,
    GutterSide,
    MacroParameter,
    ModuleKey,
    Shortcut,
    VendorUrl,
}

/// For texts of any length.
pub(crate) const NO_LIMIT: usize = usize::MAX;

impl Text {
    pub(crate) const fn any(most: usize) -> Self {
        Self {
            most,
            rule: TextRule::Any,
        }
    }

    pub(crate) const fn of(most: usize, rule: TextRule) -> Self {
        Self { most, rule }
    }
}

impl TextRule {
    /// The form in words, as the end of "expected …".
    pub(crate) const fn says(self) -> &'static str {
        match self {
            Self::Any => "any text",
            Self::AnyUrl => "a path that begins with `/`, or a URL",
            Self::AppKey => "letters, digits, `.`, `_` and `-` only",
            Self::AppUrl | Self::Callback => "a path that begins with `/`",
            Self::BaseUrl | Self::VendorUrl => "a URL that begins with `https://`",
            Self::CssClass => "a CSS class: a letter or `_`, then letters, digits, `_` and `-`",
            Self::CssColor => "a CSS colour such as `#1a2b3c` or `rgb(1, 2, 3)`",
            Self::CssLength => "`0` or a CSS length such as `12px`",
            Self::CssLengths => "one to four CSS lengths such as `0 12px`",
            Self::CssSize => "a CSS size such as `cover` or `12px`",
            Self::CssValue => "a CSS value without `;`, `|` and `}`",
            Self::Gutter => "`none`, `default` or a CSS length such as `12px`",
            Self::GutterSide => "`none`, `default`, `small`, `medium` or `large`",
            Self::MacroParameter => "lower-case letters, digits, `-`, `_` and `.`",
            Self::ModuleKey => "letters, digits and `-` only",
            Self::Shortcut => "lower-case letters",
        }
    }

    /// The form as a regular expression (ECMA-262), for JSON Schema; [`Self::accepts`] takes the same texts.
    pub(crate) const fn pattern(self) -> Option<&'static str> {
        Some(match self {
            Self::Any | Self::AnyUrl | Self::AppUrl | Self::Callback => return None,
            Self::AppKey => "^[a-zA-Z0-9._-]+$",
            Self::BaseUrl => "^https?://.",
            Self::CssClass => "^[a-zA-Z_][a-zA-Z0-9_-]*$",
            Self::CssColor => {
                r"^(#([\da-fA-F]{3}|[\da-fA-F]{6})|(rgb|hsl)\([^,()]+,[^,()]+,[^,()]+\)|(rgb|hsl)a\([^,()]+,[^,()]+,[^,()]+,[^,()]+\))$"
            }
            Self::CssLength => r"^(0|\d*(em|ex|in|cm|mm|pt|pc|px|%))$",
            Self::CssLengths => {
                r"^(0|\d*(em|ex|in|cm|mm|pt|pc|px|%))( (0|\d*(em|ex|in|cm|mm|pt|pc|px|%))){0,3}$"
            }
            Self::CssSize => {
                r"auto|cover|contain|initial|inherit|^(0|\d*(em|ex|in|cm|mm|pt|pc|px|%))( (0|\d*(em|ex|in|cm|mm|pt|pc|px|%))){0,3}$"
            }
            Self::CssValue => "^[^;|}\n]*$",
            Self::Gutter => r"none|default|^(0|\d*(em|ex|in|cm|mm|pt|pc|px|%))$",
            Self::GutterSide => "none|default|small|medium|large",
            Self::MacroParameter => "[-_a-z0-9.]",
            Self::ModuleKey => "^[a-zA-Z0-9-]+$",
            Self::Shortcut => "[a-z]",
            Self::VendorUrl => "^(https?://.|[^:]*$)",
        })
    }

    /// Whether a host takes a text of this form.
    ///
    /// Where a pattern of the official schema is not anchored, neither is ours: the host looks for a match
    /// anywhere in the text.
    pub(crate) fn accepts(self, text: &str) -> bool {
        let all = |allowed: &[u8]| {
            !text.is_empty()
                && (text.bytes()).all(|b| b.is_ascii_alphanumeric() || allowed.contains(&b))
        };
        let has_any_of = |words: &[&str]| words.iter().any(|word| text.contains(word));
        match self {
            Self::Any | Self::AnyUrl | Self::AppUrl | Self::Callback => true,
            Self::AppKey => all(b"._-"),
            Self::BaseUrl => has_http_scheme(text),
            Self::CssClass => {
                text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && all(b"_-")
            }
            Self::CssColor => is_color(text),
            Self::CssLength => is_length(text),
            Self::CssLengths => are_lengths(text),
            Self::CssSize => {
                has_any_of(&["auto", "cover", "contain", "initial", "inherit"]) || are_lengths(text)
            }
            Self::CssValue => !text.contains([';', '|', '}', '\n']),
            Self::Gutter => has_any_of(&["none", "default"]) || is_length(text),
            Self::GutterSide => has_any_of(&["none", "default", "small", "medium", "large"]),
            Self::MacroParameter => text.bytes().any(|b| {
                b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.')
            }),
            Self::ModuleKey => all(b"-"),
            Self::Shortcut => text.bytes().any(|b| b.is_ascii_lowercase()),
            Self::VendorUrl => has_http_scheme(text) || !text.contains(':'),
        }
    }
}

fn has_http_scheme(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty())
}

fn is_length(text: &str) -> bool {
    const UNITS: &[&str] = &["em", "ex", "in", "cm", "mm", "pt", "pc", "px", "%"];
    let number = UNITS.iter().find_map(|unit| text.strip_suffix(unit));
    text == "0" || number.is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()))
}

fn are_lengths(text: &str) -> bool {
    let mut parts = 0;
    let all = text.split(' ').all(|part| {
        parts += 1;
        is_length(part)
    });
    all && parts <= 4
}

fn is_color(text: &str) -> bool {
    if let Some(digits) = text.strip_prefix('#') {
        return matches!(digits.len(), 3 | 6) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    }
    let functions = [("rgb(", 3), ("rgba(", 4), ("hsl(", 3), ("hsla(", 4)];
    functions.iter().any(|(name, count)| {
        let Some(inside) = text
            .strip_prefix(name)
            .and_then(|rest| rest.strip_suffix(')'))
        else {
            return false;
        };
        let parts: Vec<&str> = inside.split(',').map(str::trim).collect();
        parts.len() == *count && parts.iter().all(|part| is_amount(part))
    })
}

/// `12`, `12%` or `0.5`.
fn is_amount(text: &str) -> bool {
    let number = text.strip_suffix('%').unwrap_or(text);
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    match number.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => !number.is_empty() && digits(number),
    }
}

#[cfg(test)]
mod tests {
    use super::TextRule::{self, *};

    fn check(rule: TextRule, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(rule.accepts(text), "{rule:?} refuses `{text}`");
        }
        for text in bad {
            assert!(!rule.accepts(text), "{rule:?} takes `{text}`");
        }
    }

    #[test]
    fn rules_take_what_hosts_take() {
        check(AppKey, &["a", "com.example_app-2"], &["", "a b", "ä"]);
        check(ModuleKey, &["a-B2"], &["", "a_b", "a.b"]);
        check(
            BaseUrl,
            &["https://a", "http://a:80/b"],
            &["https://", "a.example", "ftp://a"],
        );
        check(VendorUrl, &["https://a", "a.example", ""], &["mailto:a@b"]);
        check(CssClass, &["a-1", "_a"], &["", "1a", "a b"]);
        check(
            CssColor,
            &[
                "#fff",
                "#A1b2C3",
                "rgb(1, 2,3)",
                "rgba(1,2,3,0.5)",
                "hsl(1, 2%, 3%)",
                "rgb(1%,2%,3%)",
            ],
            &["red", "#ff", "rgb(1,2)", "rgb(1,2,x)", "rgb(1,2,3"],
        );
        check(
            CssLengths,
            &["0", "1px", "0 1px 2em 3%"],
            &["", "1", "1px  2px", "0 0 0 0 0"],
        );
        check(CssSize, &["cover", "12px"], &["big"]);
        check(CssValue, &["url(a.png)", ""], &["a;b", "a}"]);
        check(Gutter, &["none", "4px"], &["4"]);
        check(MacroParameter, &["a", "A1"], &["A", ""]);
        check(Shortcut, &["a", "Ab"], &["A", "1"]);
    }
}
