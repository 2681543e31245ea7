//! The peer: an app on atlassian-connect-express from npm, whose own development loop runs.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::support::env::TestEnv;
use crate::support::session::Session;
use crate::support::{DEADLINE, app, left_out};

/// The app's program; node runs it.
pub(crate) const APP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/support/ace.cjs");

/// An app on ACE that runs by itself; killed when dropped.
pub(crate) struct Ace {
    child: Child,
    lines: Receiver<String>,
}

/// Where npm put ACE: `CONNECT_NODE_MODULES`. None when it is not there, which is said.
#[expect(
    clippy::disallowed_methods,
    reason = "tests have no context.rs; the variable is read here only"
)]
pub(crate) fn packages() -> Option<PathBuf> {
    let named = std::env::var_os("CONNECT_NODE_MODULES").map(PathBuf::from);
    let there = |folder: &PathBuf| folder.join("atlassian-connect-express").is_dir();
    let found = named.filter(there);
    if found.is_none() {
        left_out("set CONNECT_NODE_MODULES to where npm put atlassian-connect-express and express");
    }
    found
}

/// A project on ACE that listens on this port and registers with these hosts.
pub(crate) fn project(hosts: &[String], port: &str) -> TestEnv {
    let env = TestEnv::new().with_descriptor(&app::descriptor("com.example.ace", "One"));
    let settings = json!({ "development": {
        "port": port, "hosts": hosts, "store": { "adapter": "map" }, "errorTemplate": false,
    } });
    env.write("config.json", &settings.to_string());
    env
}

impl Ace {
    /// Starts it with a host that said `ready`: our sandbox.
    #[expect(clippy::disallowed_methods, reason = "the peer is no session of ours")]
    pub(crate) fn start(packages: &Path, host: &Host) -> (Self, TestEnv) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port().to_string();
        drop(listener);
        let env = project(&[host.with_login()], &port);
        let mut child = Command::new("node")
            .arg(APP)
            .current_dir(env.folder())
            .env_clear()
            .envs(env.variables())
            .env("NODE_PATH", packages)
            .env("AC_LOCAL_BASE_URL", format!("http://127.0.0.1:{port}"))
            .env("CONNECT_KEYS_CDN_URL", &host.keys)
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
        (Self { child, lines }, env)
    }

    /// Waits until it says so. A signal before it knows of the end of its own install would find
    /// it unprepared: it would leave the app where it is.
    pub(crate) fn wait_until_it_says(&self, text: &str) {
        while !self.lines.recv_timeout(DEADLINE).unwrap().contains(text) {}
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Ace {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A sandbox that runs by itself, as both see it.
pub(crate) struct Host {
    pub(crate) session: Session,
    pub(crate) site: String,
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) keys: String,
    _env: TestEnv,
}

impl Host {
    pub(crate) fn start() -> Self {
        let env = TestEnv::new();
        let mut session = Session::command(&env, &["sandbox", "--json", "--port", "0"]);
        let ready = session.wait_for("ready");
        let text = |name: &str| ready[name].as_str().unwrap().to_owned();
        Self {
            site: text("url"),
            user: text("username"),
            password: text("password"),
            keys: text("keys"),
            session,
            _env: env,
        }
    }

    /// Waits until this has happened to an app, with this name if one is given.
    pub(crate) fn wait_for(&mut self, what: &str, app: &str, name: Option<&str>) -> Value {
        self.session.wait_for_where(what, |event| {
            let data = &event["data"];
            data["event"] == what
                && data["app"] == app
                && name.is_none_or(|name| data["name"] == name)
        })
    }

    fn with_login(&self) -> String {
        let login = format!("://{}:{}@", self.user, self.password);
        self.site.replacen("://", &login, 1)
    }
}
