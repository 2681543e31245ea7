//! Failures of the commands that ask a running session: `call`, `inspect`, `token`,
//! `trigger`.

use std::path::Path;

use crate::error::CliError;
use crate::inspect::AskError;

impl From<AskError> for CliError {
    fn from(error: AskError) -> Self {
        let message = error.to_string();
        match error {
            AskError::Gone(cause) => {
                let error = Self::user("inspect/no-session", message);
                let error = cause.into_iter().fold(error, Self::cause);
                error.hint("connect dev")
            }
            AskError::Refused(_) => Self::user("inspect/refused", message).hint("connect inspect"),
        }
    }
}

impl CliError {
    /// The ring holds no request of that number.
    pub(crate) fn no_such_request(id: u64) -> Self {
        let message = format!("there is no request #{id}");
        Self::user("inspect/no-such-request", message).hint("connect inspect")
    }

    /// An output file cannot be written.
    pub(crate) fn unwritable(file: &Path, error: &std::io::Error) -> Self {
        let message = format!("`{}` cannot be written", file.display());
        Self::user("inspect/unwritable", message).cause(error)
    }

    /// What is to be sent makes no request.
    pub(crate) fn call_arguments(problem: impl std::fmt::Display) -> Self {
        Self::usage("call/arguments", "this is no request").cause(problem)
    }

    /// The host does not answer.
    pub(crate) fn call_failed(problem: crate::http::HttpError) -> Self {
        Self::outside("call/failed", "the host did not answer").cause(problem)
    }

    /// The host refuses. What it says was printed.
    pub(crate) fn call_refused(status: u16) -> Self {
        Self::user("call/refused", format!("the host answered {status}"))
            .hint("in the sandbox, the session says why")
    }

    /// stdin holds no token.
    pub(crate) fn no_token(error: &std::io::Error) -> Self {
        Self::user("token/unreadable", "the token cannot be read from stdin").cause(error)
    }

    /// A token would be shown on a terminal.
    pub(crate) fn token_on_terminal() -> Self {
        Self::usage(
            "token/terminal",
            "a token is a key: it is not shown on a terminal",
        )
        .hint("connect token mint ... | pbcopy")
        .hint("connect token mint --show ...")
    }

    /// The descriptor has nothing of that name to fire.
    pub(crate) fn nothing_to_trigger(name: &str) -> Self {
        let message = format!("the descriptor has neither a webhook nor a page `{name}`");
        Self::user("trigger/unknown", message).hint("connect trigger --list")
    }

    /// The body of an event cannot be used.
    pub(crate) fn trigger_body(problem: impl std::fmt::Display) -> Self {
        Self::user("trigger/body", "the body cannot be used").cause(problem)
    }
}
