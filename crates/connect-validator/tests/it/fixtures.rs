//! One wrong and one right descriptor for every kind of finding.
//!
//! `CONNECT_BLESS=1` writes the list of findings anew.

use std::path::{Path, PathBuf};

use connect_validator::{Options, check, codes};

use crate::assert_reviewed;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/descriptors")
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test reads its fixtures from disk"
)]
fn read(kind: &str, id: &str) -> String {
    let path = folder()
        .join(kind)
        .join(format!("{}.json", id.replace('/', "-")));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The codes that a descriptor can have, without the one for files of several megabytes and the one that takes a
/// schema besides.
fn descriptor_codes() -> impl Iterator<Item = &'static codes::Code> {
    let all = codes::ALL.iter().copied();
    all.filter(|code| {
        !["descriptor/too-large", "schema/violation"].contains(&code.id)
            && code.subject() == codes::Subject::Descriptor
    })
}

#[test]
fn every_code_is_found_in_its_wrong_fixture_and_not_in_its_right_one() {
    for code in descriptor_codes() {
        let wrong = check(&read("invalid", code.id), &Options::default());
        let found = wrong.findings.iter().map(|finding| finding.code);
        let found: Vec<_> = found.chain(wrong.notices).collect();
        assert!(
            found.contains(&code.id),
            "{} is not among {found:?}",
            code.id
        );
        let right = check(&read("valid", code.id), &Options::default());
        assert!(right.is_ok(), "{}: {:?}", code.id, right.findings);
        let mut found = right.findings.iter().map(|finding| finding.code);
        assert!(
            found.all(|found| found != code.id) && !right.notices.contains(&code.id),
            "{}",
            code.id
        );
    }
}

#[test]
fn findings_of_the_wrong_fixtures_are_as_listed() {
    let mut list = String::new();
    for code in descriptor_codes() {
        for finding in check(&read("invalid", code.id), &Options::default()).findings {
            let name = code.id.replace('/', "-");
            let span = finding.span;
            list += &format!(
                "{name}.json:{}:{}-{}:{}: {}[{}]: {}\n",
                span.line,
                span.column,
                span.end_line,
                span.end_column,
                finding.level,
                finding.code,
                finding.message
            );
            for (what, text) in [
                ("label", finding.label),
                ("help", finding.help),
                ("fix", finding.fix.map(|f| f.description)),
            ] {
                if let Some(text) = text {
                    list += &format!("    {what}: {text}\n");
                }
            }
        }
    }
    assert_reviewed(&folder().join("findings.txt"), &list);
}

#[test]
fn no_fixture_is_left_without_a_code() {
    for kind in ["invalid", "valid"] {
        for entry in std::fs::read_dir(folder().join(kind))
            .expect("fixtures")
            .flatten()
        {
            let name = entry.file_name().to_string_lossy().into_owned();
            let id = name.trim_end_matches(".json").to_owned();
            assert!(
                descriptor_codes().any(|code| code.id.replace('/', "-") == id),
                "{kind}/{name}"
            );
        }
    }
}
