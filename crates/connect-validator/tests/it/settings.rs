//! `config.json` and `credentials.json`.

use std::collections::BTreeSet;

use connect_validator::codes::{self, Subject};
use connect_validator::{Report, check_config, check_credentials, schema};

/// Wrong texts, and `code line:column` of what is found.
const CONFIG: &[(&str, &[&str])] = &[
    (
        "{ port: 3000, development: { port: '$PORT', product: 'jira', hosts: ['https://a:b@c'] } }",
        &[],
    ),
    ("// mine\n{ \"development\": { \"theme\": 1, } }", &[]),
    (
        "{ \"development\": { \"port\": 70000 } }",
        &["config/out-of-range 1:28"],
    ),
    ("{ \"port\": \"many\" }", &["config/wrong-type 1:11"]),
    (
        "{ \"production\": { \"product\": \"jria\" } }",
        &["config/unknown-value 1:30"],
    ),
    (
        "{ \"watch\": \"yes\", \"whitelist\": [\"a\", 1] }",
        &["config/wrong-type 1:12", "config/wrong-type 1:38"],
    ),
    (
        "{ \"lokalBaseUrl\": \"x\" }",
        &["config/unknown-setting 1:3"],
    ),
    (
        "{ \"port\": 1, \"port\": 2 }",
        &["config/duplicate-key 1:14"],
    ),
    ("{ \"port\": 1", &["config/syntax 1:1"]),
    ("[]", &["config/wrong-type 1:1"]),
];

const CREDENTIALS: &[(&str, &[&str])] = &[
    (
        "{ hosts: { 'a.atlassian.net': { product: 'jira', username: 'ada@acme.dev', password: 's3cret' } } }",
        &[],
    ),
    (
        "{ 'https://a.atlassian.net/wiki': { product: '$P', username: '$U', password: '$S3CRET' }, ngrok: {} }",
        &[],
    ),
    ("{}", &[]),
    (
        "{ \"hosts\": { \"a.atlassian.net\": { \"produkt\": \"jira\", \"password\": 5 } } }",
        &[
            "credentials/missing-field 1:14",
            "credentials/missing-field 1:14",
            "credentials/unknown-field 1:35",
            "credentials/wrong-type 1:66",
        ],
    ),
    (
        "{ \"hosts\": { \"your-site.atlassian.net\": { \"product\": \"jira\", \"username\": \"a@b\", \"password\": \"\" } } }",
        &["credentials/sample 1:14", "credentials/sample 1:93"],
    ),
    (
        "{ \"hosts\": { \"https://u:s3cret@a.dev\": {} } }",
        &[
            "credentials/host 1:14",
            "credentials/missing-field 1:14",
            "credentials/missing-field 1:14",
            "credentials/missing-field 1:14",
        ],
    ),
    (
        "{ \"hosts\": { \"a.dev/browse/X-1\": { \"product\": \"bamboo\", \"username\": \"u\", \"password\": \"s3cret\" } } }",
        &["credentials/host 1:14", "credentials/unknown-value 1:47"],
    ),
    (
        "{ hosts: { \"a.dev\": { product: 'jira', username: 'a@b', password: { command: ['op', 'read'] } } } }",
        &[],
    ),
    (
        "{ hosts: { \"a.dev\": { product: 'jira', username: 'a@b', password: { keyring: 'a' } } } }",
        &[],
    ),
    (
        "{ hosts: { \"a.dev\": { product: 'jira', username: 'a@b', password: { command: 'op' } } } }",
        &["credentials/wrong-type 1:67"],
    ),
    (
        "{ \"hosts\": [], \"hosts\": {} }",
        &["credentials/duplicate-key 1:16"],
    ),
    (
        "{ \"hosts\": { \"a\" \"s3cret\" } }",
        &["credentials/syntax 1:18", "credentials/wrong-type 1:18"],
    ),
];

fn short(report: &Report) -> Vec<String> {
    let line =
        |f: &connect_validator::Finding| format!("{} {}:{}", f.code, f.span.line, f.span.column);
    report.findings.iter().map(line).collect()
}

#[test]
fn each_mistake_has_its_place() {
    for (text, expected) in CONFIG {
        assert_eq!(short(&check_config(text)), *expected, "{text}");
    }
    for (text, expected) in CREDENTIALS {
        assert_eq!(short(&check_credentials(text)), *expected, "{text}");
    }
}

#[test]
fn every_code_of_settings_is_reached() {
    let lists = CONFIG
        .iter()
        .chain(CREDENTIALS)
        .flat_map(|(_, found)| *found);
    let mut reached: BTreeSet<_> = lists.filter_map(|line| line.split(' ').next()).collect();
    // These are about the file and not its text: only the program finds them.
    reached.extend(["credentials/not-ignored", "credentials/readable"]);
    for code in codes::ALL
        .iter()
        .filter(|code| matches!(code.subject(), Subject::Config | Subject::Credentials))
    {
        assert!(reached.contains(code.id), "{}", code.id);
    }
}

#[test]
fn no_secret_is_repeated() {
    for (text, _) in CREDENTIALS {
        // Every cut of the text breaks its syntax at another place.
        for (cut, _) in text.char_indices() {
            let said = format!("{:?}", check_credentials(&text[..cut]).findings);
            assert!(!said.contains("s3cret"), "{said}");
        }
    }
}

#[test]
fn schemas_of_settings_take_what_is_right() {
    for (schema, text) in [
        (
            schema::config(),
            r#"{ "port": 3000, "development": { "port": "$PORT", "product": "jira" }, "mine": 1 }"#,
        ),
        (
            schema::credentials(),
            r#"{ "hosts": { "a.dev": { "product": "jira", "username": "u", "password": "$P" } } }"#,
        ),
    ] {
        let validator = jsonschema::draft202012::new(&schema).expect("a sound schema");
        let value = serde_json::from_str(text).expect("JSON");
        assert!(validator.is_valid(&value), "{text}");
    }
    let validator = jsonschema::draft202012::new(&schema::config()).expect("a sound schema");
    assert!(!validator.is_valid(&serde_json::json!({ "development": { "port": 70_000 } })));
}
