//! `connect validate`: shows every finding of a file at its line.

use std::process::ExitCode;

use connect_validator::Options;

use crate::check::{CheckOptions, Fix, Format, Source, Target, check};
use crate::cli::Validate;
use crate::context::Context;
use crate::error::CliError;

pub(super) fn run(flags: Validate, context: &Context) -> Result<ExitCode, CliError> {
    let targets = match (flags.subjects.is_empty(), &flags.schema) {
        (true, None) => Target::of_project(context),
        (true, Some(_)) => Target::main_of_project(context),
        (false, _) => Target::parse(&flags.subjects),
    };
    let options = CheckOptions {
        targets,
        format: if context.ui.json {
            Format::Json
        } else {
            flags.format
        },
        allow: flags.allow,
        strict: flags.strict,
        fix: match (flags.fix, flags.dry_run) {
            (false, _) => Fix::No,
            (true, false) => Fix::Write,
            (true, true) => Fix::Preview,
        },
        watch: flags.watch,
        rules: Options {
            product: flags.product,
            ..Options::default()
        },
        schema: flags.schema.as_deref().map(Source::parse),
    };
    check(&options, context)
}
