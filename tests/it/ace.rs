//! Against the peer itself: atlassian-connect-express from npm drives the sandbox's plugin
//! manager, and is the app of a session of ours.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::env::TestEnv;
use crate::support::session::Session;
use crate::support::{DEADLINE, app, left_out};

const APP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/support/ace.cjs");

/// An app on ACE that runs by itself.
struct Ace {
    child: Child,
    lines: Receiver<String>,
}

impl Ace {
    /// Waits until it says so. A signal before it knows of the end of its own install would find
    /// it unprepared: it would leave the app where it is.
    fn wait_until_it_says(&self, text: &str) {
        while !self.lines.recv_timeout(DEADLINE).unwrap().contains(text) {}
    }
}

impl Drop for Ace {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where npm put ACE: `CONNECT_NODE_MODULES`.
#[expect(
    clippy::disallowed_methods,
    reason = "tests have no context.rs; the variable is read here only"
)]
fn packages() -> Option<PathBuf> {
    let named = std::env::var_os("CONNECT_NODE_MODULES").map(PathBuf::from);
    let there = |folder: &PathBuf| folder.join("atlassian-connect-express").is_dir();
    let found = named.filter(there);
    if found.is_none() {
        left_out("set CONNECT_NODE_MODULES to where npm put atlassian-connect-express and express");
    }
    found
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A project on ACE with these development hosts.
fn project(hosts: &[String], port: &str) -> TestEnv {
    let env = TestEnv::new().with_descriptor(&app::descriptor("com.example.ace", "One"));
    let hosts: Vec<_> = hosts
        .iter()
        .map(|host| Value::from(host.as_str()))
        .collect();
    let settings = serde_json::json!({ "development": {
        "port": port, "hosts": hosts, "store": { "adapter": "map" }, "errorTemplate": false,
    } });
    env.write("config.json", &settings.to_string());
    env
}

#[test]
fn ace_registers_registers_again_and_deregisters_in_the_sandbox() {
    let Some(packages) = packages() else {
        return;
    };
    let place = TestEnv::new();
    let mut sandbox = Session::command(&place, &["sandbox", "--json", "--port", "0"]);
    let host = sandbox.wait_for("ready");
    let text = |name: &str| host[name].as_str().unwrap().to_owned();
    let (user, password) = (text("username"), text("password"));
    let address = text("url").replacen("://", &format!("://{user}:{password}@"), 1);
    let port = free_port().to_string();
    let env = project(&[address], &port);
    #[expect(clippy::disallowed_methods, reason = "the peer is no session of ours")]
    let mut child = Command::new("node")
        .arg(APP)
        .current_dir(env.folder())
        .env_clear()
        .envs(env.variables())
        .env("NODE_PATH", &packages)
        .env("AC_LOCAL_BASE_URL", format!("http://127.0.0.1:{port}"))
        .env("CONNECT_KEYS_CDN_URL", text("keys"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let (tell, lines) = channel();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    std::thread::spawn(move || {
        let lines = stdout.lines().map_while(Result::ok);
        lines.for_each(|line| tell.send(line).unwrap_or_default());
    });
    let mut ace = Ace { child, lines };

    let mut happened = |what: &str, name: Option<&str>| {
        sandbox.wait_for_where(what, |event| {
            let data = &event["data"];
            data["event"] == what
                && data["app"] == "com.example.ace"
                && name.is_none_or(|name| data["name"] == name)
        })
    };
    let first = happened("installed", Some("One"));
    assert_eq!(first["data"]["again"], false);
    ace.wait_until_it_says("Registered with host");
    env.write(
        "atlassian-connect.json",
        &app::descriptor("com.example.ace", "Two"),
    );
    let second = happened("installed", Some("Two"));
    assert_eq!(second["data"]["again"], true);
    ace.wait_until_it_says("Registered with host");
    let pid = Pid::from_raw(i32::try_from(ace.child.id()).unwrap()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    happened("uninstalled", None);
    ace.child.wait().unwrap();
    let ended = sandbox.interrupt();
    // It took every one of the sandbox's install tokens.
    let refused = ended.events.iter().find(|event| {
        let data = &event["data"];
        data["event"] == "installFailed"
    });
    assert_eq!(refused, None);
}

#[test]
fn an_app_on_ace_is_driven_as_it_stands() {
    let Some(packages) = packages() else {
        return;
    };
    let env = project(&[], "$PORT").with("NODE_PATH", packages.to_str().unwrap());
    let command = format!("exec node {APP}");
    let mut session = Session::start(&env, &["--sandbox-port", "0", "--exec", &command]);
    session.wait_for("ready");
    env.write(
        "atlassian-connect.json",
        &app::descriptor("com.example.ace", "Two"),
    );
    session.wait_for("host.registered");
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert_eq!(ended.count("host.registered"), 2, "{}", ended.stderr);
    assert_eq!(ended.count("host.deregistered"), 1, "{}", ended.stderr);
    assert_eq!(ended.count("error"), 0, "{}", ended.stderr);
}
