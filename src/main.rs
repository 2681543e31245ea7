//! The `connect` program: scaffolds Atlassian Connect apps, runs them on a host, validates them.

mod call;
mod check;
mod cli;
mod commands;
mod context;
mod dev;
mod doctor;
mod editor;
mod env;
mod error;
mod host;
mod http;
mod info;
mod inspect;
mod license;
mod listen;
mod migrate;
mod process;
mod project;
mod proxy;
mod random;
mod report;
mod scaffold;
mod tenants;
mod tunnel;
mod ui;

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;

use clap::Parser as _;

use crate::context::Context;
use crate::error::CliError;
use crate::ui::Fatality;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let ui = Context::ui(&cli.global);
    let work = || {
        Context::from_process(&cli.global).and_then(|context| commands::run(cli.command, &context))
    };
    // What it was is on the terminal already. A session's reaper has cleaned up, or is about to.
    let result = std::panic::catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(CliError::bug("the program broke off")));
    let code = result.unwrap_or_else(|error| {
        ui.error(&error, Fatality::Ends);
        error.exit_code()
    });
    ui::finish();
    code
}
