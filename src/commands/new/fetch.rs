//! `connect new --fetch`.

use std::path::Path;
use std::time::Duration;

use crate::context::Context;
use crate::env;
use crate::error::CliError;
use crate::process::{self, CommandLine};
use crate::ui::Verb;

/// Has cargo fetch the app's dependencies.
pub(super) fn fetch(app: &Path, context: &Context) -> Result<(), CliError> {
    let command = CommandLine {
        program: context.env.text(env::CARGO).unwrap_or("cargo").into(),
        arguments: ["fetch", "--quiet"].map(Into::into).into(),
        folder: app.to_path_buf(),
        variables: Vec::new(),
        without: Vec::new(),
    };
    let finished = context.block_on(async { Ok(process::run(&command, FETCH).await) })?;
    let problem = match finished {
        Ok(finished) if finished.status.success() => {
            context
                .ui
                .status(Verb::Done("Fetched"), "what the app depends on");
            return Ok(());
        }
        Ok(finished) => finished.stderr.trim().to_owned(),
        Err(error) => format!("{error}: {}", error.source),
    };
    Err(CliError::outside(
        "new/not-fetched",
        "cargo cannot fetch what the app depends on",
    )
    .cause(problem)
    .hint("the app is there; its first build fetches what is missing"))
}

/// How long cargo may fetch.
const FETCH: Duration = Duration::from_secs(15 * 60);
