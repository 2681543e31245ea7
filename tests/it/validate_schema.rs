//! `connect validate --schema`, and which file is taken for what.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use crate::support::app;
use crate::support::env::TestEnv;

/// A schema that wants short names.
const SCHEMA: &str = r#"{
  "$schema": "http://json-schema.org/draft-04/schema#",
  "properties": {
    "name": { "type": "string", "maxLength": 2 },
    "lifecycle": { "properties": { "installed": { "format": "uri" } } }
  }
}"#;

fn with_schema(text: &str) -> TestEnv {
    let env = TestEnv::new().with_descriptor(&app::descriptor("com.example.a", "One"));
    env.write("wanted.schema.json", text);
    env
}

fn said(env: &TestEnv, arguments: &[&str], code: i32) -> String {
    let output = env.connect(arguments).assert().code(code);
    let output = output.get_output();
    let said = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8_lossy(&said).into_owned()
}

#[test]
fn any_schema_speaks_at_its_line_beside_our_own_checks() {
    let env = with_schema(SCHEMA);
    let said = said(&env, &["validate", "--schema", "wanted.schema.json"], 1);
    assert!(
        said.starts_with(
            "\
error[schema/violation]: `name` has 3 characters, expected at most 2
 --> atlassian-connect.json:3:11
  |
3 |   \"name\": \"One\",
  |           ^^^^^
  |
  = help: the schema says so at `#/properties/name/maxLength`
"
        ),
        "{said}"
    );
    assert!(
        said.ends_with("error: 1 error, 0 warnings in atlassian-connect.json\n"),
        "{said}"
    );
    let allowed = [
        "validate",
        "--schema",
        "wanted.schema.json",
        "--allow",
        "schema/violation",
    ];
    env.connect(&allowed).assert().success();
}

#[test]
fn only_the_descriptor_is_meant_unless_files_are_named() {
    let env = with_schema(r#"{ "maxProperties": 0 }"#);
    env.write("config.json", "{ \"port\": 3000 }");
    env.write(
        "credentials.json",
        "{ \"hosts\": { \"s3cret\": \"s3cret\" } }",
    );
    let short = |arguments: &[&str]| {
        let flags = ["--schema", "wanted.schema.json", "--format", "short"];
        said(&env, &[&["validate"], arguments, &flags].concat(), 1)
    };
    assert!(!short(&[]).contains("config.json"), "{}", short(&[]));
    let named = short(&["config", "credentials"]);
    assert!(
        named.contains("config.json:1:1: error[schema/violation]"),
        "{named}"
    );
    assert!(
        named.contains("warning: credentials.json is not held against the schema"),
        "{named}"
    );
    assert!(!named.contains("s3cret"), "{named}");
}

#[test]
fn a_schema_that_cannot_be_used_is_said() {
    for (text, expected) in [
        (
            "{",
            "error[schema/invalid]: wanted.schema.json is no JSON Schema that can be used\n  --> wanted.schema.json:1:1\ncaused by: it is not JSON: ",
        ),
        ("{ \"type\": 7 }", "caused by: at `#/type`: "),
        (
            "{ \"$ref\": \"https://example.com/x\" }",
            "hint: bundle the schema with those it refers to into one file\n",
        ),
    ] {
        let env = with_schema(text);
        let said = said(&env, &["validate", "--schema", "wanted.schema.json"], 1);
        assert!(said.contains(expected), "{said}");
    }
    let env = with_schema(SCHEMA);
    let said = said(&env, &["validate", "--schema", "none.json"], 1);
    assert!(said.starts_with("error[file/missing]"), "{said}");
}

/// Answers as many requests as there are answers, then is gone.
fn serve(answers: Vec<String>) -> (String, std::thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 2_000]).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (format!("http://{address}/wanted.json?token=s3cret"), server)
}

