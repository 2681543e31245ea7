//! The fields of the descriptor itself.

use crate::{findings, fixed, short, with};

#[test]
fn each_rule_of_the_top_level_has_its_place() {
    for (from, to, expected) in [
        (
            "\"baseUrl\"",
            "\"baseURL\"",
            &["descriptor/missing-field 6:3"] as &[&str],
        ),
        (
            "\"{{localBaseUrl}}\"",
            "\"app.example\"",
            &["base-url/invalid 6:14"],
        ),
        (
            "com.example.app",
            "com example app",
            &["descriptor/format 2:10"],
        ),
        ("\"com.example.app\"", "7", &["descriptor/wrong-type 2:10"]),
        ("\"jwt\"", "\"jtw\"", &["descriptor/unknown-value 7:31"]),
        ("\"jwt\"", "\"Jwt\"", &["descriptor/unknown-value 7:31"]),
        (
            "\"signed-install\": true",
            "\"signed-install\": \"true\"",
            &["descriptor/wrong-type 8:40"],
        ),
        (
            "\"installed\": \"/installed\", ",
            "",
            &["auth/installed-missing 9:16"],
        ),
        ("[\"READ\"]", "\"READ\"", &["descriptor/wrong-type 10:13"]),
        (
            "\"generalPages\"",
            "\"generalPage\"",
            &["module/unknown-type 12:5"],
        ),
    ] {
        assert_eq!(short(&with(from, to)), expected, "{to}");
    }
}

#[test]
fn a_slip_of_the_hand_is_answered_with_the_right_word_and_its_fix() {
    for (from, to, label) in [
        (
            "\"description\"",
            "\"desription\"",
            "did you mean `description`?",
        ),
        (
            "\"generalPages\"",
            "\"generalPage\"",
            "did you mean `generalPages`?",
        ),
        ("\"jwt\"", "\"JTW\"", "did you mean `JWT`?"),
    ] {
        let text = with(from, to);
        assert_eq!(findings(&text)[0].label.as_deref(), Some(label));
        assert_eq!(findings(&fixed(&text)), []);
    }
}

/// What is missed under its right name is said where the wrong name stands, once.
#[test]
fn one_slip_is_one_finding() {
    for (from, to, expected) in [
        (
            "\"installed\": ",
            "\"instaled\": ",
            "auth/installed-missing 9:18",
        ),
        (
            "\"name\": { \"value\": \"Hello\" }",
            "\"nmae\": { \"value\": \"Hello\" }",
            "descriptor/missing-field 16:9",
        ),
    ] {
        let text = with(from, to);
        assert_eq!(short(&text), [expected]);
        assert_eq!(findings(&fixed(&text)), []);
    }
}

#[test]
fn pointers_name_the_value() {
    let text = with("\"jwt\"", "\"jtw\"");
    assert_eq!(findings(&text)[0].pointer, "/authentication/type");
    let text = with("\"generalPages\"", "\"general/Pa~ges\"");
    assert_eq!(findings(&text)[0].pointer, "/modules/general~1Pa~0ges");
}

#[test]
fn a_hipchat_descriptor_is_one_finding() {
    let codes = short(r#"{ "key": "a", "name": "b", "capabilities": {} }"#);
    assert_eq!(codes, ["descriptor/wrong-product 1:1"]);
}
