//! `connect validate`.

use serde_json::Value;

use crate::support::app;
use crate::support::env::TestEnv;
use crate::support::session::Session;

#[test]
fn a_good_descriptor_is_exit_0() {
    let env = TestEnv::new().with_descriptor(&app::descriptor("com.example.a", "One"));
    for arguments in [
        &["validate"][..],
        &["validate", "descriptor"],
        &["validate", "atlassian-connect.json"],
    ] {
        env.connect(arguments)
            .assert()
            .success()
            .stdout_eq("")
            .stderr_eq("   Validated atlassian-connect.json[..]: 0 errors, 0 warnings\n");
    }
}

#[test]
fn a_broken_one_is_exit_1_with_file_line_and_column() {
    let text = app::descriptor("com.example.a", "One").replace("One\",", "One\"");
    let env = TestEnv::new().with_descriptor(&text);
    let output = env.connect(&["validate", "descriptor"]).assert().code(1);
    let stderr = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
    assert!(stderr.contains("error[descriptor/syntax]"), "{stderr}");
    assert!(stderr.contains("--> atlassian-connect.json:4:"), "{stderr}");

    let output = env.connect(&["validate", "--json"]).assert().code(1);
    let result: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    assert_eq!(result["version"], 1);
    assert_eq!(result["ok"], false);
    let finding = &result["files"][0]["findings"][0];
    assert_eq!(finding["code"], "descriptor/syntax");
    assert_eq!(finding["level"], "error");
    assert_eq!(finding["line"], 4);
}

#[test]
fn stdin_is_a_file_too() {
    let env = TestEnv::new();
    env.connect(&["validate", "-"])
        .stdin(app::descriptor("com.example.a", "One"))
        .assert()
        .success();
    env.connect(&["validate", "-"]).stdin("{").assert().code(1);
}

#[test]
fn a_missing_file_is_said() {
    let env = TestEnv::new();
    env.connect(&["validate"])
        .assert()
        .code(1)
        .stderr_eq("error[file/missing]: `[..]atlassian-connect.json` does not exist\nhint: go to the folder of an app, or make one: connect new hello\n");
}

#[test]
fn a_missing_file_among_others_keeps_none_of_them_from_being_checked() {
    let env = TestEnv::new().with_descriptor("{");
    let files = ["validate", "none.json", "descriptor", "--format", "short"];
    let output = env.connect(&files).assert().code(1);
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (
        said(&output.get_output().stdout),
        said(&output.get_output().stderr),
    );
    assert!(
        out.contains("atlassian-connect.json:1:1: error[descriptor/syntax]"),
        "{out}"
    );
    assert!(err.starts_with("error[file/missing]: `"), "{err}");

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/x.json", listener.local_addr().unwrap());
    drop(listener);
    env.write(
        "atlassian-connect.json",
        &app::descriptor("com.example.a", "One"),
    );
    env.connect(&["validate", "descriptor", &url])
        .assert()
        .code(3);
}

/// A descriptor with three slips: a scope, a comma, a location.
const SLIPS: &str = r#"{
  "key": "com.acme.slips",
  "name": "Slips",
  "baseUrl": "{{localBaseUrl}}",
  "authentication": { "type": "jwt" }, // signed
  "apiMigrations": { "signed-install": true },
  "lifecycle": { "installed": "/installed" },
  "scopes": ["READ", "WHITE"],
  "modules": {
    "jiraProjectPages": [
      { "key": "page", "name": { "value": "Page" }, "url": "/page?project=${project.key}" }
    ]
  }
}
"#;

#[test]
fn people_see_the_line_the_cause_and_the_way_out() {
    let env = TestEnv::new().with_descriptor(SLIPS);
    env.connect(&["validate", "--color", "never"]).assert().code(1).stdout_eq("").stderr_eq(
        "\
warning[descriptor/not-strict-json]: comments are not JSON
 --> atlassian-connect.json:5:40
  |
5 |   \"authentication\": { \"type\": \"jwt\" }, // signed
  |                                        ^^^^^^^^^
error[scope/unknown]: unknown scope `WHITE`
 --> atlassian-connect.json:8:22
  |
8 |   \"scopes\": [\"READ\", \"WHITE\"],
  |                      ^^^^^^^ did you mean `WRITE`?
  |
  = help: expected one of [..]
warning[url/dollar]: parameters are written without `$`
  --> atlassian-connect.json:11:75
   |
11 |       { \"key\": \"page\", \"name\": { \"value\": \"Page\" }, \"url\": \"/page?project=${project.key}\" }
   |                                                                           ^^^^^^^^^^^^^^ did you mean `{project.key}`?
error: 1 error, 2 warnings (3 fixable) in atlassian-connect.json
hint: connect validate atlassian-connect.json --fix
",
    );
}

#[test]
fn editors_and_github_get_one_line_for_each_finding() {
    let env = TestEnv::new().with_descriptor(SLIPS);
    env.connect(&["validate", "--format", "short"]).assert().code(1).stderr_eq("").stdout_eq(
        "\
atlassian-connect.json:5:40: warning[descriptor/not-strict-json]: comments are not JSON
atlassian-connect.json:8:22: error[scope/unknown]: unknown scope `WHITE` (did you mean `WRITE`?)
atlassian-connect.json:11:75: warning[url/dollar]: parameters are written without `$` (did you mean `{project.key}`?)
",
    );
    env.connect(&["validate", "--format", "github"]).assert().code(1).stderr_eq("").stdout_eq(
        "\
::warning file=atlassian-connect.json,line=5,col=40,endLine=5,endColumn=49,title=descriptor/not-strict-json::comments are not JSON
::error file=atlassian-connect.json,line=8,col=22,endLine=8,endColumn=29,title=scope/unknown::unknown scope `WHITE`: did you mean `WRITE`?
::warning file=atlassian-connect.json,line=11,col=75,endLine=11,endColumn=89,title=url/dollar::parameters are written without `$`: did you mean `{project.key}`?
",
    );
}

#[test]
fn sarif_names_each_rule_and_each_place() {
    let env = TestEnv::new().with_descriptor(SLIPS);
    let output = env
        .connect(&["validate", "--format", "sarif"])
        .assert()
        .code(1);
    let log: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    let run = &log["runs"][0];
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), 3);
    let result = &run["results"][1];
    assert_eq!(result["ruleId"], "scope/unknown");
    assert_eq!(result["level"], "error");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "atlassian-connect.json");
    assert_eq!(place["region"]["startLine"], 8);
}

