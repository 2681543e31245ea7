//! The page that explains every kind of finding is made from the table of codes.
//!
//! `CONNECT_BLESS=1` writes it anew.

use std::path::Path;

use connect_validator::codes::{self, Code};

use crate::assert_reviewed;

#[test]
fn the_page_of_findings_explains_every_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/findings.md");
    let mut page = String::from(INTRODUCTION);
    codes::ALL.iter().for_each(|code| page += &section(code));
    assert_reviewed(&path, &page);
}

fn section(code: &Code) -> String {
    let mut text = format!("\n## {}\n\n{}: {}.\n\n", code.id, code.level, code.title);
    // One sentence per line.
    text += &code.explanation.replace(". ", ".\n");
    text.push('\n');
    if let Some(host) = code.host_error {
        text += &format!("The host refuses it with `{host}`.\n");
    }
    text
}

const INTRODUCTION: &str = "# Findings

What `connect validate` can say about a file, sorted by code.
`connect explain CODE` prints the same text offline.
The level given is the usual one; a finding may have a lower one where a host would let it pass.
This page is made from the table of codes in `connect-validator`.
";
