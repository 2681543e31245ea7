//! Keys that `connect dev` knows on a terminal.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::app;
use crate::support::env::TestEnv;
use crate::support::host::FakeHost;
use crate::support::terminal::{OnTerminal, press};

fn project(host: &FakeHost) -> TestEnv {
    TestEnv::new()
        .with_descriptor(&app::descriptor("com.example.a", "One"))
        .with_hosts(&[host])
}

/// Presses keys when the app is ready, the last one being `q`.
fn pressed(env: &TestEnv, keys: &str) -> Option<OnTerminal> {
    press(env, "q quit", keys, &["dev", "--exec", &app::command()])
}

#[test]
fn q_quits_and_says_before_which_keys_there_are() {
    let host = FakeHost::start();
    let env = project(&host);
    let Some(ended) = pressed(&env, "Q") else {
        return;
    };
    assert_eq!(ended.code, 0, "{}", ended.shown);
    assert!(host.apps().is_empty());
    let keys = "o open   r re-install   b rebuild   ? keys   q quit";
    assert!(ended.shown.contains(keys), "{}", ended.shown);
}

#[test]
fn r_installs_again() {
    let host = FakeHost::start();
    let env = project(&host);
    let (again, seen) = (env.path("again"), host.clone());
    std::thread::spawn(move || {
        seen.wait_for("POST", 2);
        std::fs::write(again, "").unwrap();
    });
    // It ends by itself once the host was asked twice.
    let wait = "while ! [ -e again ]; do :; done";
    let command = app::command();
    let arguments = [
        "dev",
        "--exec",
        &command,
        "--until",
        "ready",
        "--on-ready",
        wait,
    ];
    let Some(ended) = press(&env, "q quit", "r", &arguments) else {
        return;
    };
    assert_eq!(ended.code, 0, "{}", ended.shown);
    assert_eq!(host.count("POST"), 2, "{}", ended.shown);
    assert!(host.apps().is_empty());
}

#[test]
fn b_starts_the_app_again_and_the_question_mark_explains() {
    let host = FakeHost::start();
    let env = project(&host);
    let Some(ended) = pressed(&env, "b?q") else {
        return;
    };
    assert_eq!(ended.code, 0, "{}", ended.shown);
    assert!(
        ended.shown.contains("b   build it and start it again"),
        "{}",
        ended.shown
    );
    // A key has no echo.
    assert!(!ended.shown.contains("b?q"), "{}", ended.shown);
}

#[test]
fn o_opens_the_page_of_the_app() {
    let host = FakeHost::start();
    let env = project(&host);
    env.write("bin/xdg-open", "#!/bin/sh\necho \"$@\" > opened\n");
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(env.path("bin/xdg-open"), executable).unwrap();
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", env.path("bin").display());
    let env = env.with("PATH", &path);
    let command = format!("{} ", app::command());
    // It quits by itself once the page is open.
    let arguments = [
        "dev",
        "--exec",
        &command,
        "--on-ready",
        "while ! [ -s opened ]; do :; done",
        "--until",
        "ready",
    ];
    let Some(ended) = press(&env, "q quit", "o", &arguments) else {
        return;
    };
    if cfg!(target_os = "macos") {
        return;
    }
    assert_eq!(ended.code, 0, "{}", ended.shown);
    let page = format!("{}/plugins/servlet/ac/com.example.a/hello\n", host.site());
    assert_eq!(env.read("opened"), page);
}
