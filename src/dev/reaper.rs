//! What happens when this process is killed: a process of its own ends the app and removes it from
//! the hosts.
//!
//! It is started before anything could be left, told through a pipe what there would be to do
//! (never by argument or environment, which others can read), and dismissed at a good end.
//! Whatever else ends the session closes the pipe without that word: a crash, `kill -9`, a panic.
//! INVARIANT: the reaper hears of a register before the host does.
//! Test: `reaper::a_killed_session_leaves_nothing`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use connect_core::{AppKey, BaseUrl, Secret};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::context::Context;
use crate::dev::effects::lock;
use crate::dev::event::HalfId;
use crate::dev::journal::{Entry, StateFolder};
use crate::dev::keys::key_on_disk;
use crate::dev::left::{Removal, remove};
use crate::dev::session::LEAVE_WITHIN;
use crate::env::CONNECT_SESSION;
use crate::error::CliError;
use crate::host::Login;
use crate::process::{self, CommandLine, Group, Sentinel, StartError};
use crate::project::Half;
use crate::tunnel::Watch;
use crate::ui::Fatality;

/// The hidden command that the reaper is, as `cli.rs` has it.
const COMMAND: &str = "__reap";
/// The other end of the pipe. Once the reaper is gone, nothing is told any more.
#[derive(Debug, Default)]
pub(crate) struct Reaper(Mutex<Option<Sentinel>>);

/// A process group that the reaper ends if we cannot.
#[derive(Debug)]
pub(crate) struct Watched {
    group: Option<Group>,
    reaper: Arc<Reaper>,
}

/// A line of the pipe.
#[derive(Deserialize)]
#[serde(tag = "word", rename_all = "kebab-case")]
enum Word {
    /// The session ended well.
    Done,
    /// A process group is there.
    Group { id: u32 },
    /// A process group is gone.
    GroupEnded { id: u32 },
    /// How to log in at a site.
    Host {
        site: String,
        username: String,
        password: Secret,
    },
    /// A descriptor had this key at some time.
    Key { half: usize, key: String },
    /// What may be installed, all of it.
    Left { entries: Vec<Entry> },
    /// Whose work it is.
    Session {
        folder: PathBuf,
        keep: bool,
        pid: u32,
    },
}

/// What there is to do if the session is killed.
#[derive(Default)]
struct Charge {
    folder: PathBuf,
    keep: bool,
    pid: u32,
    groups: BTreeSet<u32>,
    logins: BTreeMap<String, Login>,
    /// By descriptor.
    keys: BTreeMap<usize, BTreeSet<String>>,
    entries: Vec<Entry>,
}

impl Reaper {
    /// Starts the reaper of a session; `keep` means that apps stay where they are, `variables` are
    /// set in its environment.
    ///
    /// # Errors
    /// When the system cannot start it.
    pub(crate) fn start(
        folder: &Path,
        keep: bool,
        variables: &[(String, String)],
    ) -> Result<Self, StartError> {
        let program = std::env::current_exe().map_err(|source| StartError {
            program: "connect".to_owned(),
            source,
        })?;
        let sentinel = process::start_sentinel(&CommandLine {
            program: program.into_os_string(),
            arguments: vec![COMMAND.into()],
            folder: PathBuf::from("/"),
            variables: variables.to_vec(),
            without: Vec::new(),
        })?;
        let reaper = Self(Mutex::new(Some(sentinel)));
        let pid = std::process::id();
        reaper.tell(&json!({ "word": "session", "folder": folder, "keep": keep, "pid": pid }));
        Ok(reaper)
    }

    /// How to log in at a site.
    pub(crate) fn host(&self, site: &BaseUrl, login: &Login) {
        let (site, username) = (site.as_str(), &login.username);
        // SECURITY: the one place where a log-in leaves this process, into a pipe.
        // Test: `secrets::none_shows_anywhere`.
        let password = login.password.expose();
        self.tell(
            &json!({ "word": "host", "site": site, "username": username, "password": password }),
        );
    }

    /// A descriptor has this key.
    pub(crate) fn key(&self, half: HalfId, key: &AppKey) {
        self.tell(&json!({ "word": "key", "half": half.0, "key": key.as_str() }));
    }

    /// What may be installed from now on.
    pub(crate) fn left(&self, entries: &[Entry]) {
        self.tell(&json!({ "word": "left", "entries": entries }));
    }

    /// The session ended well: there is nothing to do.
    pub(crate) async fn dismiss(&self) {
        self.tell(&json!({ "word": "done" }));
        let sentinel = lock(&self.0).take();
        if let Some(sentinel) = sentinel {
            sentinel.wait().await;
        }
    }

    fn tell(&self, word: &Value) {
        let line = Secret::new(word.to_string());
        let mut sentinel = lock(&self.0);
        if let Some(told) = sentinel.as_mut()
            && told.tell(line.expose()).is_err()
        {
            *sentinel = None;
        }
    }
}

impl Watch for Reaper {
    fn started(&self, group: u32) {
        self.tell(&json!({ "word": "group", "id": group }));
    }

    fn ended(&self, group: u32) {
        self.tell(&json!({ "word": "group-ended", "id": group }));
    }
}

impl Watched {
    /// Has a group that was started a moment ago watched over.
    pub(crate) fn new(group: Group, reaper: &Arc<Reaper>) -> Self {
        reaper.started(group.id());
        Self {
            group: Some(group),
            reaper: Arc::clone(reaper),
        }
    }

