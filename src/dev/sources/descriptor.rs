//! Watches the descriptor.

use std::path::Path;

use tokio::sync::mpsc::Sender;

use crate::dev::event::Event;
use crate::dev::sources::files::Watch;
use crate::error::CliError;
use crate::host::BoxFuture;
use crate::project::DESCRIPTOR;

/// Says `DescriptorChanged` when the descriptor of a folder may have changed.
///
/// # Errors
/// When the folder cannot be watched.
pub(crate) fn source(
    folder: &Path,
    events: Sender<Event>,
) -> Result<BoxFuture<'static, ()>, CliError> {
    let path = folder.join(DESCRIPTOR);
    // A link is watched at both ends: editors write to the file it leads to.
    let target = path.canonicalize().unwrap_or_else(|_| path.clone());
    let names = [path.clone(), target.clone()];
    let concerns = move |changed: &Path| {
        names
            .iter()
            .any(|name| changed.file_name() == name.file_name())
    };
    let failed = |error: notify::Error| CliError::watch(folder, &error);
    let mut watch = Watch::new(concerns).map_err(failed)?;
    watch.add(folder).map_err(failed)?;
    if let Some(parent) = target.parent().filter(|parent| *parent != folder) {
        watch.add(parent).map_err(failed)?;
    }
    Ok(Box::pin(async move {
        loop {
            watch.settled().await;
            if events.send(Event::DescriptorChanged).await.is_err() {
                return;
            }
        }
    }))
}
