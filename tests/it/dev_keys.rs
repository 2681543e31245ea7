//! Keys that `connect dev` knows on a terminal.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::app;
use crate::support::env::{CONNECT, TestEnv};
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
    let keys =
        "o open   i inspector   t trigger   l license   r re-install   b rebuild   ? keys   q quit";
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

/// An opener of browsers that writes the address into the file `opened`.
fn with_browser(env: TestEnv) -> TestEnv {
    env.write("bin/xdg-open", "#!/bin/sh\necho \"$@\" > opened\n");
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(env.path("bin/xdg-open"), executable).unwrap();
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", env.path("bin").display());
    env.with("PATH", &path)
}

/// Presses keys in a session that ends by itself once this command of the shell succeeds.
fn pressed_until(env: &TestEnv, keys: &str, done: &str, more: &[&str]) -> Option<OnTerminal> {
    let (command, wait) = (app::command(), format!("until {done}; do :; done"));
    let arguments = [
        "dev",
        "--exec",
        &command,
        "--until",
        "ready",
        "--on-ready",
        &wait,
    ];
    press(env, "q quit", keys, &[&arguments[..], more].concat())
}

#[test]
fn o_opens_the_page_of_the_app_and_i_that_of_its_requests() {
    if cfg!(target_os = "macos") {
        return;
    }
    for key in ["o", "i"] {
        let host = FakeHost::start();
        let env = with_browser(project(&host));
        let Some(ended) = pressed_until(&env, key, "[ -s opened ]", &[]) else {
            return;
        };
        assert_eq!(ended.code, 0, "{}", ended.shown);
        let opened = env.read("opened");
        if key == "o" {
            let page = format!("{}/plugins/servlet/ac/com.example.a/hello\n", host.site());
            assert_eq!(opened, page);
        } else {
            assert!(opened.starts_with("http://127.0.0.1:"), "{opened}");
            assert!(
                opened.contains("/#") && ended.shown.contains(opened.trim()),
                "{opened}"
            );
        }
    }
}

const IN_SANDBOX: [&str; 4] = ["--via", "sandbox", "--sandbox-port", "0"];

#[test]
fn t_lists_what_a_host_sends_and_a_number_sends_it() {
    let env = project(&FakeHost::start());
    // Without the list a number is no key.
    let sent = "grep -qs '\"target\": *\"/hello' .connect/requests/*";
    let Some(ended) = pressed_until(&env, "1t3", sent, &IN_SANDBOX) else {
        return;
    };
    assert_eq!(ended.code, 0, "{}", ended.shown);
    let shown = ended.shown;
    assert!(shown.contains("  1   installed "), "{shown}");
    assert!(shown.contains("  3   iframe:hello "), "{shown}");
    assert_eq!(shown.matches(" POST   /installed ").count(), 1, "{shown}");
    assert_eq!(shown.matches(" GET    /hello ").count(), 1, "{shown}");
}

#[test]
fn l_switches_the_licence_in_the_sandbox_only() {
    let host = FakeHost::start();
    let Some(ended) = pressed(&project(&host), "lq") else {
        return;
    };
    let told = "a key switches the licence in the sandbox only";
    assert!(ended.shown.contains(told), "{}", ended.shown);

    let env = project(&host);
    let license = format!("{CONNECT} license | grep -q none && touch gone");
    let Some(ended) = pressed_until(&env, "l", &license, &IN_SANDBOX) else {
        return;
    };
    assert_eq!(ended.code, 0, "{}", ended.shown);
    for text in ["the licence to none", "the app asks for no licence"] {
        assert!(ended.shown.contains(text), "{}", ended.shown);
    }
}
