//! Watches the sources of an app.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use tokio::sync::mpsc::Sender;

use crate::dev::event::Event;
use crate::dev::sources::files::Watching;
use crate::error::CliError;
use crate::host::BoxFuture;

/// Which files are the sources of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// What cargo builds: `src/`, and what stands beside it.
    Cargo,
    /// All that has the ending of a source in some language.
    Endings,
    /// These files, and all in these folders.
    Named(Vec<PathBuf>),
}

/// Files next to `src/` that a build depends on.
const BESIDES: [&str; 2] = ["Cargo.toml", "build.rs"];
/// Files without such an ending that an app reads when it starts.
const READ_AT_START: [&str; 2] = [".env", "package.json"];
/// What sources end with. Templates and data are read as they are needed.
const ENDINGS: [&str; 24] = [
    "cjs", "clj", "cs", "cts", "ex", "exs", "fs", "go", "groovy", "java", "js", "jsx", "kt", "kts",
    "mjs", "mts", "php", "py", "rb", "rs", "scala", "swift", "ts", "tsx",
];
/// Folders that hold what others wrote or a build made. So do those with a dot.
const FOREIGN: [&str; 10] = [
    "__pycache__",
    "bower_components",
    "build",
    "coverage",
    "dist",
    "node_modules",
    "out",
    "target",
    "vendor",
    "venv",
];
/// Most folders that are watched; more are hardly all of sources.
const MOST: usize = 2000;

/// Says `SourceChanged` when a source of the project has other contents than before.
///
/// # Errors
/// When the project cannot be watched.
pub(crate) fn source(
    folder: &Path,
    scope: Scope,
    events: Sender<Event>,
    watching: &Watching,
) -> Result<BoxFuture<'static, ()>, CliError> {
    let scope = scope.below(folder)?;
    let concerns = {
        let (folder, scope) = (folder.to_path_buf(), scope.clone());
        move |changed: &Path| scope.takes(&folder, changed)
    };
    let folder = folder.to_path_buf();
    let failed = |error: notify::Error| CliError::watch(&folder, &error);
    let mut watch = watching.watch(concerns).map_err(failed)?;
    let mut seen = look(&folder, &scope);
    if seen.folders.len() == MOST {
        watching.tell_of_many(MOST);
    }
    for folder in &seen.folders {
        watch.add(folder).map_err(failed)?;
    }
    watching.tell(&watch);
    Ok(Box::pin(async move {
        loop {
            watch.settled().await;
            let looked = {
                let (folder, scope) = (folder.clone(), scope.clone());
                tokio::task::spawn_blocking(move || look(&folder, &scope)).await
            };
            // A look that broke off is made up for at the next change.
            let Ok(now) = looked else {
                continue;
            };
            watch.forget_missing();
            for folder in &now.folders {
                // A folder that is gone again is no failure.
                let _ = watch.add(folder);
            }
            let changed = now.contents != seen.contents;
            seen = now;
            if changed && events.send(Event::SourceChanged).await.is_err() {
                return;
            }
        }
    }))
}

impl Scope {
    /// The same with whole paths.
    fn below(self, folder: &Path) -> Result<Self, CliError> {
        let Self::Named(paths) = self else {
            return Ok(self);
        };
        let whole = |path: PathBuf| {
            let path = folder.join(path);
            path.canonicalize()
                .map_err(|error| CliError::watch_missing(&path, &error))
        };
        let paths: Result<_, _> = paths.into_iter().map(whole).collect();
        Ok(Self::Named(paths?))
    }

    /// Whether a changed file or folder may matter.
    fn takes(&self, folder: &Path, changed: &Path) -> bool {
        match self {
            Self::Cargo => changed.strip_prefix(folder).is_ok_and(|relative| {
                let besides = BESIDES.iter().any(|name| relative == Path::new(name));
                besides || relative.starts_with("src") && !is_scratch(relative)
            }),
            Self::Endings => changed.strip_prefix(folder).is_ok_and(|relative| {
                let above = relative.parent().unwrap_or(Path::new(""));
                let foreign = above.iter().any(|name| is_foreign(Path::new(name)));
                !foreign && (is_source(relative) || !is_foreign(relative) && changed.is_dir())
            }),
            Self::Named(paths) => paths.iter().any(|path| {
                let below = changed.strip_prefix(path);
                below.is_ok_and(|below| {
                    changed == path || !below.iter().any(|name| is_foreign(Path::new(name)))
                }) && !is_scratch(changed)
            }),
        }
    }

