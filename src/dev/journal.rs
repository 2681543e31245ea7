//! `.connect/`: the lock that keeps a second session out, and the journal of what may be
//! installed where.
//!
//! An entry is on disk before a register is sent and goes when the host confirmed that the app is
//! gone, so that whatever ends a session, the next one knows what it left.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use connect_core::{AppKey, BaseUrl};
use serde::{Deserialize, Serialize};

use crate::dev::reaper::Reaper;
use crate::error::CliError;
use crate::ui::timestamp;

/// The state folder of a project, held by this session.
#[derive(Debug)]
pub(crate) struct StateFolder {
    path: PathBuf,
    /// Holds the lock as long as it is open.
    _lock: File,
}

/// What may be installed where.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    entries: Mutex<Vec<Entry>>,
    /// Hears of every change before it is written.
    reaper: Arc<Reaper>,
}

/// The lock is not free.
#[derive(Debug)]
struct Held {
    by: Holder,
    /// Number of their process; empty if they have not said yet.
    pid: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holder {
    /// The reaper of a session that was killed; it is done within seconds.
    Reaper,
    /// A session, or `connect clean`.
    Session,
}

/// An app that may be installed on a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The site.
    pub(crate) host: String,
    /// The app.
    pub(crate) key: String,
    /// Where the app was.
    pub(crate) url: String,
    /// When the register was about to be sent.
    pub(crate) at: String,
    /// The process that sent it.
    pub(crate) pid: u32,
    /// It was to stay (`--keep`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) kept: bool,
}

const JOURNAL: &str = "session.json";
/// How the lock says that a reaper holds it.
const REAPING: &str = "reaper";
/// Longest wait for a reaper.
const REAPER: Duration = Duration::from_secs(10);
/// Longest wait for whoever holds the lock: a reaper says so only after it took it.
const MOMENT: Duration = Duration::from_millis(200);
/// Time between two looks at the lock.
const LOOK: Duration = Duration::from_millis(10);

#[derive(Serialize, Deserialize)]
struct Contents {
    version: u32,
    entries: Vec<Entry>,
}

impl StateFolder {
    /// Makes the folder if needed, hides it from git, and locks it; after the reaper of a session
    /// that was killed, if there is one.
    ///
    /// # Errors
    /// When another session holds it or the file system refuses.
    pub(crate) async fn open(project: &Path) -> Result<Self, CliError> {
        Self::open_patiently(project, Holder::Session, |held| match held.by {
            Holder::Reaper => REAPER,
            Holder::Session => MOMENT,
        })
        .await
    }

    /// The same for the reaper of a session, which may just be about to let go.
    ///
    /// # Errors
    /// When yet another session holds it or the file system refuses.
    pub(crate) async fn open_to_reap(project: &Path, session: u32) -> Result<Self, CliError> {
        Self::open_patiently(project, Holder::Reaper, |held| {
            if held.pid == session.to_string() {
                REAPER
            } else {
                MOMENT
            }
        })
        .await
    }

    async fn open_patiently(
        project: &Path,
        holder: Holder,
        patience: impl Fn(&Held) -> Duration,
    ) -> Result<Self, CliError> {
        let began = tokio::time::Instant::now();
        let mut again = tokio::time::interval(LOOK);
        loop {
            again.tick().await;
            let held = match Self::try_open(project, holder) {
                Ok(Ok(folder)) => return Ok(folder),
                Ok(Err(held)) => held,
                Err(error) => return Err(CliError::state_folder(project, &error)),
            };
            if began.elapsed() >= patience(&held) {
                return Err(match held.by {
                    Holder::Reaper => CliError::reaping(&held.pid),
                    Holder::Session => CliError::locked(&held.pid),
                });
            }
        }
    }

    fn try_open(project: &Path, holder: Holder) -> io::Result<Result<Self, Held>> {
        let path = project.join(".connect");
        fs::create_dir_all(&path)?;
        let ignore = path.join(".gitignore");
        if !ignore.exists() {
            fs::write(&ignore, "*\n")?;
        }
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path.join("dev.lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Err(Held::read(&mut lock))),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let word = match holder {
            Holder::Reaper => REAPING,
            Holder::Session => "",
        };
        lock.set_len(0)?;
        writeln!(lock, "{word} {}", std::process::id())?;
        Ok(Ok(Self { path, _lock: lock }))
    }

    /// The number of the session that holds the folder, if one does; empty if it has not said yet.
    pub(crate) fn holder(project: &Path) -> Option<String> {
        let lock = project.join(".connect").join("dev.lock");
        let mut lock = OpenOptions::new().read(true).write(true).open(lock).ok()?;
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => Some(Held::read(&mut lock).pid),
            // Whoever waits for it gets it when this one is closed.
            Ok(()) | Err(TryLockError::Error(_)) => None,
        }
    }

    /// What the journal of a project says now, without keeping a session out.
    pub(crate) fn entries(project: &Path) -> Vec<Entry> {
        let text = fs::read_to_string(project.join(".connect").join(JOURNAL)).ok();
        let contents = text.and_then(|text| serde_json::from_str::<Contents>(&text).ok());
        contents.map_or_else(Vec::new, |contents| contents.entries)
    }

    /// The journal in it, with what earlier sessions left. What cannot be read is put aside.
    pub(crate) fn journal(&self, reaper: Arc<Reaper>) -> Journal {
        let path = self.path.join(JOURNAL);
        let entries = match fs::read_to_string(&path) {
            Err(_) => Vec::new(),
            Ok(text) => match serde_json::from_str::<Contents>(&text) {
                Ok(contents) => contents.entries,
                Err(_) => {
                    let _ = fs::rename(&path, path.with_extension("unreadable.json"));
                    Vec::new()
                }
            },
        };
        Journal {
            path,
            entries: Mutex::new(entries),
            reaper,
        }
    }
}

