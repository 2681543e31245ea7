//! Failures of `connect inspect`.

use std::path::Path;

use crate::error::CliError;

impl CliError {
    /// No session answers in this folder.
    pub(crate) fn no_session(cause: Option<String>) -> Self {
        let error = Self::user(
            "inspect/no-session",
            "no session of `connect dev` runs here",
        );
        let error = cause.into_iter().fold(error, Self::cause);
        error.hint("connect dev")
    }

    /// The ring holds no request of that number.
    pub(crate) fn no_such_request(id: u64) -> Self {
        let message = format!("there is no request #{id}");
        Self::user("inspect/no-such-request", message).hint("connect inspect")
    }

    /// The session does not do what was asked.
    pub(crate) fn session_refused(why: &str) -> Self {
        Self::user("inspect/refused", format!("the session refused: {why}")).hint("connect inspect")
    }

    /// An output file cannot be written.
    pub(crate) fn unwritable(file: &Path, error: &std::io::Error) -> Self {
        let message = format!("`{}` cannot be written", file.display());
        Self::user("inspect/unwritable", message).cause(error)
    }
}
