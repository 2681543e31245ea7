//! Watches folders and says when it has become quiet after a change.
//!
//! Folders are watched, never files: editors replace files, and a watch on a file stays with the
//! old one. Reading is no change; without that rule whoever reads on change would never rest.
//! Where the system tells nothing (shares of a network or of a virtual machine) or will tell no
//! more (its limit is reached), folders are looked at again and again instead.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use notify::event::{AccessKind, AccessMode};
use notify::{ErrorKind, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::error::CliError;
use crate::ui::{Fatality, Ui};

/// Time between two looks at a folder that is not watched.
const POLL: Duration = Duration::from_millis(500);

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
pub(crate) struct Watch {
    eyes: Eyes,
    concerns: Concerns,
    folders: Vec<PathBuf>,
}

/// How changes are noticed.
enum Eyes {
    /// The system tells.
    Told(RecommendedWatcher, mpsc::Receiver<()>),
    /// By looking again and again.
    Look {
        every: Duration,
        why: Why,
        seen: Seen,
    },
}

/// Files that matter, and by what a change of them shows: time, length and number.
type Seen = BTreeMap<PathBuf, (Option<SystemTime>, u64, u64)>;

type Concerns = Arc<dyn Fn(&Path) -> bool + Send + Sync>;

/// Why folders are looked at instead of watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The user wants it.
    Asked,
    /// The system tells nothing of changes there.
    FileSystem,
    /// The system watches no more.
    Limit,
}

/// How a session watches.
#[derive(Debug)]
pub(crate) struct Watching {
    /// Look every so often, as the user wants it.
    pub(crate) poll: Option<Duration>,
    /// The terminal.
    pub(crate) ui: Ui,
    /// It was said once why folders are looked at.
    pub(crate) told: AtomicBool,
}

impl Watching {
    /// A watch that is made as the user wants it.
    pub(crate) fn watch(
        &self,
        concerns: impl Fn(&Path) -> bool + Send + Sync + 'static,
    ) -> notify::Result<Watch> {
        let mut watch = Watch::new(concerns)?;
        if let Some(every) = self.poll {
            watch.look(every, Why::Asked);
        }
        Ok(watch)
    }

    /// Says that only some folders are watched.
    pub(crate) fn tell_of_many(&self, most: usize) {
        let what = format!("this project has more than {most} folders: not all are watched");
        self.ui.warning(&format!(
            "{what}; name those of your sources with `--watch`"
        ));
    }

    /// Says, once, that folders are looked at and why.
    pub(crate) fn tell(&self, watch: &Watch) {
        let Eyes::Look { why, .. } = watch.eyes else {
            return;
        };
        if self.told.swap(true, Ordering::Relaxed) {
            return;
        }
        let ms = self.poll.unwrap_or(POLL).as_millis();
        match why {
            Why::Asked => self
                .ui
                .explain(&format!("looking for changes every {ms} ms")),
            Why::FileSystem => {
                let folder = watch
                    .folders
                    .first()
                    .map_or(Path::new(""), PathBuf::as_path);
                self.ui.caution(&CliError::watch_no_events(folder, ms));
            }
            Why::Limit => {
                let error = CliError::watch_limit(&limits(), ms);
                self.ui.error(&error, Fatality::GoesOn);
            }
        }
    }
}

/// Whether changes of files in a folder are told of, or have to be looked for.
///
/// # Errors
/// When they would be looked for: why, and how to mend it.
pub(crate) fn is_told(folder: &Path) -> Result<(), CliError> {
    let watched = Watch::new(|_| false).and_then(|mut watch| watch.add(folder).map(|()| watch));
    let watch = watched.map_err(|error| CliError::watch(folder, &error))?;
    match watch.eyes {
        Eyes::Told(..) => Ok(()),
        Eyes::Look { every, why, .. } => Err(match why {
            Why::Limit => CliError::watch_limit(&limits(), every.as_millis()),
            Why::Asked | Why::FileSystem => CliError::watch_no_events(folder, every.as_millis()),
        }),
    }
}

