//! `connect validate` word for word, as the contract of the command line draws it.

use serde_json::{Value, json};

use crate::support::env::TestEnv;
use crate::support::terminal;

/// Two things to say: a scope that nothing can use in line 9, a place that does not exist in line 22.
const DESCRIPTOR: &str = r#"{
  "key": "com.acme.hello",
  "name": "Hello",
  "vendor": { "name": "Acme", "url": "https://acme.example" },
  "baseUrl": "{{localBaseUrl}}",
  "authentication": {
    "type": "none"
  },
  "scopes": ["READ", "ACT_AS_USER"],
  "modules": {
    "jiraProjectPages": [
      {
        "key": "hello-project",
        "name": { "value": "Hello" },
        "url": "/hello"
      }
    ],
    "generalPages": [{
      "key": "hello",
      "name": { "value": "Hello" },
      "url": "/hello",
      "location": "system.top.navigation.baz"
    }]
  }
}
"#;

/// The same with nothing to say.
fn good() -> String {
    DESCRIPTOR
        .replace(", \"ACT_AS_USER\"", "")
        .replace("navigation.baz", "navigation.bar")
}

/// The same with one error, in line 18.
fn wrong() -> String {
    DESCRIPTOR.replace("\"generalPages\"", "\"generalPage\"")
}

const FINDINGS: &str = "\
warning[scope/unused]: scope `ACT_AS_USER` is requested but no module or call can use it
 --> atlassian-connect.json:9:22
  |
9 |   \"scopes\": [\"READ\", \"ACT_AS_USER\"],
  |                      ^^^^^^^^^^^^^ needs a shared secret, and authentication `none` has none
warning[module/unknown-location]: `system.top.navigation.baz` is not a location
  --> atlassian-connect.json:22:19
   |
22 |       \"location\": \"system.top.navigation.baz\"
   |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^ did you mean `system.top.navigation.bar`?
";

#[test]
fn nothing_to_say_is_one_line() {
    let env = TestEnv::new().with_descriptor(&good());
    env.connect(&["validate"])
        .assert()
        .success()
        .stdout_eq("")
        .stderr_eq("   Validated atlassian-connect.json for Jira in [..]: 0 errors, 0 warnings\n");
    env.connect(&["validate", "--quiet"])
        .assert()
        .success()
        .stdout_eq("")
        .stderr_eq("");
}

#[test]
fn warnings_are_shown_and_pass() {
    let env = TestEnv::new().with_descriptor(DESCRIPTOR);
    let passed = "   Validated atlassian-connect.json for Jira in [..]: 0 errors, 2 warnings\n";
    env.connect(&["validate"])
        .assert()
        .success()
        .stdout_eq("")
        .stderr_eq(format!("{FINDINGS}{passed}"));
}

#[test]
fn strict_fails_on_warnings() {
    let env = TestEnv::new().with_descriptor(DESCRIPTOR);
    let failed = "\
error: 0 errors, 2 warnings (1 fixable) in atlassian-connect.json
hint: connect validate atlassian-connect.json --fix
";
    env.connect(&["validate", "--strict"])
        .assert()
        .code(1)
        .stdout_eq("")
        .stderr_eq(format!("{FINDINGS}{failed}"));
}

#[test]
fn errors_are_counted_with_what_can_be_fixed() {
    let env = TestEnv::new().with_descriptor(&wrong());
    env.connect(&["validate"])
        .assert()
        .code(1)
        .stdout_eq("")
        .stderr_eq(
            "\
warning[scope/unused]: scope `ACT_AS_USER` is requested but no module or call can use it
 --> atlassian-connect.json:9:22
  |
9 |   \"scopes\": [\"READ\", \"ACT_AS_USER\"],
  |                      ^^^^^^^^^^^^^ needs a shared secret, and authentication `none` has none
error[module/unknown-type]: unknown module type `generalPage`
  --> atlassian-connect.json:18:5
   |
18 |     \"generalPage\": [{
   |     ^^^^^^^^^^^^^ did you mean `generalPages`?
warning[module/unknown-location]: `system.top.navigation.baz` is not a location
  --> atlassian-connect.json:22:19
   |
22 |       \"location\": \"system.top.navigation.baz\"
   |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^ did you mean `system.top.navigation.bar`?
error: 1 error, 2 warnings (2 fixable) in atlassian-connect.json
hint: connect validate atlassian-connect.json --fix
",
        );
}

