//! An app in any language under `connect dev --exec`: when its command is started again.

use crate::support::app;
use crate::support::env::TestEnv;
use crate::support::host::{exchange, fetch, poke};
use crate::support::session::Session;

fn project() -> TestEnv {
    let env = TestEnv::new().with_descriptor(&app::descriptor("com.example.a", "One"));
    env.write("src/routes/index.js", "one");
    env.write("node_modules/express/index.js", "one");
    env.write("views/page.hbs", "one");
    env
}

/// A session that runs, and where its app is. Each start of the command is noted in a file.
fn start(env: &TestEnv, arguments: &[&str]) -> (Session, String) {
    let command = format!("echo started >> starts.log; {}", app::command());
    let exec = ["--via", "none", "--exec", &command];
    let mut session = Session::start(env, &[&exec, arguments].concat());
    let app = session.wait_for("ready")["app"]
        .as_str()
        .unwrap()
        .to_owned();
    (session, app)
}

/// Whether the last saves did not start the command again. They are taken in at the latest when a
/// descriptor that was saved after them was, and one that was saved after that.
fn nothing_started(env: &TestEnv, session: &mut Session) -> bool {
    let starts = env.read("starts.log");
    for _ in 0..2 {
        let longer =
            env.read("atlassian-connect.json")
                .replacen("\"name\": \"", "\"name\": \"a", 1);
        env.write("atlassian-connect.json", &longer);
        session.wait_for("descriptor.validated");
    }
    env.read("starts.log") == starts
}

#[test]
fn a_changed_source_starts_the_command_again_without_a_refused_connection() {
    let env = project();
    let (mut session, app) = start(&env, &[]);
    let pid = || fetch("GET", &format!("{app}/pid"));
    let first = pid();
    env.write("src/routes/index.js", "two");
    // Each of these must be answered, whichever process does it.
    let mut asked = 0;
    while pid() == first {
        asked += 1;
        assert!(asked < 1_000_000, "the process is never exchanged");
    }
    session.wait_for("app.started");
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
}

#[test]
fn views_packages_and_saves_without_a_change_start_nothing() {
    let env = project();
    let (mut session, app) = start(&env, &[]);
    let first = fetch("GET", &format!("{app}/pid"));
    env.write("views/page.hbs", "two");
    env.write("node_modules/express/index.js", "two");
    env.write("src/routes/index.js", "one");
    env.write("store.db", "two");
    assert!(nothing_started(&env, &mut session));
    assert_eq!(fetch("GET", &format!("{app}/pid")), first);
    session.interrupt();
}

#[test]
fn a_source_in_a_new_folder_counts_too() {
    let env = project();
    let (mut session, _) = start(&env, &[]);
    env.write("lib/a/b.py", "one");
    session.wait_for("app.started");
    env.write("lib/a/b.py", "two");
    session.wait_for("app.started");
    session.interrupt();
}

#[test]
fn the_paths_of_watch_count_instead_and_no_watch_none() {
    let env = project();
    env.write("rules.json", "one");
    let (mut session, _) = start(&env, &["--watch", "views", "--watch", "rules.json"]);
    env.write("src/routes/index.js", "two");
    assert!(nothing_started(&env, &mut session));
    for file in ["views/page.hbs", "rules.json"] {
        env.write(file, "two");
        session.wait_for("app.started");
    }
    session.interrupt();
    let (mut session, _) = start(&env, &["--no-watch"]);
    env.write("src/routes/index.js", "three");
    assert!(nothing_started(&env, &mut session));
    session.interrupt();
    let command = app::command();
    let missing = ["--exec", &command, "--watch", "nowhere"];
    let ended = Session::start(&env, &missing).end();
    assert_eq!(ended.status.code(), Some(1));
    let text = ended.stderr;
    assert!(text.contains("error[watch/missing]"), "{text}");
}

#[test]
fn a_command_that_crashed_waits_for_the_next_save() {
    let env = project();
    let (mut session, app) = start(&env, &[]);
    poke(&format!("{app}/crash"));
    let error = session.wait_for_error("app/exited");
    assert_eq!(error["fatal"], false, "{error}");
    let (head, _) = exchange("GET", &format!("{app}/pid"));
    assert!(head.contains(" 503 "), "{head}");
    env.write("src/routes/index.js", "two");
    session.wait_for("app.started");
    fetch("GET", &format!("{app}/pid"));
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
}

#[test]
fn a_source_that_does_not_start_keeps_the_old_process_where_ports_are_free() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port().to_string()
    };
    for (arguments, stays) in [(&[][..], true), (&["--port", &port], false)] {
        let env = project();
        let command = format!(
            "grep -q bad src/routes/index.js && exit 3; {}",
            app::command()
        );
        let port_of_its_own = format!("PORT={port} {command}");
        let command = if stays { &command } else { &port_of_its_own };
        let exec = ["--via", "none", "--exec", command];
        let mut session = Session::start(&env, &[&exec, arguments].concat());
        let app = session.wait_for("ready")["app"]
            .as_str()
            .unwrap()
            .to_owned();
        let first = fetch("GET", &format!("{app}/pid"));
        env.write("src/routes/index.js", "bad");
        let error = session.wait_for_error("app/exited");
        assert_eq!(error["fatal"], false, "{error}");
        let (head, pid) = exchange("GET", &format!("{app}/pid"));
        if stays {
            assert_eq!(pid, first);
        } else {
            // The old one had to go for the port.
            assert!(head.contains(" 503 "), "{head}");
        }
        env.write("src/routes/index.js", "good");
        session.wait_for("app.started");
        assert_ne!(fetch("GET", &format!("{app}/pid")), first);
        let ended = session.interrupt();
        assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    }
}
