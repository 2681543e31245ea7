//! Where the API token of a host comes from: the file, the environment, a command, or the
//! system's keyring.
//!
//! The keyring is asked through the system's own program (`secret-tool`, `security`): the crate
//! for it adds 72 others here, a D-Bus client among them, and hangs just the same where nobody
//! unlocks the keyring. Whatever is asked has a deadline.

use std::io;
use std::path::Path;
use std::time::Duration;

use connect_core::{BaseUrl, Secret};
use serde_json::Value;

use crate::process::{self, CommandLine, StartError};

/// Where a token comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenSource {
    /// It is printed by this program with these arguments.
    Command(Vec<String>),
    /// It is here.
    Given(Secret),
    /// The system's keyring has it under this name.
    Keyring(String),
}

/// A token cannot be had. Nothing of what a program printed is in it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    /// The program printed nothing.
    #[error("`{program}` printed no API token for {site}")]
    Empty {
        /// The program.
        program: String,
        /// The host.
        site: BaseUrl,
        /// The command that stores a token in the keyring, if it is about one.
        store: Option<String>,
    },
    /// The program failed.
    #[error("`{program}` gave no API token for {site}")]
    Failed {
        /// The program.
        program: String,
        /// The host.
        site: BaseUrl,
        /// How it ended.
        status: String,
        /// The command that stores a token in the keyring, if it is about one.
        store: Option<String>,
    },
    /// No program of this system is known that reads its keyring.
    #[error("the keyring of this system cannot be read for {site}")]
    NoKeyring {
        /// The host.
        site: BaseUrl,
    },
    /// The program is not there.
    #[error("no API token for {site}: {source}")]
    NotStarted {
        /// The host.
        site: BaseUrl,
        /// Why.
        source: StartError,
    },
    /// The program did not end.
    #[error("`{program}` gave no API token for {site}")]
    TooSlow {
        /// The program.
        program: String,
        /// The host.
        site: BaseUrl,
        /// How long it had.
        seconds: u64,
    },
}

/// Longest wait for a command: somebody may have to put a finger on a sensor.
const COMMAND: Duration = Duration::from_secs(60);
/// Longest wait for the keyring.
const KEYRING: Duration = Duration::from_secs(3);
/// Longest token that is read, in bytes.
const LONGEST: u64 = 16 * 1024;

impl TokenSource {
    /// Reads the field `password`: a text, `{"command": [...]}` or `{"keyring": "name"}`.
    ///
    /// # Errors
    /// What is wrong with it, to be put after the name of the host.
    pub(super) fn parse(field: Option<&Value>) -> Result<Self, &'static str> {
        match field {
            Some(Value::String(text)) if !text.is_empty() => Ok(Self::Given(Secret::new(text))),
            Some(Value::String(_)) | None => Err(" has no `password`"),
            Some(Value::Object(fields)) => match (fields.get("command"), fields.get("keyring")) {
                (Some(Value::Array(words)), None) if !words.is_empty() => {
                    let words = words.iter().map(|word| word.as_str().map(str::to_owned));
                    let words: Option<Vec<_>> = words.collect();
                    words.map(Self::Command).ok_or(COMMAND_SHAPE)
                }
                (None, Some(Value::String(name))) if !name.is_empty() => {
                    Ok(Self::Keyring(name.clone()))
                }
                (Some(_), None) => Err(COMMAND_SHAPE),
                _ => Err(SHAPE),
            },
            Some(_) => Err(SHAPE),
        }
    }

    /// Gets the token of a site; a command runs in the folder.
    ///
    /// # Errors
    /// When it cannot be had.
    pub(super) async fn read(&self, folder: &Path, site: &BaseUrl) -> Result<Secret, TokenError> {
        let (words, deadline) = match self {
            Self::Command(words) => (words.clone(), COMMAND),
            Self::Given(token) => return Ok(token.clone()),
            Self::Keyring(name) => {
                let site = site.clone();
                let words = keyring(name).ok_or(TokenError::NoKeyring { site })?;
                (words, KEYRING)
            }
        };
        let store = match self {
            Self::Keyring(name) => store(name),
            _ => None,
        };
        ask(&words, deadline, folder, site, store).await
    }
}

impl TokenError {
    /// The command that puts a token where it was looked for.
    pub(crate) fn to_store(&self) -> Option<&str> {
        match self {
            Self::Empty { store, .. } | Self::Failed { store, .. } => store.as_deref(),
            Self::NoKeyring { .. } | Self::NotStarted { .. } | Self::TooSlow { .. } => None,
        }
    }
}

