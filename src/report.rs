//! Findings as people read them, each with the lines it is about.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use connect_validator::{Finding, Report};
use console::measure_text_width;

use crate::ui::{Ui, wrap};

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
        let excerpt = Excerpt::new(source, finding);
        let words = Words::new(finding, &excerpt, columns);
        let shown = renderer.render(&[group(name, &excerpt, finding, &words)]);
        text.push_str(&excerpt.in_place(&shown, name, finding));
        text.push('\n');
    }
    text
}

/// The lines that a finding is about, as far as they can be shown: a file may be one line of megabytes, and the
/// renderer goes through all that it is given.
struct Excerpt<'s> {
    text: &'s str,
    marked: Range<usize>,
    /// It begins within a line.
    is_cut: bool,
}

impl<'s> Excerpt<'s> {
    fn new(source: &'s str, finding: &Finding) -> Self {
        let span = finding.span;
        let from = source.floor_char_boundary(span.start.saturating_sub(REACH));
        let line = source[from..span.start].rfind('\n');
        let is_cut = line.is_none() && from > 0;
        let from = line.map_or(from, |at| from + at + 1);
        let end = span.end.min(source.ceil_char_boundary(span.start + REACH));
        let to = source.ceil_char_boundary(end + REACH);
        let to = source[end..to].find('\n').map_or(to, |at| end + at);
        Self {
            text: source[from..to].trim_end_matches('\r'),
            marked: span.start - from..end - from,
            is_cut,
        }
    }

    /// What the renderer made of it, with the column of the file: it knows that of the excerpt only.
    fn in_place(&self, shown: &str, name: &str, finding: &Finding) -> String {
        if !self.is_cut {
            return shown.to_owned();
        }
        let (line, column) = (finding.span.line, finding.span.column);
        let here = 1 + self.text[..self.marked.start].chars().count();
        let place = |column: usize| format!("{name}:{line}:{column}\n");
        shown.replacen(&place(here), &place(column as usize), 1)
    }

    /// Whether a label can stand beside what is marked; otherwise it would be broken anywhere.
    fn has_room(&self, label: &str, room: usize) -> bool {
        let width = |text: &str| measure_text_width(text) + TAB * text.matches('\t').count();
        let first = |text: &'s str| text.lines().next().unwrap_or_default();
        let marked = width(first(&self.text[self.marked.clone()]));
        let label = 1 + measure_text_width(label);
        // Of a line that is too long, as much is cut at its beginning as there is need for.
        if width(first(self.text)) > room {
            return ELLIPSES + marked + label <= room;
        }
        width(&self.text[..self.marked.start]) + marked + label <= room
    }
}

/// What a finding says, in lines that fit.
struct Words {
    title: String,
    label: Option<String>,
    helps: Vec<String>,
}

impl Words {
    fn new(finding: &Finding, excerpt: &Excerpt<'_>, columns: Option<usize>) -> Self {
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
        if let Some(label) = words.label.take_if(|label| !excerpt.has_room(label, room)) {
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

fn group<'a>(
    name: &'a str,
    excerpt: &Excerpt<'a>,
    finding: &'a Finding,
    words: &'a Words,
) -> Group<'a> {
    let level = match finding.level {
        connect_validator::Level::Error => Level::ERROR,
        connect_validator::Level::Warning => Level::WARNING,
        connect_validator::Level::Info => Level::INFO,
    };
    let mut annotation = AnnotationKind::Primary.span(excerpt.marked.clone());
    if let Some(label) = &words.label {
        annotation = annotation.label(label);
    }
    let snippet = Snippet::source(excerpt.text).path(name);
    let snippet = snippet.line_start(finding.span.line as usize);
    let group = level
        .primary_title(&words.title)
        .id(finding.code)
        .element(snippet.annotation(annotation));
    let helps = words.helps.iter();
    helps.fold(group, |group, help| {
        group.element(Level::HELP.message(help))
    })
}

/// Bytes before and after what is marked that are shown at most; the renderer cuts what does not fit.
const REACH: usize = 4096;

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

    use super::render;
    use crate::ui::{Ui, Verbosity};

    fn ui(columns: usize) -> Ui {
        Ui {
            animated: false,
            color: false,
            columns: Some(columns),
            signs: false,
            interactive: false,
            json: false,
            verbosity: Verbosity::Normal,
        }
    }

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
            let text = render(&ui(columns), "a.json", &source, &report);
            for line in text.lines() {
                let width = console::measure_text_width(line);
                assert!(width <= columns, "{width} > {columns}: {line}\n{text}");
            }
        }
    }

    /// A minified file is one line, and only what is around a finding is given to the renderer.
    #[test]
    fn places_in_a_very_long_line_are_those_of_the_file() {
        let filler = "ä".repeat(10_000);
        let source = format!(
            "{{ \"name\": \"{filler}\", \"scopes\": [\"RAED\"], \"links\": 1, \"x\": \"{filler}\" }}"
        );
        let report = check(&source, &Options::default());
        let text = render(&ui(80), "a.json", &source, &report);
        let at = source.chars().position(|c| c == 'R').unwrap();
        let lines: Vec<_> = text
            .lines()
            .skip_while(|line| !line.contains("scope/unknown"))
            .collect();
        assert_eq!(lines[1], format!(" --> a.json:1:{at}"), "{text}");
        assert!(lines[3].contains("\"scopes\": [\"RAED\"]"), "{text}");
    }
}
