//! Scenarios of signals, saves and hosts that misbehave.

use std::net::TcpListener;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use super::*;
use crate::support::{DEADLINE, setting};

#[test]
fn sigint_while_the_host_still_fetches_takes_the_install_back() {
    let host = FakeHost::start();
    let (go_on, gate) = channel::<()>();
    let gate = Mutex::new(gate);
    host.set_routes(move |url| {
        let _ = gate.lock().unwrap().recv_timeout(DEADLINE);
        url.to_owned()
    });
    let env = project(&[&host]);
    let session = start(&env);
    host.wait_for("POST", 1);
    assert!(host.apps().is_empty());
    session.signal(Signal::INT);
    drop(go_on);
    let ended = session.end();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert_eq!(host.installed_names(), ["One"]);
    assert!(host.apps().is_empty());
}

#[test]
fn sigint_after_installed_and_before_a_poll_takes_it_back() {
    let host = FakeHost::with(Faults {
        polls: 20,
        ..Faults::default()
    });
    let env = project(&[&host]);
    let session = start(&env);
    host.wait_for("POST", 1);
    ends_well(session, &host);
    assert_eq!(host.count("DELETE"), 1);
}

#[test]
fn sigint_before_anything_runs_ends_it() {
    let host = FakeHost::start();
    let env = project(&[&host]);
    // The first sign of life; signals are ours from before it on.
    let mut session = start(&env);
    session.wait_for("descriptor.validated");
    ends_well(session, &host);
}

#[test]
fn sigterm_and_sighup_deregister() {
    for signal in [Signal::TERM, Signal::HUP] {
        let host = FakeHost::start();
        let (_env, session) = ready(&host);
        session.signal(signal);
        let ended = session.end();
        assert_eq!(ended.status.code(), Some(0), "{signal:?}: {}", ended.stderr);
        assert!(host.apps().is_empty(), "{signal:?}");
    }
}

/// Others restart their children with it (nodemon). It ends us at once, and the reaper cleans up.
#[test]
fn sigusr2_leaves_nothing() {
    let host = FakeHost::start();
    let (_env, session) = ready(&host);
    session.signal(Signal::USR2);
    assert!(host.wait_until_empty() < Duration::from_secs(3));
    session.end();
}

#[test]
fn delete_slow_is_left_at_once_by_a_second_sigint() {
    let host = FakeHost::with(Faults {
        silent_delete: true,
        ..Faults::default()
    });
    let (_env, session) = ready(&host);
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
        let (env, session) = ready(&host);
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
    let (env, mut session) = ready(&host);
    env.write("atlassian-connect.json", "");
    session.wait_for("error");
    ends_well(session, &host);
    assert_eq!(host.count("POST"), 1);
}

#[test]
fn key_change_leaves_nothing_of_either_key() {
    let host = FakeHost::start();
    let (env, mut session) = ready(&host);
    env.write(
        "atlassian-connect.json",
        &app::descriptor("com.example.b", "B"),
    );
    session.wait_for("host.registered");
    assert_eq!(host.apps(), ["com.example.b"]);
    ends_well(session, &host);
}

#[test]
fn webhook_added_reaches_the_host() {
    let host = FakeHost::start();
    let (env, mut session) = ready(&host);
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
    ends_well(session, &host);
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
    ends_well(session, &host);
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
    ends_well(session, &host);
}
