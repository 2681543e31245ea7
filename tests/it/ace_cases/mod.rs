//! What atlassian-connect-express 11.5.3 does not survive, one test each: `failures` are A1 to A13
//! of its development loop, `scenarios` those of signals, saves and hosts that misbehave.
//!
//! Scenarios of its install keys are tests of the runtime (`tests/behaviour`), those of tunnels are
//! in `tunnel.rs`, and that of its schema server is A8.

mod failures;
mod scenarios;

use crate::support::app;
use crate::support::env::TestEnv;
use crate::support::host::{FakeHost, Faults};
use crate::support::session::{Ended, Session};

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

/// A session on this host, as soon as the app is installed there.
fn ready(host: &FakeHost) -> (TestEnv, Session) {
    let env = project(&[host]);
    let mut session = start(&env);
    session.wait_for("ready");
    (env, session)
}

/// Interrupts a session, which ends well and leaves nothing.
fn ends_well(session: Session, host: &FakeHost) -> Ended {
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(host.apps().is_empty(), "{}", ended.stderr);
    ended
}
