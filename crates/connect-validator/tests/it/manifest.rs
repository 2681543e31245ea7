//! `manifest.yml` of Forge.
//!
//! `CONNECT_MANIFESTS` names a folder of manifests with the verdicts of Forge's own checks; without one, and
//! without the default, only our own fixtures are judged. `CONNECT_BLESS=1` writes the list of findings anew.

use std::path::{Path, PathBuf};

use connect_validator::codes::{self, Code, Subject};
use connect_validator::{Finding, Level, Options, Report, check_manifest, fix};

use crate::assert_reviewed;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/manifests")
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test reads its fixtures from disk"
)]
fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn fixture(kind: &str, code: &Code) -> String {
    let name = code.id.replace('/', "-") + ".yml";
    read(&folder().join(kind).join(name))
}

fn manifest_codes() -> impl Iterator<Item = &'static Code> {
    let all = codes::ALL.iter().copied();
    all.filter(|code| code.subject() == Subject::Manifest)
}

fn judge(text: &str) -> Report {
    check_manifest(text, &Options::default())
}

fn line(finding: &Finding) -> String {
    let span = finding.span;
    let label = finding.label.as_ref().or(finding.help.as_ref());
    let label = label.map_or_else(String::new, |label| format!(" ({label})"));
    format!(
        "{}:{}-{}:{}: {}[{}] {}: {}{label}",
        span.line,
        span.column,
        span.end_line,
        span.end_column,
        finding.level,
        finding.code,
        finding.pointer,
        finding.message
    )
}

#[test]
fn every_code_is_found_in_its_wrong_manifest_and_not_in_its_right_one() {
    for code in manifest_codes() {
        let wrong = judge(&fixture("invalid", code));
        assert!(
            wrong.findings.iter().any(|found| found.code == code.id),
            "{}: {:?}",
            code.id,
            wrong.findings
        );
        let right = judge(&fixture("valid", code));
        assert_eq!(right.findings, [], "{}", code.id);
    }
}

#[test]
fn findings_of_the_wrong_manifests_are_as_listed() {
    let mut list = String::new();
    for code in manifest_codes() {
        for finding in judge(&fixture("invalid", code)).findings {
            list += &format!("{}.yml:{}\n", code.id.replace('/', "-"), line(&finding));
        }
    }
    assert_reviewed(&folder().join("findings.txt"), &list);
}

/// What we refuse and Forge's own checks let pass.
const BEYOND_FORGE: [&str; 3] = [
    "negative/http.yml",
    "negative/no-token-scope.yml",
    "negative/webhook-nokey.yml",
];

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test is told by its environment where to find manifests"
)]
fn verdicts_are_those_of_forge_and_three_more() {
    let given = std::env::var_os("CONNECT_MANIFESTS").map(PathBuf::from);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = given.unwrap_or_else(|| root.join("../../../shared/data/golden-manifests"));
    let verdicts = folder.join("EXPECTED.json");
    if !verdicts.is_file() {
        println!(
            "no {}: only our own manifests are judged",
            verdicts.display()
        );
        return;
    }
    let verdicts: serde_json::Value = serde_json::from_str(&read(&verdicts)).expect("JSON");
    let mut judged = 0;
    for (name, verdict) in verdicts.as_object().expect("an object") {
        let path = folder.join(name);
        if path.extension().is_none_or(|extension| extension != "yml") {
            continue;
        }
        let report = judge(&read(&path));
        let found: Vec<String> = report.findings.iter().map(line).collect();
        let good = verdict["success"] == true && !BEYOND_FORGE.contains(&name.as_str());
        println!("{name}: {found:#?}");
        assert_eq!(report.is_ok(), good, "{name}: {found:?}");
        if !good {
            // Each of them has one mistake.
            assert_eq!(report.errors(), 1, "{name}: {found:?}");
        }
        // For those that we alone refuse, its warnings are not recorded.
        if let Some(errors) = verdict["errors"].as_array() {
            let warned = errors.iter().any(|error| error["level"] == "warning");
            assert_eq!(report.warnings() > 0, warned, "{name}: {found:?}");
        }
        judged += 1;
    }
    assert!(judged >= 15, "{judged} manifests");
}

#[test]
fn every_cut_and_every_change_of_a_manifest_is_survived() {
    let code = codes::find("manifest/missing-field").expect("a code");
    let text = fixture("invalid", code);
    let noises = [
        "\u{feff}", "&a ", "*a", "{", "]", "- ", "? ", "|", "ü: ", "\t", "!!int ",
    ];
    for (at, _) in text.char_indices() {
        judge(&text[..at]);
        let noise = noises[at % noises.len()];
        let changed = format!("{}{noise}{}", &text[..at], &text[at..]);
        for finding in judge(&changed).findings {
            let span = finding.span.start..finding.span.end;
            assert!(changed.get(span).is_some(), "{changed}");
        }
    }
}

#[test]
fn bodies_are_held_against_the_tables_of_descriptors() {
    let code = codes::find("manifest/missing-field").expect("a code");
    let text = fixture("valid", code).replace(
        "connectModules:\n",
        "connectModules:
  jira:webItems:
    - key: item
      url: /item
      nme: { value: Item }
      location: system.top.navigation.bar
      conditions: [{ condition: user_is_loged_in }]
",
    );
    let report = judge(&text);
    let found: Vec<_> = report
        .findings
        .iter()
        .map(|f| (f.code, f.span.line, f.span.column, f.level))
        .collect();
    assert_eq!(
        found,
        [
            ("descriptor/missing-field", 19, 7, Level::Error),
            ("condition/unknown", 21, 33, Level::Warning),
        ],
        "{:?}",
        report.findings
    );
    assert_eq!(fix::apply(&text, &report.findings).1, 0);
}
