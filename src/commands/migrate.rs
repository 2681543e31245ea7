//! `connect migrate`: from a descriptor to the manifest of a Forge app.

use std::process::ExitCode;

use connect_validator::{Options, Placeholders};

use crate::check::Source;
use crate::cli::{Migrate, MigrateForge};
use crate::context::Context;
use crate::error::CliError;
use crate::migrate::{ForgeOptions, Output, forge};

pub(super) fn run(command: Migrate, context: &Context) -> Result<ExitCode, CliError> {
    let Migrate::Forge(flags) = command;
    let MigrateForge {
        descriptor,
        print,
        product,
        url,
        write,
    } = flags;
    let options = ForgeOptions {
        source: descriptor.as_deref().map(Source::parse),
        output: match (print, write) {
            (true, _) => Output::Stdout,
            (false, true) => Output::File,
            (false, false) => Output::None,
        },
        rules: Options {
            product,
            placeholders: Placeholders {
                local_base_url: url.map(|url| url.as_str().to_owned()),
                ..Placeholders::default()
            },
        },
    };
    forge(&options, context)
}
