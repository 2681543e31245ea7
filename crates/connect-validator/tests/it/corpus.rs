//! Every descriptor at hand, ours against the peer's verdict.
//!
//! `CONNECT_DESCRIPTORS` names a folder of descriptors with an `index.json` that says what the peer validator
//! makes of each. Without one, our own fixtures are read.

use std::path::{Path, PathBuf};

use connect_validator::{Finding, Level, Options, Product, check, fix};
use serde_json::Value;

pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) source: String,
    /// Places (JSON pointers) of the peer's errors, per schema it was run with.
    peer: Vec<Vec<(String, String)>>,
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test reads its samples from disk"
)]
#[expect(
    clippy::print_stdout,
    reason = "says what is read when the usual samples are not there"
)]
pub(crate) fn samples() -> Vec<Sample> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = std::env::var_os("CONNECT_DESCRIPTORS").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| root.join("../shared/data/descriptors"));
    let read = |path: &Path| std::fs::read_to_string(path).expect("a readable sample");
    if !folder.join("index.json").is_file() {
        let own = root.join("tests/fixtures/descriptors");
        println!(
            "no descriptors at {}: reading our own at {}",
            folder.display(),
            own.display()
        );
        return files(&own)
            .into_iter()
            .map(|path| Sample {
                name: path.display().to_string(),
                source: read(&path),
                peer: Vec::new(),
            })
            .collect();
    }
    let index: Value = serde_json::from_str(&read(&folder.join("index.json"))).expect("an index");
    let entries = index.as_array().expect("a list");
    let sample = |entry: &Value| {
        let name = entry["file"].as_str().expect("a file name").to_owned();
        let runs = entry["peer"].as_array().cloned().unwrap_or_default();
        let errors = |run: &Value| {
            let errors = run["errors"].as_array().cloned().unwrap_or_default();
            errors
                .iter()
                .map(|e| {
                    (
                        pointer(e["module"].as_str().unwrap_or_default()),
                        e.to_string(),
                    )
                })
                .collect()
        };
        Sample {
            source: read(&folder.join(&name)),
            name,
            peer: runs.iter().map(errors).collect(),
        }
    };
    entries.iter().map(sample).collect()
}

pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)
            .expect("a folder of fixtures")
            .flatten()
        {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "json") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// `modules.webPanels[0].key` as a JSON pointer.
fn pointer(path: &str) -> String {
    if path == "Root" {
        return String::new();
    }
    let path = path.replace('[', ".").replace(']', "");
    path.split('.')
        .filter(|step| !step.is_empty())
        .map(|step| format!("/{step}"))
        .collect()
}

/// Whether the finding is at the place of the peer's error, or at what contains it.
fn meets(finding: &Finding, at: &str) -> bool {
    finding.level == Level::Error
        && (finding.pointer == at || at.starts_with(&format!("{}/", finding.pointer)))
}

/// Why an error of the peer is not one of ours: the peer is wrong there.
fn peer_is_wrong(product: Option<Product>, at: &str, text: &str) -> Option<&'static str> {
    if product == Some(Product::Bitbucket) {
        return Some("held against the schema of another product");
    }
    if at == "/vendor/url" && text.contains("uri") {
        return Some("the schema's own pattern takes an empty vendor URL, a host does too");
    }
    None
}

/// Errors that the peer has no rule for, and why they are errors: a host refuses the file.
const BEYOND_THE_PEER: &[(&str, &str)] = &[
    (
        "auth/installed-missing",
        "`connect.install.error.auth.with.no.installed.callback`",
    ),
    (
        "base-url/invalid",
        "`connect.install.error.base_url.no_scheme`: the peer takes an empty one",
    ),
    (
        "condition/empty",
        "the peer's schema takes any object for a condition",
    ),
    (
        "descriptor/duplicate-key",
        "readers do not agree which of two values counts",
    ),
    (
        "descriptor/syntax",
        "`connect.invalid.descriptor.malformed.json`",
    ),
    (
        "module/unknown-type",
        "`connect.install.error.unknown.module`",
    ),
    (
        "module/wrong-product",
        "`connect.install.error.unknown.module`",
    ),
    (
        "webhook/needs-read",
        "`connect.install.error.missing.scope`",
    ),
];

