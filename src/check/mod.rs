//! Checks files and shows what was found, in the format asked for.

mod format;
mod rewrite;
mod schema;
mod secrecy;
mod target;
mod watch;

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use connect_validator::codes::{self, Code, Subject};
use connect_validator::{
    CustomSchema, Finding, Level, Options, Report, check_config, check_credentials, check_manifest,
};

use crate::context::Context;
use crate::error::CliError;
use crate::report::render;
use crate::ui::{self, Fatality, Verb, Verbosity};

pub(crate) use format::Format;
pub(crate) use rewrite::diff;
pub(crate) use target::{Source, Target};

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
    /// A JSON Schema to hold the files against besides.
    pub(crate) schema: Option<Source>,
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
    for finding in exposure(name, folder, context) {
        let code = finding.code;
        let help = finding.help.unwrap_or_default();
        let text = format!("{name}: {} [{code}]; {help}", finding.message);
        context.ui.warning(&text);
    }
}

/// Who besides its owner gets to see a file with secrets; a file that is not there has none.
pub(crate) fn exposure(name: &str, folder: &Path, context: &Context) -> Vec<Finding> {
    secrecy::of_file(name, &folder.join(name), context)
}

/// Checks the files of the project that are there, and shows nothing.
pub(crate) fn survey(context: &Context) -> Vec<(String, Result<Report, CliError>)> {
    let survey = |target: &Target| {
        let source = target.source.read(context)?;
        let rules = Options::default();
        Ok(report(&source, target.subject(&source), &rules))
    };
    let targets = Target::of_project(context);
    let name = |target: &Target| target.source.name(context);
    targets
        .iter()
        .map(|target| (name(target), survey(target)))
        .collect()
}

/// All that the rules say of a text.
fn report(source: &str, subject: Subject, rules: &Options) -> Report {
    match subject {
        Subject::Config => check_config(source),
        Subject::Credentials => check_credentials(source),
        Subject::Manifest => check_manifest(source, rules),
        _ => connect_validator::check(source, rules),
    }
}

/// A file and what was found in it.
struct Checked {
    name: String,
    subject: Subject,
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
    let schema = options.schema.as_ref();
    let schema = schema
        .map(|source| schema::load(source, context))
        .transpose()?;
    let judge = Judge { options, schema };
    let mut files = Vec::new();
    let mut unreadable = None;
    for target in &options.targets {
        match one(target, &judge, context) {
            Ok(checked) => files.push(checked),
            // The others are checked all the same.
            Err(error) if options.targets.len() > 1 => {
                context.ui.error(&error, Fatality::GoesOn);
                unreadable.get_or_insert(error.exit_code());
            }
            Err(error) => return Err(error),
        }
    }
    let ok = unreadable.is_none() && files.iter().all(|file| passes(&file.report, options));
    let notices = notices(&files, options);
    if let Some(text) = options.format.write(&files, &notices, ok) {
        context.ui.data(&text);
    }
    // A date is news once, not after each save, and nothing that a log must hold.
    let for_people = options.format == Format::Human && !options.watch;
    if for_people && (ui::stderr_is_terminal() || context.ui.verbosity >= Verbosity::Verbose) {
        for notice in notices {
            let hint = format!("connect explain {}", notice.id);
            context.ui.note(notice.title, &hint);
        }
    }
    Ok(unreadable.unwrap_or(ExitCode::from(u8::from(!ok))))
}

/// Checks one file, mends it if that is asked for, and shows people what was found.
fn one(target: &Target, judge: &Judge<'_>, context: &Context) -> Result<Checked, CliError> {
    let options = judge.options;
    let source = target.source.read(context)?;
    let started = Instant::now();
    let subject = target.subject(&source);
    let mut checked = Checked {
        name: target.source.name(context),
        report: judge.report(&source, subject),
        source,
        subject,
    };
    if options.fix != Fix::No {
        rewrite::fix(&mut checked, target, judge, context)?;
    }
    if subject == Subject::Credentials {
        let mut found = secrecy::findings(target, context);
        found.retain(|finding| options.reports(finding.code));
        checked.report.findings.splice(0..0, found);
        if judge.schema.is_some() {
            let name = &checked.name;
            context.ui.warning(&format!(
                "{name} is not held against the schema: what that says could hold a secret"
            ));
        }
    }
    if options.format == Format::Human {
        let text = match subject {
            // SECURITY: the lines themselves would show passwords [test `tests/it/validate.rs`].
            Subject::Credentials => format::for_people(&checked),
            _ => render(&context.ui, &checked.name, &checked.source, &checked.report),
        };
        context.ui.text(&text);
        conclude(&checked, options, started, context);
    }
    Ok(checked)
}

/// What decides about a text.
struct Judge<'o> {
    options: &'o CheckOptions,
    schema: Option<CustomSchema>,
}

impl Judge<'_> {
    /// All findings but those that are allowed.
    fn report(&self, source: &str, subject: Subject) -> Report {
        let rules = &self.options.rules;
        let mut report = report(source, subject, rules);
        if let Some(schema) = &self.schema
            // SECURITY: a schema quotes the values it refuses [test `tests/it/validate_schema.rs`].
            && subject != Subject::Credentials
        {
            report.add(schema.check(source, subject, rules));
        }
        report
            .findings
            .retain(|finding| self.options.reports(finding.code));
        report
    }
}

impl CheckOptions {
    /// Whether a code is one of those to be said.
    fn reports(&self, code: &str) -> bool {
        !self.allow.iter().any(|allowed| allowed == code)
    }
}

/// What is to be said about the platform, once for all files.
fn notices(files: &[Checked], options: &CheckOptions) -> Vec<&'static Code> {
    let mut ids: Vec<_> = files
        .iter()
        .flat_map(|file| &file.report.notices)
        .copied()
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let said = ids.into_iter().filter(|id| options.reports(id));
    said.filter_map(codes::find).collect()
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
    let to_fix = format!("connect validate {name} --fix");
    let hint = (report.fixable() > 0 && options.fix == Fix::No).then_some(to_fix.as_str());
    let text = format!("{counts} in {name}{omitted}");
    context.ui.failure(&text, hint);
}

/// `1 error`, `2 errors`.
pub(crate) fn count(number: usize, what: &str) -> String {
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
