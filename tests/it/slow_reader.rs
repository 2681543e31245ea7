//! A command that goes on, and a reader who does not read.

use std::io::{BufRead as _, BufReader, ErrorKind, PipeReader, PipeWriter, Read, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::channel;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::DEADLINE;
use crate::support::app;
use crate::support::env::{CONNECT, TestEnv};
use crate::support::host::FakeHost;
use crate::support::session::wait_until_gone;

const KEY: &str = "com.example.a";

/// A pipe that takes nothing more, as long as nobody reads it.
fn full() -> (PipeReader, PipeWriter) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let mode = fcntl_getfl(&writer).unwrap();
    fcntl_setfl(&writer, mode | OFlags::NONBLOCK).unwrap();
    let refused = std::iter::repeat_with(|| writer.write(&[b'\n'; 4096])).find_map(Result::err);
    assert_eq!(refused.unwrap().kind(), ErrorKind::WouldBlock);
    fcntl_setfl(&writer, mode).unwrap();
    (reader, writer)
}

/// Killed when dropped.
struct Running(Child);

impl Running {
    #[expect(
        clippy::disallowed_methods,
        reason = "the other starters read what is written"
    )]
    fn start(env: &TestEnv, arguments: &[&str], stdout: Stdio, stderr: Stdio) -> Self {
        let child = Command::new(CONNECT)
            .args(arguments)
            .current_dir(env.folder())
            .env_clear()
            .envs(env.variables())
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(stderr)
            .spawn();
        Self(child.unwrap())
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.0)
    }

    fn end_by(mut self, signal: Signal) -> ExitStatus {
        kill_process(self.pid(), signal).unwrap();
        wait_until_gone(self.pid());
        self.0.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_sandbox_stops_though_nobody_reads_what_it_says() {
    for (signal, events) in [
        (Signal::INT, true),
        (Signal::TERM, true),
        (Signal::TERM, false),
    ] {
        let (_reader, writer) = full();
        let (stdout, stderr) = match events {
            true => (writer.into(), Stdio::piped()),
            false => (Stdio::piped(), writer.into()),
        };
        let env = TestEnv::new();
        let command = ["sandbox", "--json", "--port", "0"];
        let mut running = Running::start(&env, &command, stdout, stderr);
        let (out, err) = (running.0.stdout.take(), running.0.stderr.take());
        let other: Box<dyn Read + Send> = match (out, err) {
            (Some(out), None) => Box::new(out),
            (_, err) => Box::new(err.unwrap()),
        };
        let (tell, said) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(other).lines().map_while(Result::ok) {
                let _ = tell.send(line);
            }
        });
        // It says so in both ways when it can be stopped.
        while !said.recv_timeout(DEADLINE).unwrap().contains("eady") {}
        assert_eq!(running.end_by(signal).code(), Some(0), "{signal:?}");
    }
}

#[test]
fn a_session_runs_and_deregisters_though_nobody_reads_its_events() {
    for signal in [Signal::INT, Signal::TERM] {
        let (_reader, writer) = full();
        let host = FakeHost::start();
        let env = TestEnv::new()
            .with_descriptor(&app::descriptor(KEY, "One"))
            .with_hosts(&[&host]);
        let (arguments, app) = (["dev", "--json", "--exec"], app::command());
        let arguments = [&arguments[..], &[&app]].concat();
        let running = Running::start(&env, &arguments, writer.into(), Stdio::null());
        host.wait_for("POST", 1);
        assert_eq!(running.end_by(signal).code(), Some(0), "{signal:?}");
        host.wait_until_empty();
        assert_eq!(host.count("DELETE"), 1);
        assert!(!env.path(".connect/session.json").exists());
    }
}
