//! `connect completions` and `connect man`: made from the command line itself.

use std::fs;
use std::process::ExitCode;

use clap::{Command, CommandFactory as _};

use crate::cli::{Cli, Completions, Man};
use crate::context::Context;
use crate::error::CliError;
use crate::ui::Verb;

pub(super) fn completions(flags: &Completions, context: &Context) -> ExitCode {
    // What is nobody's to type is not offered.
    let all = Cli::command();
    let offered = all
        .get_subcommands()
        .filter(|command| !command.is_hide_set());
    let mut offered = Command::new(NAME)
        .version(env!("CARGO_PKG_VERSION"))
        .args(all.get_arguments())
        .subcommands(offered.cloned());
    let mut script = Vec::new();
    clap_complete::generate(flags.shell, &mut offered, NAME, &mut script);
    context.ui.data(String::from_utf8_lossy(&script).trim_end());
    ExitCode::SUCCESS
}

pub(super) fn man(flags: &Man, context: &Context) -> Result<ExitCode, CliError> {
    let Some(dir) = &flags.dir else {
        context.ui.data(page(&Cli::command())?.trim_end());
        return Ok(ExitCode::SUCCESS);
    };
    let dir = context.cwd.join(dir);
    let failed = |error| CliError::unwritable(context.shown(&dir), &error);
    fs::create_dir_all(&dir).map_err(failed)?;
    let mut program = Cli::command();
    program.build();
    let pages = pages(&program);
    for page_of in &pages {
        // clap gives each command the name of its page.
        let file = format!("{}.1", page_of.get_display_name().unwrap_or(NAME));
        fs::write(dir.join(file), page(page_of)?).map_err(failed)?;
    }
    let written = format!("{} pages to {}", pages.len(), context.shown(&dir));
    context.ui.status(Verb::Done("Wrote"), &written);
    Ok(ExitCode::SUCCESS)
}

/// A command and all below it that are anybody's to type.
fn pages(command: &Command) -> Vec<&Command> {
    let below = command
        .get_subcommands()
        .filter(|below| !below.is_hide_set());
    std::iter::once(command)
        .chain(below.flat_map(pages))
        .collect()
}

fn page(command: &Command) -> Result<String, CliError> {
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(command.clone()).render(&mut page);
    rendered.map_err(|error| CliError::bug("a manual page cannot be made").cause(error))?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

const NAME: &str = "connect";