fn ok(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn a_schema_from_an_address_is_read_once_and_kept_for_offline() {
    let env = with_schema(SCHEMA);
    let (url, server) = serve(vec![ok(SCHEMA)]);
    let arguments = ["validate", "--schema", &url, "--format", "short"];
    let first = said(&env, &arguments, 1);
    server.join().unwrap();
    assert!(first.contains("error[schema/violation]"), "{first}");
    // Nobody listens there now, and nobody is asked.
    assert_eq!(said(&env, &arguments, 1), first);

    // An old copy is better than none, and its age is said.
    let copies =
        std::path::PathBuf::from(env.variables()[0].1.clone()).join(".cache/connect/schemas");
    let copies: Vec<_> = std::fs::read_dir(copies)
        .unwrap()
        .map(|copy| copy.unwrap().path())
        .collect();
    let [copy] = &copies[..] else {
        panic!("{copies:?}")
    };
    assert!(!copy.to_string_lossy().contains("s3cret"));
    let three_days_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3 * 86_400);
    let file = std::fs::File::options().append(true).open(copy).unwrap();
    file.set_modified(three_days_ago).unwrap();
    let later = said(&env, &arguments, 1);
    assert!(later.contains("error[schema/violation]"), "{later}");
    assert!(later.contains("taking the copy of 3 days ago"), "{later}");
    assert!(!later.contains("s3cret"), "{later}");

    // A copy that was damaged is no schema: the address is asked, and does not answer.
    std::fs::write(copy, "{").unwrap();
    assert!(said(&env, &arguments, 3).contains("error[validate/unreachable]"));
}

#[test]
fn an_address_that_answers_something_else_is_said_and_not_kept() {
    let env = with_schema(SCHEMA);
    let html = ok("<html>");
    let moved = "HTTP/1.1 302 Found\r\nlocation: /elsewhere.json?token=s3cret\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let long = ok(&" ".repeat(2 << 20));
    let (url, server) = serve(vec![html, moved.to_owned(), long]);
    let arguments = ["validate", "--schema", &url];
    let no_json = said(&env, &arguments, 1);
    assert!(no_json.starts_with("error[schema/invalid]"), "{no_json}");
    let elsewhere = said(&env, &arguments, 3);
    assert!(
        elsewhere.contains("caused by: it answered 302 Found and leads to http://127.0.0.1:"),
        "{elsewhere}"
    );
    let too_long = said(&env, &arguments, 3);
    assert!(too_long.contains("longer than 1048576 bytes"), "{too_long}");
    for said in [no_json, elsewhere, too_long] {
        assert!(!said.contains("s3cret"), "{said}");
    }
    // The server may still be writing what is too long for us.
    drop(server);
}

/// A manifest whose webhook has no key.
const MANIFEST: &str = include_str!("../fixtures/manifests/invalid/manifest-missing-field.yml");

#[test]
fn a_word_says_what_the_files_behind_it_are() {
    let env = TestEnv::new().with_descriptor(&app::descriptor("com.example.a", "One"));
    env.write("forge.txt", MANIFEST);
    env.write("settings.json", "{ \"port\": 99999 }");
    let short = |arguments: &[&str], code: i32| {
        let arguments = [&["validate", "--format", "short"], arguments].concat();
        said(&env, &arguments, code)
    };
    let manifest = "forge.txt:20:7: error[manifest/missing-field]";
    assert!(short(&["manifest", "forge.txt"], 1).starts_with(manifest));
    let both = short(&["manifest", "forge.txt", "config", "settings.json"], 1);
    assert!(
        both.starts_with(manifest)
            && both.contains("settings.json:1:11: error[config/out-of-range]"),
        "{both}"
    );
    // A word with no file behind it is the project's own file.
    assert_eq!(short(&["descriptor"], 0), "");
    assert!(short(&["descriptor", "manifest", "forge.txt"], 1).starts_with(manifest));
    assert!(short(&["manifest"], 1).contains("error[file/missing]"));
}

#[test]
fn stdin_may_be_a_manifest() {
    let env = TestEnv::new();
    for arguments in [
        &["validate", "-"][..],
        &["validate", "manifest", "-"],
        &["validate", "manifest", "/dev/stdin"],
    ] {
        let output = env.connect(arguments).stdin(MANIFEST).assert().code(1);
        let said = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
        assert!(
            said.starts_with("error[manifest/missing-field]"),
            "{arguments:?}: {said}"
        );
    }
    let commented = format!("\u{feff}---\n# mine\n\n{MANIFEST}");
    let output = env
        .connect(&["validate", "-"])
        .stdin(commented)
        .assert()
        .code(1);
    let said = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
    assert!(said.contains("error[manifest/missing-field]"), "{said}");
}

#[test]
fn nothing_to_watch_is_a_mistake_of_the_command_line() {
    TestEnv::new()
        .connect(&["validate", "-", "--watch"])
        .assert()
        .code(2)
        .stderr_eq("error[watch/nothing]: only files can be watched, and none is named\nhint: connect validate descriptor --watch\n");
}
