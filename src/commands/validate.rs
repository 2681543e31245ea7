//! `connect validate`: shows every finding of a file at its line.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use connect_validator::{Finding, Options, Report, check};
use serde_json::{Value, json};

use crate::cli::Validate;
use crate::context::Context;
use crate::error::CliError;
use crate::project::{DESCRIPTOR, read_text};
use crate::report::render;
use crate::ui::{self, Verb};

pub(super) fn run(flags: &Validate, context: &Context) -> Result<ExitCode, CliError> {
    let default = vec!["descriptor".to_owned()];
    let subjects = if flags.subjects.is_empty() {
        &default
    } else {
        &flags.subjects
    };
    let mut files = Vec::new();
    let mut ok = true;
    for subject in subjects {
        let (name, source) = read(subject, context)?;
        let started = Instant::now();
        let report = check(&source, &Options::default());
        ok &= report.is_ok();
        let text = render(&context.ui, &name, &source, &report);
        if report.is_ok() {
            context.ui.text(&text);
        } else {
            context.ui.error_text(&text);
        }
        conclude(context, &name, &report, started);
        files.push(json!({
            "path": name,
            "findings": report.findings.iter().map(as_json).collect::<Vec<_>>(),
        }));
    }
    if context.ui.json {
        let result = json!({ "version": 1, "ok": ok, "files": files });
        context.ui.data(&result.to_string());
    }
    Ok(ExitCode::from(u8::from(!ok)))
}

fn conclude(context: &Context, name: &str, report: &Report, started: Instant) {
    let counts = format!(
        "{}, {}",
        count(report.errors(), "error"),
        count(report.warnings(), "warning")
    );
    if report.is_ok() {
        let product = report
            .product
            .map_or_else(String::new, |product| format!(" for {product}"));
        let took = ui::duration(started.elapsed());
        let what = format!("{name}{product} in {took}: {counts}");
        context.ui.status(Verb::Done("Validated"), &what);
    } else {
        context
            .ui
            .error_text(&format!("error: {counts} in {name}\n"));
    }
}

fn count(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}

fn as_json(finding: &Finding) -> Value {
    let span = &finding.span;
    json!({
        "code": finding.code, "level": finding.level, "message": finding.message,
        "pointer": finding.pointer, "line": span.line, "col": span.column,
        "endLine": span.end_line, "endCol": span.end_column, "fix": finding.fix,
    })
}

/// Name to show and text of what is to be checked.
fn read(subject: &str, context: &Context) -> Result<(String, String), CliError> {
    let path = match subject {
        "-" => {
            let text = ui::read_stdin(connect_validator::MAX_SOURCE_BYTES as u64)
                .map_err(|error| CliError::unreadable("stdin", &error))?;
            return Ok(("<stdin>".to_owned(), text));
        }
        "descriptor" => PathBuf::from(DESCRIPTOR),
        path => Path::new(path).to_path_buf(),
    };
    let text = read_text(&context.cwd.join(&path))?;
    Ok((path.display().to_string(), text))
}
