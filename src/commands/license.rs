//! `connect license`: what the app is told its customer has paid for.

use std::process::ExitCode;

use crate::cli::License;
use crate::context::Context;
use crate::error::CliError;
use crate::license::{LicenseOptions, license};

pub(super) fn run(flags: License, context: &Context) -> Result<ExitCode, CliError> {
    let options = LicenseOptions {
        state: flags.state,
        host: flags.host,
        key: flags.key,
        token: flags.token,
    };
    context.block_on(license(&options, context))?;
    Ok(ExitCode::SUCCESS)
}
