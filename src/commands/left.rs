//! `connect status` and `connect clean`: what sessions left on hosts.

use std::process::ExitCode;

use crate::cli::Clean;
use crate::context::Context;
use crate::dev;
use crate::error::CliError;

pub(super) fn status(context: &Context) -> ExitCode {
    dev::left::list(&context.cwd, context);
    ExitCode::SUCCESS
}

pub(super) fn clean(flags: &Clean, context: &Context) -> Result<ExitCode, CliError> {
    if flags.dry_run {
        dev::left::list(&context.cwd, context);
    } else {
        context.block_on(dev::left::clean(&context.cwd, context))?;
    }
    Ok(ExitCode::SUCCESS)
}
