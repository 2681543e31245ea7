//! `connect validate`.

use serde_json::Value;

use crate::support::app;
use crate::support::env::TestEnv;

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
