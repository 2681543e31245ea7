//! Text that is not, or not quite, JSON.

use connect_validator::{MAX_SOURCE_BYTES, Options, check};

use crate::{GOOD, findings, fixed, short, with};

#[test]
fn a_missing_comma_is_found_at_the_next_key_and_the_rest_is_still_checked() {
    let broken = with("\"READ\"],", "\"READ\"]").replace("\"description\"", "\"descripton\"");
    assert_eq!(
        short(&broken),
        ["descriptor/unknown-field 4:3", "descriptor/syntax 11:3"]
    );
    assert_eq!(findings(&fixed(&broken)), []);
}

#[test]
fn mistakes_are_found_where_they_are() {
    for (text, expected) in [
        ("", &["descriptor/syntax 1:1"] as &[&str]),
        ("{", &["descriptor/syntax 1:1"]),
        ("{ \"key\" }", &["descriptor/syntax 1:3"]),
        ("{ \"key\": }", &["descriptor/syntax 1:10"]),
        ("{ \"key\": \"a\" ] }", &["descriptor/syntax 1:14"]),
        ("{ \"links\": [ } }", &["descriptor/syntax 1:14"]),
        ("{ \"key\": \"a\n}", &["descriptor/syntax 1:10"]),
        ("{ \"key\": tru }", &["descriptor/syntax 1:10"]),
        ("{ \"key\": \"\\q\" }", &["descriptor/syntax 1:11"]),
        ("{ \"key\": 01 }", &["descriptor/syntax 1:10"]),
        ("{ \"a\": 1,, \"b\": 2 }", &["descriptor/syntax 1:10"]),
        ("{} x", &["descriptor/syntax 1:4"]),
        ("{ \"ключ\": 1 \"b\": 2 }", &["descriptor/syntax 1:13"]),
        ("/* {}", &["descriptor/syntax 1:1"]),
    ] {
        let syntax: Vec<_> = short(text)
            .into_iter()
            .filter(|line| line.starts_with("descriptor/syntax"))
            .collect();
        assert_eq!(syntax, expected, "{text}");
    }
}

#[test]
fn what_json5_allows_is_one_warning_for_each_kind_and_fixed_all_at_once() {
    let relaxed = with(
        "{\n  \"key\": \"com.example.app\"",
        "{ // one\n  key: 'com.example.app'",
    )
    .replace("[\"READ\"]", "[\"READ\", /* two */ ]");
    assert_eq!(
        short(&relaxed),
        [
            "descriptor/not-strict-json 1:3",
            "descriptor/not-strict-json 2:3",
            "descriptor/not-strict-json 2:8",
            "descriptor/not-strict-json 10:20",
        ]
    );
    let strict = fixed(&relaxed);
    assert_eq!(findings(&strict), []);
    assert!(serde_json::from_str::<serde_json::Value>(&strict).is_ok());
}

#[test]
fn a_key_that_stands_twice_is_an_error_at_its_second_place() {
    let double = with(
        "\"name\": \"Example\",\n  \"desc",
        "\"key\": \"other\",\n  \"name\": \"Example\",\n  \"desc",
    );
    assert_eq!(short(&double), ["descriptor/duplicate-key 3:3"]);
}

#[test]
fn a_byte_order_mark_does_no_harm() {
    assert_eq!(findings(&format!("\u{feff}{GOOD}")), []);
}

#[test]
fn template_tags_are_skipped_and_said_so() {
    let template = with(
        "\"scopes\": [\"READ\"],",
        "{% block scopes %}\"scopes\": [{% for s in scopes %}\"{{ s }}\"{% if more %},{% endif %}{% endfor %}],{% endblock %}\n  \"enableLicensing\": {{ licensing }},",
    );
    assert_eq!(short(&template), ["descriptor/template 10:3"]);
}

#[test]
fn deep_nesting_is_refused_without_harm() {
    for text in ["[".repeat(100_000), "{\"a\":".repeat(100_000)] {
        let codes: Vec<_> = findings(&text).into_iter().map(|f| f.code).collect();
        assert!(codes.contains(&"descriptor/too-deep"), "{codes:?}");
    }
}

#[test]
fn a_file_beyond_the_limit_is_refused_unread() {
    let report = check(&" ".repeat(MAX_SOURCE_BYTES + 1), &Options::default());
    assert_eq!(report.findings[0].code, "descriptor/too-large");
    assert_eq!(report.findings.len(), 1);
}

#[test]
fn a_file_of_mistakes_ends_with_a_bounded_list() {
    for text in [
        "{\"a\":1,,".repeat(10_000),
        "\u{1}".repeat(10_000),
        "'\u{1}\u{1}',".repeat(1_000),
    ] {
        assert!(findings(&text).len() <= 1_000);
    }
}

#[test]
fn any_cut_of_a_good_descriptor_is_read_without_harm() {
    for (at, _) in GOOD.char_indices().skip(1) {
        let whole = GOOD[..at].trim_end().len() == GOOD.trim_end().len();
        let codes: Vec<_> = findings(&GOOD[..at]).into_iter().map(|f| f.code).collect();
        assert_eq!(
            codes.contains(&"descriptor/syntax"),
            !whole,
            "cut at {at}: {codes:?}"
        );
        findings(&GOOD[at..]);
    }
}
