//! The app under `connect dev`: built, exchanged, broken.

use crate::support::env::TestEnv;
use crate::support::host::{FakeHost, exchange, fetch};
use crate::support::session::Session;
use crate::support::{app, built};

#[test]
fn a_source_change_exchanges_the_process_without_a_refused_connection() {
    let env = built::project();
    let mut session = Session::start(&env, &["--via", "none"]);
    let app = session.wait_for("ready")["app"]
        .as_str()
        .unwrap()
        .to_owned();
    let pid = || fetch("GET", &format!("{app}/pid"));
    let first = pid();
    env.write("src/main.rs", "good 2");
    session.wait_for("app.built");
    let mut asked = 0;
    // Each of these must be answered, whichever process does it.
    while pid() == first {
        asked += 1;
        assert!(asked < 100_000, "the process is never exchanged");
    }
    session.wait_for("app.started");
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
}

#[test]
fn a_failed_build_shows_why_and_keeps_the_old_process() {
    let env = built::project();
    let mut session = Session::start(&env, &["--via", "none"]);
    let app = session.wait_for("ready")["app"]
        .as_str()
        .unwrap()
        .to_owned();
    let pid = fetch("GET", &format!("{app}/pid"));
    env.write("src/main.rs", "bad");
    let error = session.wait_for_error("build/failed");
    assert_eq!(error["fatal"], false);
    assert_eq!(fetch("GET", &format!("{app}/pid")), pid);
    env.write("src/main.rs", "good 3");
    session.wait_for("app.started");
    assert_ne!(fetch("GET", &format!("{app}/pid")), pid);
    let ended = session.interrupt();
    assert!(
        ended.stderr.contains("error: this is bad"),
        "{}",
        ended.stderr
    );
}

#[test]
fn an_app_that_crashes_is_said_and_starts_again_with_the_next_save() {
    let env = built::project();
    let mut session = Session::start(&env, &["--via", "none"]);
    let app = session.wait_for("ready")["app"]
        .as_str()
        .unwrap()
        .to_owned();
    let (head, _) = exchange("GET", &format!("{app}/crash"));
    assert!(head.contains(" 502 "), "{head}");
    session.wait_for_error("app/exited");
    let (head, body) = exchange("GET", &format!("{app}/pid"));
    assert!(head.contains(" 503 "), "{head} {body}");
    env.write("src/main.rs", "good 2");
    session.wait_for("app.started");
    fetch("GET", &format!("{app}/pid"));
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
}

#[test]
fn a_build_that_fails_at_the_start_waits_for_a_better_one() {
    let host = FakeHost::start();
    let env = built::project().with_hosts(&[&host]);
    env.write("src/main.rs", "bad");
    let mut session = Session::start(&env, &[]);
    session.wait_for_error("build/failed");
    env.write("src/main.rs", "good");
    session.wait_for("ready");
    assert_eq!(host.apps(), ["com.example.a"]);
    session.interrupt();
    assert!(host.apps().is_empty());
}

#[test]
fn without_cargo_it_says_how_to_get_it() {
    let env = built::project().with("CARGO", "/nowhere/cargo");
    let mut session = Session::start(&env, &["--via", "none"]);
    session.wait_for_error("build/no-cargo");
    session.interrupt();
}

#[test]
fn a_command_that_ends_ends_the_session() {
    let env = TestEnv::new().with_descriptor(&app::descriptor("com.example.a", "One"));
    let session = Session::start(&env, &["--via", "none", "--exec", "exit 3"]);
    let ended = session.end();
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("error[app/exited]"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("exit status: 3"), "{}", ended.stderr);
}

#[test]
fn the_app_must_serve_its_own_descriptor() {
    let host = FakeHost::start();
    let other = TestEnv::new().with_descriptor(&app::descriptor("com.example.other", "Other"));
    let mut running = Session::start(&other, &["--via", "none", "--exec", &app::command()]);
    let app = running.wait_for("ready")["app"]
        .as_str()
        .unwrap()
        .to_owned();
    let port = app.rsplit(':').next().unwrap();
    let env = TestEnv::new()
        .with_descriptor(&app::descriptor("com.example.a", "One"))
        .with_hosts(&[&host]);
    let ended = Session::start(&env, &["--port", port]).end();
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("error[app/wrong-key]"),
        "{}",
        ended.stderr
    );
    assert_eq!(host.count("POST"), 0);
    running.interrupt();
}

#[test]
fn a_port_that_was_named_and_is_taken_is_an_error() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let env = built::project();
    let ended = Session::start(&env, &["--via", "none", "--port", &port]).end();
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("error[dev/port-taken]"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_port_that_was_only_wished_for_moves() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let env = built::project();
    env.write("config.json", &format!("{{ \"port\": {port} }}"));
    let mut session = Session::start(&env, &["--via", "none"]);
    let app = session.wait_for("ready")["app"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(!app.ends_with(&format!(":{port}")), "{app}");
    let ended = session.interrupt();
    assert!(ended.stderr.contains("is taken, using"), "{}", ended.stderr);
}

#[test]
fn with_nothing_to_run_the_ways_are_named() {
    let env = TestEnv::new().with_descriptor(&app::descriptor("com.example.a", "One"));
    let ended = Session::start(&env, &["--via", "none"]).end();
    assert_eq!(ended.status.code(), Some(2), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("error[dev/nothing-to-run]"),
        "{}",
        ended.stderr
    );
}
