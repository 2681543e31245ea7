//! The hidden command behind `connect dev`: takes everything away if the session is killed.

use std::process::ExitCode;

use crate::context::Context;
use crate::dev::reaper;
use crate::error::CliError;

pub(super) fn run(context: &Context) -> Result<ExitCode, CliError> {
    reaper::keep_watch(context)?;
    Ok(ExitCode::SUCCESS)
}
