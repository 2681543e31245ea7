//! Any text as a token: it is refused or has exactly one spelling, and a stranger's key never holds.
#![no_main]

use connect_core::{
    jws::{Compact, VerifyingKey},
    keys::HmacKey,
    qsh::RequestLine,
    token_place,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    // As it stands, and as an attacker may hide it in a request.
    let header = format!("JWT {text}");
    for form in [None, Some(data)] {
        let request = RequestLine { method: "POST", target: text, form };
        let _ = token_place::find([header.as_str()], &request);
    }
    let Ok(compact) = Compact::parse(text) else {
        return;
    };
    assert_eq!(text.bytes().filter(|b| *b == b'.').count(), 2);
    assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)));
    let _ = compact.kid();
    let key = HmacKey::from_bytes(b"a key that no input was signed with");
    assert!(compact.verify(VerifyingKey::Hmac(&key)).is_err());
});