/// No error without need: what the peer takes, we refuse for reasons that can be named, and no others.
#[test]
fn what_only_we_refuse_a_host_refuses() {
    let (mut refused, mut unfounded) = (0, Vec::new());
    for sample in samples() {
        let report = check(&sample.source, &Options::default());
        let is_judged = !sample.peer.is_empty() && sample.peer.iter().all(Vec::is_empty);
        if report.is_ok() || !is_judged {
            continue;
        }
        refused += 1;
        for error in report.findings.iter().filter(|f| f.level == Level::Error) {
            let (name, message) = (&sample.name, &error.message);
            match BEYOND_THE_PEER.iter().find(|(code, _)| *code == error.code) {
                Some((_, why)) => println!("{name}: {message}: {why}"),
                None => unfounded.push(format!("{name}: {}: {message}", error.code)),
            }
        }
    }
    println!("{refused} files that only we refuse");
    assert!(unfounded.is_empty(), "{unfounded:#?}");
}

#[test]
fn every_error_of_the_peer_is_ours_too_or_wrong() {
    let samples = samples();
    assert!(!samples.is_empty());
    let (mut ours_only, mut theirs, mut wrong, mut missed) = (0, 0, 0, Vec::new());
    println!(
        "{:10} {:>12} {:>6} {:>8}  peer errors",
        "file", "product", "errors", "warnings"
    );
    for sample in &samples {
        let report = check(&sample.source, &Options::default());
        let line = serde_json::to_string(&report).expect("a report is JSON");
        assert!(!line.contains('\n'));
        let product = report.product.map_or("", Product::name);
        let counts: Vec<_> = sample.peer.iter().map(Vec::len).collect();
        println!(
            "{:10} {product:>12} {:>6} {:>8}  {counts:?}",
            sample.name,
            report.errors(),
            report.warnings()
        );
        if sample.peer.iter().all(Vec::is_empty) && !report.is_ok() {
            ours_only += 1;
        }
        // A file for two products was held against both schemas; ours are those that both know.
        let every = |at: &str| {
            sample
                .peer
                .iter()
                .all(|run| run.iter().any(|(place, _)| place == at))
        };
        for (at, text) in sample.peer.iter().flatten().filter(|(at, _)| every(at)) {
            theirs += 1;
            if report.findings.iter().any(|finding| meets(finding, at)) {
                continue;
            }
            match peer_is_wrong(report.product, at, text) {
                Some(why) => {
                    wrong += 1;
                    println!("           {at}: {why}");
                }
                None => missed.push(format!("{} {at}: {text}", sample.name)),
            }
        }
    }
    println!(
        "{} files; {theirs} errors of the peer: {wrong} of them wrong, {} missed here; {ours_only} files with errors only we report",
        samples.len(),
        missed.len()
    );
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn fixes_of_every_sample_parse_and_leave_fewer_findings() {
    let mut fixed_files = 0;
    for sample in samples() {
        let before = check(&sample.source, &Options::default());
        let (text, applied) = fix::apply(&sample.source, &before.findings);
        if applied == 0 {
            continue;
        }
        fixed_files += 1;
        let after = check(&text, &Options::default());
        let syntax = after
            .findings
            .iter()
            .any(|finding| finding.code == "descriptor/syntax");
        let had_syntax = before
            .findings
            .iter()
            .any(|finding| finding.code == "descriptor/syntax");
        assert!(!syntax || had_syntax, "{}: {text}", sample.name);
        assert!(
            after.fixable() < before.fixable(),
            "{}: {:#?}",
            sample.name,
            after.findings
        );
        assert!(
            after.findings.len() < before.findings.len(),
            "{}: {:#?}",
            sample.name,
            after.findings
        );
    }
    println!("{fixed_files} files with fixes");
}
