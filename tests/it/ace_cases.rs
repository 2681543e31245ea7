//! What atlassian-connect-express 11.5.3 does not survive, one test each: A1 to A13 are failures of
//! its development loop, the others are scenarios of signals, saves and hosts that misbehave.
//!
//! Scenarios of its install keys are tests of the runtime, and those of tunnels are in theirs.

use std::net::TcpListener;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use crate::support::env::TestEnv;
use crate::support::host::{FakeHost, Faults, base64};
use crate::support::session::{Ended, Session};
use crate::support::{app, setting};

const KEY: &str = "com.example.a";

fn project(hosts: &[&FakeHost]) -> TestEnv {
    TestEnv::new()
        .with_descriptor(&app::descriptor(KEY, "One"))
        .with_hosts(hosts)
}

fn start(env: &TestEnv) -> Session {
    Session::start(env, &["--exec", &app::command()])
}

fn save(env: &TestEnv, name: &str) {
    env.write("atlassian-connect.json", &app::descriptor(KEY, name));
}

/// The session goes on after this error, and leaves nothing after one interrupt.
fn survives(host: &FakeHost, faults: Faults, code: &str) -> Ended {
    host.set(faults);
    let env = project(&[host]);
    let mut session = start(&env);
    let error = session.wait_for_error(code);
    assert_eq!(error["fatal"], false, "{error}");
    // It can be healed without a restart.
    host.set(Faults::default());
    save(&env, "Two");
    session.wait_for("ready");
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{code}: {}", ended.stderr);
    assert!(host.apps().is_empty(), "{code}");
    ended
}

/// Lets this much time pass: the pace of somebody who saves, not a wait for anything.
fn pace(time: Duration) {
    let (_hold, nothing) = channel::<()>();
    let _ = nothing.recv_timeout(time);
}

#[test]
fn a1_five_saves_50_ms_apart_are_one_install() {
    // On a busy machine a save may come late; then the pace is tried again.
    for attempt in 0..20 {
        let host = FakeHost::start();
        let env = project(&[&host]);
        let mut session = start(&env);
        session.wait_for("ready");
        let mut last = Instant::now();
        let mut longest = Duration::ZERO;
        for number in 1..=5 {
            save(&env, &format!("Save {number}"));
            longest = longest.max(last.elapsed());
            last = Instant::now();
            pace(Duration::from_millis(50));
        }
        session.wait_for_where("the last save", |event| {
            event["event"] == "host.registered"
                && host.installed_names().ends_with(&["Save 5".to_owned()])
        });
        let ended = session.interrupt();
        assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
        if longest < Duration::from_millis(56) {
            assert_eq!(host.installed_names(), ["One", "Save 5"]);
            assert_eq!(host.count("POST"), 2);
            return;
        }
        println!("attempt {attempt}: a save took {longest:?}");
    }
    panic!("this machine is too busy to save every 50 ms");
}

#[test]
fn a2_a_half_typed_save_kills_nothing() {
    let host = FakeHost::start();
    let env = project(&[&host]);
    let mut session = start(&env);
    session.wait_for("ready");
    env.write("atlassian-connect.json", "{\"key\": \"my-app\", ");
    session.wait_for_error("descriptor/syntax");
    assert_eq!(host.apps(), [KEY]);
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert_eq!(host.count("POST"), 1);
    assert!(host.apps().is_empty());
}

#[test]
fn a3_kill_9_deregisters_and_the_next_start_tells_the_host_its_new_address() {
    let host = FakeHost::start();
    let env = project(&[&host]);
    let mut session = start(&env);
    session.wait_for("ready");
    session.signal(Signal::KILL);
    assert!(host.wait_until_empty() < Duration::from_secs(3));
    session.end();
    // Somebody else takes the port meanwhile.
    let _taken = TcpListener::bind("127.0.0.1:3000");
    let mut session = start(&env);
    let ready = session.wait_for("ready");
    assert_eq!(host.base_url(KEY), ready["app"].as_str().unwrap());
    session.interrupt();
    assert!(host.apps().is_empty());
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
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(host.apps().is_empty());
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
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
}

#[test]
fn a9_a_delete_without_an_answer_holds_us_five_seconds() {
    let host = FakeHost::with(Faults {
        silent_delete: true,
        ..Faults::default()
    });
    let env = project(&[&host]);
    let mut session = start(&env);
    session.wait_for("ready");
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
    let env = project(&[&host]);
    let mut session = start(&env);
    session.wait_for("ready");
    let ended = session.interrupt();
    assert!(!ended.stderr.contains("4040"), "{}", ended.stderr);
}