impl Watch {
    /// Watches nothing yet; of what it will watch, only paths that `concerns` accepts matter.
    pub(crate) fn new(
        concerns: impl Fn(&Path) -> bool + Send + Sync + 'static,
    ) -> notify::Result<Self> {
        let concerns: Concerns = Arc::new(concerns);
        let (touch, touched) = mpsc::channel(1);
        let matter = Arc::clone(&concerns);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let matters = match &event {
                // Something was missed: look.
                Err(_) => true,
                Ok(event) if event.need_rescan() => true,
                Ok(event) => is_change(event.kind) && event.paths.iter().any(|path| matter(path)),
            };
            if matters {
                // A full channel says the same.
                let _ = touch.try_send(());
            }
        });
        let eyes = match watcher {
            Ok(watcher) => Eyes::Told(watcher, touched),
            Err(error) if is_limit(&error) => Eyes::Look {
                every: POLL,
                why: Why::Limit,
                seen: Seen::new(),
            },
            Err(error) => return Err(error),
        };
        Ok(Self {
            eyes,
            concerns,
            folders: Vec::new(),
        })
    }

    /// Watches a folder, not those below it.
    pub(crate) fn add(&mut self, folder: &Path) -> notify::Result<()> {
        if self.folders.iter().any(|known| known == folder) {
            return Ok(());
        }
        self.folders.push(folder.to_path_buf());
        let Eyes::Told(watcher, _) = &mut self.eyes else {
            if let Eyes::Look { seen, .. } = &mut self.eyes {
                look_at(folder, &self.concerns, seen);
            }
            return Ok(());
        };
        if tells_nothing(folder) {
            self.look(POLL, Why::FileSystem);
            return Ok(());
        }
        match watcher.watch(folder, RecursiveMode::NonRecursive) {
            Ok(()) => Ok(()),
            Err(error) if is_limit(&error) => {
                self.look(POLL, Why::Limit);
                Ok(())
            }
            Err(error) => {
                self.folders.pop();
                Err(error)
            }
        }
    }

    /// Looks from now on, at what was watched so far too.
    fn look(&mut self, every: Duration, why: Why) {
        let seen = look_at_all(&self.folders, &self.concerns);
        self.eyes = Eyes::Look { every, why, seen };
    }

    /// Waits for something that matters; false when there will never be anything.
    async fn touched(&mut self) -> bool {
        let (every, seen) = match &mut self.eyes {
            Eyes::Told(_, touched) => return touched.recv().await.is_some(),
            Eyes::Look { every, seen, .. } => (*every, seen),
        };
        loop {
            // A future that never ends, given up after the pause.
            let _ = tokio::time::timeout(every, std::future::pending::<()>()).await;
            let (folders, concerns) = (self.folders.clone(), Arc::clone(&self.concerns));
            let look = move || look_at_all(&folders, &concerns);
            match tokio::task::spawn_blocking(look).await {
                Ok(now) if now != *seen => {
                    *seen = now;
                    return true;
                }
                // One that broke off is made up for by the next one.
                _ => {}
            }
        }
    }

    /// Forgets folders that are gone, so that they are watched again when they come back.
    pub(crate) fn forget_missing(&mut self) {
        let eyes = &mut self.eyes;
        self.folders.retain(|folder| {
            let there = folder.is_dir();
            if !there && let Eyes::Told(watcher, _) = eyes {
                let _ = watcher.unwatch(folder);
            }
            there
        });
    }

    /// Waits for a change, and then for quiet.
    pub(crate) async fn settled(&mut self) {
        // Who looks must look twice to see that it is quiet.
        let least = match self.eyes {
            Eyes::Told(..) => Duration::ZERO,
            Eyes::Look { every, .. } => every + every / 2,
        };
        if !self.touched().await {
            // Never: the sender lives in our own watcher.
            return;
        }
        let began = Instant::now();
        while let Some(quiet) = patience(began.elapsed(), least) {
            match tokio::time::timeout(quiet, self.touched()).await {
                Ok(true) => {}
                Err(_) | Ok(false) => return,
            }
        }
    }
}

