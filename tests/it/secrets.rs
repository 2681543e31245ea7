//! No log-in shows anywhere: not in arguments and environments of any process of a session, nor in
//! what it says at `-vv`, writes to disk or leaves when it breaks.

use std::fs;
use std::path::Path;

use rustix::process::{Pid, Signal};

use crate::support::app;
use crate::support::env::TestEnv;
use crate::support::host::{FakeHost, Faults, base64};
use crate::support::ngrok::{Ngrok, TOKEN, start as start_tunneled};
use crate::support::ngrok_edge::Behaviour;
use crate::support::session::{Session, family};

fn project(host: &FakeHost) -> TestEnv {
    TestEnv::new()
        .with_descriptor(&app::descriptor("com.example.a", "One"))
        .with_hosts(&[host])
}

fn start(env: &TestEnv) -> Session {
    // A child of each kind: the app, and the command of --on-ready.
    let ready = "exec tail -f /dev/null";
    let command = app::command();
    Session::start(env, &["-vv", "--on-ready", ready, "--exec", &command])
}

/// What others on the machine see of these processes.
fn seen(processes: Vec<Pid>) -> String {
    let mut seen = String::new();
    for process in processes {
        for file in ["cmdline", "environ"] {
            let bytes = fs::read(format!("/proc/{process}/{file}")).unwrap_or_default();
            seen.push_str(&String::from_utf8_lossy(&bytes));
            seen.push('\n');
        }
    }
    seen
}

/// Everything in a folder and below it.
fn written(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            text.push_str(&written(&path));
        } else {
            text.push_str(&String::from_utf8_lossy(
                &fs::read(path).unwrap_or_default(),
            ));
        }
    }
    text
}

/// Fails if a secret shows in a text, as it is or as calls carry it.
fn check(what: &str, text: &str) {
    for secret in [FakeHost::PASSWORD, FakeHost::SHARED_SECRET, TOKEN] {
        let login = base64(&format!("ada:{secret}"));
        let encoded: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
        // The install token of the host is for one use, and no less a secret until then.
        for form in [
            secret,
            &base64(secret),
            &login,
            &encoded,
            "a%2Bb%2Fc",
            "a+b/c",
        ] {
            assert!(!text.contains(form), "{what}: `{form}` shows in\n{text}");
        }
    }
}

/// Checks a session that goes on, and then what is left of it after the signal.
fn watch(what: &str, env: &TestEnv, session: Session, signal: Signal) -> String {
    let processes = family(session.pid());
    assert!(processes.len() > 1, "{what}: no process but the session");
    let mut text = seen(processes);
    assert!(text.contains("__reap"), "{what}: {text}");
    text.push_str(&written(&env.path(".connect")));
    session.signal(signal);
    let ended = session.end();
    let events: Vec<_> = ended.events.iter().map(ToString::to_string).collect();
    text.push_str(&format!("{}\n{}", ended.stderr, events.join("\n")));
    text.push_str(&written(&env.path(".connect")));
    check(what, &text);
    ended.stderr
}

#[test]
fn none_shows_anywhere() {
    for signal in [Signal::INT, Signal::KILL, Signal::ABORT] {
        let host = FakeHost::start();
        let env = project(&host);
        let mut session = start(&env);
        session.wait_for("ready");
        let said = watch(&format!("{signal:?}"), &env, session, signal);
        // What is looked through is what `-vv` says.
        let call = format!("POST {}/rest/plugins/1.0/ -> 202", host.site());
        assert!(said.contains(&call), "{said}");
        assert!(said.contains("-> Register("), "{said}");
        host.wait_until_empty();
    }
}

#[test]
fn none_shows_when_a_host_refuses() {
    for faults in [
        Faults {
            settings_status: Some(401),
            ..Faults::default()
        },
        Faults {
            list_status: Some(500),
            ..Faults::default()
        },
        Faults {
            install_status: Some(403),
            ..Faults::default()
        },
        Faults {
            install_fails: Some("connect.install.error.missing.scope"),
            ..Faults::default()
        },
        Faults {
            dev_mode_off: true,
            ..Faults::default()
        },
    ] {
        let what = format!("{faults:?}");
        let host = FakeHost::with(faults);
        let env = project(&host);
        let mut session = start(&env);
        session.wait_for("error");
        watch(&what, &env, session, Signal::INT);
    }
}

#[test]
fn none_shows_when_the_program_breaks() {
    for what in ["a task", "the loop"] {
        let host = FakeHost::start();
        let env = project(&host)
            .with("CONNECT_BREAK", what)
            .with("RUST_BACKTRACE", "full");
        let mut session = start(&env);
        session.wait_for("ready");
        let said = watch(what, &env, session, Signal::USR1);
        assert!(said.contains("ordered by a test"), "{said}");
        host.wait_until_empty();
    }
}

#[test]
fn none_shows_with_a_tunnel() {
    let refused = format!("Your authtoken: {TOKEN}\r\n\r\nERR_NGROK_107\r\n");
    for auth_error in [None, Some(refused)] {
        let what = format!("{auth_error:?}");
        let refuses = auth_error.is_some();
        let ngrok = Ngrok::start(Behaviour {
            auth_error,
            ..Behaviour::default()
        });
        let host = FakeHost::start();
        let env = ngrok.project(&[&host]);
        let mut session = start_tunneled(&env, &["-vv"]);
        if refuses {
            let ended = session.end();
            check(&what, &format!("{}\n{:?}", ended.stderr, ended.events));
            check(&what, &written(&env.path(".connect")));
        } else {
            session.wait_for("ready");
            watch(&what, &env, session, Signal::INT);
        }
    }
}