#[test]
fn a_fix_keeps_the_rest_and_a_dry_run_keeps_all() {
    let env = TestEnv::new().with_descriptor(SLIPS);
    let output = env
        .connect(&["validate", "--fix", "--dry-run"])
        .assert()
        .code(1);
    let diff = String::from_utf8_lossy(&output.get_output().stdout).into_owned();
    assert!(
        diff.contains(
            "-  \"scopes\": [\"READ\", \"WHITE\"],\n+  \"scopes\": [\"READ\", \"WRITE\"],\n"
        ),
        "{diff}"
    );
    assert_eq!(env.read("atlassian-connect.json"), SLIPS);

    env.connect(&["validate", "--fix"]).assert().success().stderr_eq(
        "       Fixed atlassian-connect.json (3 changes)\n   Validated atlassian-connect.json for Jira in [..]: 0 errors, 0 warnings\n",
    );
    let expected = SLIPS
        .replace("WHITE", "WRITE")
        .replace("// signed", "")
        .replace("${project", "{project");
    assert_eq!(env.read("atlassian-connect.json"), expected);
}

#[test]
fn stdin_is_fixed_to_stdout() {
    let env = TestEnv::new();
    let output = env
        .connect(&["validate", "-", "--fix"])
        .stdin(SLIPS)
        .assert()
        .success();
    let fixed = String::from_utf8_lossy(&output.get_output().stdout).into_owned();
    assert!(
        fixed.contains("\"WRITE\"") && serde_json::from_str::<Value>(&fixed).is_ok(),
        "{fixed}"
    );
}

#[test]
fn codes_can_be_allowed_and_warnings_can_fail() {
    let good = SLIPS.replace("WHITE", "WRITE");
    let env = TestEnv::new().with_descriptor(&good);
    env.connect(&["validate"]).assert().success();
    env.connect(&["validate", "--strict"]).assert().code(1);
    let allowed = [
        "validate",
        "--strict",
        "--allow",
        "url/dollar",
        "--allow",
        "descriptor/not-strict-json",
    ];
    env.connect(&allowed).assert().success();
    env.connect(&["validate", "--allow", "url/dolar"])
        .assert()
        .code(2);
}

#[test]
fn the_product_decides_which_modules_are_known() {
    let env = TestEnv::new().with_descriptor(&SLIPS.replace("WHITE", "WRITE"));
    env.connect(&["validate", "--product", "jira"])
        .assert()
        .success();
    let output = env
        .connect(&["validate", "--product", "confluence", "--format", "short"])
        .assert()
        .code(1);
    let found = String::from_utf8_lossy(&output.get_output().stdout).into_owned();
    assert!(found.contains("error[module/wrong-product]"), "{found}");
}

#[test]
fn an_address_that_does_not_answer_is_exit_3_and_its_query_stays_secret() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let url = format!("http://ada:secret@{address}/atlassian-connect.json?jwt=secret");
    let output = TestEnv::new().connect(&["validate", &url]).assert().code(3);
    let said = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
    assert!(
        said.starts_with(&format!(
            "error[validate/unreachable]: cannot read http://{address}/atlassian-connect.json\n"
        )),
        "{said}"
    );
    assert!(!said.contains("secret"), "{said}");
}

#[test]
fn an_address_is_read_like_a_file() {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 2_000]).unwrap();
        let body = SLIPS.replace("WHITE", "WRITE");
        write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
    });
    let url = format!("http://{address}/atlassian-connect.json");
    TestEnv::new()
        .connect(&["validate", &url])
        .assert()
        .success();
    server.join().unwrap();
}

