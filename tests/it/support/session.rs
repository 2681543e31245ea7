//! A running command, such as `connect dev --json`, with its events as they come.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::DEADLINE;
use crate::support::app;
use crate::support::env::{CONNECT, TestEnv};

/// A session; killed when dropped.
pub(crate) struct Session {
    child: Child,
    lines: Receiver<String>,
    stderr: Receiver<String>,
    /// What stderr is, to find who else has it.
    #[cfg(target_os = "linux")]
    pipe: Option<std::path::PathBuf>,
    /// Every event so far.
    pub(crate) events: Vec<Value>,
}

/// How a session ended.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) events: Vec<Value>,
    pub(crate) stderr: String,
}

impl Session {
    /// Starts `connect dev --json` with more arguments.
    pub(crate) fn start(env: &TestEnv, arguments: &[&str]) -> Self {
        Self::command(env, &[&["dev", "--json"], arguments].concat())
    }

    /// Starts a session whose app is [`app`].
    pub(crate) fn with_app(env: &TestEnv) -> Self {
        Self::start(env, &["--exec", &app::command()])
    }

    /// Starts any command that goes on.
    pub(crate) fn command(env: &TestEnv, arguments: &[&str]) -> Self {
        Self::program(env, CONNECT, arguments)
    }

    /// Starts a session by another program, which becomes it.
    #[expect(
        clippy::disallowed_methods,
        reason = "the tests' one place that starts sessions"
    )]
    pub(crate) fn program(env: &TestEnv, program: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(program)
            .args(arguments)
            .current_dir(env.folder())
            .env_clear()
            .envs(env.variables())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let (tell, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        let (tell_all, all) = channel();
        std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stderr.read_to_end(&mut text);
            let _ = tell_all.send(String::from_utf8_lossy(&text).into_owned());
        });
        Self {
            #[cfg(target_os = "linux")]
            pipe: std::fs::read_link(format!("/proc/{}/fd/2", child.id())).ok(),
            child,
            lines,
            stderr: all,
            events: Vec::new(),
        }
    }

    /// The next event of this name, whatever else comes before it.
    pub(crate) fn wait_for(&mut self, name: &str) -> Value {
        self.wait_for_where(name, |event| event["event"] == name)
    }

    /// The next error of this code.
    pub(crate) fn wait_for_error(&mut self, code: &str) -> Value {
        self.wait_for_where(code, |event| event["code"] == code)
    }

    /// The next event that is like this.
    pub(crate) fn wait_for_where(&mut self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        self.wait_within(DEADLINE, what, is)
    }

    /// The next event that is like this, if it comes within this time.
    pub(crate) fn wait_within(
        &mut self,
        time: Duration,
        what: &str,
        is: impl Fn(&Value) -> bool,
    ) -> Value {
        let began = Instant::now();
        loop {
            let left = time.saturating_sub(began.elapsed());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    let event: Value = serde_json::from_str(&line)
                        .unwrap_or_else(|error| panic!("no JSON on stdout: {error}: {line}"));
                    let version = event.get("v").or_else(|| event.get("version"));
                    assert_eq!(version, Some(&Value::from(1)), "{line}");
                    self.events.push(event.clone());
                    if is(&event) {
                        return event;
                    }
                }
                Err(why) => {
                    let events: Vec<_> = self.events.iter().map(Value::to_string).collect();
                    let gone = why == RecvTimeoutError::Disconnected;
                    let stderr = if gone { self.stderr() } else { String::new() };
                    panic!(
                        "no `{what}` came ({why}); these did:\n{}\n{stderr}",
                        events.join("\n")
                    );
                }
            }
        }
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap()
    }

    /// The next event, if one comes within this time.
    pub(crate) fn next_within(&mut self, time: Duration) -> Option<Value> {
        let line = self.lines.recv_timeout(time).ok()?;
        let event: Value = serde_json::from_str(&line).unwrap();
        self.events.push(event.clone());
        Some(event)
    }

    /// The process that cleans up when the session is killed.
    #[cfg(target_os = "linux")]
    pub(crate) fn reaper(&self) -> Pid {
        self.try_reaper().expect("the session has a reaper")
    }

    /// The same, while it lives.
    #[cfg(target_os = "linux")]
    pub(crate) fn try_reaper(&self) -> Option<Pid> {
        let is_it = |pid: &i32| {
            let read = |file: &str| std::fs::read_to_string(format!("/proc/{pid}/{file}"));
            let stat = read("stat").unwrap_or_default();
            let parent = stat.rsplit(')').next().unwrap_or_default();
            let parent = parent.split_whitespace().nth(1).map(str::to_owned);
            let line = read("cmdline").unwrap_or_default();
            parent == Some(self.child.id().to_string()) && line.contains("__reap")
        };
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        let mut numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        numbers.find(is_it).and_then(Pid::from_raw)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// The same for a session that may have ended by itself.
    pub(crate) fn signal_if_alive(&self, signal: Signal) {
        let _ = kill_process(self.pid(), signal);
    }

    /// Ends everything of a session at once, as a power cut does.
    pub(crate) fn cut_the_power(self, app: i32) {
        for process in [self.reaper(), self.pid(), Pid::from_raw(app).unwrap()] {
            kill_process(process, Signal::KILL).unwrap();
        }
        let ended = self.end();
        assert_eq!(ended.status.code(), None);
    }

    /// Interrupts it and waits for its end.
    pub(crate) fn interrupt(self) -> Ended {
        self.signal(Signal::INT);
        self.end()
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Ended {
        let began = Instant::now();
        let mut events = std::mem::take(&mut self.events);
        // The end of stdout is the end of the process: nobody else holds it.
        loop {
            match self
                .lines
                .recv_timeout(DEADLINE.saturating_sub(began.elapsed()))
            {
                Ok(line) => events.push(serde_json::from_str(&line).unwrap()),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end: {events:#?}"),
            }
        }
        let status = self.child.wait().unwrap();
        Ended {
            status,
            events,
            stderr: self.stderr(),
        }
    }

    fn stderr(&mut self) -> String {
        let all = self.stderr.recv_timeout(DEADLINE);
        all.unwrap_or_else(|_| panic!("a child of the session goes on: {}", self.who_goes_on()))
    }

    /// State, place in the kernel and command line of each process that has our stderr.
    #[cfg(target_os = "linux")]
    fn who_goes_on(&self) -> String {
        let read = |pid: i32, file: &str| {
            let text = std::fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
            String::from_utf8_lossy(&text).replace('\0', " ")
        };
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let has_it = |pid: &i32| std::fs::read_link(format!("/proc/{pid}/fd/2")).ok() == self.pipe;
        let told = numbers.filter(has_it).map(|pid| {
            let (stat, wait) = (read(pid, "stat"), read(pid, "wchan"));
            format!("{stat} {wait} {}\n", read(pid, "cmdline"))
        });
        told.collect()
    }

    #[cfg(not(target_os = "linux"))]
    fn who_goes_on(&self) -> String {
        format!("of {}", self.child.id())
    }
}

/// A process and all that come from it.
#[cfg(target_os = "linux")]
pub(crate) fn family(pid: Pid) -> Vec<Pid> {
    let mut family = vec![pid];
    let mut next = 0;
    while let Some(one) = family.get(next).copied() {
        next += 1;
        let tasks = std::fs::read_dir(format!("/proc/{one}/task"));
        for task in tasks.into_iter().flatten().flatten() {
            let children = std::fs::read_to_string(task.path().join("children"));
            let children = children.unwrap_or_default();
            let numbers = children
                .split_whitespace()
                .filter_map(|pid| pid.parse().ok());
            family.extend(numbers.filter_map(Pid::from_raw));
        }
    }
    family
}

/// Waits until a process is gone; one that nobody waited for yet is.
#[cfg(target_os = "linux")]
pub(crate) fn wait_until_gone(pid: Pid) {
    let began = Instant::now();
    loop {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        if stat.is_empty() || stat.contains(") Z ") {
            return;
        }
        assert!(began.elapsed() < DEADLINE, "process {pid} stays: {stat}");
        // Nobody tells us of the end of other people's children.
        let (_hold, nothing) = channel::<()>();
        let _ = nothing.recv_timeout(Duration::from_millis(5));
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// How many events of this name there were.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.events
            .iter()
            .filter(|event| event["event"] == name)
            .count()
    }
}
