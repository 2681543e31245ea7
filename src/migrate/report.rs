//! What people read: a table for each kind of part, what differs, and what to do next.

use std::collections::{HashMap, HashSet};

use anstyle::{AnsiColor, Style};
use connect_validator::{Carried, Fit, Migration, Part, Product, Step};
use console::measure_text_width;
use serde::Serialize;

use crate::check::count;
use crate::project::MANIFEST;
use crate::ui::{Ui, wrap};

/// Something to do, in its order.
#[derive(Debug, Serialize)]
pub(super) struct Next {
    /// What to type; empty for what is done elsewhere.
    command: String,
    why: String,
}

/// The text without what a terminal would obey.
pub(super) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// `3 modules, 1 webhook: 4 automatic, 1 impossible`
pub(super) fn counts(migration: &Migration) -> String {
    let of = |part| {
        migration
            .steps
            .iter()
            .filter(|step| step.part == part)
            .count()
    };
    let (modules, webhooks) = (of(Part::Module), of(Part::Webhook));
    let mut text = count(modules, "module");
    if webhooks > 0 {
        text += &format!(", {}", count(webhooks, "webhook"));
    }
    let lost = migration.steps.iter().filter(|step| {
        step.carried == Carried::Impossible && matches!(step.part, Part::Module | Part::Webhook)
    });
    match lost.count() {
        0 => text,
        lost => format!("{text}, {lost} of them impossible"),
    }
}

/// The tables, one for each kind of part that the descriptor has.
pub(super) fn tables(migration: &Migration, ui: &Ui) -> String {
    let mut text = String::new();
    for (part, title, place) in PARTS {
        let steps = migration.steps.iter().filter(|step| step.part == part);
        let rows: Vec<_> = steps.map(Row::new).collect();
        if !rows.is_empty() {
            text.push('\n');
            text += &table(title, place, &rows, ui);
        }
    }
    text
}

/// The kinds of parts, their titles, and what stands in the column of places.
const PARTS: [(Part, &str, &str); 6] = [
    (Part::Module, "MODULE", "OF FORGE ITSELF"),
    (Part::Webhook, "WEBHOOK", "OF FORGE ITSELF"),
    (Part::Lifecycle, "LIFECYCLE", "OF FORGE ITSELF"),
    (Part::Scope, "SCOPE", "IN THE MANIFEST"),
    (Part::Field, "FIELD", "IN THE MANIFEST"),
    (Part::Placeholder, "PLACEHOLDER", "IN THE MANIFEST"),
];

/// A step as a line.
struct Row {
    name: String,
    key: String,
    carried: Carried,
    places: Vec<String>,
    fit: Option<Fit>,
    note: Option<String>,
}

impl Row {
    fn new(step: &Step) -> Self {
        let of_forge = matches!(step.part, Part::Lifecycle | Part::Module | Part::Webhook);
        let to = step.to.as_deref().map(|to| match to.split_once(": ") {
            Some((_, scope)) => clean(scope),
            None => clean(to),
        });
        Self {
            name: short(&step.name, LONGEST_NAME),
            key: short(step.key.as_deref().unwrap_or_default(), LONGEST_KEY),
            carried: step.carried,
            places: match of_forge {
                true if step.forge.is_empty() && step.fit.is_some() => vec!["-".to_owned()],
                true => step.forge.iter().map(|name| (*name).to_owned()).collect(),
                false => to.into_iter().collect(),
            },
            fit: step.fit,
            note: step.note.as_deref().map(clean),
        }
    }
}

/// Columns that a name or a key may take before it is cut.
const LONGEST_NAME: usize = 44;
const LONGEST_KEY: usize = 32;

fn short(text: &str, most: usize) -> String {
    let text = clean(text);
    match measure_text_width(&text) > most {
        true => console::truncate_str(&text, most, "…").into_owned(),
        false => text,
    }
}

