//! Ends that nobody plans: a panic, a terminal that is closed.

use rustix::process::Signal;

use crate::support::app;
use crate::support::env::TestEnv;
use crate::support::host::FakeHost;
use crate::support::session::{Session, wait_until_gone};
use crate::support::terminal::hang_up;

const KEY: &str = "com.example.a";

fn project(host: &FakeHost) -> TestEnv {
    TestEnv::new()
        .with_descriptor(&app::descriptor(KEY, "One"))
        .with_hosts(&[host])
}

/// What a session that broke says, after the app was taken away.
fn broken(what: &str) -> String {
    let host = FakeHost::start();
    let env = project(&host).with("CONNECT_BREAK", what);
    let mut session = Session::start(&env, &["--exec", &app::command()]);
    session.wait_for("ready");
    assert_eq!(host.apps(), [KEY]);
    let reaper = session.reaper();
    session.signal(Signal::USR1);
    let ended = session.end();
    host.wait_until_empty();
    wait_until_gone(reaper);
    assert_eq!(ended.status.code(), Some(70), "{}", ended.stderr);
    assert!(!env.path(".connect/session.json").exists());
    let text = ended.stderr;
    assert!(text.contains("error[connect/bug]"), "{text}");
    assert!(
        text.contains(&format!("ordered by a test: {what}")),
        "{text}"
    );
    assert!(!text.contains(FakeHost::PASSWORD), "{text}");
    text
}

#[test]
fn a_panic_in_a_task_deregisters() {
    let text = broken("a task");
    assert!(text.contains("Deregistered"), "{text}");
}

#[test]
fn a_panic_in_the_loop_deregisters() {
    broken("the loop");
}

#[test]
fn a_closed_terminal_deregisters() {
    let host = FakeHost::start();
    let env = project(&host);
    let Some(code) = hang_up(&env, "q quit", &["dev", "--exec", &app::command()]) else {
        return;
    };
    assert_eq!(code, 0);
    assert!(host.apps().is_empty());
    assert_eq!(host.count("DELETE"), 1);
    assert!(!env.path(".connect/session.json").exists());
}
