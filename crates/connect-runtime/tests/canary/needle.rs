//! A secret in every spelling in which it could leave.

use std::fmt::Write as _;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};

/// A planted secret.
#[derive(Clone, Debug)]
pub(crate) struct Needle {
    pub(crate) name: String,
    pub(crate) secret: String,
}

impl Needle {
    pub(crate) fn new(name: &str, secret: &str) -> Self {
        assert!(secret.len() >= 16, "{name} could be found by accident");
        Self {
            name: name.to_owned(),
            secret: secret.to_owned(),
        }
    }

    /// The spellings, each with its name. A part of base64 that depends on what stands before or
    /// after the secret is left out.
    pub(crate) fn spellings(&self) -> Vec<(String, String)> {
        let secret = self.secret.as_str();
        let percent = |keep: &dyn Fn(u8) -> bool| {
            secret.bytes().fold(String::new(), |mut text, byte| {
                if keep(byte) {
                    text.push(char::from(byte));
                } else {
                    write!(text, "%{byte:02X}").unwrap();
                }
                text
            })
        };
        let json = serde_json::to_string(secret).unwrap();
        let code_units = secret
            .encode_utf16()
            .fold(String::new(), |text, unit| text + &format!("\\u{unit:04x}"));
        let ascii_json: String = json
            .chars()
            .map(|c| match c.is_ascii() {
                true => c.to_string(),
                false => c
                    .encode_utf16(&mut [0; 2])
                    .iter()
                    .map(|unit| format!("\\u{unit:04x}"))
                    .collect(),
            })
            .collect();
        let debug = format!("{secret:?}");
        let bytes = format!("{:?}", secret.as_bytes());
        let unquoted = |text: &str| text[1..text.len() - 1].to_owned();
        let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
        let mut all = vec![
            ("plain".to_owned(), secret.to_owned()),
            ("percent-encoded".to_owned(), percent(&unreserved)),
            ("percent-encoded, all".to_owned(), percent(&|_| false)),
            (
                "form-encoded".to_owned(),
                percent(&|b| b == b' ' || unreserved(b)).replace(' ', "+"),
            ),
            ("JSON".to_owned(), unquoted(&json)),
            ("JSON, ASCII only".to_owned(), unquoted(&ascii_json)),
            ("JSON, all escaped".to_owned(), code_units),
            ("Debug".to_owned(), unquoted(&debug)),
            ("Debug of the bytes".to_owned(), unquoted(&bytes)),
        ];
        for (alphabet, engine) in [("standard", &STANDARD_NO_PAD), ("URL", &URL_SAFE_NO_PAD)] {
            for before in 0..3_usize {
                let mut bytes = vec![0; before];
                bytes.extend_from_slice(secret.as_bytes());
                let text = engine.encode(&bytes);
                let own = (before * 8).div_ceil(6)..bytes.len() * 8 / 6;
                let name = format!("base64, {alphabet} alphabet, after {before} bytes");
                all.push((name, text[own].to_owned()));
            }
        }
        all
    }

    /// The spellings that are in this text. Percent and `\u` escapes in small or capital digits are
    /// the same, so those are looked for without their case.
    pub(crate) fn find(&self, text: &str) -> Vec<String> {
        let small = text.to_ascii_lowercase();
        self.spellings()
            .into_iter()
            .filter(|(_, spelling)| {
                text.contains(spelling.as_str())
                    || (spelling.contains(['%', '\\'])
                        && small.contains(&spelling.to_ascii_lowercase()))
            })
            .map(|(name, _)| format!("{} ({name})", self.name))
            .collect()
    }
}

#[test]
fn a_secret_is_found_in_every_spelling() {
    let needle = Needle::new("self-check", "canary \"räk\" + /&= self-check");
    assert!(needle.find("nothing is in here").is_empty());
    let spellings = needle.spellings();
    assert_eq!(spellings.len(), 15);
    for (name, spelling) in &spellings {
        assert!(spelling.len() >= 16, "{name}");
        let found = needle.find(&format!("before {spelling} after"));
        assert!(found.iter().any(|found| found.contains(name)), "{name}");
    }
    // Made by the encoders that programs use, in the middle of something else.
    for before in ["", "a", "ab", "abc"] {
        let whole = format!("{before}{} and more", needle.secret);
        for text in [
            STANDARD_NO_PAD.encode(&whole),
            URL_SAFE_NO_PAD.encode(&whole),
            base64::engine::general_purpose::STANDARD.encode(&whole),
            url::form_urlencoded::byte_serialize(whole.as_bytes()).collect(),
            serde_json::json!({ "a": whole }).to_string(),
            format!("{whole:?}"),
        ] {
            assert!(!needle.find(&text).is_empty(), "{text}");
        }
    }
    // Half of a secret is not the secret: no spelling is so short that it is found everywhere.
    assert!(needle.find("canary \"räk\" + /&=").is_empty());
}
