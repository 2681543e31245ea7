//! A1 to A13.

use std::net::TcpListener;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::*;
use crate::support::host::base64;

/// Lets this much time pass: the pace of somebody who saves, not a wait for anything.
fn pace(time: Duration) {
    let (_hold, nothing) = channel::<()>();
    let _ = nothing.recv_timeout(time);
}

/// That saves at this pace are one change is a test of the watch, and a row of the benchmark: on a
/// busy machine they come late. However they come, no install begins while another one is under
/// way, and the last save is the last one that is installed.
#[test]
fn a1_five_saves_50_ms_apart_never_overlap() {
    let host = FakeHost::start();
    let (env, mut session) = ready(&host);
    for number in 1..=5 {
        save(&env, &format!("Save {number}"));
        pace(Duration::from_millis(50));
    }
    session.wait_for_where("the last save", |event| {
        event["event"] == "host.registered"
            && host.installed_names().ends_with(&["Save 5".to_owned()])
    });
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(!host.overlapped());
    assert!(host.count("POST") <= 6, "{:?}", host.installed_names());
}

#[test]
fn a2_a_half_typed_save_kills_nothing() {
    let host = FakeHost::start();
    let (env, mut session) = ready(&host);
    env.write("atlassian-connect.json", "{\"key\": \"my-app\", ");
    session.wait_for_error("descriptor/syntax");
    assert_eq!(host.apps(), [KEY]);
    ends_well(session, &host);
    assert_eq!(host.count("POST"), 1);
}

#[test]
fn a3_kill_9_deregisters_and_the_next_start_tells_the_host_its_new_address() {
    let host = FakeHost::start();
    let (env, session) = ready(&host);
    session.signal(Signal::KILL);
    assert!(host.wait_until_empty() < Duration::from_secs(3));
    session.end();
    // Somebody else takes the port meanwhile.
    let _taken = TcpListener::bind("127.0.0.1:3000");
    let mut session = start(&env);
    let ready = session.wait_for("ready");
    assert_eq!(host.base_url(KEY), ready["app"].as_str().unwrap());
    ends_well(session, &host);
}

#[test]
fn a4_development_mode_off_is_said_and_ends_nothing() {
    let faults = Faults {
        dev_mode_off: true,
        ..Faults::default()
    };
    let ended = survives(&FakeHost::start(), faults, "upm/dev-mode-off");
    assert!(
        ended.stderr.contains("hint: switch on development mode"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a5_a_401_shows_no_credentials() {
    let host = FakeHost::start();
    let env = project(&[&host]);
    let wrong = env
        .read("credentials.json")
        .replace(FakeHost::PASSWORD, "hunter2-is-wrong");
    env.write("credentials.json", &wrong);
    let mut session = Session::start(&env, &["-v", "--exec", &app::command()]);
    session.wait_for_error("upm/unauthorized");
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    let login = base64("ada:hunter2-is-wrong");
    for secret in ["hunter2-is-wrong", &login, "Basic "] {
        assert!(!ended.stderr.contains(secret), "{}", ended.stderr);
        let events = format!("{:?}", ended.events);
        assert!(!events.contains(secret), "{events}");
    }
    assert!(ended.stderr.lines().count() < 40, "{}", ended.stderr);
}

#[test]
fn a6_a_host_that_is_down_is_tried_again_by_itself() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let later = || FakeHost::on(TcpListener::bind(("127.0.0.1", port)).unwrap());
    let env = TestEnv::new().with_descriptor(&app::descriptor(KEY, "One"));
    env.write(
        "credentials.json",
        &format!(
            "{{ hosts: {{ 'http://127.0.0.1:{port}/jira': {{ product: 'jira', username: 'ada', password: '{}' }} }} }}",
            FakeHost::PASSWORD
        ),
    );
    let mut session = start(&env);
    let error = session.wait_for_error("net/unreachable");
    assert_eq!(error["fatal"], false);
    let host = later();
    session.wait_for("ready");
    ends_well(session, &host);
}

#[test]
fn a7_a_port_that_is_taken_moves_or_is_an_error_if_it_was_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let host = FakeHost::start();
    let env = project(&[&host]);
    env.write(
        "config.json",
        &format!("{{ development: {{ port: {port} }} }}"),
    );
    let mut session = start(&env);
    session.wait_for("ready");
    let ended = session.interrupt();
    let moved = format!("warning: port {port} is taken, using ");
    assert!(ended.stderr.contains(&moved), "{}", ended.stderr);

    env.write("Cargo.toml", "[package]\nname = \"a\"\n");
    let ended = Session::start(&env, &["--port", &port]).end();
    assert_eq!(ended.status.code(), Some(1));
    assert!(
        ended.stderr.contains("error[dev/port-taken]"),
        "{}",
        ended.stderr
    );
    assert_eq!(
        ended
            .stderr
            .lines()
            .filter(|line| line.starts_with("error["))
            .count(),
        1
    );
}

#[test]
fn a8_validation_needs_no_network() {
    let host = FakeHost::start();
    let env = project(&[&host])
        .with("HTTP_PROXY", "http://127.0.0.1:1")
        .with("HTTPS_PROXY", "http://127.0.0.1:1");
    let mut session = start(&env);
    session.wait_for("descriptor.validated");
    session.wait_for("ready");
    ends_well(session, &host);
}

#[test]
fn a9_a_delete_without_an_answer_holds_us_five_seconds() {
    let host = FakeHost::with(Faults {
        silent_delete: true,
        ..Faults::default()
    });
    let (env, session) = ready(&host);
    let began = Instant::now();
    let ended = session.interrupt();
    assert!(
        began.elapsed() < Duration::from_secs(7),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(ended.status.code(), Some(3), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("error[dev/left-behind]"),
        "{}",
        ended.stderr
    );
    assert!(env.path(".connect/session.json").exists());
}

#[test]
fn a10_a_failed_install_is_one_error_with_the_hosts_words() {
    let faults = Faults {
        install_fails: Some("connect.install.error.missing.scope"),
        ..Faults::default()
    };
    let ended = survives(&FakeHost::start(), faults, "install/descriptor-refused");
    let words = "caused by: the host says: it did not work";
    assert_eq!(ended.stderr.matches(words).count(), 1, "{}", ended.stderr);
    assert!(!ended.stderr.contains("\"status\""), "{}", ended.stderr);
}

#[test]
fn a11_output_that_is_no_terminal_has_no_colour() {
    let host = FakeHost::start();
    for variables in [&[][..], &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")]] {
        let mut env = project(&[&host]);
        for (name, value) in variables {
            env = env.with(name, value);
        }
        let mut session = start(&env);
        session.wait_for("ready");
        let ended = session.interrupt();
        assert!(!ended.stderr.contains('\u{1b}'), "{:?}", ended.stderr);
    }
}

#[test]
fn a12_an_install_shows_no_shared_secret() {
    let host = FakeHost::start();
    let env = project(&[&host]);
    let mut session = Session::start(&env, &["-v", "--exec", &app::command()]);
    session.wait_for("ready");
    let ended = session.interrupt();
    let said = format!("{} {:?}", ended.stderr, ended.events);
    assert!(said.contains("/installed"), "{said}");
    assert!(!said.contains(FakeHost::SHARED_SECRET), "{said}");
}

#[test]
fn a13_nobody_is_sent_to_an_inspector_that_does_not_run() {
    let host = FakeHost::start();
    let (_env, session) = ready(&host);
    let ended = session.interrupt();
    assert!(!ended.stderr.contains("4040"), "{}", ended.stderr);
}
