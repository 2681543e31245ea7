//! `connect status` and `connect clean`: what sessions left on hosts.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use connect_core::Product;
use connect_sandbox::{Sandbox, SandboxOptions};
use rustix::process::Signal;

use crate::support::app;
use crate::support::env::TestEnv;
use crate::support::host::{FakeHost, Faults, fetch};
use crate::support::session::Session;

#[test]
fn what_a_power_cut_left_is_listed_and_removed() {
    let host = FakeHost::start();
    let env = TestEnv::new()
        .with_descriptor(&app::descriptor("com.example.a", "One"))
        .with_hosts(&[&host]);
    env.connect(&["status"])
        .assert()
        .success()
        .stdout_eq("")
        .stderr_eq("nothing is registered with any host\n");
    let mut session = Session::with_app(&env);
    let app = session.wait_for("ready")["app"]
        .as_str()
        .unwrap()
        .to_owned();
    let app: i32 = fetch("GET", &format!("{app}/pid")).parse().unwrap();
    // A session that runs keeps what is its own.
    let refused = env.connect(&["clean"]).assert().code(1);
    let refused = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(refused.contains("error[dev/locked]"), "{refused}");
    session.cut_the_power(app);

    for arguments in [&["status"][..], &["clean", "--dry-run"]] {
        let listed = format!("com.example.a on {}   from [..]\n", host.site());
        env.connect(arguments)
            .assert()
            .success()
            .stdout_eq(listed)
            .stderr_eq("");
    }
    assert_eq!(host.apps(), ["com.example.a"]);

    // Without a log-in nothing is lost from the journal.
    let credentials = env.read("credentials.json");
    env.write("credentials.json", "{}");
    let failed = env.connect(&["clean"]).assert().code(3);
    let failed = String::from_utf8_lossy(&failed.get_output().stderr).into_owned();
    assert!(failed.contains("error[clean/no-login]"), "{failed}");
    assert!(env.path(".connect/session.json").exists());

    env.write("credentials.json", &credentials);
    env.connect(&["clean"]).assert().success();
    assert!(host.apps().is_empty());
    assert!(!env.path(".connect/session.json").exists());
}

#[test]
fn clean_asks_hosts_for_what_no_session_noted() {
    let (one, two) = (FakeHost::start(), FakeHost::start());
    let env = TestEnv::new()
        .with_descriptor(&app::descriptor("com.example.a", "One"))
        .with_hosts(&[&one, &two]);
    let mut session = Session::with_app(&env);
    for _ in 0..2 {
        session.wait_for("host.registered");
    }
    let app = session
        .events
        .iter()
        .find(|event| event["event"] == "ready");
    let app = app.unwrap()["app"].as_str().unwrap().to_owned();
    let app: i32 = fetch("GET", &format!("{app}/pid")).parse().unwrap();
    session.cut_the_power(app);
    fs::remove_dir_all(env.path(".connect")).unwrap();

    env.connect(&["clean"])
        .assert()
        .success()
        .stderr_eq("nothing is registered with any host\n");
    let listed = format!("com.example.a on {}   the host says so\n", one.site());
    env.connect(&["clean", "--dry-run", "--host", &one.site()])
        .assert()
        .success()
        .stdout_eq(listed);
    let elsewhere = ["clean", "--host", "elsewhere.example"];
    let refused = env.connect(&elsewhere).assert().code(1);
    let refused = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(refused.contains("error[clean/no-login]"), "{refused}");
    // From another folder with a log-in, by key.
    let other = TestEnv::new();
    other.write("credentials.json", &env.read("credentials.json"));
    let by_key = ["clean", "--host", &one.site(), "--key", "com.example.a"];
    other.connect(&by_key).assert().success();
    assert!(one.apps().is_empty());
    assert_eq!(two.apps(), ["com.example.a"]);
    env.connect(&["clean", "--all"]).assert().success();
    assert!(two.apps().is_empty());
}

/// Serves a descriptor and takes the install, but never answers when it is removed.
fn app_that_falls_silent() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let descriptor = app::descriptor("com.example.a", "One").replace("{{localBaseUrl}}", &address);
    std::thread::spawn(move || {
        let mut silent = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = vec![0; 8192];
            let length = stream.read(&mut head).unwrap();
            let head = String::from_utf8_lossy(&head[..length]).into_owned();
            if head.starts_with("POST /uninstalled") {
                silent.push(stream);
                continue;
            }
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{descriptor}",
                descriptor.len()
            );
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    format!("{address}/atlassian-connect.json")
}

/// The host reads the descriptor whenever it likes, so an install that is under way may be one of a
/// key that nobody has asked for.
#[test]
fn who_leaves_in_the_middle_of_an_install_knows_every_key_it_may_have() {
    let host = FakeHost::with(Faults {
        polls: 1000,
        ..Faults::default()
    });
    let env = TestEnv::new()
        .with_descriptor(&app::descriptor("com.example.a", "One"))
        .with_hosts(&[&host]);
    let session = Session::with_app(&env);
    host.wait_for("POST", 1);
    env.write(
        "atlassian-connect.json",
        &app::descriptor("com.example.b", "One"),
    );
    // Two of one kind may arrive as one.
    session.signal(Signal::INT);
    session.signal(Signal::TERM);
    let ended = session.end();
    assert_eq!(ended.status.code(), Some(130), "{}", ended.stderr);
    let told = format!("com.example.b may be registered with {} yet", host.site());
    assert!(ended.stderr.contains(&told), "{}", ended.stderr);
    let left = env.connect(&["status"]).output().unwrap().stdout;
    let left = String::from_utf8(left).unwrap();
    for key in ["com.example.a", "com.example.b"] {
        assert!(left.contains(key), "{left}");
    }
}

/// A host tells an app that it is removed and waits for the answer. What listens where the app was
/// may be anything by then.
#[test]
fn a_host_may_wait_for_an_app_that_is_silent() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let host = runtime.block_on(async {
        let host = Sandbox::start(SandboxOptions::default()).await.unwrap();
        host.install(Product::Jira, &app_that_falls_silent())
            .await
            .unwrap();
        host
    });
    let env = TestEnv::new().with_descriptor(&app::descriptor("com.example.a", "One"));
    let (site, user) = (host.site(Product::Jira), host.username());
    let password = host.password().expose();
    env.write(
        "credentials.json",
        &format!("{{ hosts: {{ '{site}': {{ product: 'jira', username: '{user}', password: '{password}' }} }} }}"),
    );
    env.connect(&["clean", "--all"]).assert().success();
    assert_eq!(host.installed(Product::Jira).len(), 0);
}