    /// Files and folders to begin with.
    fn roots(&self, folder: &Path) -> Vec<PathBuf> {
        match self {
            Self::Cargo => {
                let besides = BESIDES.iter().map(|name| folder.join(name));
                besides.chain([folder.join("src")]).collect()
            }
            Self::Endings => vec![folder.to_path_buf()],
            Self::Named(paths) => paths.clone(),
        }
    }
}

/// A source by its name.
fn is_source(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    let known = ENDINGS.contains(&&*ending) && !is_scratch(path);
    known || READ_AT_START.contains(&&*name)
}

/// Not written by the author of the app.
fn is_foreign(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.') || FOREIGN.contains(&&*name)
}

/// Files that editors make for themselves.
fn is_scratch(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let endings = ["~", ".swp", ".swx", ".tmp", "___jb_tmp___", "___jb_old___"];
    name.starts_with('.') || name == "4913" || endings.iter().any(|end| name.ends_with(end))
}

#[derive(Debug, Default)]
struct Sources {
    folders: Vec<PathBuf>,
    contents: u64,
}

fn look(folder: &Path, scope: &Scope) -> Sources {
    let (mut files, mut folders, mut found) = (Vec::new(), Vec::new(), Sources::default());
    for root in scope.roots(folder) {
        if root.is_dir() {
            folders.push(root);
        } else {
            // A file is watched in its folder, also while it is missing.
            found.folders.extend(root.parent().map(Path::to_path_buf));
            files.push(root);
        }
    }
    while let Some(next) = folders.pop() {
        let Ok(entries) = fs::read_dir(&next) else {
            continue;
        };
        if found.folders.len() == MOST {
            break;
        }
        for entry in entries.flatten() {
            let path = entry.path();
            // Links to folders could lead round in circles.
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if scope.takes(folder, &path) {
                let list = if is_folder { &mut folders } else { &mut files };
                list.push(path);
            }
        }
        found.folders.push(next);
    }
    files.sort();
    found.folders.sort();
    found.folders.dedup();
    let mut hasher = DefaultHasher::new();
    for file in files {
        if let Ok(contents) = fs::read(&file) {
            (file, contents).hash(&mut hasher);
        }
    }
    found.contents = hasher.finish();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(scope: &Scope, cases: &[(&str, bool)]) {
        for (path, expected) in cases {
            let taken = scope.takes(Path::new("/app"), Path::new(path));
            assert_eq!(taken, *expected, "{path}");
        }
    }

    #[test]
    fn cargo_builds_what_is_in_src() {
        let cases = [
            ("/app/src/main.rs", true),
            ("/app/src/a/b.rs", true),
            ("/app/src/a/page.hbs", true),
            ("/app/Cargo.toml", true),
            ("/app/src/.main.rs.swp", false),
            ("/app/src/main.rs~", false),
            ("/app/src/4913", false),
            ("/app/Cargo.lock", false),
            ("/app/target/debug/hello", false),
            ("/app/views/page.hbs", false),
            ("/elsewhere/src/main.rs", false),
        ];
        check(&Scope::Cargo, &cases);
    }

    #[test]
    fn sources_of_any_language_are_known_by_their_endings() {
        let cases = [
            ("/app/app.js", true),
            ("/app/routes/index.js", true),
            ("/app/main.py", true),
            ("/app/package.json", true),
            ("/app/.env", true),
            ("/app/.app.js.swp", false),
            ("/app/.eslintrc.js", false),
            ("/app/app.js~", false),
            ("/app/atlassian-connect.json", false),
            ("/app/store.db", false),
            ("/app/views/page.hbs", false),
            ("/app/node_modules/express/index.js", false),
            ("/app/.git/hooks/a.py", false),
            ("/app/dist/app.js", false),
            ("/elsewhere/app.js", false),
        ];
        check(&Scope::Endings, &cases);
    }

    #[test]
    fn what_is_named_is_watched_whatever_it_is() {
        let named = ["/app/dist", "/app/data.json", "/lib/shared"].map(PathBuf::from);
        let cases = [
            ("/app/dist/app.js", true),
            ("/app/dist/a/style.css", true),
            ("/app/data.json", true),
            ("/lib/shared/a.py", true),
            ("/app/dist/node_modules/a.js", false),
            ("/app/dist/a.js~", false),
            ("/app/app.js", false),
        ];
        check(&Scope::Named(named.to_vec()), &cases);
    }
}