    /// Ends it, as [`Group::end`] does.
    pub(crate) async fn end(mut self) {
        if let Some(group) = &mut self.group {
            group.end().await;
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let Some(group) = self.group.take() {
            let id = group.id();
            drop(group);
            self.reaper.ended(id);
        }
    }
}

/// What children of a session have in `CONNECT_SESSION`. The number of a process is not used again
/// while its children are young.
pub(crate) fn mark(pid: u32) -> String {
    format!("dev-{pid}")
}

/// Is the reaper: listens until the pipe ends, and does what is left to do.
///
/// # Errors
/// When something could not be removed.
pub(crate) fn keep_watch(context: &Context) -> Result<(), CliError> {
    process::leave_session();
    match listen(std::io::stdin().lock()) {
        None => Ok(()),
        Some(charge) => context.block_on(reap(charge, context)),
    }
}

/// What there is to do at the end of the pipe; nothing after a good end.
fn listen(pipe: impl std::io::BufRead) -> Option<Charge> {
    let mut charge = Charge::default();
    for line in pipe.lines().map_while(Result::ok) {
        let line = Secret::new(line);
        match serde_json::from_str(line.expose()) {
            Ok(Word::Done) => return None,
            Ok(Word::Group { id }) => {
                charge.groups.insert(id);
            }
            Ok(Word::GroupEnded { id }) => {
                charge.groups.remove(&id);
            }
            Ok(Word::Host {
                site,
                username,
                password,
            }) => {
                charge.logins.insert(site, Login { username, password });
            }
            Ok(Word::Key { half, key }) => {
                charge.keys.entry(half).or_default().insert(key);
            }
            Ok(Word::Left { entries }) => charge.entries = entries,
            Ok(Word::Session { folder, keep, pid }) => {
                (charge.folder, charge.keep, charge.pid) = (folder, keep, pid);
            }
            // The last line is half a line if the session was killed while it wrote.
            Err(_) => {}
        }
    }
    Some(charge)
}

async fn reap(charge: Charge, context: &Context) -> Result<(), CliError> {
    let mut groups = JoinSet::new();
    for group in &charge.groups {
        groups.spawn(process::end_orphans(*group));
    }
    // One that was started a moment ago is in no list yet.
    let mark = mark(charge.pid);
    groups.spawn(async move { process::end_marked(CONNECT_SESSION, &mark).await });
    let removed = tokio::time::timeout(LEAVE_WITHIN, remove_all(&charge, context)).await;
    while groups.join_next().await.is_some() {}
    match removed {
        Ok(0) => Ok(()),
        Ok(left) => Err(CliError::not_cleaned(left)),
        Err(_) => Err(CliError::not_cleaned(charge.entries.len())),
    }
}

/// Removes from all hosts at the same time; answers with how many apps may be left.
async fn remove_all(charge: &Charge, context: &Context) -> usize {
    if charge.keep || charge.entries.is_empty() {
        return 0;
    }
    // Who has the folder now has taken over what is in its journal.
    let Ok(state) = StateFolder::open_to_reap(&charge.folder, charge.pid).await else {
        return 0;
    };
    let text = format!("`connect dev` (pid {}) was killed: cleaning up", charge.pid);
    context.ui.warning(&text);
    let journal = Arc::new(state.journal(Arc::default()));
    let mut entries = charge.entries.clone();
    // A register that was under way may have found a descriptor with another key.
    let mut keys = charge.keys.clone();
    for (index, half) in Half::of(&charge.folder).iter().enumerate() {
        let key = key_on_disk(&charge.folder, half).map(|key| key.to_string());
        keys.entry(index).or_default().extend(key);
    }
    for entry in &charge.entries {
        // The other app of the server is not for this host.
        let of_entry = |keys: &&BTreeSet<String>| keys.contains(&entry.key);
        let known = keys.values().any(|keys| of_entry(&keys));
        for key in keys
            .values()
            .filter(|keys| !known || of_entry(keys))
            .flatten()
        {
            let is = |known: &Entry| known.host == entry.host && known.key == *key;
            if !entries.iter().any(is) {
                let key = key.clone();
                entries.push(Entry {
                    key,
                    ..entry.clone()
                });
            }
        }
    }
    let mut work = JoinSet::new();
    for entry in &entries {
        let login = charge.logins.get(&entry.host).cloned();
        let removal = Removal::new(entry, login, Some(Arc::clone(&journal)), context);
        work.spawn(async move { remove(&removal?).await });
    }
    let mut left = 0;
    while let Some(ended) = work.join_next().await {
        let error = match ended {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => error,
            Err(error) => CliError::bug("a removal broke off").cause(error),
        };
        context.ui.error(&error, Fatality::GoesOn);
        left += 1;
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(lines: &[&str]) -> Option<Charge> {
        listen(lines.join("\n").as_bytes())
    }

    #[test]
    fn only_the_word_done_means_a_good_end() {
        let lines = [
            r#"{"word":"session","folder":"/a","keep":false,"pid":7}"#,
            r#"{"word":"host","site":"https://a.example","username":"ada","password":"x"}"#,
            r#"{"word":"group","id":8}"#,
            r#"{"word":"group","id":9}"#,
            r#"{"word":"group-ended","id":8}"#,
            r#"{"word":"left","entries":[{"host":"https://a.example","key":"k","url":"u","at":"t","pid":7}]}"#,
        ];
        let charge = heard(&lines).expect("it was killed");
        assert_eq!(charge.folder, Path::new("/a"));
        assert_eq!(charge.groups, BTreeSet::from([9]));
        assert_eq!(charge.entries.len(), 1);
        assert_eq!(charge.logins["https://a.example"].password.expose(), "x");
        let half = [&lines[..], &[r#"{"word":"do"#]].concat();
        assert!(heard(&half).is_some());
        let whole = [&lines[..], &[r#"{"word":"done"}"#]].concat();
        assert!(heard(&whole).is_none());
    }
}
