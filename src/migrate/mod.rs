//! `connect migrate forge`: what becomes of an app that goes over to Forge, and the manifest for it.
//!
//! What becomes of what is the validator's to say (`connect_validator::migrate`); here it is shown and written.
//! A manifest that is there is never touched.

mod report;

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use connect_validator::{
    Finding, Level, MigrateError, Migration, Options, Product, check, check_manifest, migrate,
};
use serde::Serialize;

use crate::check::{Source, count};
use crate::context::Context;
use crate::error::CliError;
use crate::project::{Config, DESCRIPTOR, Half, MANIFEST};
use crate::ui::{Verb, wrap};

/// What to make a manifest of, and where it goes.
#[derive(Debug)]
pub(crate) struct ForgeOptions {
    /// The descriptor; the project's own where none is named.
    pub(crate) source: Option<Source>,
    pub(crate) output: Output,
    pub(crate) rules: Options,
}

/// Where the manifest goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// To `manifest.yml`.
    File,
    /// Nowhere: only the report is wanted.
    None,
    Stdout,
}

/// Says what becomes of an app, and writes its manifest where that is asked for.
///
/// # Errors
/// When the descriptor cannot be read, fits several products, or a manifest is there already.
pub(crate) fn forge(options: &ForgeOptions, context: &Context) -> Result<ExitCode, CliError> {
    let own = || Source::File(PathBuf::from(DESCRIPTOR));
    let source = options.source.clone().unwrap_or_else(own);
    let (name, text) = (source.name(context), source.read(context)?);
    let typed = source.argument(context);
    let writes = options.output == Output::File;
    if writes && fs::symlink_metadata(context.cwd.join(MANIFEST)).is_ok() {
        return Err(CliError::manifest_exists());
    }
    let mut rules = options.rules.clone();
    let mut migrated = migrate(&text, &rules);
    if migrated == Err(MigrateError::WhichProduct) && is_of_project(&source) {
        rules.product = product_of_project(&source, context);
        migrated = migrate(&text, &rules);
    }
    let migration = migrated.map_err(|error| CliError::not_migrated(&name, &typed, error))?;
    let problems = problems(&text, &migration, &rules);
    let ok = problems.is_empty();
    if writes && ok {
        write(&migration.manifest, context)?;
    }
    let is_there = writes && ok;
    let next = report::next(&migration, is_there);
    if context.ui.json {
        let object = Object {
            version: 1,
            ok,
            descriptor: &name,
            written: is_there.then_some(MANIFEST),
            migration: &migration,
            problems: &problems,
            next: &next,
        };
        let object = serde_json::to_string(&object);
        let object = object.map_err(|error| CliError::bug("no JSON").cause(error))?;
        context.ui.data(&object);
    }
    say(if ok { "Converted" } else { "Read" }, &migration, context);
    if !ok {
        complain(&name, &typed, &problems, context);
        return Ok(ExitCode::from(1));
    }
    if is_there {
        context.ui.text("\n");
        context.ui.status(Verb::Done("Wrote"), MANIFEST);
    }
    context
        .ui
        .text(&report::advice(&migration, &next, &context.ui));
    if options.output == Output::Stdout {
        context.ui.data(migration.manifest.trim_end());
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether it is a file in the folder of the project, so that its config.json says what it is for.
fn is_of_project(source: &Source) -> bool {
    let folder = source.path().and_then(Path::parent);
    folder.is_some_and(|folder| folder.as_os_str().is_empty())
}

/// The product of a file of the project: that of its half of an app for both, else the one that
/// config.json names; that of Bitbucket would have said so in its descriptor.
fn product_of_project(source: &Source, context: &Context) -> Option<Product> {
    let halves = Half::of(&context.cwd);
    let is_it = |half: &&Half| source.path() == Some(Path::new(half.file));
    let of_half = halves.iter().find(is_it).and_then(|half| half.product);
    let named = of_half.map(Into::into);
    match named.or_else(|| Config::named_product(&context.cwd, &context.env))? {
        connect_core::Product::Confluence => Some(Product::Confluence),
        connect_core::Product::Jira => Some(Product::Jira),
        _ => None,
    }
}

/// What `--json` says, in one line.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Object<'a> {
    version: u8,
    ok: bool,
    descriptor: &'a str,
    /// The file that the manifest went to.
    written: Option<&'static str>,
    #[serde(flatten)]
    migration: &'a Migration,
    problems: &'a [Problem],
    next: &'a [report::Next],
}

/// An error of the descriptor, or one that the manifest has of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Problem {
    file: &'static str,
    code: &'static str,
    message: String,
    line: u32,
}

/// Why the manifest would not do. Where the descriptor is wrong, the manifest is wrong in the same way.
fn problems(source: &str, migration: &Migration, rules: &Options) -> Vec<Problem> {
    let problems = |file: &'static str, findings: Vec<Finding>| {
        let errors = findings
            .into_iter()
            .filter(|finding| finding.level == Level::Error);
        errors
            .map(|finding| Problem {
                file,
                code: finding.code,
                message: finding.message,
                line: finding.span.line,
            })
            .collect::<Vec<_>>()
    };
    let of_descriptor = problems("descriptor", check(source, rules).findings);
    if !of_descriptor.is_empty() {
        return of_descriptor;
    }
    let report = check_manifest(&migration.manifest, &Options::default());
    problems("manifest", report.findings)
}

fn say(verb: &'static str, migration: &Migration, context: &Context) {
    let Migration { key, product, .. } = migration;
    let text = format!("{key} for {product}: {}", report::counts(migration));
    let text = report::clean(&text);
    context.ui.status(Verb::Done(verb), &text);
    context.ui.text(&report::tables(migration, &context.ui));
}

fn complain(name: &str, typed: &str, problems: &[Problem], context: &Context) {
    context.ui.text("\n");
    let of_manifest = problems.iter().any(|problem| problem.file == "manifest");
    for problem in problems.iter().take(MOST) {
        let Problem {
            code,
            line,
            message,
            ..
        } = problem;
        let text = format!("line {line}: {message} [{code}]");
        let columns = context.ui.columns.unwrap_or(usize::MAX);
        for line in wrap(&text, columns, 13).lines() {
            context.ui.more(line);
        }
    }
    let errors = count(problems.len(), "error");
    let (text, hint) = match of_manifest {
        true => (
            format!("{errors} in the manifest that {name} becomes"),
            "connect migrate forge --json    has it, with its errors".to_owned(),
        ),
        false => (
            format!("{errors} in {name}, which the manifest would have as well"),
            format!("connect validate descriptor {typed}"),
        ),
    };
    context.ui.failure(&text, Some(&hint));
}

/// So many errors are shown: `connect validate` shows them all.
const MOST: usize = 5;

/// Writes the manifest, all of it or none.
fn write(text: &str, context: &Context) -> Result<(), CliError> {
    let path = context.cwd.join(MANIFEST);
    let file = OpenOptions::new().write(true).create_new(true).open(&path);
    let mut file = file.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => CliError::manifest_exists(),
        _ => CliError::unwritable(MANIFEST, &error),
    })?;
    file.write_all(text.as_bytes()).map_err(|error| {
        // Half a manifest would stand in the way of the next try.
        let _ = fs::remove_file(&path);
        CliError::unwritable(MANIFEST, &error)
    })
}
