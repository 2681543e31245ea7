//! `connect validate`: shows every finding of a file at its line.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use connect_validator::{Finding, Options, Report, check};
use serde_json::{Value, json};

use crate::cli::Validate;
use crate::context::Context;
use crate::error::CliError;
use crate::project::{DESCRIPTOR, read_text};
use crate::ui::{self, Ui, Verb};

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
        context
            .ui
            .text(&render(&context.ui, &name, &source, &report));
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

/// The findings of a file as people read them, each with the lines it is about.
pub(crate) fn render(ui: &Ui, name: &str, source: &str, report: &Report) -> String {
    let renderer = if ui.color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut text = String::new();
    for finding in &report.findings {
        let group = group(name, source, finding);
        text.push_str(&renderer.render(&[group]));
        text.push('\n');
    }
    text
}

fn group<'a>(name: &'a str, source: &'a str, finding: &'a Finding) -> annotate_snippets::Group<'a> {
    let level = match finding.level {
        connect_validator::Level::Error => Level::ERROR,
        connect_validator::Level::Warning => Level::WARNING,
        connect_validator::Level::Info => Level::INFO,
    };
    let range = finding.span.start..finding.span.end;
    let mut annotation = AnnotationKind::Primary.span(range);
    if let Some(label) = &finding.label {
        annotation = annotation.label(label);
    }
    let mut group = level
        .primary_title(&finding.message)
        .id(finding.code)
        .element(Snippet::source(source).path(name).annotation(annotation));
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(help));
    }
    group
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
