//! `connect doctor`: looks at everything that may stop a user, and says what to do about it.
//!
//! It changes nothing, unless it is told to mend what can be mended. Whatever it asks for has a
//! deadline of a few seconds, and all hosts are asked at the same time.

mod check;
mod forge;
mod hosts;
mod local;
mod mend;

use std::pin::pin;

use futures_util::future::join_all;
use serde_json::json;

use crate::check::count;
use crate::context::Context;
use crate::doctor::check::{Check, Verdict};
use crate::error::CliError;
use crate::project::{Credentials, FileError};
use crate::ui::{Verbosity, wrap};

pub(crate) use check::Group;

/// What to look at.
#[derive(Clone, Debug, Default)]
pub(crate) struct DoctorOptions {
    /// These groups; none are all.
    pub(crate) only: Vec<Group>,
    /// Mend what can be mended.
    pub(crate) fix: bool,
    /// Have each host try an install that cannot succeed.
    pub(crate) try_install: bool,
}

/// Looks at everything, says what it finds, and whether nothing stops the user.
///
/// # Errors
/// When something cannot be mended.
pub(crate) fn doctor(options: &DoctorOptions, context: &Context) -> Result<bool, CliError> {
    let wants = |group| options.only.is_empty() || options.only.contains(&group);
    let credentials = Credentials::read(&context.cwd, &context.env);
    if options.fix && wants(Group::Credentials) {
        mend::exposure_of_credentials(context)?;
    }
    let (mut problems, mut warnings) = (0, 0);
    let mut say = |group, checks: Vec<Check>| {
        for one in &checks {
            problems += usize::from(matches!(one.verdict, Verdict::Problem(_)));
            warnings += usize::from(matches!(one.verdict, Verdict::Warning(_)));
        }
        show(group, &checks, context);
    };
    if wants(Group::App) {
        let mut checks = local::files(context);
        checks.push(context.block_on(async { Ok(local::toolchain(context).await) })?);
        checks.extend(local::ports(context));
        checks.push(local::watching(context));
        say(Group::App, checks);
    }
    if wants(Group::Credentials) {
        say(
            Group::Credentials,
            local::credentials(&credentials, context),
        );
    }
    let named = credentials.unwrap_or_default();
    if wants(Group::Tunnel) {
        let checks = context.block_on(async { Ok(local::tunnels(&named, context).await) })?;
        say(Group::Tunnel, checks);
    }
    if wants(Group::Forge) {
        let checks = context.block_on(async { Ok(forge::forge(context).await) })?;
        say(Group::Forge, checks);
    }
    if wants(Group::Hosts) {
        let checks = context.block_on(async {
            let asked = named.hosts.iter();
            let asked = asked.map(|host| hosts::host(host, options.try_install, context));
            let all = pin!(join_all(asked));
            let asked = context
                .ui
                .wait("Asking", "the hosts of credentials.json", all);
            Ok(asked.await.into_iter().flatten().collect::<Vec<_>>())
        })?;
        say(Group::Hosts, checks);
    }
    if wants(Group::Sessions) {
        say(Group::Sessions, local::sessions(context));
    }
    conclude(problems, warnings, context);
    Ok(problems == 0)
}

fn show(group: Group, checks: &[Check], context: &Context) {
    let ui = &context.ui;
    let is_said = |check: &Check| {
        ui.verbosity > Verbosity::Quiet || matches!(check.verdict, Verdict::Problem(_))
    };
    if checks.iter().any(is_said) {
        ui.error_text(&format!("{}\n", group.title()));
    }
    let name = |check: &Check| check.name.chars().count();
    let width = checks.iter().map(name).max().unwrap_or_default();
    for check in checks {
        let (mark, text) = check.line();
        ui.check(mark, &format!("{:<width$}   {text}", check.name));
        if let Some(error) = check.error().filter(|_| is_said(check)) {
            let before = width + ui.mark_width() + 6;
            let gap = format!("\n{:before$}         ", "");
            let columns = ui.columns.unwrap_or(usize::MAX);
            for cause in &error.causes {
                let cause = wrap(cause, columns, before + 9).replace('\n', &gap);
                ui.error_text(&format!("{:before$}because: {cause}\n", ""));
            }
            // Commands stay in one piece, to be copied.
            for hint in &error.hints {
                ui.error_text(&format!("{:before$}fix: {hint}\n", ""));
            }
        }
        ui.event("check", &check.fields(group));
    }
}

fn conclude(problems: usize, warnings: usize, context: &Context) {
    let fields = json!({ "problems": problems, "warnings": warnings });
    context.ui.event("checked", &fields);
    let text = match (problems, warnings) {
        (0, 0) => "nothing stops you\n".to_owned(),
        (problems, warnings) => {
            let (problems, warnings) = (count(problems, "problem"), count(warnings, "warning"));
            format!("{problems}, {warnings}\n")
        }
    };
    context.ui.text(&text);
}

/// credentials.json, or why it cannot be used.
type Read = Result<Credentials, FileError>;
