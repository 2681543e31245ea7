//! Checks again after each change of a file.

use std::future::poll_fn;
use std::path::PathBuf;
use std::pin::pin;
use std::process::ExitCode;
use std::task::Poll;

use super::{CheckOptions, Source, Target, once};
use crate::context::Context;
use crate::dev::{Watch, interrupted};
use crate::error::CliError;
use crate::ui::Fatality;

/// Checks now and after each change, until the user interrupts; that is its good end.
pub(super) fn run(options: &CheckOptions, context: &Context) -> Result<ExitCode, CliError> {
    let schema = options.schema.as_ref().and_then(Source::path);
    let files = options.targets.iter().filter_map(Target::path);
    let files: Vec<PathBuf> = (files.chain(schema))
        .map(|path| context.cwd.join(path))
        .collect();
    if files.is_empty() {
        return Err(CliError::nothing_to_watch());
    }
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
    context.block_on(async {
        let mut interrupted = interrupted()?;
        loop {
            // It may wait for the network, with a runtime of its own.
            if let Err(error) = tokio::task::block_in_place(|| once(options, context)) {
                context.ui.error(&error, Fatality::GoesOn);
            }
            let mut settled = pin!(watch.settled());
            let leave = poll_fn(|cx| match interrupted.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(true),
                Poll::Pending => settled.as_mut().poll(cx).map(|()| false),
            });
            if leave.await {
                return Ok(ExitCode::SUCCESS);
            }
        }
    })
}