#[test]
fn one_line_for_each_finding_in_the_short_format() {
    let env = TestEnv::new().with_descriptor(&wrong());
    env.connect(&["validate", "--format", "short"]).assert().code(1).stderr_eq("").stdout_eq(
        "\
atlassian-connect.json:9:22: warning[scope/unused]: scope `ACT_AS_USER` is requested but no module or call can use it (needs a shared secret, and authentication `none` has none)
atlassian-connect.json:18:5: error[module/unknown-type]: unknown module type `generalPage` (did you mean `generalPages`?)
atlassian-connect.json:22:19: warning[module/unknown-location]: `system.top.navigation.baz` is not a location (did you mean `system.top.navigation.bar`?)
",
    );
}

#[test]
fn a_finding_in_json_has_its_place_its_fix_and_its_page() {
    let text = wrong()
        .replace(", \"ACT_AS_USER\"", "")
        .replace("navigation.baz", "navigation.bar");
    let env = TestEnv::new().with_descriptor(&text);
    let output = env
        .connect(&["validate", "--json"])
        .assert()
        .code(1)
        .stderr_eq("");
    let result: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    let start = text.find("\"generalPage\"").unwrap();
    let expected = json!({
        "version": 1,
        "ok": false,
        "files": [{
            "path": "atlassian-connect.json",
            "product": "jira",
            "findings": [{
                "code": "module/unknown-type",
                "level": "error",
                "message": "unknown module type `generalPage`",
                "pointer": "/modules/generalPage",
                "line": 18, "col": 5, "endLine": 18, "endCol": 18,
                "label": "did you mean `generalPages`?",
                "help": null,
                "fix": {
                    "description": "write `generalPages`",
                    "edits": [{ "start": start, "end": start + 13, "text": "\"generalPages\"" }],
                },
                "hostError": "connect.install.error.unknown.module",
                "url": "docs/findings.md#moduleunknown-type",
            }],
        }],
        "notices": [{
            "code": "platform/end-of-support",
            "level": "info",
            "message": "Atlassian supports Connect until 31 January 2027",
            "url": "docs/findings.md#platformend-of-support",
        }],
    });
    assert_eq!(result, expected, "{result:#}");
}

/// A date is for people who look, and for programs that read: not for logs, editors and code scanning.
#[test]
fn the_end_of_support_is_noted_once_and_never_counts() {
    let env = TestEnv::new().with_descriptor(&good());
    env.write("other/atlassian-connect.json", &good());
    let files = ["validate", "descriptor", "other/atlassian-connect.json"];
    let note = "note: Atlassian supports Connect until 31 January 2027\nhint: connect explain platform/end-of-support\n";
    let said = |arguments: &[&str]| {
        let output = env
            .connect(&[&files, arguments].concat())
            .assert()
            .success();
        let output = output.get_output();
        let said = [&output.stderr[..], &output.stdout].concat();
        String::from_utf8_lossy(&said).into_owned()
    };
    assert_eq!(said(&["--verbose", "--strict"]).matches(note).count(), 1);
    for quiet in [
        &[][..],
        &["--quiet"],
        &["--verbose", "--allow", "platform/end-of-support"],
        &["--format", "short"],
        &["--format", "github"],
        &["--format", "sarif"],
    ] {
        let said = said(quiet);
        assert!(
            !said.contains("2027") && !said.contains("platform/"),
            "{quiet:?}: {said}"
        );
    }
    let explained = env
        .connect(&["explain", "platform/end-of-support"])
        .assert()
        .success();
    let text = String::from_utf8_lossy(&explained.get_output().stdout).replace('\n', " ");
    for expected in [
        "31 January 2027",
        "CHANGE-3096",
        "connectModules",
        "connect dev",
    ] {
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn on_a_terminal_the_date_is_noted() {
    let env = TestEnv::new().with_descriptor(&good());
    let arguments = ["validate", "--color", "never"];
    let Some(ended) = terminal::press(&env, "Validated", "", &arguments) else {
        return;
    };
    assert_eq!(ended.code, 0);
    let note = "note: Atlassian supports Connect until 31 January 2027\r\nhint: connect explain platform/end-of-support\r\n";
    assert!(ended.shown.ends_with(note), "{}", ended.shown);
}
