//! Opens a page in the user's browser.

use std::time::Duration;

use crate::dev::effects::World;
use crate::error::CliError;
use crate::process::{self, CommandLine};

/// Openers return when the browser has the address.
const DEADLINE: Duration = Duration::from_secs(10);

/// Opens an address.
///
/// # Errors
/// When the system has no program for it, or that fails.
pub(crate) async fn open(world: &World, url: &str) -> Result<(), CliError> {
    let words: &[&str] = if cfg!(target_os = "macos") {
        &["open", url]
    } else if cfg!(windows) {
        &["rundll32", "url.dll,FileProtocolHandler", url]
    } else {
        &["xdg-open", url]
    };
    let command = CommandLine {
        program: words[0].into(),
        arguments: words[1..].iter().map(Into::into).collect(),
        folder: world.folder.clone(),
        variables: world.for_children.clone(),
        without: Vec::new(),
    };
    match process::run(&command, DEADLINE).await {
        Ok(finished) if finished.status.success() => Ok(()),
        Ok(finished) => Err(CliError::not_opened(url, &finished.status)),
        Err(error) => Err(CliError::not_opened(url, &error.source)),
    }
}
