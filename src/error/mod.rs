//! What a failure becomes before a person sees it: kind, code, message, causes and hints.
//!
//! Everything that can fail has its own error type next to it; the files of this folder alone
//! turn those into a [`CliError`], so that kind, code and hints of all failures are decided in
//! one place. Each code has a heading in `docs/errors.md`.

mod add;
mod doctor;
mod host;
mod inspect;
mod install;
mod license;
mod migrate;
mod program;
mod project;
mod scaffold;
mod session;
mod store;
mod tunnel;

use std::fmt;
use std::process::ExitCode;

/// A failure as it is shown and as the process exits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CliError {
    /// Whose it is to fix; decides the exit code.
    pub(crate) kind: Kind,
    /// Stable name, a heading of `docs/errors.md`.
    pub(crate) code: &'static str,
    /// What happened: a lowercase phrase without a final stop, values in backticks.
    pub(crate) message: String,
    /// Where in a file, if it is about one. Boxed to keep results small.
    pub(crate) place: Option<Box<Place>>,
    /// What led to it, outermost first.
    pub(crate) causes: Vec<String>,
    /// What to do, each a command or a place to click when one exists.
    pub(crate) hints: Vec<String>,
    /// Its text was shown where it happened; only scripts are still to be told.
    pub(crate) shown: bool,
}

/// Whose a failure is to fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Ours: a state believed impossible.
    Bug,
    /// Left in the middle by a second interrupt.
    Interrupted,
    /// The network's, the tunnel's or the host's.
    Outside,
    /// The command line's.
    Usage,
    /// The caller's: their files, answers or credentials.
    User,
}

/// A place in a file, 1-based.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The file as the user would name it.
    pub(crate) file: String,
    /// Line, from 1.
    pub(crate) line: u32,
    /// Column in characters, from 1.
    pub(crate) column: u32,
}

impl CliError {
    /// A failure without causes and hints.
    pub(crate) fn new(kind: Kind, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind,
            code,
            message: message.into(),
            place: None,
            causes: Vec::new(),
            hints: Vec::new(),
            shown: false,
        }
    }

    /// The caller's to fix: exit 1.
    pub(crate) fn user(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::User, code, message)
    }

    /// The network's, tunnel's or host's: exit 3.
    pub(crate) fn outside(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Outside, code, message)
    }

    /// The command line's: exit 2.
    pub(crate) fn usage(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, code, message)
    }

    /// Ours: exit 70.
    pub(crate) fn bug(message: impl Into<String>) -> Self {
        Self::new(Kind::Bug, "connect/bug", message)
            .hint("please report this with the command you typed")
    }

    /// Adds what led to it.
    pub(crate) fn cause(mut self, cause: impl fmt::Display) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// Adds what to do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds the place in a file.
    pub(crate) fn at(mut self, place: Place) -> Self {
        self.place = Some(Box::new(place));
        self
    }

    /// The exit code of cli.md 1.1 and house-style section 6.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self.kind {
            Kind::User => 1,
            Kind::Usage => 2,
            Kind::Outside => 3,
            Kind::Bug => 70,
            Kind::Interrupted => 130,
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// The chain of sources below an error, outermost first, each as its own line.
pub(crate) fn sources(error: &dyn std::error::Error) -> Vec<String> {
    std::iter::successors(error.source(), |inner| inner.source())
        .map(ToString::to_string)
        .collect()
}
