//! Puts a planned app on disk: everything, or nothing.
//!
//! The files are written to a folder `.<name>.tmp-<pid>` next to the target, which then gets the
//! target's name in one step. On failure that folder is removed. A folder that is there already
//! stays the same one, because somebody may be in it: the files move into it, all or none.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::scaffold::PlannedFile;

/// A place where an app may be made: checked to be free.
#[derive(Debug)]
pub(crate) struct Target {
    folder: PathBuf,
    staging: PathBuf,
    /// There is an empty folder.
    empty: bool,
    /// Something is there, and what has the same name is replaced.
    merge: bool,
}

/// Why an app cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    /// The target is there already and is not an empty folder.
    #[error("`{}` is not empty ({entries} entries)", .path.display())]
    Exists {
        /// The target.
        path: PathBuf,
        /// How many entries it has.
        entries: usize,
    },
    /// The target has no parent folder.
    #[error("`{}` is not a folder", .0.display())]
    NoParent(PathBuf),
    /// The target is there already and is a file.
    #[error("`{}` is a file", .0.display())]
    IsFile(PathBuf),
    /// The file system refused.
    #[error("cannot write `{}`", .path.display())]
    Io {
        /// What was to be written.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

/// Files on disk under a name of their own, removed on drop unless [`Staged::publish`] is called.
#[derive(Debug)]
pub(crate) struct Staged {
    target: Target,
    published: bool,
}

impl Target {
    /// Checks that an app can be made at `folder`. Where something is there, `may_merge` decides.
    ///
    /// # Errors
    /// When something is there that may not be touched, or its parent is no folder.
    pub(crate) fn check(
        folder: PathBuf,
        may_merge: impl Fn(&Path) -> bool,
    ) -> Result<Self, WriteError> {
        let (mut empty, mut merge) = (false, false);
        match fs::read_dir(&folder) {
            Ok(entries) => {
                let entries = entries.count();
                empty = entries == 0;
                merge = entries > 0 && may_merge(&folder);
                if entries > 0 && !merge {
                    return Err(WriteError::Exists {
                        path: folder,
                        entries,
                    });
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(_) if folder.is_file() => return Err(WriteError::IsFile(folder)),
            Err(source) => {
                return Err(WriteError::Io {
                    path: folder,
                    source,
                });
            }
        }
        let (Some(parent), Some(name)) = (folder.parent(), folder.file_name()) else {
            return Err(WriteError::IsFile(folder));
        };
        if !parent.is_dir() {
            return Err(WriteError::NoParent(parent.to_path_buf()));
        }
        let name = name.to_string_lossy();
        let staging = parent.join(format!(".{name}.tmp-{}", std::process::id()));
        Ok(Self {
            folder,
            staging,
            empty,
            merge,
        })
    }

    /// The app's folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A folder next to the app's, for a moment.
    pub(crate) fn beside(&self) -> &Path {
        self.staging.parent().unwrap_or(&self.staging)
    }

    /// Writes the files next to the target.
    ///
    /// # Errors
    /// When the file system refuses; then nothing is left.
    pub(crate) fn stage(self, files: &[PlannedFile]) -> Result<Staged, WriteError> {
        let staged = Staged {
            target: self,
            published: false,
        };
        let root = staged.staging();
        fs::create_dir(root).map_err(failed(root))?;
        for file in files {
            let path = root.join(&file.path);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(failed(folder))?;
            }
            write_new(&path, file).map_err(failed(&path))?;
        }
        Ok(staged)
    }
}

impl Staged {
    /// Where the files are until they are published.
    pub(crate) fn staging(&self) -> &Path {
        &self.target.staging
    }

    /// Whether they go into a folder with something in it.
    pub(crate) fn merges(&self) -> bool {
        self.target.merge
    }

    /// Gives the files their place, in one step; into a folder with something in it one by one,
    /// because git can take that back.
    ///
    /// # Errors
    /// When somebody put something there meanwhile.
    pub(crate) fn publish(mut self) -> Result<PathBuf, WriteError> {
        let target = &self.target.folder;
        if self.target.merge {
            merge(&self.target.staging, target)?;
            return Ok(target.clone());
        }
        if self.target.empty {
            fill(&self.target.staging, target).map_err(failed(target))?;
            return Ok(target.clone());
        }
        fs::rename(&self.target.staging, target).map_err(failed(target))?;
        self.published = true;
        Ok(target.clone())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.published {
            // There is nobody to tell that even the clean-up failed; the first error is shown.
            let _ = fs::remove_dir_all(&self.target.staging);
        }
    }
}

/// Moves everything in one folder into another, which must have nothing of the same name.
fn fill(from: &Path, to: &Path) -> io::Result<()> {
    let mut moved = Vec::new();
    let done = fs::read_dir(from).and_then(|entries| {
        for entry in entries {
            let entry = entry?;
            let target = to.join(entry.file_name());
            if target.symlink_metadata().is_ok() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            fs::rename(entry.path(), &target)?;
            moved.push((target, entry.path()));
        }
        Ok(())
    });
    if done.is_err() {
        for (target, back) in &moved {
            // There is nobody to tell that even this failed; the first error is shown.
            let _ = fs::rename(target, back);
        }
    }
    done
}

/// Moves every file below one folder to the same place below another.
fn merge(from: &Path, to: &Path) -> Result<(), WriteError> {
    for entry in fs::read_dir(from).map_err(failed(from))? {
        let entry = entry.map_err(failed(from))?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() && target.is_dir() {
            merge(&entry.path(), &target)?;
        } else {
            fs::rename(entry.path(), &target).map_err(failed(&target))?;
        }
    }
    Ok(())
}

fn write_new(path: &Path, file: &PlannedFile) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if file.private {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    options.open(path)?.write_all(file.text.as_bytes())
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> WriteError {
    let path = path.to_path_buf();
    move |source| WriteError::Io { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> PlannedFile {
        PlannedFile {
            path: path.to_owned(),
            text: "text\n".to_owned(),
            private: path == "credentials.json",
        }
    }

    fn entries(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn files_appear_together_under_the_final_name() {
        let home = tempfile::tempdir().unwrap();
        let target = Target::check(home.path().join("app"), |_| false).unwrap();
        let staged = target
            .stage(&[file("a/b.txt"), file("credentials.json")])
            .unwrap();
        assert!(!home.path().join("app").exists());
        let app = staged.publish().unwrap();
        assert_eq!(fs::read_to_string(app.join("a/b.txt")).unwrap(), "text\n");
        assert_eq!(entries(home.path()), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(app.join("credentials.json")).unwrap();
            assert_eq!(mode.permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_failure_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        let target = Target::check(home.path().join("app"), |_| false).unwrap();
        // The second path needs the first to be a folder.
        assert!(target.stage(&[file("a"), file("a/b")]).is_err());
        assert_eq!(entries(home.path()), 0);
    }

    #[test]
    fn an_empty_folder_is_taken_and_a_full_one_refused() {
        let home = tempfile::tempdir().unwrap();
        let app = home.path().join("app");
        fs::create_dir(&app).unwrap();
        let target = Target::check(app.clone(), |_| false).unwrap();
        let (a, b) = (file("a"), file("b/c"));
        let staged = target.stage(&[a, b]).unwrap();
        fs::write(app.join("a"), "mine").unwrap();
        assert!(staged.publish().is_err());
        assert_eq!(entries(&app), 1);
        fs::remove_file(app.join("a")).unwrap();
        assert_eq!(entries(home.path()), 1);

        // Whoever is in the folder sees the files appear.
        let target = Target::check(app.join("."), |_| false).unwrap();
        target.stage(&[file("a")]).unwrap().publish().unwrap();
        assert_eq!((entries(home.path()), entries(&app)), (1, 1));
        let error = Target::check(app, |_| false).unwrap_err();
        assert!(matches!(error, WriteError::Exists { entries: 1, .. }));
    }

    #[test]
    fn who_takes_the_place_meanwhile_keeps_it() {
        let home = tempfile::tempdir().unwrap();
        let app = home.path().join("app");
        let target = Target::check(app.clone(), |_| false).unwrap();
        let staged = target.stage(&[file("a")]).unwrap();
        fs::create_dir(&app).unwrap();
        fs::write(app.join("mine"), "").unwrap();
        assert!(staged.publish().is_err());
        assert!(app.join("mine").exists());
        assert_eq!(entries(home.path()), 1);
    }

    #[test]
    fn what_may_be_merged_keeps_what_has_no_other_of_its_name() {
        let home = tempfile::tempdir().unwrap();
        let app = home.path().join("app");
        fs::create_dir_all(app.join("src")).unwrap();
        for name in ["a", "src/mine"] {
            fs::write(app.join(name), "mine").unwrap();
        }
        let target = Target::check(app.clone(), |_| true).unwrap();
        let staged = target.stage(&[file("a"), file("src/b")]).unwrap();
        staged.publish().unwrap();
        let read = |name: &str| fs::read_to_string(app.join(name)).unwrap();
        assert_eq!((&*read("a"), &*read("src/b")), ("text\n", "text\n"));
        assert_eq!(read("src/mine"), "mine");
        assert_eq!(entries(home.path()), 1);
    }
}
