//! `connect doctor`: what may stop the user.

use std::process::ExitCode;

use crate::cli::Doctor;
use crate::context::Context;
use crate::doctor::{DoctorOptions, doctor};
use crate::error::CliError;

pub(super) fn run(flags: Doctor, context: &Context) -> Result<ExitCode, CliError> {
    let options = DoctorOptions {
        only: flags.only,
        fix: flags.fix,
        try_install: flags.try_install,
    };
    let fine = doctor(&options, context)?;
    Ok(ExitCode::from(u8::from(!fine)))
}
