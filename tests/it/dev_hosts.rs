//! `connect dev` on several hosts at once, and how it logs in there.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::app;
use crate::support::env::TestEnv;
use crate::support::host::{FakeHost, Faults, fetch};
use crate::support::session::{Ended, Session};

fn start(env: &TestEnv, arguments: &[&str]) -> Session {
    let command = app::command();
    Session::start(env, &[&["--exec", &command], arguments].concat())
}

fn until_ready(env: &TestEnv) -> Ended {
    start(env, &["--until", "ready"]).end()
}

/// A project whose credentials.json has this entry for the host.
fn project(host: &FakeHost, entry: &str) -> TestEnv {
    let env = TestEnv::new().with_descriptor(&app::descriptor("com.example.a", "One"));
    let text = format!("{{ hosts: {{ '{}': {{ {entry} }} }} }}", host.site());
    env.write("credentials.json", &text);
    env
}

const LOGIN: &str = "product: 'jira', username: 'ada'";

#[test]
fn jira_and_confluence_have_the_app_at_the_same_time() {
    let (jira, wiki) = (FakeHost::start(), FakeHost::start());
    let env = TestEnv::new().with_descriptor(&app::descriptor("com.example.a", "One"));
    // Without scheme it would be https; `/wiki` is where Confluence is.
    let entry = |product: &str| {
        let password = FakeHost::PASSWORD;
        format!("{{ product: '{product}', username: 'ada', password: '{password}' }}")
    };
    let text = format!(
        "{{ hosts: {{ '{}': {}, '{}': {} }} }}",
        jira.site(),
        entry("jira"),
        wiki.site(),
        entry("confluence")
    );
    env.write("credentials.json", &text);
    let ended = until_ready(&env);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert_eq!(jira.installed_names(), ["One"]);
    assert_eq!(wiki.installed_names(), ["One"]);
    let registered = |site: &str| {
        let events = ended.events.iter();
        let mut events = events.filter(|event| event["event"] == "host.registered");
        events.any(|event| event["host"] == site)
    };
    assert!(registered(&jira.site()));
    assert!(registered(&format!("{}/wiki", wiki.site())));
    assert!(jira.apps().is_empty() && wiki.apps().is_empty());
}

#[test]
fn a_host_that_stumbles_is_asked_again() {
    let host = FakeHost::with(Faults {
        stumbles: 2,
        ..Faults::default()
    });
    let env = TestEnv::new()
        .with_descriptor(&app::descriptor("com.example.a", "One"))
        .with_hosts(&[&host]);
    let ended = until_ready(&env);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert_eq!(host.count("GET settings"), 3);
}

#[test]
fn a_token_may_come_from_a_command_or_the_environment() {
    let host = FakeHost::start();
    let print = format!("echo {}", FakeHost::PASSWORD);
    let entry = format!("{LOGIN}, password: {{ command: ['sh', '-c', '{print}'] }}");
    let env = project(&host, &entry);
    let ended = until_ready(&env);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);

    // The environment is stronger than the file, and what it says is kept from the app.
    let env = project(&host, &format!("{LOGIN}, password: 'old'"));
    let env = env.with("CONNECT_TOKEN", FakeHost::PASSWORD);
    let mut session = start(&env, &[]);
    let ready = session.wait_for("ready");
    let app = ready["app"].as_str().unwrap();
    let pid = fetch("GET", &format!("{app}/pid"));
    let environment = std::fs::read(format!("/proc/{pid}/environ"));
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    if let Ok(environment) = environment {
        let environment = String::from_utf8_lossy(&environment).into_owned();
        assert!(environment.contains("CONNECT_TOKEN=\0"), "{environment}");
        assert!(!environment.contains(FakeHost::PASSWORD), "{environment}");
    }
}

#[test]
fn a_token_that_cannot_be_had_is_explained_and_spoils_no_other_host() {
    let host = FakeHost::start();
    let entry = format!("{LOGIN}, password: {{ command: ['false'] }}");
    let env = project(&host, &entry);
    let ended = until_ready(&env);
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    let told = "error[login/no-token]: `false` gave no API token for";
    assert!(ended.stderr.contains(told), "{}", ended.stderr);

    let text = env.read("credentials.json");
    let good = format!(
        "hosts: {{ '{}': {{ {LOGIN}, password: '{}' }},",
        FakeHost::start().site(),
        FakeHost::PASSWORD
    );
    env.write("credentials.json", &text.replace("hosts: {", &good));
    let ended = until_ready(&env);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains(told), "{}", ended.stderr);
}

#[test]
fn a_keyring_that_is_asked_for_a_token_is_the_systems_own() {
    let host = FakeHost::start();
    let env = project(&host, &format!("{LOGIN}, password: {{ keyring: 'acme' }}"));
    // A keyring of our own, found where the system's would be.
    let script = format!(
        "#!/bin/sh\n[ \"$*\" = 'lookup service connect account acme' ] && echo {}\n",
        FakeHost::PASSWORD
    );
    env.write("bin/secret-tool", &script);
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(env.path("bin/secret-tool"), executable).unwrap();
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", env.path("bin").display());
    let env = env.with("PATH", &path);
    let ended = until_ready(&env);
    if cfg!(target_os = "macos") {
        return;
    }
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    env.write("bin/secret-tool", "#!/bin/sh\nexit 1\n");
    let ended = until_ready(&env);
    assert_eq!(ended.status.code(), Some(1));
    let hint = "hint: secret-tool store --label=connect service connect account acme";
    assert!(ended.stderr.contains(hint), "{}", ended.stderr);
}

#[test]
fn credentials_that_others_can_read_are_pointed_out() {
    let host = FakeHost::start();
    let env = project(
        &host,
        &format!("{LOGIN}, password: '{}'", FakeHost::PASSWORD),
    );
    let mode = |mode| {
        let file = env.path("credentials.json");
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(0o644);
    let told = "warning: credentials.json: others can read the file (mode 0644)";
    let ended = until_ready(&env);
    assert!(ended.stderr.contains(told), "{}", ended.stderr);
    mode(0o600);
    let ended = until_ready(&env);
    assert!(
        !ended.stderr.contains("credentials.json:"),
        "{}",
        ended.stderr
    );
}