#[test]
fn settings_are_checked_and_no_secret_is_shown() {
    let env = TestEnv::new().with_descriptor(&SLIPS.replace("WHITE", "WRITE"));
    env.write("config.json", "{ development: { port: 99999 } }");
    env.write(
        "credentials.json",
        "{ hosts: { 'your-site.atlassian.net': { username: 'a', password: 's3cret' \n",
    );
    for arguments in [
        &["validate"][..],
        &["validate", "--json"],
        &["validate", "config", "credentials"],
    ] {
        let output = env.connect(arguments).assert().code(1);
        let output = output.get_output();
        let said = [&output.stderr[..], &output.stdout].concat();
        let said = String::from_utf8_lossy(&said);
        for expected in [
            "config/out-of-range",
            "credentials/syntax",
            "credentials/sample",
        ] {
            assert!(said.contains(expected), "{said}");
        }
        assert!(!said.contains("s3cret"), "{said}");
    }
}

#[test]
fn codes_are_explained_offline() {
    let output = TestEnv::new()
        .connect(&["explain", "module/unknown-type"])
        .assert()
        .success();
    let text = String::from_utf8_lossy(&output.get_output().stdout).into_owned();
    assert!(
        text.starts_with("module/unknown-type: error: a module type that no product has\n\n"),
        "{text}"
    );
    assert!(
        text.ends_with("`connect.install.error.unknown.module`.\n"),
        "{text}"
    );
    TestEnv::new()
        .connect(&["explain", "no/such"])
        .assert()
        .code(2);
}

#[test]
fn schemas_are_printed_for_editors() {
    for arguments in [
        &["schema", "descriptor", "--product", "jira"][..],
        &["schema", "descriptor"],
        &["schema", "config"],
        &["schema", "credentials"],
    ] {
        let output = TestEnv::new().connect(arguments).assert().success();
        let schema: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
        assert_eq!(
            schema["$schema"],
            "https://json-schema.org/draft/2020-12/schema"
        );
    }
}

/// A manifest whose webhook has no key: Forge's own checks let it pass, the deploy fails.
const MANIFEST: &str = include_str!("../fixtures/manifests/invalid/manifest-missing-field.yml");

#[test]
fn a_forge_manifest_is_checked_with_its_bodies() {
    let env = TestEnv::new();
    env.write("manifest.yml", MANIFEST);
    for arguments in [&["validate"][..], &["validate", "manifest"]] {
        env.connect(arguments)
            .assert()
            .code(1)
            .stdout_eq("")
            .stderr_eq(
                "\
error[manifest/missing-field]: `jira:webhooks` needs the field `key`, found none
  --> manifest.yml:20:7
   |
20 |     - event: jira:issue_created
   |       ^^^^^ `key` is required
error: 1 error, 0 warnings in manifest.yml
",
            );
    }
}

#[test]
fn each_save_is_checked_again_until_an_interrupt() {
    let good = app::descriptor("com.example.a", "One");
    let env = TestEnv::new().with_descriptor(&good);
    let mut watch = Session::command(&env, &["validate", "descriptor", "--watch", "--json"]);
    let verdict = |ok: bool| move |event: &Value| event["ok"] == ok;
    watch.wait_for_where("a good one", verdict(true));
    env.write("atlassian-connect.json", "{");
    watch.wait_for_where("a bad one", verdict(false));
    // A file that is gone is said, and does not end the watch.
    std::fs::remove_file(env.path("atlassian-connect.json")).unwrap();
    env.write("atlassian-connect.json", &good);
    watch.wait_for_where("a good one again", verdict(true));
    assert_eq!(watch.interrupt().status.code(), Some(0));
}

#[cfg(unix)]
#[test]
fn credentials_that_others_may_see_are_found_in_every_format() {
    use std::os::unix::fs::PermissionsExt as _;

    let env = TestEnv::new();
    env.write("credentials.json", "{}");
    let chmod = |mode| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(env.path("credentials.json"), mode).unwrap();
    };
    let found = || {
        let output = env.connect(&["validate", "credentials", "--json"]).assert();
        let result: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
        let findings = result["files"][0]["findings"].as_array().unwrap().clone();
        findings
            .iter()
            .map(|finding| finding["code"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    chmod(0o600);
    assert!(found().is_empty());
    chmod(0o644);
    assert_eq!(found(), ["credentials/readable"]);
    env.connect(&["validate", "credentials", "--format", "short"])
        .assert()
        .success()
        .stdout_eq(
            "credentials.json:1:1: warning[credentials/readable]: others can read the file (mode 0644)\n",
        );
    env.connect(&["validate", "credentials", "--strict"])
        .assert()
        .code(1);

    // git needs no more than these of a repository.
    std::fs::create_dir_all(env.path(".git/objects")).unwrap();
    std::fs::create_dir_all(env.path(".git/refs")).unwrap();
    env.write(".git/HEAD", "ref: refs/heads/main\n");
    assert_eq!(found(), ["credentials/readable", "credentials/not-ignored"]);
    env.write(".gitignore", "/credentials.json\n");
    assert_eq!(found(), ["credentials/readable"]);
}