#[test]
fn sigint_during_install_takes_it_back() {
    let host = FakeHost::with(Faults {
        polls: 20,
        ..Faults::default()
    });
    let env = project(&[&host]);
    let session = start(&env);
    host.wait_for("POST", 1);
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert_eq!(host.count("DELETE"), 1);
    assert!(host.apps().is_empty());
}

#[test]
fn sigint_before_anything_runs_ends_it() {
    let host = FakeHost::start();
    let env = project(&[&host]);
    // The first sign of life; signals are ours from before it on.
    let mut session = start(&env);
    session.wait_for("descriptor.validated");
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(host.apps().is_empty());
}

#[test]
fn sigterm_and_sighup_deregister() {
    for signal in [Signal::TERM, Signal::HUP] {
        let host = FakeHost::start();
        let env = project(&[&host]);
        let mut session = start(&env);
        session.wait_for("ready");
        session.signal(signal);
        let ended = session.end();
        assert_eq!(ended.status.code(), Some(0), "{signal:?}: {}", ended.stderr);
        assert!(host.apps().is_empty(), "{signal:?}");
    }
}

#[test]
fn delete_slow_is_left_at_once_by_a_second_sigint() {
    let host = FakeHost::with(Faults {
        silent_delete: true,
        ..Faults::default()
    });
    let env = project(&[&host]);
    let mut session = start(&env);
    session.wait_for("ready");
    session.signal(Signal::INT);
    host.wait_for("DELETE", 1);
    let began = Instant::now();
    let ended = session.interrupt();
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(ended.status.code(), Some(130), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("hint: connect clean"),
        "{}",
        ended.stderr
    );
}

#[test]
fn delete_500_and_delete_401_are_left_behind_with_a_hint() {
    for status in [500, 401] {
        let host = FakeHost::with(Faults {
            delete_status: Some(status),
            ..Faults::default()
        });
        let env = project(&[&host]);
        let mut session = start(&env);
        session.wait_for("ready");
        let ended = session.interrupt();
        assert_eq!(ended.status.code(), Some(3), "{status}: {}", ended.stderr);
        assert!(
            ended.stderr.contains("error[dev/left-behind]"),
            "{}",
            ended.stderr
        );
        assert_eq!(ended.count("host.deregistered"), 0, "{status}");
        host.set(Faults::default());
        env.connect(&["clean"]).assert().success();
        assert!(host.apps().is_empty(), "{status}");
    }
}

#[test]
fn empty_save_registers_nothing() {
    let host = FakeHost::start();
    let env = project(&[&host]);
    let mut session = start(&env);
    session.wait_for("ready");
    env.write("atlassian-connect.json", "");
    session.wait_for("error");
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert_eq!(host.count("POST"), 1);
    assert!(host.apps().is_empty());
}

#[test]
fn key_change_leaves_nothing_of_either_key() {
    let host = FakeHost::start();
    let env = project(&[&host]);
    let mut session = start(&env);
    session.wait_for("ready");
    env.write(
        "atlassian-connect.json",
        &app::descriptor("com.example.b", "B"),
    );
    session.wait_for("host.registered");
    assert_eq!(host.apps(), ["com.example.b"]);
    session.interrupt();
    assert!(host.apps().is_empty());
}

#[test]
fn webhook_added_reaches_the_host() {
    let host = FakeHost::start();
    let env = project(&[&host]);
    let mut session = start(&env);
    session.wait_for("ready");
    let webhook =
        r#""webhooks": [{ "event": "jira:issue_created", "url": "/hook" }], "generalPages""#;
    let text = env.read("atlassian-connect.json");
    env.write(
        "atlassian-connect.json",
        &text
            .replace("\"generalPages\"", webhook)
            .replace("\"apiVersion\"", "\"scopes\": [\"READ\"], \"apiVersion\""),
    );
    session.wait_for("host.registered");
    assert_eq!(
        host.descriptor(KEY)["modules"]["webhooks"][0]["url"],
        "/hook"
    );
    session.interrupt();
}

