//! The last requests: as they came in memory, without secrets on the disk.

use std::collections::VecDeque;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::inspect::{Entry, Exchange};
use crate::proxy::Raw;

/// How many requests are kept.
const MOST: usize = 500;

/// The last requests of a session.
#[derive(Debug)]
pub(crate) struct Ring {
    folder: PathBuf,
    kept: Mutex<VecDeque<Arc<Exchange>>>,
    last: watch::Sender<u64>,
}

impl Ring {
    /// An empty ring. What an earlier session left in the folder is removed: its numbers are
    /// given anew.
    pub(crate) fn new(folder: PathBuf) -> Self {
        // A folder that cannot be written shows when it is written; the memory works without it.
        let _ = std::fs::remove_dir_all(&folder);
        Self {
            folder,
            kept: Mutex::default(),
            last: watch::Sender::new(0),
        }
    }

    /// Keeps a request, and lets the oldest one go.
    pub(super) async fn push(&self, entry: Entry, raw: Raw) {
        let id = entry.id;
        let file = name(&self.folder, id);
        let dropped = {
            let mut kept = self.lock();
            kept.push_back(Arc::new(Exchange {
                entry: entry.clone(),
                raw,
            }));
            (kept.len() > MOST).then(|| kept.pop_front()).flatten()
        };
        let old = dropped.map(|old| name(&self.folder, old.entry.id));
        let written = tokio::task::spawn_blocking(move || {
            if let Some(old) = old {
                let _ = std::fs::remove_file(old);
            }
            write(&file, &entry)
        });
        // A full disk must not stop the session; the request is in memory all the same.
        let _ = written.await;
        self.last.send_replace(id);
    }

    /// The request of that number.
    pub(super) fn get(&self, id: u64) -> Option<Arc<Exchange>> {
        self.lock().iter().find(|one| one.entry.id == id).cloned()
    }

    /// The requests after that number.
    pub(super) fn after(&self, id: u64) -> Vec<Arc<Exchange>> {
        let kept = self.lock();
        kept.iter()
            .filter(|one| one.entry.id > id)
            .cloned()
            .collect()
    }

    /// Tells the number of the last request whenever there is a new one.
    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.last.subscribe()
    }

    /// A panic elsewhere cannot leave half a request: each change is one push or pop.
    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Exchange>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All that is on the disk, the oldest first. What cannot be read is left out.
pub(crate) fn read(folder: &Path) -> Vec<Entry> {
    let Ok(files) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let texts = files.filter_map(|file| std::fs::read(file.ok()?.path()).ok());
    let mut all: Vec<Entry> = texts
        .filter_map(|text| serde_json::from_slice(&text).ok())
        .collect();
    all.sort_by_key(|entry| entry.id);
    all
}

/// The request of that number on the disk.
pub(crate) fn read_one(folder: &Path, id: u64) -> Option<Entry> {
    serde_json::from_slice(&std::fs::read(name(folder, id)).ok()?).ok()
}

fn name(folder: &Path, id: u64) -> PathBuf {
    folder.join(format!("{id:06}.json"))
}

/// Written beside and renamed, so that a reader never sees half of it.
fn write(file: &Path, entry: &Entry) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let beside = file.with_extension("new");
    write_private(&beside, serde_json::to_string_pretty(entry)?.as_bytes())?;
    std::fs::rename(&beside, file)
}

/// Writes a file that only its owner can read.
pub(crate) fn write_private(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?.write_all(bytes)
}
