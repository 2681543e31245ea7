//! Checks files and shows what was found, in the format asked for.

mod format;
mod rewrite;
mod secrecy;
mod target;
mod watch;

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use connect_validator::codes::Subject;
use connect_validator::{
    Finding, Level, Options, Report, check_config, check_credentials, check_manifest,
};

use crate::context::Context;
use crate::error::CliError;
use crate::report::render;
use crate::ui::{self, Verb};

pub(crate) use format::Format;
pub(crate) use target::Target;

/// What to check, and how to say it.
#[derive(Debug)]
pub(crate) struct CheckOptions {
    pub(crate) targets: Vec<Target>,
    pub(crate) format: Format,
    /// Codes that are not reported.
    pub(crate) allow: Vec<String>,
    /// Warnings fail too.
    pub(crate) strict: bool,
    pub(crate) fix: Fix,
    pub(crate) watch: bool,
    pub(crate) rules: Options,
}

/// What becomes of findings that have a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fix {
    /// They are shown.
    No,
    /// The change is shown, not made.
    Preview,
    /// The file is written anew.
    Write,
}

/// Warns where others get to see a file with secrets; a file that is not there has none.
pub(crate) fn warn_of_exposure(name: &str, folder: &Path, context: &Context) {
    for finding in secrecy::of_file(name, &folder.join(name), context) {
        let code = finding.code;
        let help = finding.help.unwrap_or_default();
        let text = format!("{name}: {} [{code}]; {help}", finding.message);
        context.ui.warning(&text);
    }
}

/// A file and what was found in it.
struct Checked {
    name: String,
    source: String,
    report: Report,
}

/// Checks all targets, with `watch` again after each change, until interrupted.
///
/// # Errors
/// When a target cannot be read or written. With `watch`, that is shown and the next change awaited.
pub(crate) fn check(options: &CheckOptions, context: &Context) -> Result<ExitCode, CliError> {
    if options.watch {
        return watch::run(options, context);
    }
    once(options, context)
}

fn once(options: &CheckOptions, context: &Context) -> Result<ExitCode, CliError> {
    let mut files = Vec::new();
    let mut ok = true;
    for target in &options.targets {
        let source = target.read(context)?;
        let started = Instant::now();
        let mut checked = Checked {
            name: target.name(context),
            report: judge(&source, target.subject(), options),
            source,
        };
        if options.fix != Fix::No {
            rewrite::fix(&mut checked, target, options, context)?;
        }
        if target.subject() == Subject::Credentials {
            let allowed =
                |finding: &Finding| !options.allow.iter().any(|code| code == finding.code);
            let found = secrecy::findings(target, context)
                .into_iter()
                .filter(allowed);
            checked.report.findings.splice(0..0, found);
        }
        ok &= passes(&checked.report, options);
        if options.format == Format::Human {
            let text = match target.subject() {
                // SECURITY: the lines themselves would show passwords [test `tests/it/validate.rs`].
                Subject::Credentials => format::for_people(&checked),
                _ => render(&context.ui, &checked.name, &checked.source, &checked.report),
            };
            context.ui.text(&text);
            conclude(&checked, options, started, context);
        }
        files.push(checked);
    }
    if let Some(text) = options.format.write(&files, ok) {
        context.ui.data(&text);
    }
    Ok(ExitCode::from(u8::from(!ok)))
}

/// All findings but those that are allowed.
fn judge(source: &str, subject: Subject, options: &CheckOptions) -> Report {
    let mut report = match subject {
        Subject::Config => check_config(source),
        Subject::Credentials => check_credentials(source),
        Subject::Manifest => check_manifest(source, &options.rules),
        _ => connect_validator::check(source, &options.rules),
    };
    report
        .findings
        .retain(|finding| !options.allow.iter().any(|code| code == finding.code));
    report
}

fn passes(report: &Report, options: &CheckOptions) -> bool {
    report.is_ok() && (!options.strict || report.warnings() == 0)
}

fn conclude(checked: &Checked, options: &CheckOptions, started: Instant, context: &Context) {
    let (name, report) = (&checked.name, &checked.report);
    let mut counts = format!(
        "{}, {}",
        count(report.errors(), "error"),
        count(report.warnings(), "warning")
    );
    if passes(report, options) {
        let product = report
            .product
            .map_or_else(String::new, |product| format!(" for {product}"));
        let took = ui::duration(started.elapsed());
        context.ui.status(
            Verb::Done("Validated"),
            &format!("{name}{product} in {took}: {counts}"),
        );
        return;
    }
    if report.fixable() > 0 {
        counts.push_str(&format!(" ({} fixable)", report.fixable()));
    }
    let omitted = match report.omitted {
        0 => String::new(),
        more => format!(", and {more} findings more that are not shown"),
    };
    context
        .ui
        .error_text(&format!("error: {counts} in {name}{omitted}\n"));
    if report.fixable() > 0 && options.fix == Fix::No {
        context
            .ui
            .error_text(&format!("hint: connect validate {name} --fix\n"));
    }
}

fn count(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}

/// The level as formats of other tools name it.
fn level_in(level: Level, info: &'static str) -> &'static str {
    match level {
        Level::Info => info,
        other => other.as_str(),
    }
}
