//! `connect sandbox`.
use std::process::ExitCode;

use crate::cli::Sandbox;
use crate::context::Context;
use crate::error::CliError;

pub(super) fn run(_flags: &Sandbox, _context: &Context) -> Result<ExitCode, CliError> {
    Err(CliError::bug("not yet"))
}
