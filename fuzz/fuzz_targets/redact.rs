//! Any text: redacting twice is redacting once, and a token in it is gone.
#![no_main]

use connect_core::redact::redact;
use libfuzzer_sys::fuzz_target;

const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJhIn0.bm90IGEgc2lnbmF0dXJl";

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let once = redact(text);
    assert_eq!(redact(&once), once);
    let middle = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let with_token = redact(&format!("{}{TOKEN}{}", &text[..middle], &text[middle..]));
    for piece in [&TOKEN[10..26], &TOKEN[TOKEN.len() - 16..]] {
        // A text may have such a piece of its own, which alone is no token.
        assert!(text.contains(piece) || !with_token.contains(piece));
    }
});