impl Journal {
    /// What may be installed, by this session or earlier ones.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.lock().clone()
    }

    /// Notes that an app is about to be installed. Returns when it is on disk.
    ///
    /// # Errors
    /// When it cannot be written; then the app must not be installed.
    pub(crate) fn intend(&self, host: &BaseUrl, key: &AppKey, url: &BaseUrl) -> io::Result<()> {
        let mut entries = self.lock();
        let pid = std::process::id();
        let known = entries.iter().any(|entry| {
            let same = entry.host == host.as_str() && entry.key == key.as_str();
            same && entry.url == url.as_str() && entry.pid == pid
        });
        if known {
            return Ok(());
        }
        entries.retain(|entry| entry.host != host.as_str() || entry.key != key.as_str());
        entries.push(Entry {
            host: host.to_string(),
            key: key.to_string(),
            url: url.to_string(),
            at: timestamp(SystemTime::now()),
            pid,
            kept: false,
        });
        self.reaper.left(&entries);
        self.write(&entries)
    }

    /// Notes that an app is to stay where it is.
    ///
    /// # Errors
    /// When it cannot be written; then the next session takes it for left behind.
    pub(crate) fn keep(&self, host: &BaseUrl, key: &AppKey) -> io::Result<()> {
        let mut entries = self.lock();
        for entry in entries.iter_mut() {
            entry.kept |= entry.host == host.as_str() && entry.key == key.as_str();
        }
        self.write(&entries)
    }

    /// Notes that an app is gone.
    ///
    /// # Errors
    /// When it cannot be written; then the next session looks for the app in vain.
    pub(crate) fn removed(&self, host: &BaseUrl, key: &AppKey) -> io::Result<()> {
        let mut entries = self.lock();
        let before = entries.len();
        entries.retain(|entry| entry.host != host.as_str() || entry.key != key.as_str());
        self.reaper.left(&entries);
        match (entries.len(), before) {
            (after, before) if after == before => Ok(()),
            (0, _) => fs::remove_file(&self.path),
            _ => self.write(&entries),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the file in one step, after its new text is on disk.
    fn write(&self, entries: &[Entry]) -> io::Result<()> {
        let text = serde_json::to_string_pretty(&Contents {
            version: 1,
            entries: entries.to_vec(),
        })?;
        let temporary = self.path.with_extension("tmp");
        let mut file = File::create(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&temporary, &self.path)?;
        #[cfg(unix)]
        if let Some(folder) = self.path.parent() {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }
}

impl Held {
    /// Whoever has the lock writes into it; that helps to find them, the lock is what counts.
    fn read(lock: &mut File) -> Self {
        let mut text = String::new();
        let _ = lock.read_to_string(&mut text);
        let by = if text.starts_with(REAPING) {
            Holder::Reaper
        } else {
            Holder::Session
        };
        let pid = text.chars().filter(char::is_ascii_digit).collect();
        Self { by, pid }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(text: &str) -> BaseUrl {
        BaseUrl::parse(text).unwrap()
    }

    #[tokio::test]
    async fn entries_survive_until_the_host_confirms() {
        let home = tempfile::tempdir().unwrap();
        let key = AppKey::parse("a").unwrap();
        let (host, url) = (site("https://a.example"), site("https://b.example"));
        let folder = StateFolder::open(home.path()).await.unwrap();
        folder
            .journal(Arc::default())
            .intend(&host, &key, &url)
            .unwrap();
        let journal = folder.journal(Arc::default());
        let entries = journal.entries();
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].host, "https://a.example");
        assert_eq!(entries[0].pid, std::process::id());
        // The same again changes nothing, another address replaces it.
        journal.intend(&host, &key, &url).unwrap();
        assert_eq!(journal.entries(), entries);
        journal
            .intend(&host, &key, &site("https://c.example"))
            .unwrap();
        assert_eq!(
            folder.journal(Arc::default()).entries()[0].url,
            "https://c.example"
        );
        journal.removed(&host, &key).unwrap();
        assert_eq!(folder.journal(Arc::default()).entries(), []);
        assert!(!home.path().join(".connect/session.json").exists());
    }

    #[tokio::test]
    async fn a_second_session_is_kept_out_while_the_first_one_lives() {
        let home = tempfile::tempdir().unwrap();
        let first = StateFolder::open(home.path()).await.unwrap();
        let error = StateFolder::open(home.path()).await.unwrap_err();
        assert_eq!(error.code, "dev/locked");
        assert!(error.message.contains(&std::process::id().to_string()));
        drop(first);
        StateFolder::open(home.path()).await.unwrap();
    }

    #[tokio::test]
    async fn a_journal_that_cannot_be_read_is_put_aside() {
        let home = tempfile::tempdir().unwrap();
        let folder = StateFolder::open(home.path()).await.unwrap();
        fs::write(home.path().join(".connect/session.json"), "{half").unwrap();
        assert_eq!(folder.journal(Arc::default()).entries(), []);
        assert!(
            home.path()
                .join(".connect/session.unreadable.json")
                .exists()
        );
    }
}
