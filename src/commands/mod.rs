//! One file per command: flags become an options struct and one call.

mod add;
mod call;
mod dev;
mod doctor;
mod explain;
mod files;
mod info;
mod inspect;
mod left;
mod license;
mod migrate;
mod new;
mod reap;
mod sandbox;
mod schema;
mod tenants;
mod token;
mod trigger;
mod validate;

use std::process::ExitCode;

use crate::cli::Command;
use crate::context::Context;
use crate::error::CliError;

/// Runs the command of the command line.
///
/// # Errors
/// Whatever stopped it, ready to be shown.
pub(crate) fn run(command: Command, context: &Context) -> Result<ExitCode, CliError> {
    match command {
        Command::Add(flags) => add::run(flags, context),
        Command::Call(flags) => call::run(flags, context),
        Command::Clean(flags) => left::clean(flags, context),
        Command::Completions(flags) => Ok(files::completions(&flags, context)),
        Command::Dev(flags) => dev::run(flags, context),
        Command::Doctor(flags) => doctor::run(flags, context),
        Command::Explain(flags) => Ok(explain::run(&flags, context)),
        Command::Info(flags) => info::run(&flags, context),
        Command::Inspect(flags) => inspect::run(&flags, context),
        Command::License(flags) => license::run(flags, context),
        Command::Man(flags) => files::man(&flags, context),
        Command::Migrate(command) => migrate::run(command, context),
        Command::New(flags) => new::run(flags, context),
        Command::Reap => reap::run(context),
        Command::Sandbox(flags) => sandbox::run(&flags, context),
        Command::Schema(flags) => Ok(schema::run(&flags, context)),
        Command::Status => Ok(left::status(context)),
        Command::Tenants(flags) => tenants::run(flags, context),
        Command::Token(command) => token::run(&command, context),
        Command::Trigger(flags) => trigger::run(&flags, context),
        Command::Validate(flags) => validate::run(flags, context),
    }
}
