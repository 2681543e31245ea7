//! `connect dev`.
use std::path::Path;
use std::process::ExitCode;

use crate::cli::Dev;
use crate::context::Context;
use crate::error::CliError;

pub(super) fn run(flags: Dev, context: &Context) -> Result<ExitCode, CliError> {
    run_in(&context.cwd, flags, context)
}

pub(super) fn run_in(
    _folder: &Path,
    _flags: Dev,
    _context: &Context,
) -> Result<ExitCode, CliError> {
    Err(CliError::bug("not yet"))
}