#[test]
fn settings_500_and_settings_401_are_explained() {
    for (status, code) in [(500, "upm/unexpected"), (401, "upm/unauthorized")] {
        let faults = Faults {
            settings_status: Some(status),
            ..Faults::default()
        };
        let ended = survives(&FakeHost::start(), faults, code);
        assert!(ended.stderr.lines().count() < 60, "{}", ended.stderr);
    }
}

#[test]
fn settings_without_an_answer_can_be_left() {
    let host = FakeHost::with(Faults {
        silent_settings: true,
        ..Faults::default()
    });
    let env = project(&[&host]);
    let session = start(&env);
    host.wait_for("GET settings", 1);
    let began = Instant::now();
    let ended = session.interrupt();
    assert!(
        began.elapsed() < Duration::from_secs(8),
        "{:?}",
        began.elapsed()
    );
    assert!(ended.status.code().is_some(), "{}", ended.stderr);
    assert!(host.apps().is_empty());
}

#[test]
fn list_500_and_post_403_are_explained() {
    let list = Faults {
        list_status: Some(500),
        ..Faults::default()
    };
    survives(&FakeHost::start(), list, "upm/unexpected");
    let post = Faults {
        install_status: Some(403),
        ..Faults::default()
    };
    survives(&FakeHost::start(), post, "upm/not-admin");
}

#[test]
fn poll_500_does_not_hide_an_install() {
    let host = FakeHost::with(Faults {
        poll_status: Some(500),
        ..Faults::default()
    });
    let env = project(&[&host]);
    let mut session = start(&env);
    session.wait_for_error("upm/unexpected");
    // The host has it, whatever it said of the task.
    assert_eq!(host.apps(), [KEY]);
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(host.apps().is_empty());
}

/// Slow: the deadline of an install is 30 seconds.
#[test]
fn an_install_that_never_finishes_is_given_up_and_taken_back() {
    if setting("CONNECT_SLOW_TESTS").is_none() {
        println!("not run: it takes 30 seconds; set CONNECT_SLOW_TESTS=1");
        return;
    }
    let host = FakeHost::with(Faults {
        polls: usize::MAX,
        ..Faults::default()
    });
    let env = project(&[&host]);
    let mut session = start(&env);
    session.wait_within(Duration::from_secs(60), "upm/timeout", |event| {
        event["code"] == "upm/timeout"
    });
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(host.apps().is_empty());
}

#[test]
fn two_hosts_one_down_is_half_the_work_done() {
    let good = FakeHost::start();
    let down = FakeHost::start();
    let env = project(&[&good]);
    let gone = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!(
            "http://127.0.0.1:{}/jira",
            listener.local_addr().unwrap().port()
        )
    };
    let both = project(&[&good, &down]).read("credentials.json");
    env.write("credentials.json", &both.replace(&down.site(), &gone));
    let mut session = start(&env);
    let mut seen: Vec<Value> = Vec::new();
    for _ in 0..2 {
        seen.push(session.wait_for_where("ready or an error", |event| {
            event["event"] == "ready" || event["code"] == "net/unreachable"
        }));
    }
    assert!(
        seen.iter().any(|event| event["event"] == "ready"),
        "{seen:?}"
    );
    assert_eq!(good.apps(), [KEY]);
    session.signal(Signal::INT);
    let ended = session.end();
    assert!(good.apps().is_empty(), "{}", ended.stderr);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
}

#[test]
fn no_hosts_is_said() {
    let env = TestEnv::new().with_descriptor(&app::descriptor(KEY, "One"));
    env.write("credentials.json", "{}");
    let ended = Session::start(&env, &["--via", "upm", "--exec", &app::command()]).end();
    assert_eq!(ended.status.code(), Some(1));
    assert!(
        ended.stderr.contains("error[dev/no-hosts]"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("hint: connect dev --via sandbox"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_restart_registers_again_even_if_the_host_has_it() {
    let host = FakeHost::start();
    let env = project(&[&host]);
    for count in 1..=2 {
        let ended = Session::start(
            &env,
            &["--keep", "--until", "ready", "--exec", &app::command()],
        )
        .end();
        assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
        assert_eq!(host.count("POST"), count);
    }
    env.connect(&["clean"]).assert().success();
}

#[test]
fn node_env_development_is_an_environment_like_any_other() {
    let host = FakeHost::start();
    let env = project(&[&host]).with("NODE_ENV", "development");
    let mut session = start(&env);
    session.wait_for("ready");
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
}