/// A table, as wide as the terminal: where that is too narrow, what is of Forge stands below its row.
fn table(title: &str, place: &str, rows: &[Row], ui: &Ui) -> String {
    let widest = |of: &dyn Fn(&Row) -> usize| rows.iter().map(of).max().unwrap_or_default();
    let name = widest(&|row| measure_text_width(&row.name)).max(title.len());
    let mut key = widest(&|row| measure_text_width(&row.key));
    let places = widest(&|row| {
        let widths = row.places.iter().map(|place| measure_text_width(place));
        widths.max().unwrap_or_default()
    });
    let fit = widest(&|row| row.fit.map_or(0, |fit| fit_word(fit).len()));
    let before = 3 + ui.mark_width();
    let narrow = |key: usize| before + name + 2 + key + 2 + NOW;
    let wide = |key: usize| narrow(key) + 2 + places + 2 + fit;
    let room = ui.columns.unwrap_or(usize::MAX);
    let cut = |most: usize| key.min(room.saturating_sub(most)).max(key.min(LEAST_KEY));
    let stacked = wide(cut(wide(0))) > room;
    key = cut(if stacked { narrow(0) } else { wide(0) });
    let arrow = if ui.signs { "→" } else { "->" };
    let dim = Style::new().dimmed();
    let heads = match (key, stacked) {
        (0, true) => format!("{title:name$}  NOW"),
        (0, false) => format!("{title:name$}  {:NOW$}  {place}", "NOW"),
        (_, true) => format!("{title:name$}  {:key$}  NOW", "KEY"),
        (_, false) => format!("{title:name$}  {:key$}  {:NOW$}  {place}", "KEY", "NOW"),
    };
    let mut text = format!("{:before$}{dim}{}{dim:#}\n", "", heads.trim_end());
    for row in rows {
        text += &format!("  {} {}", mark(row.carried, ui), padded(&row.name, name));
        if key > 0 {
            text += &format!("  {}", padded(&short(&row.key, key), key));
        }
        let (word, style) = carried_word(row.carried);
        let blanks = NOW - word.len();
        text += &format!("  {style}{word}{style:#}{:blanks$}", "");
        let more = match stacked {
            true => before + 2,
            false => before + name + 2 + if key > 0 { key + 2 } else { 0 } + NOW + 2,
        };
        for (index, one) in row.places.iter().enumerate() {
            if stacked || index > 0 {
                text.truncate(text.trim_end().len());
            }
            text += &match (stacked, index) {
                (true, _) => format!("\n{:more$}{arrow} {one}", ""),
                (false, 0) => format!("  {}", padded(one, places)),
                (false, _) => format!("\n{:more$}{one}", ""),
            };
            if let (0, Some(fit)) = (index, row.fit) {
                let style = fit_style(fit);
                text += &format!("  {style}{}{style:#}", fit_word(fit));
            }
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text + &notes(rows, before, ui)
}

/// What is to be known of rows, each note once, with the names that it is about.
fn notes(rows: &[Row], before: usize, ui: &Ui) -> String {
    let mut all: Vec<(&str, Vec<&str>)> = Vec::new();
    let (mut places, mut seen) = (HashMap::new(), HashSet::new());
    for row in rows {
        let Some(note) = row.note.as_deref() else {
            continue;
        };
        let place = *places.entry(note).or_insert_with(|| {
            all.push((note, Vec::new()));
            all.len() - 1
        });
        if seen.insert((place, row.name.as_str())) {
            all[place].1.push(&row.name);
        }
    }
    let dim = Style::new().dimmed();
    let mut text = String::new();
    for (note, names) in all {
        let line = format!("{}: {note}", names.join(", "));
        let margin = " ".repeat(before + 2);
        let line = wrap(
            &line,
            ui.columns.unwrap_or(WIDEST).min(WIDEST),
            margin.len(),
        );
        let line = line.replace('\n', &format!("\n{margin}"));
        text += &format!("{:before$}{dim}- {line}{dim:#}\n", "");
    }
    text
}

/// What differs afterwards, and what to do next.
pub(super) fn advice(migration: &Migration, next: &[Next], ui: &Ui) -> String {
    let bold = Style::new().bold();
    let columns = ui.columns.unwrap_or(WIDEST).min(WIDEST);
    let mut text = format!("\n{bold}What behaves differently{bold:#}\n");
    for difference in &migration.differences {
        let line = wrap(difference, columns, 4).replace('\n', "\n    ");
        text += &format!("  - {line}\n");
    }
    text += &format!("\n{bold}Next{bold:#}\n");
    let commands = next.iter().map(|next| next.command.len());
    let width = commands.max().unwrap_or_default();
    for Next { command, why } in next {
        let margin = width + 5;
        let why = match columns >= margin + LEAST_WHY {
            true => wrap(why, columns, margin).replace('\n', &format!("\n{:margin$}", "")),
            false => format!(
                "\n      {}",
                wrap(why, columns, 6).replace('\n', "\n      ")
            ),
        };
        let line = format!("  {command:width$}   {why}");
        let lines = line.lines().map(str::trim_end).collect::<Vec<_>>();
        text += &format!("{}\n", lines.join("\n"));
    }
    text
}

/// What to do, in its order.
pub(super) fn next(migration: &Migration, is_there: bool) -> Vec<Next> {
    let next = |command: &str, why: &str| Next {
        command: command.to_owned(),
        why: why.to_owned(),
    };
    let mut all = Vec::new();
    if !is_there {
        all.push(next(
            "connect migrate forge --write",
            &format!("writes {MANIFEST}"),
        ));
    }
    all.push(next(
        "forge register",
        "makes the app of Forge, and puts its id there",
    ));
    let variables: Vec<_> = migration
        .variables
        .iter()
        .map(|name| format!("{name}=…"))
        .collect();
    all.push(next(
        "connect validate manifest",
        "also looks into the Connect modules, which `forge lint` does not",
    ));
    let deploy = match variables.is_empty() {
        true => "to the development environment".to_owned(),
        false => format!(
            "to the development environment, with {} set",
            variables.join(" ")
        ),
    };
    all.push(next("forge deploy", &deploy));
    let product = match migration.product {
        Product::Confluence => "confluence",
        _ => "jira",
    };
    all.push(next(
        &format!("forge install --product {product}"),
        "on a site that does not have the Connect app: a key is installed once",
    ));
    all.push(next(
        "forge deploy -e production",
        "last: before the first time, ask Atlassian's support to keep the app's account, and answer \
         `connectToForgeMigration`, at the end of the manifest",
    ));
    all
}

fn padded(text: &str, width: usize) -> String {
    let blanks = width.saturating_sub(measure_text_width(text));
    format!("{text}{:blanks$}", "")
}

fn mark(carried: Carried, ui: &Ui) -> String {
    let (sign, word, color) = match carried {
        Carried::Automatic => ("✓", "ok", AnsiColor::Green),
        Carried::ByHand => ("!", "hand", AnsiColor::Yellow),
        Carried::Impossible => ("✗", "NO", AnsiColor::Red),
    };
    let style = color.on_default().bold();
    match ui.signs {
        true => format!("{style}{sign}{style:#}"),
        false => format!("{style}{word:<4}{style:#}"),
    }
}

fn carried_word(carried: Carried) -> (&'static str, Style) {
    match carried {
        Carried::Automatic => ("automatic", AnsiColor::Green.on_default()),
        Carried::ByHand => ("by hand", AnsiColor::Yellow.on_default()),
        Carried::Impossible => ("impossible", AnsiColor::Red.on_default()),
    }
}

fn fit_word(fit: Fit) -> &'static str {
    match fit {
        Fit::Caveats => "with caveats",
        Fit::Direct => "direct",
        Fit::None => "none",
        Fit::Preview => "preview",
        Fit::Redesign => "redesign",
    }
}

fn fit_style(fit: Fit) -> Style {
    match fit {
        Fit::Direct => AnsiColor::Green.on_default(),
        Fit::Caveats | Fit::Preview => AnsiColor::Yellow.on_default(),
        Fit::None | Fit::Redesign => AnsiColor::Red.on_default(),
    }
}

/// Columns of the word that says whether a part is carried.
const NOW: usize = 10;

/// Keys are cut to no less than this.
const LEAST_KEY: usize = 12;

/// Room that a reason needs beside its command.
const LEAST_WHY: usize = 24;

/// Texts are no wider than this, on any terminal.
const WIDEST: usize = 100;

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use connect_validator::{Options, migrate};

    use super::*;
    use crate::ui::Verbosity;

    const DESCRIPTOR: &str = r#"{
      "key": "a.b", "baseUrl": "https://a.example", "lifecycle": { "installed": "/i" }, "scopes": ["READ"],
      "modules": {
        "jiraBackgroundScripts": [{ "key": "script", "url": "/s" }],
        "serviceDeskPortalRequestCreatePropertyPanels": [{ "key": "a-key-that-is-as-long-as-some-are", "url": "/s" }],
        "spaceViews": [{ "key": "\u65e5\u672c\u8a9e", "url": "/s" }]
      }
    }"#;

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let migration = migrate(DESCRIPTOR, &Options::default()).unwrap();
        for columns in 80..=130 {
            let ui = Ui {
                color: false,
                json: false,
                verbosity: Verbosity::Normal,
                interactive: false,
                animated: false,
                columns: Some(columns),
                signs: true,
            };
            let next = next(&migration, false);
            let text = tables(&migration, &ui) + &advice(&migration, &next, &ui);
            let text = strip_str(&text).to_string();
            for line in text.lines() {
                assert!(measure_text_width(line) <= columns, "{columns}: {line}");
                assert_eq!(line, line.trim_end());
            }
            assert!(text.contains("jira:issueViewBackgroundScript"), "{text}");
        }
    }
}
