//! What tools read out of a descriptor.

use connect_validator::{Options, Placeholders, descriptor_facts};

use crate::{GOOD, with};

fn options() -> Options {
    Options {
        placeholders: Placeholders {
            local_base_url: Some("https://x.example".into()),
            ..Placeholders::default()
        },
        ..Options::default()
    }
}

#[test]
fn facts_are_read_with_placeholders_filled_in() {
    let facts = descriptor_facts(GOOD, &options()).expect("a good descriptor");
    assert_eq!(facts.key, "com.example.app");
    assert_eq!(facts.name, "Example");
    assert_eq!(facts.base_url, "https://x.example");
    assert_eq!(facts.authentication, "jwt");
    assert_eq!(facts.scopes, ["READ"]);
    assert_eq!(facts.lifecycle.installed.as_deref(), Some("/installed"));
    assert_eq!(facts.lifecycle.enabled, None);
    let pages: Vec<_> = facts.pages().collect();
    assert_eq!(pages.len(), 1);
    assert_eq!(pages[0].module_type, "generalPages");
    assert_eq!(pages[0].url.as_deref(), Some("/hello"));
    assert_eq!(pages[0].name.as_deref(), Some("Hello"));
}

#[test]
fn the_url_of_a_module_may_stand_in_its_target() {
    let glance = r#""jiraIssueGlances": [{ "key": "g", "target": { "type": "web_panel", "url": "/glance" } }],
    "generalPages""#;
    let text = with("\"generalPages\"", glance);
    let facts = descriptor_facts(&text, &options()).expect("a good descriptor");
    let glance = facts.modules.iter().find(|m| m.key.as_deref() == Some("g"));
    assert_eq!(glance.and_then(|m| m.url.as_deref()), Some("/glance"));
    assert_eq!(facts.pages().count(), 1);
}

#[test]
fn a_descriptor_with_other_faults_still_has_facts() {
    let text = with("\"jwt\"", "\"jtw\"");
    assert!(descriptor_facts(&text, &options()).is_ok());
}

#[test]
fn a_descriptor_that_cannot_be_read_answers_with_the_errors() {
    for (text, code) in [
        ("{ \"key\": ", "descriptor/syntax"),
        ("[]", "descriptor/wrong-type"),
        ("{}", "descriptor/missing-field"),
        ("{ \"key\": \"\" }", "descriptor/format"),
    ] {
        let errors = descriptor_facts(text, &options()).expect_err(text);
        assert!(
            errors.iter().any(|error| error.code == code),
            "{text}: {errors:?}"
        );
    }
}
