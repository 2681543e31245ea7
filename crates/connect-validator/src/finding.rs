//! What a check answers with: findings, their places and their fixes.

use std::fmt;

use serde::Serialize;

use crate::codes::Code;

/// How serious a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A host refuses the file, or the file cannot be read: it must be changed.
    Error,
    /// A host takes the file, but most likely not as its author meant it.
    Warning,
    /// Worth knowing; nothing is wrong yet.
    Info,
}

impl Level {
    /// The word of this level as printed: `error`, `warning` or `info`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// A stretch of the source text: bytes for tools, lines and columns for people.
///
/// Lines and columns count from 1; a column is a Unicode scalar value, not a byte.
/// `end` is exclusive, and so are `end_line` and `end_column`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// The byte after the last one.
    pub end: usize,
    /// Line of the first character, from 1.
    pub line: u32,
    /// Column of the first character, from 1.
    pub column: u32,
    /// Line of the character after the last one.
    pub end_line: u32,
    /// Column of the character after the last one.
    pub end_column: u32,
}

/// One replacement of a stretch of bytes of the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// First byte to replace.
    pub start: usize,
    /// The byte after the last one to replace; equal to `start` for an insertion.
    pub end: usize,
    /// The text that takes the place of these bytes.
    pub text: String,
}

/// A change that removes a finding without changing what the author meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// What the change does, as an imperative phrase.
    pub description: String,
    /// The replacements, in order of position, never overlapping.
    pub edits: Vec<Edit>,
}

/// One thing to say about a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// Stable name of the kind of finding, such as `module/unknown-type`; see [`crate::codes`].
    pub code: &'static str,
    /// How serious it is.
    pub level: Level,
    /// What was found and what was expected: a lower-case phrase without a final stop.
    pub message: String,
    /// JSON pointer (RFC 6901) of the value meant, empty for the whole file.
    pub pointer: String,
    /// Where in the source.
    pub span: Span,
    /// A few words to stand under the marked text.
    pub label: Option<String>,
    /// What to type or do about it.
    pub help: Option<String>,
    /// The change that removes it, where one is safe.
    pub fix: Option<Fix>,
}

impl Finding {
    /// A finding about a file as a whole, for what only its reader can see, such as its mode. It stands at the
    /// first character.
    pub fn of_file(code: &'static Code, message: impl Into<String>, help: Option<String>) -> Self {
        Self {
            code: code.id,
            level: code.level,
            message: message.into(),
            pointer: String::new(),
            span: Span {
                line: 1,
                column: 1,
                end_line: 1,
                end_column: 1,
                ..Span::default()
            },
            label: None,
            help,
            fix: None,
        }
    }
}

/// All that a check has to say about one file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Every finding, sorted by position, then by code.
    pub findings: Vec<Finding>,
    /// The product that the file was checked for; `None` if it fits several or none.
    pub product: Option<crate::Product>,
    /// How the product was found out.
    pub product_reason: &'static str,
    /// Findings beyond [`crate::MAX_FINDINGS`], counted but not kept.
    pub omitted: usize,
    /// Codes of what is to be said of the platform and not of the file: a date that concerns it. They stand at no
    /// place, and nothing in the file can be changed about them.
    pub notices: Vec<&'static str>,
}

impl Report {
    /// How many findings are errors.
    pub fn errors(&self) -> usize {
        self.count(Level::Error)
    }

    /// How many findings are warnings.
    pub fn warnings(&self) -> usize {
        self.count(Level::Warning)
    }

    /// How many findings have a fix.
    pub fn fixable(&self) -> usize {
        self.findings.iter().filter(|f| f.fix.is_some()).count()
    }

    /// Whether a host would take the file as far as can be told: no finding is an error.
    pub fn is_ok(&self) -> bool {
        self.errors() == 0
    }

    fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|f| f.level == level).count()
    }
}
