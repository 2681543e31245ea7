//! Any text as a schema, held against a descriptor and against itself: it ends, and every place lies in the text.
#![no_main]

use connect_validator::codes::Subject;
use connect_validator::{CustomSchema, Options};
use libfuzzer_sys::fuzz_target;

const DESCRIPTOR: &str = include_str!("../../tests/fixtures/descriptors/valid/scope-double.json");

fuzz_target!(|schema: &str| {
    let Ok(ready) = CustomSchema::parse(schema) else {
        return;
    };
    for text in [DESCRIPTOR, schema] {
        for finding in ready.check(text, Subject::Descriptor, &Options::default()) {
            let span = finding.span;
            assert!(text.get(span.start..span.end).is_some(), "{finding:?}");
            assert!(!finding.message.contains(char::is_control), "{finding:?}");
        }
    }
});
