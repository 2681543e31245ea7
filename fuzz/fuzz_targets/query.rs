//! Any request target and form: signing and verifying agree, within bounds.
#![no_main]

use connect_core::qsh::{self, Qsh, RequestLine};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (target, form) = match data.iter().position(|b| *b == 0) {
        Some(at) => (&data[..at], Some(&data[at + 1..])),
        None => (data, None),
    };
    let Ok(target) = std::str::from_utf8(target) else {
        return;
    };
    for base in ["", "/wiki", "/a/b"] {
        let request = RequestLine { method: "GET", target, form };
        let signed = Qsh::sign(&request, base);
        let candidates = qsh::candidates(&request, [base]);
        if let (Ok(signed), Ok(candidates)) = (&signed, &candidates) {
            assert!(qsh::matches(signed.as_str(), &request, [base]).unwrap());
            assert!(candidates.len() <= 8, "{candidates:?}");
        }
        // A form may be broken where the target is not, never the other way round.
        assert!(signed.is_ok() || candidates.is_err());
        assert!(!qsh::matches("context-qsh", &request, [base]).unwrap_or(false));
    }
});
