//! Names that must not be mixed up, each with the syntax it is allowed to have.

use std::{borrow::Borrow, fmt};

/// A name was refused by the syntax of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} is {problem}")]
pub struct NameError {
    kind: &'static str,
    problem: &'static str,
}

impl NameError {
    pub(crate) const fn new(kind: &'static str, problem: &'static str) -> Self {
        Self { kind, problem }
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// Checks the syntax.
            ///
            /// # Errors
            /// Says which rule the text breaks; never repeats the text.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                let check: fn(&str) -> Result<(), &'static str> = $check;
                check(text).map_err(|problem| NameError::new($kind, problem))?;
                Ok(Self(text.into()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            /// For finding a name in a map by its text.
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:?})"), &*self.0)
            }
        }
    };
}

name!(
    /// An Atlassian account id, the `sub` of a token. Opaque; 1 to 255 visible characters.
    AccountId,
    "account id",
    |text| visible(text, 255)
);

name!(
    /// The key of an app, as in its descriptor: letters, digits, `-`, `.` and `_`, at most 90
    /// characters (80 in a descriptor, 90 in a Forge manifest).
    AppKey,
    "app key",
    |text| {
        within(text, 90)?;
        only(text, |b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
    }
);

name!(
    /// The identifier a host gives to one installation on one site. Opaque; 1 to 255 visible
    /// characters. `__proto__` and its like are harmless here but refused in ACE's databases, so
    /// they are refused at the door.
    ClientKey,
    "client key",
    |text| {
        if matches!(text, "__proto__" | "constructor" | "prototype") {
            return Err("a reserved word");
        }
        visible(text, 255)
    }
);

name!(
    /// The id that Forge gives to one installation of the app. Opaque; 1 to 255 visible characters.
    InstallationId,
    "installation id",
    |text| visible(text, 255)
);

name!(
    /// The id of an install key, which becomes a path on the key server.
    ///
    /// Path-like ids are allowed (Atlassian's are since November 2024); anything that could leave
    /// the path, name a host or add a query is not.
    Kid,
    "kid",
    |text| {
        within(text, 200)?;
        if !text.as_bytes()[0].is_ascii_alphanumeric() {
            return Err("not starting with a letter or a digit");
        }
        only(text, |b| b.is_ascii_alphanumeric() || b"._/-".contains(&b))?;
        if text.contains("..") || text.contains("//") || text.ends_with('/') {
            return Err("not a plain path");
        }
        if text.split('/').any(|segment| segment == ".") {
            return Err("not a plain path");
        }
        Ok(())
    }
);

fn within(text: &str, longest: usize) -> Result<(), &'static str> {
    if text.is_empty() {
        Err("empty")
    } else if text.len() > longest {
        Err("too long")
    } else {
        Ok(())
    }
}

fn only(text: &str, allowed: impl Fn(u8) -> bool) -> Result<(), &'static str> {
    if text.bytes().all(allowed) {
        Ok(())
    } else {
        Err("holding a character that is not allowed")
    }
}

fn visible(text: &str, longest: usize) -> Result<(), &'static str> {
    within(text, longest)?;
    only(text, |b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kid_cannot_leave_its_folder() {
        for bad in [
            "", ".", "..", "a/..", "a/./b", "a//b", "a/", "/a", "a?b", "a#b", "a%2fb", "a:80",
        ] {
            assert!(Kid::parse(bad).is_err(), "{bad:?}");
        }
        for good in ["a", "connect-install/3f2a1b", "kid_1-2.3"] {
            assert!(Kid::parse(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn the_error_does_not_repeat_the_text() {
        let message = Kid::parse("secret value").unwrap_err().to_string();
        assert!(!message.contains("secret value"));
    }

    #[test]
    fn client_keys_are_visible_text() {
        assert!(ClientKey::parse("11111111-aaaa").is_ok());
        for bad in ["", "a b", "a\n", "__proto__", "é"] {
            assert!(ClientKey::parse(bad).is_err(), "{bad:?}");
        }
    }
}
