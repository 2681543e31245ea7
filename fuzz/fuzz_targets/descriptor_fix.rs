//! Fixes of any text: what they leave is JSON, and has fewer findings.
#![no_main]

use connect_validator::{Options, check, fix};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let options = Options::default();
    let before = check(text, &options);
    let (mut better, applied) = fix::apply(text, &before.findings);
    if applied == 0 {
        assert_eq!(better, text);
        return;
    }
    let mut after = check(&better, &options);
    for _ in 0..10 {
        let (next, applied) = fix::apply(&better, &after.findings);
        if applied == 0 {
            break;
        }
        better = next;
        after = check(&better, &options);
    }
    let unreadable = after.findings.iter().find(|found| found.code == "descriptor/syntax");
    assert!(unreadable.is_none(), "{unreadable:?} in {better:?}");
    let count = |report: &connect_validator::Report| report.findings.len() + report.omitted;
    assert!(count(&after) < count(&before), "{better:?}: {:?}", after.findings);
});
