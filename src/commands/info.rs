//! `connect info`: the settings in force.

use std::process::ExitCode;

use crate::cli::Info;
use crate::context::Context;
use crate::error::CliError;
use crate::info::info;

pub(super) fn run(flags: &Info, context: &Context) -> Result<ExitCode, CliError> {
    info(flags.origin, context)?;
    Ok(ExitCode::SUCCESS)
}
