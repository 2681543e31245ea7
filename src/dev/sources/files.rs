//! Watches folders and says when it has become quiet after a change.
//!
//! Folders are watched, never files: editors replace files, and a watch on a file stays with the
//! old one. Reading is no change; without that rule whoever reads on change would never rest.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Quiet time after a single save. A little above 50 ms, so that saves every 50 ms are one burst
/// even where the clock or the disk stutters.
const QUIET: Duration = Duration::from_millis(60);
/// Quiet time once a second save has followed the first: who saves twice may save again.
const QUIET_IN_BURST: Duration = Duration::from_millis(100);
/// One save makes several events; those within this time belong to it.
const ONE_SAVE: Duration = Duration::from_millis(10);
/// Who never rests is not waited for longer.
const LONGEST: Duration = Duration::from_secs(1);

/// A set of watched folders.
#[derive(Debug)]
pub(crate) struct Watch {
    watcher: RecommendedWatcher,
    touched: mpsc::Receiver<()>,
    folders: Vec<PathBuf>,
}

impl Watch {
    /// Watches nothing yet; of what it will watch, only paths that `concerns` accepts matter.
    pub(crate) fn new(concerns: impl Fn(&Path) -> bool + Send + 'static) -> notify::Result<Self> {
        let (touch, touched) = mpsc::channel(1);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let matters = match &event {
                // Something was missed: look.
                Err(_) => true,
                Ok(event) if event.need_rescan() => true,
                Ok(event) => is_change(event.kind) && event.paths.iter().any(|path| concerns(path)),
            };
            if matters {
                // A full channel says the same.
                let _ = touch.try_send(());
            }
        })?;
        Ok(Self {
            watcher,
            touched,
            folders: Vec::new(),
        })
    }

    /// Watches a folder, not those below it.
    pub(crate) fn add(&mut self, folder: &Path) -> notify::Result<()> {
        if !self.folders.iter().any(|known| known == folder) {
            self.watcher.watch(folder, RecursiveMode::NonRecursive)?;
            self.folders.push(folder.to_path_buf());
        }
        Ok(())
    }

    /// Forgets folders that are gone, so that they are watched again when they come back.
    pub(crate) fn forget_missing(&mut self) {
        let watcher = &mut self.watcher;
        self.folders.retain(|folder| {
            let there = folder.is_dir();
            if !there {
                let _ = watcher.unwatch(folder);
            }
            there
        });
    }

    /// Waits for a change, and then for quiet.
    pub(crate) async fn settled(&mut self) {
        let mut began = None;
        let mut quiet = QUIET;
        loop {
            let Some(began) = began else {
                if self.touched.recv().await.is_none() {
                    // Never: the sender lives in our own watcher.
                    return;
                }
                began = Some(Instant::now());
                continue;
            };
            match tokio::time::timeout(quiet, self.touched.recv()).await {
                Err(_) | Ok(None) => return,
                Ok(Some(())) if began.elapsed() > LONGEST => return,
                Ok(Some(())) if began.elapsed() > ONE_SAVE => quiet = QUIET_IN_BURST,
                Ok(Some(())) => {}
            }
        }
    }
}

fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        _ => true,
    }
}
