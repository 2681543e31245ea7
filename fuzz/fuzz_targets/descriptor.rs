//! Any text as a descriptor or as settings: it is judged to its end, and every place lies in the text.
#![no_main]

use connect_validator::{Options, Report, check, check_config, check_credentials};
use libfuzzer_sys::fuzz_target;

fn sound(text: &str, report: &Report) {
    for finding in &report.findings {
        let span = finding.span;
        assert!(text.get(span.start..span.end).is_some(), "{finding:?}");
        assert!(span.line >= 1 && span.column >= 1, "{finding:?}");
        assert!(!finding.message.contains(char::is_control), "{finding:?}");
        for edit in finding.fix.iter().flat_map(|fix| &fix.edits) {
            assert!(text.get(edit.start..edit.end).is_some(), "{finding:?}");
        }
    }
    assert!(report.findings.is_sorted_by_key(|finding| finding.span.start));
}

fuzz_target!(|text: &str| {
    sound(text, &check(text, &Options::default()));
    sound(text, &check_config(text));
    sound(text, &check_credentials(text));
});
