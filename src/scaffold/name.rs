//! From what a person types as the name of an app to the names it needs.

/// The name of an app, in each spelling it is needed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AppName {
    title: String,
    slug: String,
}

/// Why a text is no name for an app.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NameProblem {
    /// A character that is neither letter, digit, blank, `-`, `_` nor `.`.
    #[error("`{0}` cannot be in it")]
    Character(char),
    /// Nothing is left of it.
    #[error("it is empty")]
    Empty,
    /// The first letter or digit is a digit.
    #[error("it does not start with a letter")]
    FirstCharacter,
    /// Cargo or an operating system uses the name.
    #[error("`{0}` means something else to cargo, to Rust or to an operating system")]
    Reserved(String),
    /// More than [`MAX_LENGTH`] characters.
    #[error("it is longer than {MAX_LENGTH} characters")]
    TooLong,
}

/// Longest name, in characters: an app key has at most 80.
const MAX_LENGTH: usize = 64;

impl AppName {
    /// Reads a name such as `hello` or `My App`.
    ///
    /// # Errors
    /// Says which rule the text breaks.
    pub(crate) fn parse(text: &str) -> Result<Self, NameProblem> {
        let title = text.trim();
        if title.chars().count() > MAX_LENGTH {
            return Err(NameProblem::TooLong);
        }
        let odd = |c: &char| !c.is_ascii_alphanumeric() && !matches!(c, ' ' | '-' | '_' | '.');
        if let Some(odd) = title.chars().find(odd) {
            return Err(NameProblem::Character(odd));
        }
        let words: Vec<_> = title
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_ascii_lowercase)
            .collect();
        let slug = words.join("-");
        match slug.chars().next() {
            None => Err(NameProblem::Empty),
            Some(first) if !first.is_ascii_alphabetic() => Err(NameProblem::FirstCharacter),
            Some(_) if RESERVED.contains(&slug.as_str()) => Err(NameProblem::Reserved(slug)),
            Some(_) => Ok(Self {
                title: title.to_owned(),
                slug,
            }),
        }
    }

    /// For people: as it was typed; a name typed in lower case gets capitals (`my-app`: `My App`).
    pub(crate) fn title(&self) -> String {
        if self.title != self.slug {
            return self.title.clone();
        }
        let words: Vec<_> = self
            .slug
            .split('-')
            .map(|word| word[..1].to_ascii_uppercase() + &word[1..])
            .collect();
        words.join(" ")
    }

    /// For the folder, the package and the binary: `my-app`.
    pub(crate) fn slug(&self) -> &str {
        &self.slug
    }

    /// As a Rust identifier: `my_app`.
    pub(crate) fn crate_name(&self) -> String {
        self.slug.replace('-', "_")
    }
}

/// Keywords, crates of the Rust distribution, folders of cargo, and devices of Windows.
#[rustfmt::skip]
const RESERVED: &[&str] = &[
    "abstract", "alloc", "as", "async", "aux", "await", "become", "box", "break", "build", "com1",
    "com2", "com3", "com4", "con", "const", "continue", "core", "crate", "deps", "do", "dyn",
    "else", "enum", "examples", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "incremental", "let", "loop", "lpt1", "lpt2", "lpt3", "macro", "match", "mod", "move",
    "mut", "nul", "override", "priv", "prn", "proc-macro", "pub", "ref", "return", "self", "static",
    "std", "struct", "super", "test", "trait", "true", "try", "type", "typeof", "unsafe", "unsized",
    "use", "virtual", "where", "while", "yield",
    // The app's own dependencies, which a package of the same name would collide with.
    "axum", "connect-core", "connect-runtime", "connect-store", "serde", "tokio",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_slugs_titles_and_crate_names() {
        for (text, slug, title, crate_name) in [
            ("hello", "hello", "Hello", "hello"),
            ("My App", "my-app", "My App", "my_app"),
            ("my_app.v2", "my-app-v2", "my_app.v2", "my_app_v2"),
            ("  a  ", "a", "A", "a"),
            ("my-app", "my-app", "My App", "my_app"),
        ] {
            let name = AppName::parse(text).unwrap();
            assert_eq!(name.slug(), slug);
            assert_eq!(name.title(), title);
            assert_eq!(name.crate_name(), crate_name);
        }
    }

    #[test]
    fn what_cannot_be_a_name_is_refused_with_its_reason() {
        for (text, problem) in [
            ("", NameProblem::Empty),
            ("--", NameProblem::Empty),
            ("../x", NameProblem::Character('/')),
            ("a\\b", NameProblem::Character('\\')),
            ("a\"b", NameProblem::Character('"')),
            ("größe", NameProblem::Character('ö')),
            ("2fast", NameProblem::FirstCharacter),
            ("Test", NameProblem::Reserved("test".to_owned())),
            (&"x".repeat(65), NameProblem::TooLong),
        ] {
            assert_eq!(AppName::parse(text), Err(problem), "{text:?}");
        }
    }
}
