//! Findings for programs: JSON, SARIF, problem matchers of editors, annotations of GitHub.

use clap::ValueEnum;
use connect_validator::Finding;
use connect_validator::codes::{self, Code};
use serde_json::{Value, json};

use super::{Checked, level_in};

/// How findings are written. The variants have no doc comments, so that the help stays brief.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    // Workflow commands of GitHub Actions.
    Github,
    // With the lines they are about, for people.
    #[default]
    Human,
    // One JSON object.
    Json,
    // SARIF 2.1.0, for code scanning.
    Sarif,
    // `file:line:column: level[code]: message`, for editors.
    Short,
}

impl Format {
    /// All of the data that goes to stdout; none for people or if there is nothing to say.
    ///
    /// Editors and code scanning get no notices: those stand at no line, and nobody can make them go away.
    pub(super) fn write(self, files: &[Checked], notices: &[&Code], ok: bool) -> Option<String> {
        let text = match self {
            Self::Github => lines(files, github),
            Self::Human => return None,
            Self::Json => as_json(files, notices, ok).to_string(),
            Self::Sarif => sarif(files).to_string(),
            Self::Short => lines(files, short),
        };
        Some(text).filter(|text| !text.is_empty())
    }
}

/// Findings without the lines they are about.
pub(super) fn for_people(file: &Checked) -> String {
    let lines = file
        .report
        .findings
        .iter()
        .map(|finding| short(&file.name, finding) + "\n");
    lines.collect()
}

fn lines(files: &[Checked], line: fn(&str, &Finding) -> String) -> String {
    let of_file = |file: &Checked| {
        let lines = file
            .report
            .findings
            .iter()
            .map(|finding| line(&file.name, finding));
        lines.collect::<Vec<_>>()
    };
    files
        .iter()
        .flat_map(of_file)
        .collect::<Vec<_>>()
        .join("\n")
}

fn short(file: &str, finding: &Finding) -> String {
    let span = finding.span;
    let label = finding
        .label
        .as_ref()
        .map_or_else(String::new, |label| format!(" ({label})"));
    format!(
        "{file}:{}:{}: {}[{}]: {}{label}",
        span.line, span.column, finding.level, finding.code, finding.message
    )
}

/// Workflow commands, as the documentation of GitHub Actions has them.
fn github(file: &str, finding: &Finding) -> String {
    let span = finding.span;
    let level = level_in(finding.level, "notice");
    let label = finding
        .label
        .as_ref()
        .map_or_else(String::new, |label| format!(": {label}"));
    format!(
        "::{level} file={},line={},col={},endLine={},endColumn={},title={}::{}",
        escape(file, true),
        span.line,
        span.column,
        span.end_line,
        span.end_column,
        escape(finding.code, true),
        escape(&format!("{}{label}", finding.message), false),
    )
}

/// The characters that would end a message or a property.
fn escape(text: &str, property: bool) -> String {
    let text = text
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A");
    match property {
        true => text.replace(':', "%3A").replace(',', "%2C"),
        false => text,
    }
}

fn as_json(files: &[Checked], notices: &[&Code], ok: bool) -> Value {
    let finding = |finding: &Finding| {
        let span = finding.span;
        json!({
            "code": finding.code, "level": finding.level, "message": finding.message,
            "pointer": finding.pointer, "line": span.line, "col": span.column,
            "endLine": span.end_line, "endCol": span.end_column,
            "label": finding.label, "help": finding.help, "fix": finding.fix,
            "hostError": codes::find(finding.code).and_then(|code| code.host_error),
            "url": page(finding.code),
        })
    };
    let file = |file: &Checked| {
        let findings: Vec<Value> = file.report.findings.iter().map(finding).collect();
        json!({ "path": file.name, "product": file.report.product, "findings": findings })
    };
    let files: Vec<Value> = files.iter().map(file).collect();
    let notice = |code: &&Code| {
        json!({
            "code": code.id, "level": code.level, "message": code.title, "url": page(code.id),
        })
    };
    let notices: Vec<Value> = notices.iter().map(notice).collect();
    json!({ "version": 1, "ok": ok, "files": files, "notices": notices })
}

/// Where the code is explained, relative to the documentation.
fn page(code: &str) -> String {
    format!("docs/findings.md#{}", code.replace('/', ""))
}

/// A log of the format SARIF 2.1.0.
fn sarif(files: &[Checked]) -> Value {
    let found = || {
        files
            .iter()
            .flat_map(|file| file.report.findings.iter().map(move |f| (file, f)))
    };
    let mut used: Vec<&str> = found().map(|(_, finding)| finding.code).collect();
    used.sort_unstable();
    used.dedup();
    let rule = |code: &&str| {
        let code = codes::find(code)?;
        Some(json!({
            "id": code.id,
            "shortDescription": { "text": code.title },
            "fullDescription": { "text": code.explanation },
            "defaultConfiguration": { "level": level_in(code.level, "note") },
        }))
    };
    let rules: Vec<Value> = used.iter().filter_map(rule).collect();
    let result = |(file, finding): (&Checked, &Finding)| {
        let span = finding.span;
        let label = finding
            .label
            .as_ref()
            .map_or_else(String::new, |label| format!(": {label}"));
        json!({
            "ruleId": finding.code,
            "level": level_in(finding.level, "note"),
            "message": { "text": format!("{}{label}", finding.message) },
            "locations": [{ "physicalLocation": {
                "artifactLocation": { "uri": file.name },
                "region": {
                    "startLine": span.line, "startColumn": span.column,
                    "endLine": span.end_line, "endColumn": span.end_column,
                },
            } }],
        })
    };
    let results: Vec<Value> = found().map(result).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "columnKind": "unicodeCodePoints",
            "tool": { "driver": {
                "name": "connect", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules,
            } },
            "results": results,
        }],
    })
}
