//! A JSON Schema that somebody names, beside our own checks.

use connect_validator::codes::{self, Subject};
use connect_validator::{CustomSchema, CustomSchemaError, Finding, Options, Product, schema};
use serde_json::{Value, json};

use crate::{GOOD, with};

fn found(schema: &Value, subject: Subject, text: &str) -> Vec<String> {
    let schema = CustomSchema::parse(&schema.to_string()).expect("a sound schema");
    let line = |f: &Finding| {
        assert_eq!(f.code, "schema/violation");
        let (span, label) = (f.span, f.label.as_ref());
        let label = label.map_or_else(String::new, |label| format!(" ({label})"));
        format!(
            "{}:{}-{}:{} {}: {}{label}",
            span.line, span.column, span.end_line, span.end_column, f.pointer, f.message
        )
    };
    let findings = schema.check(text, subject, &Options::default());
    findings.iter().map(line).collect()
}

/// A schema for the field `a`, a value of it, and what is said.
const RULES: &[(&str, &str, &[&str])] = &[
    (r#"{"type":"string"}"#, r#""x""#, &[]),
    (
        r#"{"type":"string"}"#,
        "7",
        &["1:6-1:7 /a: `a` must be a string, found a number"],
    ),
    (
        r#"{"type":["object","array"]}"#,
        "7",
        &["1:6-1:7 /a: `a` must be an array or an object, found a number"],
    ),
    (
        r#"{"type":"integer"}"#,
        "1.5",
        &["1:6-1:9 /a: `a` must be a whole number, found a number"],
    ),
    (r#"{"type":"integer"}"#, "3.0", &[]),
    (
        r#"{"enum":["jwt","none"]}"#,
        r#""jtw""#,
        &["1:6-1:11 /a: `jtw` is not a value of `a` (did you mean `jwt`?)"],
    ),
    (
        r#"{"enum":[1,2]}"#,
        "3",
        &["1:6-1:7 /a: `a` has none of its values"],
    ),
    (
        r#"{"const":true}"#,
        "false",
        &["1:6-1:11 /a: `a` must be `true`"],
    ),
    (
        r#"{"required":["b"]}"#,
        "{}",
        &["1:6-1:7 /a: `a` needs the field `b`, found none"],
    ),
    (
        r#"{"properties":{"name":{}},"additionalProperties":false}"#,
        r#"{"nmae":1,"x~/y":2}"#,
        &[
            "1:7-1:13 /a/nmae: unknown field `nmae` in `a` (did you mean `name`?)",
            "1:16-1:22 /a/x~0~1y: unknown field `x~/y` in `a`",
        ],
    ),
    (
        r#"{"maxLength":2}"#,
        r#""äöü""#,
        &["1:6-1:11 /a: `a` has 3 characters, expected at most 2"],
    ),
    (
        r#"{"minItems":2}"#,
        "[1]",
        &["1:6-1:7 /a: `a` has 1 items, expected at least 2"],
    ),
    (
        r#"{"maxProperties":0}"#,
        r#"{"b":1}"#,
        &["1:6-1:7 /a: `a` has 1 fields, expected at most 0"],
    ),
    (
        r#"{"maximum":2}"#,
        "7",
        &["1:6-1:7 /a: `a` is 7, expected at most 2"],
    ),
    (
        r#"{"exclusiveMinimum":7}"#,
        "7",
        &["1:6-1:7 /a: `a` is 7, expected more than 7"],
    ),
    (
        r#"{"multipleOf":2}"#,
        "7",
        &["1:6-1:7 /a: `a` is 7, expected a multiple of 2"],
    ),
    (
        r#"{"pattern":"^[a-z]+$"}"#,
        r#""A""#,
        &["1:6-1:9 /a: `a` does not have the form `^[a-z]+$`"],
    ),
    (
        r#"{"uniqueItems":true}"#,
        "[1,1]",
        &["1:6-1:7 /a: `a` has the same item twice"],
    ),
    (
        r#"{"items":{"type":"string"}}"#,
        r#"["b",7]"#,
        &["1:11-1:12 /a/1: `a[1]` must be a string, found a number"],
    ),
    ("false", "1", &["1:6-1:7 /a: `a` must not be here"]),
    (
        r#"{"not":{}}"#,
        "1",
        &["1:6-1:7 /a: `a` is what the schema excludes"],
    ),
    (
        r#"{"contains":{"const":1}}"#,
        "[2]",
        &["1:6-1:7 /a: `a` lacks an item that the schema wants"],
    ),
    (
        r#"{"propertyNames":{"maxLength":1}}"#,
        r#"{"bb":1}"#,
        &["1:6-1:7 /a: a field of `a` has a name that is not allowed"],
    ),
    (
        r#"{"oneOf":[{},{}]}"#,
        "1",
        &["1:6-1:7 /a: `a` fits several forms of which it must have one"],
    ),
    (
        r#"{"anyOf":[{"type":"string"},{"type":"array"}]}"#,
        "1",
        &["1:6-1:7 /a: `a` must be a string or an array, found a number"],
    ),
];

#[test]
fn each_rule_of_a_schema_is_said_in_our_words_at_its_place() {
    for (rule, value, expected) in RULES {
        let rule: Value = serde_json::from_str(rule).expect("JSON");
        let schema = json!({ "properties": { "a": rule } });
        let text = format!("{{\"a\":{value}}}");
        assert_eq!(
            found(&schema, Subject::Descriptor, &text),
            *expected,
            "{schema} {text}"
        );
    }
}

/// A schema says only "fits none of these": which one was meant decides what is said.
#[test]
fn of_several_forms_the_one_that_was_meant_is_spoken_of() {
    let page = json!({
        "properties": { "type": { "enum": ["page"] }, "url": { "type": "string" } },
        "required": ["type", "url"],
    });
    let dialog = json!({
        "properties": { "type": { "const": "dialog" }, "size": { "type": "integer" } },
        "required": ["type", "size"],
    });
    for forms in ["anyOf", "oneOf"] {
        let schema =
            json!({ "properties": { "target": { forms: [page, dialog, { "type": "string" }] } } });
        let said = |text: &str| found(&schema, Subject::Descriptor, text);
        assert_eq!(
            said(r#"{"target":{"type":"dialog","size":"big"}}"#),
            ["1:35-1:40 /target/size: `size` must be a whole number, found a string"]
        );
        assert_eq!(
            said(r#"{"target":{"type":"page","url":"/x"}}"#),
            Vec::<String>::new()
        );
        assert_eq!(said(r#"{"target":{"type":"dialgo","size":1}}"#).len(), 1);
    }
}

#[test]
fn a_manifest_has_its_places_too() {
    let schema = json!({
        "properties": { "app": { "required": ["id"] }, "modules": { "items": { "type": "object" } } },
    });
    let text = "# mine\napp:\n  name: ü\nmodules:\n  - {}\n  - seven\n";
    assert_eq!(
        found(&schema, Subject::Manifest, text),
        [
            "3:3-3:7 /app: `app` needs the field `id`, found none",
            "6:5-6:10 /modules/1: `modules[1]` must be an object, found a string",
        ]
    );
}

#[test]
fn what_is_still_to_be_filled_in_is_not_judged() {
    let schema = json!({
        "properties": {
            "baseUrl": { "pattern": "^https://" },
            "key": { "maxLength": 3 },
            "links": { "anyOf": [{ "required": ["x"], "properties": { "x": { "const": 1 } } }] },
        },
    });
    let said = |text: &str| found(&schema, Subject::Descriptor, text);
    // What we know how to fill in is judged as filled in.
    assert_eq!(
        said(r#"{"baseUrl":"{{localBaseUrl}}"}"#),
        Vec::<String>::new()
    );
    assert_eq!(
        said(r#"{"key":"{{ my_key }}","links":{"x":"{{ y }}"}}"#),
        Vec::<String>::new()
    );
    assert_eq!(said(r#"{"key":{{ my_key }}}"#), Vec::<String>::new());
    assert_eq!(said(r#"{"key":"long"}"#).len(), 1);
}

#[test]
fn addresses_may_be_relative_and_have_parameters() {
    let rule = |format: &str| json!({ "$schema": "http://json-schema.org/draft-04/schema#", "properties": { "url": { "format": format } } });
    for format in ["uri", "uri-template"] {
        let said = |url: &str| {
            found(
                &rule(format),
                Subject::Descriptor,
                &json!({ "url": url }).to_string(),
            )
            .len()
        };
        for url in ["/installed", "https://a.dev/x", "/x?k={issue.key}", ""] {
            assert_eq!(said(url), 0, "{url}");
        }
        assert_eq!(said("/x y"), 1);
    }
}

#[test]
fn a_file_that_cannot_be_read_is_left_to_our_own_checks() {
    for text in ["", "{", "{ \"key\": 1,, }", &"[".repeat(1_000)] {
        assert_eq!(
            found(&json!(false), Subject::Descriptor, text),
            Vec::<String>::new(),
            "{text}"
        );
    }
    // JSON5 can be read.
    assert_eq!(
        found(
            &json!({ "maxProperties": 0 }),
            Subject::Descriptor,
            "{ a: 1, } // x"
        )
        .len(),
        1
    );
}

#[test]
fn what_is_no_schema_is_refused_with_its_reason() {
    for (text, expected) in [
        ("", "it is not JSON: "),
        ("{", "it is not JSON: "),
        ("[]", "at `#`: a schema is an object"),
        (r#"{ "type": 7 }"#, "at `#/type`: "),
        (
            r#"{ "properties": { "a": { "maxLength": "x" } } }"#,
            "at `#/properties/a/maxLength`: ",
        ),
        (r#"{ "pattern": "(" }"#, "at `#/pattern`: "),
        (
            r#"{ "$ref": "https://example.com/other.json" }"#,
            "it needs what it does not hold: ",
        ),
        (
            r##"{ "$ref": "#/nowhere" }"##,
            "it needs what it does not hold: ",
        ),
        (
            r#"{ "$ref": "file:///etc/passwd" }"#,
            "it needs what it does not hold: ",
        ),
        (
            r#"{ "$schema": "https://example.com/draft-99" }"#,
            "it needs what it does not hold: ",
        ),
    ] {
        let error = CustomSchema::parse(text).expect_err(text);
        assert!(error.to_string().starts_with(expected), "{text}: {error}");
        if let CustomSchemaError::NotJson { line, .. } = error {
            assert!(line <= 1, "{text}");
        }
    }
}

#[test]
fn a_schema_that_leads_to_itself_ends() {
    for schema in [
        json!({ "$ref": "#" }),
        json!({ "anyOf": [{ "$ref": "#" }] }),
        json!({ "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "$ref": "#/$defs/a" } }, "$ref": "#/$defs/a" }),
    ] {
        let Ok(schema) = CustomSchema::parse(&schema.to_string()) else {
            continue;
        };
        schema.check(GOOD, Subject::Descriptor, &Options::default());
    }
}

#[test]
fn our_own_schema_can_be_named_too() {
    for product in [None, Some(Product::Jira), Some(Product::Confluence)] {
        let schema = schema::descriptor(product);
        assert_eq!(
            found(&schema, Subject::Descriptor, GOOD),
            Vec::<String>::new()
        );
        let wrong = with("\"jwt\"", "\"jtw\"");
        assert_eq!(
            found(&schema, Subject::Descriptor, &wrong),
            [
                "7:31-7:36 /authentication/type: `jtw` is not a value of `type` (did you mean `jwt`?)"
            ]
        );
    }
}

#[test]
fn the_code_of_a_violation_is_explained() {
    assert!(codes::find("schema/violation").is_some());
}
