//! Watches a single file: the descriptor, config.json, credentials.json.

use std::path::Path;

use tokio::sync::mpsc::Sender;

use crate::dev::event::Event;
use crate::dev::sources::files::{Watch, Watching};
use crate::error::CliError;
use crate::host::BoxFuture;

/// Says the event when a file may have changed, come or gone.
///
/// # Errors
/// When its folder cannot be watched.
pub(crate) fn source(
    path: &Path,
    event: Event,
    events: Sender<Event>,
    watching: &Watching,
) -> Result<BoxFuture<'static, ()>, CliError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    // A link is watched at both ends: editors write to the file it leads to.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let names = [path.to_path_buf(), target.clone()];
    let concerns = move |changed: &Path| {
        names
            .iter()
            .any(|name| changed.file_name() == name.file_name())
    };
    let failed = |error: notify::Error| CliError::watch(folder, &error);
    let mut watch = watching.watch(concerns).map_err(failed)?;
    watch.add(folder).map_err(failed)?;
    if let Some(parent) = target.parent().filter(|parent| *parent != folder) {
        watch.add(parent).map_err(failed)?;
    }
    watching.tell(&watch);
    Ok(Box::pin(told(watch, event, events)))
}

async fn told(mut watch: Watch, event: Event, events: Sender<Event>) {
    loop {
        watch.settled().await;
        if events.send(event.clone()).await.is_err() {
            return;
        }
    }
}
