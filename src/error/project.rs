//! Failures around the files of a project.

use crate::error::{CliError, Place};
use crate::project::{CREDENTIALS, DESCRIPTOR, FileError, TokenError};

impl CliError {
    /// Something that is no file cannot be read.
    pub(crate) fn unreadable(what: &str, error: &dyn std::fmt::Display) -> Self {
        Self::user("file/unreadable", format!("cannot read {what}")).cause(error)
    }

    /// A file or a folder that cannot be written, as the user would name it.
    pub(crate) fn unwritable(what: impl std::fmt::Display, error: &std::io::Error) -> Self {
        Self::user("file/unwritable", format!("cannot write `{what}`")).cause(error)
    }

    /// `--watch` without a file that could change.
    pub(crate) fn nothing_to_watch() -> Self {
        Self::usage(
            "watch/nothing",
            "only files can be watched, and none is named",
        )
        .hint("connect validate descriptor --watch")
    }
}

impl From<FileError> for CliError {
    fn from(error: FileError) -> Self {
        let message = error.to_string();
        match error {
            FileError::Missing(path) => {
                let shown = Self::user("file/missing", message);
                if path.ends_with(DESCRIPTOR) {
                    shown.hint("go to the folder of an app, or make one: connect new hello")
                } else {
                    shown
                }
            }
            FileError::Unreadable { .. } => Self::user("file/unreadable", message),
            FileError::Syntax {
                path, line, column, ..
            } => Self::user("file/syntax", message).at(Place {
                file: path.display().to_string(),
                line,
                column,
            }),
            FileError::Values { path, problems } => {
                let mut shown = Self::user("file/values", message);
                shown.causes = problems;
                if path.ends_with(CREDENTIALS) {
                    shown = shown.hint("see credentials.example.json for the shape");
                }
                shown
            }
        }
    }
}

impl From<TokenError> for CliError {
    fn from(error: TokenError) -> Self {
        let shown = Self::user("login/no-token", error.to_string());
        let shown = match &error {
            TokenError::Empty { .. } | TokenError::NoKeyring { .. } => shown,
            TokenError::Failed { status, .. } => shown.cause(status),
            TokenError::NotStarted { source, .. } => shown.cause(&source.source),
            TokenError::TooSlow { seconds, .. } => {
                shown.cause(format!("it did not end within {seconds} s"))
            }
        };
        match error.to_store() {
            Some(command) => shown.hint(command),
            None => shown.hint("try the command by itself: it must print the token alone"),
        }
        .hint("CONNECT_TOKEN=... connect dev    takes the token from the environment")
    }
}
