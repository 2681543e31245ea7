//! What is left when `connect dev` is killed: nothing.

use std::time::Duration;

use rustix::process::{Pid, Signal};

use crate::support::app;
use crate::support::env::TestEnv;
use crate::support::host::{FakeHost, Faults, fetch};
use crate::support::session::{Session, wait_until_gone};

/// Longest time until a host is rid of the app, however its session ended.
const WITHIN: Duration = Duration::from_secs(3);

fn project(hosts: &[&FakeHost]) -> TestEnv {
    TestEnv::new()
        .with_descriptor(&app::descriptor("com.example.a", "One"))
        .with_hosts(hosts)
}

/// Number of the app's process.
fn app_of(session: &mut Session) -> Pid {
    let ready = session.wait_for("ready");
    let app = ready["app"].as_str().unwrap();
    let pid = fetch("GET", &format!("{app}/pid")).parse().unwrap();
    Pid::from_raw(pid).unwrap()
}

#[test]
fn a_killed_session_leaves_nothing() {
    for signal in [Signal::KILL, Signal::ABORT, Signal::ILL] {
        let (one, two) = (FakeHost::start(), FakeHost::start());
        let env = project(&[&one, &two]);
        let mut session = Session::with_app(&env);
        let app = app_of(&mut session);
        let registered = |host: &FakeHost| !host.apps().is_empty();
        while !(registered(&one) && registered(&two)) {
            session.wait_for("host.registered");
        }
        let reaper = session.reaper();
        session.signal(signal);
        for host in [&one, &two] {
            let took = host.wait_until_empty();
            assert!(took < WITHIN, "{signal:?}: {took:?}");
        }
        let ended = session.end();
        assert_eq!(ended.status.code(), None, "{signal:?}");
        wait_until_gone(app);
        wait_until_gone(reaper);
        assert!(!env.path(".connect/session.json").exists(), "{signal:?}");
        let said = "Deregistered com.example.a from";
        assert_eq!(ended.stderr.matches(said).count(), 2, "{}", ended.stderr);
    }
}

#[test]
fn a_session_killed_in_the_middle_of_an_install_leaves_nothing() {
    let host = FakeHost::with(Faults {
        polls: 1000,
        ..Faults::default()
    });
    let env = project(&[&host]);
    let session = Session::with_app(&env);
    host.wait_for("POST", 1);
    let reaper = session.reaper();
    session.signal(Signal::KILL);
    wait_until_gone(reaper);
    session.end();
    assert!(host.apps().is_empty());
}

#[test]
fn a_host_that_refuses_keeps_its_place_in_the_journal() {
    let (good, bad) = (FakeHost::start(), FakeHost::start());
    let env = project(&[&good, &bad]);
    let mut session = Session::with_app(&env);
    app_of(&mut session);
    good.wait_for("POST", 1);
    bad.wait_for("POST", 1);
    bad.set(Faults {
        delete_status: Some(401),
        ..Faults::default()
    });
    let reaper = session.reaper();
    session.signal(Signal::KILL);
    wait_until_gone(reaper);
    let ended = session.end();
    assert!(good.apps().is_empty());
    let journal = env.read(".connect/session.json");
    assert!(!journal.contains(&good.site()), "{journal}");
    assert!(journal.contains(&bad.site()), "{journal}");
    assert!(
        ended.stderr.contains("hint: connect clean"),
        "{}",
        ended.stderr
    );
    bad.set(Faults::default());
    env.connect(&["clean"]).assert().success();
    assert!(bad.apps().is_empty());
}

#[test]
fn whoever_starts_again_at_once_need_not_wait_or_wonder() {
    let host = FakeHost::start();
    let env = project(&[&host]);
    let mut session = Session::with_app(&env);
    app_of(&mut session);
    session.signal(Signal::KILL);
    session.end();
    // Before the reaper, or after it.
    let mut session = Session::with_app(&env);
    session.wait_for("ready");
    assert_eq!(host.apps(), ["com.example.a"]);
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(host.apps().is_empty());
}

#[test]
fn a_good_end_leaves_no_process() {
    let host = FakeHost::start();
    let env = project(&[&host]);
    let mut session = Session::with_app(&env);
    let app = app_of(&mut session);
    let reaper = session.reaper();
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    wait_until_gone(app);
    wait_until_gone(reaper);
    assert_eq!(host.count("DELETE"), 1);
}
