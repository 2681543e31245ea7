//! Where the keys of a store come from: a text, or a program that prints it.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use connect_core::{Secret, store::StoreError};
use serde_json::{Map, Value};
use tokio::{io::AsyncReadExt, process::Command};

use super::Keyring;
use crate::settings::SettingsFault;

/// Where the keys of a [`SealedStore`](super::SealedStore) come from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreKeys {
    /// A program prints them: one of a password manager or of a cloud's key service.
    Command {
        /// The program, then its arguments; no shell reads them.
        words: Vec<String>,
        /// The folder that it runs in.
        folder: PathBuf,
    },
    /// They are here, as [`Keyring::parse`] reads them.
    Given(Secret),
}

impl StoreKeys {
    /// What the `store` object of `config.json` says in its member `keys`, which ACE does not
    /// have: `{"command": ["program", "argument"]}`. The keys themselves do not belong into the
    /// file, where they would be kept with what they lock.
    ///
    /// # Errors
    /// What is wrong with it; never a value.
    pub fn from_store(
        store: &Map<String, Value>,
        folder: &Path,
    ) -> Result<Option<Self>, SettingsFault> {
        let Some(keys) = store.get("keys").filter(|keys| !keys.is_null()) else {
            return Ok(None);
        };
        let words = keys.get("command").and_then(Value::as_array);
        let words = words.and_then(|words| {
            let words = words.iter().map(|word| word.as_str().map(str::to_owned));
            words.collect::<Option<Vec<String>>>()
        });
        match words {
            Some(words) if words.first().is_some_and(|program| !program.is_empty()) => {
                Ok(Some(Self::Command {
                    words,
                    folder: folder.to_owned(),
                }))
            }
            _ => Err(SettingsFault {
                key: "keys".to_owned(),
                message: "must be an object with `command`: a list of texts, the program first"
                    .to_owned(),
            }),
        }
    }

    /// The keys. A program has a minute to print them, because somebody may have to unlock it.
    ///
    /// # Errors
    /// [`StoreError::KeyCommand`] when the program prints none, and [`StoreError::Settings`] when
    /// they are not keys. Neither repeats what was printed.
    pub async fn keyring(&self) -> Result<Keyring, StoreError> {
        self.keyring_within(PATIENCE).await
    }

    async fn keyring_within(&self, limit: Duration) -> Result<Keyring, StoreError> {
        match self {
            Self::Command { words, folder } => {
                Keyring::parse(printed(words, folder, limit).await?.expose())
            }
            Self::Given(keys) => Keyring::parse(keys.expose()),
        }
    }
}

/// What a program prints, without the blanks around it.
async fn printed(words: &[String], folder: &Path, limit: Duration) -> Result<Secret, StoreError> {
    let (program, arguments) = words
        .split_first()
        .map_or(("", &[][..]), |(program, rest)| (program.as_str(), rest));
    let failed = |problem: String| StoreError::KeyCommand {
        program: program.to_owned(),
        problem,
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "the one program that a store starts, because its settings name it"
    )]
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder);
    // What it has to say may be for its owner's eyes only, and it has nobody to ask.
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command.stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command
        .spawn()
        .map_err(|error| failed(format!("it cannot be started: {error}")))?;
    let stdout = child.stdout.take();
    let answer = async {
        let mut text = Vec::new();
        if let Some(stdout) = stdout {
            stdout.take(LONGEST).read_to_end(&mut text).await?;
        }
        // The pipe is closed by now, so one that prints without end ends here.
        Ok::<_, std::io::Error>((
            Secret::new(String::from_utf8_lossy(&text)),
            child.wait().await?,
        ))
    };
    let (text, status) = tokio::time::timeout(limit, answer)
        .await
        .map_err(|_| failed(format!("it did not end within {} s", limit.as_secs())))?
        .map_err(|error| failed(error.to_string()))?;
    if !status.success() {
        return Err(failed(format!("it ended with {status}")));
    }
    match text.expose().trim() {
        "" => Err(failed("it printed nothing".to_owned())),
        keys => Ok(Secret::new(keys)),
    }
}

/// How long a program may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Longest text that is read, in bytes: some hundred keys.
const LONGEST: u64 = 16 * 1024;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(keys: Value) -> Result<Option<StoreKeys>, SettingsFault> {
        let store = json!({ "keys": keys });
        StoreKeys::from_store(store.as_object().unwrap(), Path::new("/app"))
    }

    #[test]
    fn a_command_is_a_list_and_keys_have_no_place_in_the_file() {
        let words = ["op", "read", "op://vault/keys"]
            .map(str::to_owned)
            .to_vec();
        let folder = PathBuf::from("/app");
        assert_eq!(
            read(json!({ "command": words })),
            Ok(Some(StoreKeys::Command { words, folder }))
        );
        assert_eq!(read(Value::Null), Ok(None));
        for bad in [
            json!("one:hunter2"),
            json!({ "command": "op read" }),
            json!({ "command": [] }),
            json!({ "command": ["", "hunter2"] }),
            json!({ "command": ["op", 1] }),
        ] {
            let fault = read(bad.clone()).unwrap_err();
            assert_eq!(fault.key, "keys", "{bad}");
            assert!(!fault.message.contains("hunter2"));
        }
    }

    #[cfg(unix)]
    async fn run(script: &str, limit: Duration) -> Result<Keyring, StoreError> {
        let words = ["sh", "-c", script].map(str::to_owned).to_vec();
        let folder = PathBuf::from("/");
        let source = StoreKeys::Command { words, folder };
        source.keyring_within(limit).await
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn keys_are_what_a_command_prints_and_no_error_repeats_it() {
        let keys = "echo ' one:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY='";
        let ring = run(keys, PATIENCE).await.unwrap();
        assert_eq!(format!("{ring:?}"), "[\"one\"]");
        for (script, code, said) in [
            (
                "echo hunter2; exit 3",
                "store/key-command",
                "exit status: 3",
            ),
            (
                "echo hunter2 >&2",
                "store/key-command",
                "it printed nothing",
            ),
            ("echo hunter2", "store/settings", "not `name:key`"),
            ("exec yes hunter2", "store/key-command", "signal"),
        ] {
            let error = run(script, PATIENCE).await.unwrap_err();
            assert_eq!(error.code(), code, "{script}: {error}");
            assert!(error.to_string().contains(said), "{script}: {error}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
        let words = vec!["/no/such/program".to_owned()];
        let folder = PathBuf::from("/");
        let error = StoreKeys::Command { words, folder }.keyring().await;
        let error = error.unwrap_err().to_string();
        assert!(error.contains("cannot be started"), "{error}");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_command_that_does_not_end_is_given_up() {
        let error = run("exec sleep 600", Duration::from_millis(200)).await;
        assert_eq!(error.unwrap_err().code(), "store/key-command");
    }
}