/// How long it has to be quiet after a change that came this long after the first one, `least` at
/// the least. Nothing when it was waited long enough.
fn patience(since: Duration, least: Duration) -> Option<Duration> {
    let quiet = match since {
        since if since > LONGEST.max(2 * least) => return None,
        since if since > ONE_SAVE => QUIET_IN_BURST,
        _ => QUIET,
    };
    Some(quiet.max(least))
}

fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        _ => true,
    }
}

fn look_at_all(folders: &[PathBuf], concerns: &Concerns) -> Seen {
    let mut seen = Seen::new();
    for folder in folders {
        look_at(folder, concerns, &mut seen);
    }
    seen
}

fn look_at(folder: &Path, concerns: &Concerns, seen: &mut Seen) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    let paths = entries.flatten().map(|entry| entry.path());
    for path in paths.filter(|path| concerns(path)) {
        // The file itself, wherever a link leads.
        if let Ok(found) = std::fs::metadata(&path) {
            let facts = (found.modified().ok(), found.len(), number(&found));
            seen.insert(path, facts);
        }
    }
}

#[cfg(unix)]
fn number(found: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(found)
}

#[cfg(not(unix))]
fn number(_: &std::fs::Metadata) -> u64 {
    0
}

/// True when the system has no more watches to give (inotify_add_watch(2), inotify_init(2)).
fn is_limit(error: &notify::Error) -> bool {
    const EMFILE: i32 = 24;
    const ENOSPC: i32 = 28;
    match &error.kind {
        ErrorKind::Io(error) => matches!(error.raw_os_error(), Some(EMFILE | ENOSPC)),
        ErrorKind::MaxFilesWatch => true,
        _ => false,
    }
}

/// The system's limits, as it shows them.
fn limits() -> Vec<String> {
    let read = |name: &str| {
        let value = std::fs::read_to_string(format!("/proc/sys/fs/inotify/{name}")).ok()?;
        Some(format!("fs.inotify.{name} is {}", value.trim()))
    };
    let names = ["max_user_watches", "max_user_instances"];
    names.into_iter().filter_map(read).collect()
}

/// True for file systems whose changes may be made elsewhere, of which no event arrives: shares of
/// networks and of virtual machines, Windows drives in WSL (statfs(2) has the numbers).
#[cfg(target_os = "linux")]
fn tells_nothing(folder: &Path) -> bool {
    const SHARES: [u32; 7] = [
        0x0102_1997, // 9p, as WSL and QEMU have it
        0x517b,      // smb
        0x6969,      // nfs
        0x6a65_6a63, // virtiofs
        0x6573_5546, // fuse, as Docker Desktop and sshfs have it
        0xfe53_4d42, // smb2
        0xff53_4d42, // cifs
    ];
    // Its type has another width on each machine; the numbers have 32 bits.
    let kind = rustix::fs::statfs(folder).map(|found| found.f_type as u32);
    kind.is_ok_and(|kind| SHARES.contains(&kind))
}

#[cfg(not(target_os = "linux"))]
fn tells_nothing(_: &Path) -> bool {
    false
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch")
            .field("folders", &self.folders)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When it was quiet after saves at these times, in milliseconds from the first one.
    fn quiet_after(saves: impl IntoIterator<Item = u64>) -> u64 {
        let mut saves = saves.into_iter().map(Duration::from_millis).peekable();
        let mut last = saves.next().unwrap();
        let quiet_at = loop {
            let Some(quiet) = patience(last, Duration::ZERO) else {
                break last;
            };
            match saves.next_if(|next| *next < last + quiet) {
                Some(next) => last = next,
                None => break last + quiet,
            }
        };
        u64::try_from(quiet_at.as_millis()).unwrap()
    }

    #[test]
    fn saves_that_follow_each_other_are_one() {
        assert_eq!(quiet_after([0]), 60);
        // The events of one save.
        assert_eq!(quiet_after([0, 1, 2]), 62);
        assert_eq!(quiet_after([0, 50, 100, 150, 200]), 300);
        assert_eq!(quiet_after([0, 50, 149]), 249);
        // Another one.
        assert_eq!(quiet_after([0, 61]), 60);
        // Who never rests is not waited for.
        assert_eq!(quiet_after((0..).map(|number| 50 * number)), 1050);
    }
}