/// The program that prints an entry of the keyring, with its arguments.
fn keyring(name: &str) -> Option<Vec<String>> {
    let words: &[&str] = if cfg!(target_os = "macos") {
        &[
            "security",
            "find-generic-password",
            "-s",
            "connect",
            "-w",
            "-a",
            name,
        ]
    } else if cfg!(unix) {
        &[
            "secret-tool",
            "lookup",
            "service",
            "connect",
            "account",
            name,
        ]
    } else {
        return None;
    };
    Some(words.iter().map(|word| (*word).to_owned()).collect())
}

/// The command that makes such an entry; it asks for the token.
fn store(name: &str) -> Option<String> {
    if cfg!(target_os = "macos") {
        Some(format!(
            "security add-generic-password -s connect -a {name} -w"
        ))
    } else if cfg!(unix) {
        Some(format!(
            "secret-tool store --label=connect service connect account {name}"
        ))
    } else {
        None
    }
}

async fn ask(
    words: &[String],
    deadline: Duration,
    folder: &Path,
    site: &BaseUrl,
    store: Option<String>,
) -> Result<Secret, TokenError> {
    let (program, arguments) = words
        .split_first()
        .map_or(("", &[][..]), |(program, rest)| (program.as_str(), rest));
    let command = CommandLine {
        program: program.into(),
        arguments: arguments.iter().map(Into::into).collect(),
        folder: folder.to_path_buf(),
        variables: Vec::new(),
        without: Vec::new(),
    };
    let (program, site) = (program.to_owned(), site.clone());
    let (status, text) = match process::printed(&command, LONGEST, deadline).await {
        Ok(ended) => ended,
        Err(late) if late.source.kind() == io::ErrorKind::TimedOut => {
            let seconds = deadline.as_secs();
            return Err(TokenError::TooSlow {
                program,
                site,
                seconds,
            });
        }
        Err(source) => return Err(TokenError::NotStarted { site, source }),
    };
    if !status.success() {
        let status = status.to_string();
        return Err(TokenError::Failed {
            program,
            site,
            status,
            store,
        });
    }
    match String::from_utf8(text).map(Secret::new) {
        Ok(text) if !text.expose().trim().is_empty() => Ok(Secret::new(text.expose().trim())),
        _ => Err(TokenError::Empty {
            program,
            site,
            store,
        }),
    }
}

const SHAPE: &str = ": `password` must be a text, or an object with `command` or `keyring`";
const COMMAND_SHAPE: &str = ": `command` must be a list of texts, the program first";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_token_is_a_text_or_says_where_it_is() {
        let check = |field: Value| TokenSource::parse(Some(&field));
        let words = vec!["op".to_owned(), "read".to_owned()];
        assert_eq!(check(json!("x")), Ok(TokenSource::Given(Secret::new("x"))));
        let command = check(json!({ "command": ["op", "read"] }));
        assert_eq!(command, Ok(TokenSource::Command(words)));
        let keyring = check(json!({ "keyring": "acme" }));
        assert_eq!(keyring, Ok(TokenSource::Keyring("acme".to_owned())));
        for wrong in [
            json!(1),
            json!({}),
            json!({ "keyring": "" }),
            json!({ "keyring": "a", "command": ["b"] }),
        ] {
            assert_eq!(check(wrong.clone()), Err(SHAPE), "{wrong}");
        }
        for wrong in [json!({ "command": "op read" }), json!({ "command": [] })] {
            assert_eq!(check(wrong.clone()), Err(COMMAND_SHAPE), "{wrong}");
        }
        assert_eq!(TokenSource::parse(None), Err(" has no `password`"));
    }

    #[cfg(unix)]
    mod with_a_shell {
        use super::*;

        async fn check(script: &str) -> Result<String, TokenError> {
            let words = ["sh", "-c", script].map(str::to_owned);
            let site = BaseUrl::parse("https://a.example").unwrap();
            let deadline = Duration::from_millis(500);
            let read = ask(&words, deadline, Path::new("/"), &site, None).await;
            read.map(|token| token.expose().to_owned())
        }

        #[tokio::test]
        async fn what_a_command_prints_is_the_token() {
            assert_eq!(check("echo ' secret '").await.unwrap(), "secret");
            let empty = check("echo").await.unwrap_err();
            assert!(matches!(empty, TokenError::Empty { .. }), "{empty}");
            let failed = check("echo half; exit 3").await.unwrap_err();
            assert!(matches!(&failed, TokenError::Failed { status, .. } if status.contains('3')));
            assert!(!format!("{failed:?} {failed}").contains("half"));
        }

        #[tokio::test]
        async fn a_keyring_that_nobody_unlocks_holds_us_for_its_deadline_only() {
            let slow = check("sleep 600").await.unwrap_err();
            assert!(matches!(slow, TokenError::TooSlow { .. }), "{slow}");
        }
    }
}
