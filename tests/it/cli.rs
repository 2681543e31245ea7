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
        "completions",
        "dev",
        "doctor",
        "explain",
        "info",
        "inspect",
        "license",
        "man",
        "migrate",
        "migrate forge",
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
fn each_shell_gets_a_script_with_all_that_is_anybodys_to_type() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = TestEnv::new()
            .connect(&["completions", shell])
            .assert()
            .success()
            .stderr_eq("");
        let script = String::from_utf8(output.get_output().stdout.clone()).unwrap();
        for word in ["sandbox", "on-ready", "tenants", "version"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
        assert!(!script.contains("__reap"), "{shell}");
    }
}

#[cfg(unix)]
#[test]
fn the_script_for_bash_completes_commands_flags_and_values() {
    let env = TestEnv::new();
    let complete = |words: &str| {
        let script = format!(
            "source <(connect completions bash); COMP_WORDS=({words}); \
             COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _connect connect \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD - 1]}}\"; echo \"${{COMPREPLY[*]}}\""
        );
        let program = std::path::Path::new(crate::support::env::CONNECT);
        let folder = program.parent().unwrap().display();
        let output = snapbox::cmd::Command::new("bash")
            .args(["--norc", "-c", &script])
            .env_clear()
            .envs(env.variables())
            .env("PATH", format!("{folder}:/usr/bin:/bin"))
            .output();
        let output = output.unwrap();
        assert!(output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(complete("connect sandb"), "sandbox\n");
    assert_eq!(complete("connect dev --on"), "--on-ready\n");
    assert_eq!(complete("connect dev --via s"), "sandbox\n");
}

#[test]
fn there_is_a_manual_page_for_each_command() {
    let env = TestEnv::new();
    let page = env.connect(&["man"]).assert().success();
    let page = String::from_utf8(page.get_output().stdout.clone()).unwrap();
    assert!(page.contains(".TH connect 1"), "{page}");
    let written = env
        .connect(&["man", "--dir", "man/man1"])
        .assert()
        .success();
    written.stderr_eq("       Wrote [..] pages to man/man1\n");
    let page = env.read("man/man1/connect-sandbox-test.1");
    assert!(page.contains("connect\\-sandbox\\-test"), "{page}");
    assert!(!env.path("man/man1/connect-__reap.1").exists());
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
