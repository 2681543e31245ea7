//! Puts changed files on disk: all of them, or none.
//!
//! Every text is written beside its place first, so that a full disk or a folder that nobody may
//! write to changes nothing; then each file gets its name in one step.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::Change;
use crate::scaffold::WriteError;

/// Writes the files below `root`.
///
/// # Errors
/// When the file system refuses; then everything is as it was.
pub(crate) fn write(root: &Path, changes: &[Change]) -> Result<(), WriteError> {
    let mut undo = Undo::default();
    let mut staged = Vec::new();
    for change in changes {
        // A link stays a link: what it leads to is replaced.
        let path = root.join(&change.path);
        let path = path.canonicalize().unwrap_or(path);
        let failed = |source| WriteError::Io {
            path: path.clone(),
            source,
        };
        undo.make_folder(path.parent().unwrap_or(root))
            .map_err(failed)?;
        let beside = beside(&path);
        undo.files.push(beside.clone());
        stage(&beside, &path, change).map_err(failed)?;
        staged.push((beside, path));
    }
    for (change, (beside, path)) in changes.iter().zip(staged) {
        let renamed = fs::rename(&beside, &path);
        renamed.map_err(|source| WriteError::Io {
            path: path.clone(),
            source,
        })?;
        match &change.before {
            None => undo.files.push(path),
            Some(before) => undo.texts.push((path, before.clone())),
        }
    }
    undo.forget();
    Ok(())
}

fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.tmp-{}", std::process::id()))
}

fn stage(beside: &Path, path: &Path, change: &Change) -> io::Result<()> {
    let mut file = File::create_new(beside)?;
    if change.before.is_some() {
        file.set_permissions(fs::metadata(path)?.permissions())?;
    }
    file.write_all(change.after.as_bytes())?;
    file.sync_all()
}

/// What must be taken back if it goes no further. There is nobody to tell that even this failed;
/// the first error is shown.
#[derive(Default)]
struct Undo {
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
    texts: Vec<(PathBuf, String)>,
}

impl Undo {
    /// Makes a folder and those above it that are missing.
    fn make_folder(&mut self, folder: &Path) -> io::Result<()> {
        let missing = folder.ancestors().take_while(|above| !above.exists());
        self.folders.extend(missing.map(Path::to_path_buf));
        fs::create_dir_all(folder)
    }

    fn forget(mut self) {
        (self.folders, self.files, self.texts) = Default::default();
    }
}

impl Drop for Undo {
    fn drop(&mut self) {
        for (path, text) in &self.texts {
            let _ = fs::write(path, text);
        }
        for file in &self.files {
            let _ = fs::remove_file(file);
        }
        // The innermost first; one that somebody else uses meanwhile is not empty and stays.
        self.folders.sort();
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(path: &str, before: Option<&str>) -> Change {
        Change {
            path: path.to_owned(),
            before: before.map(str::to_owned),
            after: "new".to_owned(),
        }
    }

    fn tree(root: &Path) -> Vec<(PathBuf, String)> {
        let mut found = Vec::new();
        for entry in fs::read_dir(root).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.push((path.clone(), "folder".to_owned()));
                found.extend(tree(&path));
            } else {
                found.push((path.clone(), fs::read_to_string(&path).unwrap()));
            }
        }
        found.sort();
        found
    }

    #[test]
    fn all_files_are_written_and_nothing_else_is_left() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("a"), "old").unwrap();
        write(
            home.path(),
            &[change("a", Some("old")), change("b/c/d", None)],
        )
        .unwrap();
        let texts: Vec<_> = tree(home.path())
            .into_iter()
            .map(|(_, text)| text)
            .collect();
        assert_eq!(texts, ["new", "folder", "folder", "new"]);
    }

    #[test]
    fn a_failure_takes_back_everything() {
        let home = tempfile::tempdir().unwrap();
        for name in ["a", "blocked"] {
            fs::write(home.path().join(name), "old").unwrap();
        }
        // What has the name of the last file is a folder with something in it: the rename fails.
        fs::create_dir_all(home.path().join("full/inside")).unwrap();
        let before = tree(home.path());
        for last in ["blocked/below", "full"] {
            let changes = [
                change("a", Some("old")),
                change("b/c/d", None),
                change(last, None),
            ];
            assert!(write(home.path(), &changes).is_err(), "{last}");
            assert_eq!(tree(home.path()), before, "{last}");
        }
    }
}
