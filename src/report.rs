//! Findings as people read them, each with the lines it is about.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use connect_validator::{Finding, Report};
use console::measure_text_width;

use crate::ui::Ui;

/// The findings of a file, as wide as the terminal; empty if there are none.
pub(crate) fn render(ui: &Ui, name: &str, source: &str, report: &Report) -> String {
    let renderer = if ui.color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let columns = ui.columns.map(|columns| columns.max(NARROWEST));
    let renderer = renderer.term_width(columns.unwrap_or(WIDEST).min(WIDEST));
    let mut text = String::new();
    for finding in &report.findings {
        let words = Words::new(finding, source, columns);
        text.push_str(&renderer.render(&[group(name, source, finding, &words)]));
        text.push('\n');
    }
    text
}

/// What a finding says, in lines that fit.
struct Words {
    title: String,
    label: Option<String>,
    helps: Vec<String>,
}

impl Words {
    fn new(finding: &Finding, source: &str, columns: Option<usize>) -> Self {
        let mut words = Self {
            title: finding.message.clone(),
            label: finding.label.clone(),
            helps: finding.help.iter().cloned().collect(),
        };
        let Some(columns) = columns else {
            return words;
        };
        let margin = finding.span.end_line.to_string().len() + BESIDE_NUMBER;
        let room = columns.saturating_sub(margin);
        if let Some(label) = words
            .label
            .take_if(|label| !has_room(label, finding, source, room))
        {
            words.helps.insert(0, label);
        }
        let before = format!("{}[{}]: ", finding.level, finding.code).len();
        words.title = wrap(&words.title, columns, before);
        for help in &mut words.helps {
            *help = wrap(help, columns, margin + "= help: ".len());
        }
        words
    }
}

/// Whether a label can stand beside what it is about; otherwise it would be broken anywhere.
fn has_room(label: &str, finding: &Finding, source: &str, room: usize) -> bool {
    let span = finding.span;
    let from = source[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let width = |text: &str| measure_text_width(text) + TAB * text.matches('\t').count();
    let line = source[from..].lines().next().unwrap_or_default();
    let marked = source[span.start..span.end]
        .lines()
        .next()
        .unwrap_or_default();
    let label = 1 + measure_text_width(label);
    // Of a line that is too long, as much is cut at its beginning as there is need for.
    if width(line) > room {
        return ELLIPSES + width(marked) + label <= room;
    }
    width(&source[from..span.start]) + width(marked) + label <= room
}

fn group<'a>(name: &'a str, source: &'a str, finding: &'a Finding, words: &'a Words) -> Group<'a> {
    let level = match finding.level {
        connect_validator::Level::Error => Level::ERROR,
        connect_validator::Level::Warning => Level::WARNING,
        connect_validator::Level::Info => Level::INFO,
    };
    let range = finding.span.start..finding.span.end;
    let mut annotation = AnnotationKind::Primary.span(range);
    if let Some(label) = &words.label {
        annotation = annotation.label(label);
    }
    let group = level
        .primary_title(&words.title)
        .id(finding.code)
        .element(Snippet::source(source).path(name).annotation(annotation));
    let helps = words.helps.iter();
    helps.fold(group, |group, help| {
        group.element(Level::HELP.message(help))
    })
}

/// Breaks a text between words where it would run over the edge, with `before` columns taken on each line.
fn wrap(text: &str, columns: usize, before: usize) -> String {
    let room = columns.saturating_sub(before);
    if room < NARROWEST / 2 {
        return text.to_owned();
    }
    let mut wrapped = String::new();
    let mut used = 0;
    for word in text.split(' ') {
        let width = measure_text_width(word);
        if used > 0 && used + 1 + width > room {
            wrapped.push('\n');
            used = 0;
        } else if used > 0 {
            wrapped.push(' ');
            used += 1;
        }
        wrapped.push_str(word);
        used += width;
    }
    wrapped
}

/// What the renderer takes if nobody knows how wide the terminal is.
const WIDEST: usize = 140;

/// On a narrower terminal lines are broken anyway.
const NARROWEST: usize = 40;

/// `" | "`, after the number of a line.
const BESIDE_NUMBER: usize = 3;

/// What the renderer puts before and after a line that it cuts, with spaces.
const ELLIPSES: usize = 12;

/// Columns that the renderer shows a tab as.
const TAB: usize = 4;

#[cfg(test)]
mod tests {
    use connect_validator::{Options, check};

    use super::{render, wrap};
    use crate::ui::{Ui, Verbosity};

    #[test]
    fn nothing_runs_over_the_edge_of_a_terminal() {
        let lines = [
            r#"{ "key": "a", "name": "日本語の名前 🦀", "#,
            r#"  "authentication":             { "type": "jtw" },"#,
            "\t\t\"scopes\": [\"READ\", \"WHITE\"], \"links\": 1,",
            r#"  "modules": { "webPanels": [{ "key": "長いキー", "url": "/p?i=${issue.key}", "params": { "長い": "これはとても長い値です、続きます、まだ続きます" } }] }"#,
            "}",
        ];
        let source = lines.join("\n");
        let report = check(&source, &Options::default());
        assert!(report.findings.len() > 8, "{:?}", report.findings);
        for columns in [60, 80, 100] {
            let ui = Ui {
                animated: false,
                color: false,
                columns: Some(columns),
                interactive: false,
                json: false,
                verbosity: Verbosity::Normal,
            };
            let text = render(&ui, "a.json", &source, &report);
            for line in text.lines() {
                let width = console::measure_text_width(line);
                assert!(width <= columns, "{width} > {columns}: {line}\n{text}");
            }
        }
    }

    #[test]
    fn texts_are_broken_between_words_by_their_width() {
        assert_eq!(
            wrap("one two three four five", 24, 4),
            "one two three four\nfive"
        );
        // These characters take two columns each.
        assert_eq!(
            wrap("日本語日本語 日本語 x", 24, 4),
            "日本語日本語 日本語\nx"
        );
        assert_eq!(
            wrap("no room, so nothing is gained", 24, 10),
            "no room, so nothing is gained"
        );
    }
}
