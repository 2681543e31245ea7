//! The command line itself.

use snapbox::file;

use crate::support::env::TestEnv;

#[test]
fn help_is_as_documented() {
    let env = TestEnv::new();
    let page = |command: &str| {
        let arguments: Vec<_> = command.split(' ').filter(|word| !word.is_empty()).collect();
        let arguments = [&arguments[..], &["--help"]].concat();
        let output = env.connect(&arguments).assert().success();
        let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
        let title = format!("connect {command}");
        format!("## `{}`\n\n```text\n{}\n```\n", title.trim(), text.trim())
    };
    let pages: Vec<_> = [
        "",
        "call",
        "clean",
        "dev",
        "doctor",
        "explain",
        "info",
        "inspect",
        "license",
        "new",
        "sandbox",
        "sandbox fault",
        "sandbox record",
        "sandbox reset",
        "sandbox test",
        "schema",
        "status",
        "tenants",
        "tenants export",
        "tenants forget",
        "tenants import",
        "tenants list",
        "tenants show",
        "token",
        "token decode",
        "token mint",
        "trigger",
        "validate",
    ]
    .map(page)
    .into();
    let text = format!(
        "# Command line reference\n\nMade from the program's help; `SNAPSHOTS=overwrite cargo test --test it help` writes it again.\n\n{}",
        pages.join("\n")
    );
    snapbox::assert_data_eq!(text, file!["../../docs/cli-reference.md"].raw());
}

#[test]
fn the_version_goes_to_stdout() {
    TestEnv::new()
        .connect(&["--version"])
        .assert()
        .success()
        .stdout_eq(concat!("connect ", env!("CARGO_PKG_VERSION"), "\n"))
        .stderr_eq("");
}

#[test]
fn an_unknown_flag_is_exit_2() {
    TestEnv::new().connect(&["new", "--nmae"]).assert().code(2);
}

#[test]
fn a_folder_that_is_none_is_named() {
    TestEnv::new()
        .connect(&["-C", "nowhere", "validate"])
        .assert()
        .code(1)
        .stderr_eq(
            "error[cli/no-folder]: `[..]nowhere` is not a folder\nhint: check the value of `-C`\n",
        );
}

#[test]
fn colour_is_for_terminals_and_for_those_who_ask() {
    let env = TestEnv::new();
    let coloured = |env: &TestEnv, arguments: &[&str]| {
        let output = env.connect(arguments).assert().code(1);
        output.get_output().stderr.contains(&0x1b)
    };
    assert!(!coloured(&env, &["validate"]));
    assert!(coloured(&env, &["validate", "--color", "always"]));
    let env = env.with("FORCE_COLOR", "1");
    assert!(coloured(&env, &["validate"]));
    let env = env.with("NO_COLOR", "1");
    assert!(!coloured(&env, &["validate"]));
}
