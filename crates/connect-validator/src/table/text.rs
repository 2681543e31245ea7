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
    AppKey,
    /// Absolute, http or https.
    BaseUrl,
    /// A path that the host appends to the base URL.
    Callback,
    /// Absolute, or relative to the base URL.
    Url,
    VendorUrl,
}

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
            Self::AppKey => "letters, digits, `.`, `_` and `-` only",
            Self::BaseUrl => "a URL that begins with `https://`",
            Self::Callback => "a path that begins with `/`",
            Self::Url => "a URL",
            Self::VendorUrl => "a URL that begins with `https://`",
        }
    }

    /// Whether the text has the form.
    pub(crate) fn accepts(self, text: &str) -> bool {
        let all = |allowed: &[u8]| {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || allowed.contains(&b))
        };
        match self {
            Self::Any | Self::Callback | Self::Url => true,
            Self::AppKey => all(b"._-"),
            Self::BaseUrl => has_http_scheme(text),
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
