//! Which names are followed by a secret.

use super::quote::Place;

/// How sure a name makes us, and how far its value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A header whose value has blanks: the whole line.
    Header,
    /// The name speaks of a secret among other things: `tokenLeeway`, `MAX_TOKENS`.
    Perhaps,
    /// The name is an everyday word too: `bad token: expired`.
    Word,
    /// The name is that of a secret.
    Surely,
}

impl Kind {
    /// Whether that value is hidden.
    pub(super) fn hides(self, value: &str, place: &Place) -> bool {
        match self {
            Self::Header | Self::Surely => true,
            Self::Perhaps => {
                let number = value.len() <= 9 && value.bytes().all(|b| b.is_ascii_digit());
                !number && !matches!(value, "true" | "false" | "null" | "None")
            }
            // A word after a colon is prose.
            Self::Word => {
                let word = value.trim_end_matches(['.', ',', ';']);
                let word = !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
                !(word && place.colon && !place.quoted_name && place.quote.is_none())
            }
        }
    }
}

/// What a name says of the value behind it.
pub(super) fn kind(name: &str) -> Option<Kind> {
    // Names of this kind are short; what is not is no name.
    if name.len() > 128 {
        return None;
    }
    let plain: String = name
        .bytes()
        .filter(u8::is_ascii_alphanumeric)
        .map(|b| char::from(b.to_ascii_lowercase()))
        .collect();
    let is = |names: &[&str]| names.contains(&plain.as_str());
    let has = |parts: &[&str]| parts.iter().any(|part| plain.contains(part));
    let ends = |parts: &[&str]| parts.iter().any(|part| plain.ends_with(part));
    if ends(&["authorization", "cookie", "cookies", "upmtoken", "xacpt"]) || has(&["xforgeoauth"]) {
        return Some(Kind::Header);
    }
    if is(&[
        "token",
        "tokens",
        "secret",
        "secrets",
        "signature",
        "assertion",
    ]) {
        return Some(Kind::Word);
    }
    if is(&["acpt", "jwt", "sig", "auth", "pwd", "pass"])
        || ends(&[
            "token",
            "secret",
            "password",
            "passwd",
            "passphrase",
            "apikey",
            "privatekey",
            "secretkey",
            "accesskey",
            "credential",
            "credentials",
            "jwt",
        ])
        || has(&[
            "sharedsecret",
            "authtoken",
            "accesstoken",
            "clientsecret",
            "password",
        ])
    {
        return Some(Kind::Surely);
    }
    has(&["token", "secret"]).then_some(Kind::Perhaps)
}

/// The schemes of credentials (RFC 9110 section 11).
pub(super) fn is_scheme(word: &str) -> bool {
    ["basic", "bearer", "jwt"]
        .iter()
        .any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// An environment variable, whose value may hold any character but a blank.
pub(super) fn is_variable(name: &str) -> bool {
    name.bytes()
        .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}
