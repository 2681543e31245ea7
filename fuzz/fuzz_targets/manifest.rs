//! Any text as a manifest: it is judged to its end, and every place lies in the text.
#![no_main]

use connect_validator::{Options, check_manifest};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for finding in check_manifest(text, &Options::default()).findings {
        let span = finding.span;
        assert!(text.get(span.start..span.end).is_some(), "{finding:?}");
        assert!(finding.fix.is_none(), "{finding:?}");
    }
});
