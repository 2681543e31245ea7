//! Every kind of finding: its name, its level, and the text that explains it.

mod texts;

use crate::finding::Level;

pub use texts::ALL;
pub(crate) use texts::*;

/// One kind of finding.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Code {
    /// Stable name, `area/what`.
    pub id: &'static str,
    /// The level a finding of this kind has unless its own circumstances say otherwise.
    pub level: Level,
    /// One line: what is wrong.
    pub title: &'static str,
    /// Why it matters and what to do, in a few sentences.
    pub explanation: &'static str,
    /// Name of the message with which a host refuses such a file, as its translations call it.
    pub host_error: Option<&'static str>,
}

/// The kinds of files that are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Subject {
    /// `config.json`.
    Config,
    /// `credentials.json`.
    Credentials,
    /// `atlassian-connect.json`.
    Descriptor,
    /// `manifest.yml` of Forge.
    Manifest,
}

impl Code {
    /// The kind of file that such a finding is about.
    pub fn subject(&self) -> Subject {
        match self.id.split('/').next() {
            Some("config") => Subject::Config,
            Some("credentials") => Subject::Credentials,
            Some("manifest") => Subject::Manifest,
            _ => Subject::Descriptor,
        }
    }
}

/// The kind of finding of this name.
pub fn find(id: &str) -> Option<&'static Code> {
    ALL.iter().copied().find(|code| code.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_unique() {
        for pair in ALL.windows(2) {
            assert!(pair[0].id < pair[1].id, "{} {}", pair[0].id, pair[1].id);
        }
    }

    #[test]
    fn every_code_says_what_is_wrong_and_why() {
        for code in ALL {
            assert!(
                code.id.contains('/') && !code.id.ends_with('/'),
                "{}",
                code.id
            );
            assert!(!code.title.ends_with('.'), "{}", code.id);
            assert!(code.explanation.ends_with('.'), "{}", code.id);
            assert_eq!(find(code.id), Some(*code));
        }
    }
}
