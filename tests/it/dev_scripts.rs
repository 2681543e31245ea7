//! `connect dev` for scripts and CI: it ends by itself, tells when it is ready, leaves the app.

use serde_json::Value;

use crate::support::DEADLINE;
use crate::support::app;
use crate::support::env::TestEnv;
use crate::support::host::{FakeHost, Faults, fetch};
use crate::support::session::{Ended, Session};

fn project(hosts: &[&FakeHost]) -> TestEnv {
    TestEnv::new()
        .with_descriptor(&app::descriptor("com.example.a", "One"))
        .with_hosts(hosts)
}

fn start(env: &TestEnv, arguments: &[&str]) -> Session {
    let command = app::command();
    Session::start(env, &[&["--exec", &command], arguments].concat())
}

fn run(env: &TestEnv, arguments: &[&str]) -> Ended {
    start(env, arguments).end()
}

#[test]
fn until_ready_ends_with_success_and_leaves_nothing() {
    let (one, two) = (FakeHost::start(), FakeHost::start());
    let env = project(&[&one, &two]);
    let ended = run(&env, &["--until", "ready"]);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert_eq!(ended.count("ready"), 1);
    assert_eq!(ended.count("host.registered"), 2);
    assert_eq!(ended.count("host.deregistered"), 2);
    assert!(one.apps().is_empty() && two.apps().is_empty());
}

#[test]
fn until_ready_ends_with_the_first_failure_and_leaves_nothing() {
    let (good, bad) = (FakeHost::start(), FakeHost::start());
    bad.set(Faults {
        install_fails: Some("upm.pluginInstall.error.descriptor.not.from.marketplace"),
        ..Faults::default()
    });
    let env = project(&[&good, &bad]);
    let ended = run(&env, &["--until", "ready"]);
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    let told = "error[upm/private-install-closed]";
    assert!(ended.stderr.contains(told), "{}", ended.stderr);
    assert!(good.apps().is_empty());

    env.write("atlassian-connect.json", "{ \"key\": ");
    let ended = run(&env, &["--until", "ready"]);
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    assert!(ended.events.iter().any(|event| event["fatal"] == true));
}

#[test]
fn the_command_of_on_ready_decides_how_until_ready_ends() {
    let host = FakeHost::start();
    let env = project(&[&host]);
    let command = "echo $CONNECT_READY_URL $CONNECT_APP_URL > seen; exit 3";
    let ended = run(&env, &["--until", "ready", "--on-ready", command]);
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    let told = "error[dev/on-ready]: the command of `--on-ready` failed (exit status: 3)";
    assert!(ended.stderr.contains(told), "{}", ended.stderr);
    let ready = ended.events.iter().find(|event| event["event"] == "ready");
    let ready = ready.unwrap();
    let (url, app) = (ready["url"].as_str(), ready["app"].as_str());
    let seen = format!("{} {}\n", url.unwrap(), app.unwrap());
    assert_eq!(env.read("seen"), seen);
    assert!(host.apps().is_empty());
    let ended = run(&env, &["--until", "ready", "--on-ready", "exit 0"]);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
}

#[test]
fn a_command_that_goes_on_ends_with_the_session() {
    let host = FakeHost::start();
    let env = project(&[&host]);
    let command = "echo $$ > pid.new; mv pid.new pid; sleep 600";
    let mut session = start(&env, &["--on-ready", command]);
    let ready = session.wait_for("ready");
    let app = ready["app"].as_str().unwrap();
    let began = std::time::Instant::now();
    while !env.path("pid").exists() {
        assert!(began.elapsed() < DEADLINE, "the command never ran");
        fetch("GET", &format!("{app}/pid"));
    }
    let pid = env.read("pid");
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(!std::path::Path::new(&format!("/proc/{}", pid.trim())).exists());
}

#[test]
fn the_ready_file_is_there_while_the_app_can_be_opened() {
    let host = FakeHost::start();
    let env = project(&[&host]);
    env.write("ready.json", "of an earlier session");
    let command = "cp ready.json seen.json";
    let arguments = [
        "--until",
        "ready",
        "--ready-file",
        "ready.json",
        "--on-ready",
        command,
    ];
    let ended = run(&env, &arguments);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    let seen: Value = serde_json::from_str(&env.read("seen.json")).unwrap();
    let page = format!("{}/plugins/servlet/ac/com.example.a/hello", host.site());
    assert_eq!(seen["url"], page.as_str());
    assert_eq!(seen["key"], "com.example.a");
    assert_eq!(seen["hosts"][0], host.site().as_str());
    assert!(!env.path("ready.json").exists());
}

#[test]
fn what_is_kept_stays_until_it_is_cleaned() {
    let host = FakeHost::start();
    let env = project(&[&host]);
    let ended = run(&env, &["--keep", "--until", "ready"]);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert_eq!(ended.count("host.kept"), 1);
    assert_eq!(host.apps(), ["com.example.a"]);
    let listed = format!(
        "com.example.a on {}   from [..], kept by pid [..]\n",
        host.site()
    );
    env.connect(&["status"])
        .assert()
        .success()
        .stdout_eq(listed);
    // The next session takes it over, and `force-dereg` is stronger than `--keep`.
    let env = env.with("AC_OPTS", "force-reg,force-dereg");
    let ended = run(&env, &["--keep", "--until", "ready"]);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(host.apps().is_empty());
    assert_eq!(host.count("POST"), 2);
}

#[test]
fn a_killed_session_that_was_to_keep_the_app_keeps_it() {
    let host = FakeHost::start();
    let env = project(&[&host]);
    let mut session = start(&env, &["--keep"]);
    session.wait_for("ready");
    #[cfg(target_os = "linux")]
    let reaper = session.reaper();
    session.signal(rustix::process::Signal::KILL);
    #[cfg(target_os = "linux")]
    crate::support::session::wait_until_gone(reaper);
    session.end();
    assert_eq!(host.apps(), ["com.example.a"]);
    env.connect(&["clean"]).assert().success();
    assert!(host.apps().is_empty());
}

#[test]
fn no_reg_runs_the_app_and_installs_it_nowhere() {
    let host = FakeHost::start();
    let env = project(&[&host]).with("AC_OPTS", "no-reg");
    let ended = run(&env, &["--until", "ready"]);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert_eq!(host.count("POST"), 0);
    // A switch is a whole word.
    let env = env.with("AC_OPTS", "no-regression");
    let ended = run(&env, &["--until", "ready"]);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert_eq!(host.count("POST"), 1);
}
