//! Watches the sources of an app that cargo builds.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use tokio::sync::mpsc::Sender;

use crate::dev::event::Event;
use crate::dev::sources::files::Watching;
use crate::error::CliError;
use crate::host::BoxFuture;

/// Files next to `src/` that a build depends on.
const BESIDES: [&str; 2] = ["Cargo.toml", "build.rs"];

/// Says `SourceChanged` when a source of the project has other contents than before.
///
/// # Errors
/// When the project cannot be watched.
pub(crate) fn source(
    folder: &Path,
    events: Sender<Event>,
    watching: &Watching,
) -> Result<BoxFuture<'static, ()>, CliError> {
    let folder = folder.to_path_buf();
    let concerns = {
        let folder = folder.clone();
        move |changed: &Path| concerns(&folder, changed)
    };
    let failed = |error: notify::Error| CliError::watch(&folder, &error);
    let mut watch = watching.watch(concerns).map_err(failed)?;
    let mut seen = look(&folder);
    watch.add(&folder).map_err(failed)?;
    for folder in &seen.folders {
        watch.add(folder).map_err(failed)?;
    }
    watching.tell(&watch);
    Ok(Box::pin(async move {
        loop {
            watch.settled().await;
            let looked = {
                let folder = folder.clone();
                tokio::task::spawn_blocking(move || look(&folder)).await
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

fn concerns(folder: &Path, changed: &Path) -> bool {
    let Ok(relative) = changed.strip_prefix(folder) else {
        return false;
    };
    let besides = BESIDES.iter().any(|name| relative == Path::new(name));
    besides || relative.starts_with("src") && !is_scratch(relative)
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

fn look(folder: &Path) -> Sources {
    let mut files: Vec<_> = BESIDES.iter().map(|name| folder.join(name)).collect();
    let mut folders = vec![folder.join("src")];
    let mut found = Sources::default();
    while let Some(next) = folders.pop() {
        let Ok(entries) = fs::read_dir(&next) else {
            continue;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            // Links to folders could lead round in circles.
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(_) if !is_scratch(&path) => files.push(path),
                _ => {}
            }
        }
        found.folders.push(next);
    }
    files.sort();
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

    #[test]
    fn only_sources_concern_us() {
        let folder = Path::new("/app");
        for (path, expected) in [
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
        ] {
            assert_eq!(concerns(folder, Path::new(path)), expected, "{path}");
        }
    }
}
