//! `connect status` and `connect clean`: what sessions left on hosts.

use std::process::ExitCode;

use crate::cli::Clean;
use crate::context::Context;
use crate::dev::left::{self, CleanOptions};
use crate::error::CliError;

pub(super) fn status(context: &Context) -> ExitCode {
    left::list(&context.cwd, context);
    ExitCode::SUCCESS
}

pub(super) fn clean(flags: Clean, context: &Context) -> Result<ExitCode, CliError> {
    let options = CleanOptions {
        folder: context.cwd.clone(),
        all: flags.all,
        dry_run: flags.dry_run,
        host: flags.host,
        key: flags.key,
    };
    context.block_on(left::clean(&options, context))?;
    Ok(ExitCode::SUCCESS)
}
