//! Failures of the commands that ask a running session: `call`, `inspect`, `token`,
//! `trigger`.

use connect_validator::Finding;

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

    /// The host's pages lead nowhere.
    pub(crate) fn call_pages(problem: &'static str) -> Self {
        Self::outside("call/pages", "the next page cannot be found").cause(problem)
    }

    /// The app may not act as that user.
    pub(crate) fn not_as_user(why: &str) -> Self {
        Self::user("call/not-as-user", "the app cannot act as this user")
            .cause(why)
            .hint("ask for it in atlassian-connect.json: \"scopes\": [\"ACT_AS_USER\", ...]")
            .hint("connect call GET /rest/api/3/myself    shows whom the app is by itself")
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
        let message = format!("the descriptor has no lifecycle call, webhook or page `{name}`");
        Self::user("trigger/unknown", message).hint("connect trigger    lists what it has")
    }

    /// The descriptor says nothing that could be sent.
    pub(crate) fn unreadable_descriptor(findings: &[Finding]) -> Self {
        let error = Self::user("trigger/descriptor", "the descriptor cannot be read");
        let first = findings.first().map(|finding| finding.message.clone());
        let error = first.into_iter().fold(error, Self::cause);
        error.hint("connect validate descriptor")
    }

    /// Only the host itself could sign this.
    pub(crate) fn no_install_key(event: &str) -> Self {
        let message = format!("nobody here can sign `{event}` as the host does");
        Self::user("trigger/no-key", message)
            .cause("installs are signed with a private key of Atlassian's, which no tool has")
            .hint("connect dev --via sandbox    whose own key signs them")
            .hint("to have a real host install again, save the descriptor")
            .hint(format!(
                "connect trigger {event} --flaw no-token    sends what needs no key"
            ))
    }

    /// No editor is named.
    pub(crate) fn no_editor() -> Self {
        Self::usage("edit/no-editor", "no editor is named")
            .hint("EDITOR=vi connect trigger ... --edit")
            .hint(
                "connect trigger ... --set issue.key=TEST-1    changes one value without an editor",
            )
    }

    /// The editor failed.
    pub(crate) fn editor_failed(editor: &str, error: &dyn std::fmt::Display) -> Self {
        Self::user("edit/failed", format!("`{editor}` did not edit the body")).cause(error)
    }

    /// The user took everything away.
    pub(crate) fn nothing_left() -> Self {
        Self::user(
            "edit/empty",
            "nothing is left of the body, so nothing was sent",
        )
    }
}
