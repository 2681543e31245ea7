//! Checks again after each change of a file.

use std::path::PathBuf;
use std::process::ExitCode;

use super::{CheckOptions, Target, once};
use crate::context::Context;
use crate::dev::Watch;
use crate::error::CliError;
use crate::ui::Fatality;

/// Checks now and after each change, until the process is interrupted.
pub(super) fn run(options: &CheckOptions, context: &Context) -> Result<ExitCode, CliError> {
    let files: Vec<PathBuf> = options
        .targets
        .iter()
        .filter_map(|target| match target {
            Target::File(path) => Some(context.cwd.join(path)),
            Target::Stdin | Target::Url(_) => None,
        })
        .collect();
    let names: Vec<_> = files
        .iter()
        .filter_map(|path| path.file_name().map(ToOwned::to_owned))
        .collect();
    let concerns =
        move |changed: &std::path::Path| names.iter().any(|name| changed.file_name() == Some(name));
    let failed = |error: notify::Error| CliError::watch(&context.cwd, &error);
    let mut watch = Watch::new(concerns).map_err(failed)?;
    for folder in files.iter().filter_map(|path| path.parent()) {
        watch.add(folder).map_err(failed)?;
    }
    loop {
        if let Err(error) = once(options, context) {
            context.ui.error(&error, Fatality::GoesOn);
        }
        context.block_on(async {
            watch.settled().await;
            Ok(())
        })?;
    }
}
