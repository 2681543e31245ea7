//! Findings as people read them, each with the lines it is about.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use connect_validator::{Finding, Report};

use crate::ui::Ui;

/// The findings of a file; empty if there are none.
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
