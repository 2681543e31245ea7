//! The only place that starts child processes.
//!
//! A long-running child leads a process group of its own, so that an interrupt on the terminal
//! reaches us alone and so that what the child started ends with it. A group is ended by SIGTERM,
//! three seconds of grace, SIGKILL; dropping its [`Group`] is SIGKILL at once.
//! A [`Sentinel`] is the opposite: it stays when we are killed, and hears of it by the end of its
//! stdin.

mod others;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::sync::watch;

pub(crate) use crate::process::others::{Other, is_program, listener, others};

/// A command to start.
#[derive(Clone, Debug)]
pub(crate) struct CommandLine {
    /// Program.
    pub(crate) program: OsString,
    /// Its arguments. Never a secret: other users can read them.
    pub(crate) arguments: Vec<OsString>,
    /// Folder to run in.
    pub(crate) folder: PathBuf,
    /// Variables to add to our environment.
    pub(crate) variables: Vec<(String, String)>,
    /// Variables to take out of our environment.
    pub(crate) without: Vec<&'static str>,
}

impl CommandLine {
    /// git, on the repository that the folder is in and no other that our environment may name.
    pub(crate) fn git(folder: &Path, arguments: &[&str]) -> Self {
        Self {
            program: "git".into(),
            arguments: arguments.iter().map(Into::into).collect(),
            folder: folder.to_path_buf(),
            variables: Vec::new(),
            without: vec![
                "GIT_DIR",
                "GIT_WORK_TREE",
                "GIT_INDEX_FILE",
                "GIT_COMMON_DIR",
            ],
        }
    }
}

/// A running child and what it started.
#[derive(Debug)]
pub(crate) struct Group {
    id: u32,
    exit: watch::Receiver<Option<ExitStatus>>,
}

/// A child that goes on when we are killed. It is told things through a pipe, whose end tells it
/// that we are gone.
#[derive(Debug)]
pub(crate) struct Sentinel {
    child: std::process::Child,
    pipe: Option<std::process::ChildStdin>,
}

/// The duty to wait for a child; whoever holds it reaps it.
#[derive(Debug)]
pub(crate) struct Waiter {
    child: Child,
    tell: watch::Sender<Option<ExitStatus>>,
}

/// A child could not be started.
#[derive(Debug, thiserror::Error)]
#[error("cannot start `{program}`")]
pub(crate) struct StartError {
    /// The program.
    pub(crate) program: String,
    /// Why.
    #[source]
    pub(crate) source: io::Error,
}

/// How a short child ended.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Its exit status.
    pub(crate) status: ExitStatus,
    /// What it wrote to stderr, to show when it failed.
    pub(crate) stderr: String,
}

/// What becomes of a child's stdout, and of its stderr where that is not ours too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Ours to read, from [`Started::stdout`].
    Captured,
    /// Nobody reads it; its stderr is ours to read, from [`Started::stderr`].
    StderrCaptured,
    /// To our stderr: stdout is for our own data.
    ToStderr,
}

/// A child that was started.
#[derive(Debug)]
pub(crate) struct Started {
    /// To end it.
    pub(crate) group: Group,
    /// To wait for it.
    pub(crate) waiter: Waiter,
    /// Its stdout, if it was to be captured.
    pub(crate) stdout: Option<ChildStdout>,
    /// Its stderr, if that was to be captured.
    pub(crate) stderr: Option<ChildStderr>,
}

/// Starts a child that leads its own process group.
///
/// # Errors
/// When the system cannot start it.
pub(crate) fn start(command: &CommandLine, output: Output) -> Result<Started, StartError> {
    let mut prepared = prepare(command);
    prepared.stdin(Stdio::null());
    prepared.stdout(match output {
        Output::Captured => Stdio::piped(),
        Output::StderrCaptured => Stdio::null(),
        Output::ToStderr => Stdio::from(io::stderr()),
    });
    if output == Output::StderrCaptured {
        prepared.stderr(Stdio::piped());
    }
    #[cfg(unix)]
    prepared.process_group(0);
    let mut child = prepared
        .kill_on_drop(true)
        .spawn()
        .map_err(|source| refuse(command, source))?;
    let (tell, exit) = watch::channel(None);
    Ok(Started {
        group: Group {
            id: child.id().unwrap_or_default(),
            exit,
        },
        stdout: child.stdout.take(),
        stderr: child.stderr.take(),
        waiter: Waiter { child, tell },
    })
}

/// Program and arguments that have the system's shell run a command.
pub(crate) fn shell(command: &str) -> (OsString, Vec<OsString>) {
    let (shell, flag) = if cfg!(windows) {
        ("cmd", "/C")
    } else {
        ("sh", "-c")
    };
    (shell.into(), vec![flag.into(), command.into()])
}

/// Runs a short child to its end.
///
/// # Errors
/// When it cannot be started or takes longer than the deadline; then it is killed.
pub(crate) async fn run(command: &CommandLine, deadline: Duration) -> Result<Finished, StartError> {
    let mut prepared = prepare(command);
    prepared
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let output = tokio::time::timeout(deadline, prepared.output())
        .await
        .unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut)))
        .map_err(|source| refuse(command, source))?;
    Ok(Finished {
        status: output.status,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Runs a child that has the terminal, as an editor needs it, until it ends.
///
/// It stays in our process group: the terminal's keys are its own as long as it runs.
///
/// # Errors
/// When it cannot be started.
pub(crate) async fn run_on_terminal(command: &CommandLine) -> Result<ExitStatus, StartError> {
    let mut prepared = prepare(command);
    // Whoever works with its end is the user, who is not hurried.
    let status = prepared.kill_on_drop(true).status().await;
    status.map_err(|source| refuse(command, source))
}

/// Runs a child to its end and hands over how it ended and what it printed, up to `limit` bytes.
///
/// # Errors
/// When it cannot be started or takes longer than the deadline ([`io::ErrorKind::TimedOut`]); then
/// it is killed.
pub(crate) async fn printed(
    command: &CommandLine,
    limit: u64,
    deadline: Duration,
) -> Result<(ExitStatus, Vec<u8>), StartError> {
    let mut started = start(command, Output::Captured)?;
    let stdout = started.stdout.take();
    let answer = async {
        let mut text = Vec::new();
        if let Some(stdout) = stdout {
            // What cannot be read was not printed.
            let _ = stdout.take(limit).read_to_end(&mut text).await;
        }
        (started.waiter.wait().await, text)
    };
    let ended = tokio::time::timeout(deadline, answer).await;
    ended.map_err(|_| refuse(command, io::ErrorKind::TimedOut.into()))
}

/// Starts a child that stays when we are killed. Its stderr is ours, its stdout nobody's.
///
/// # Errors
/// When the system cannot start it.
pub(crate) fn start_sentinel(command: &CommandLine) -> Result<Sentinel, StartError> {
    let mut child = prepare(command)
        .into_std()
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .map_err(|source| refuse(command, source))?;
    let pipe = child.stdin.take();
    Ok(Sentinel { child, pipe })
}

/// Leaves the session of the terminal, so that neither its signals nor its end reach us.
pub(crate) fn leave_session() {
    // It fails for the leader of a process group, who has nothing to leave.
    #[cfg(unix)]
    let _ = rustix::process::setsid();
}

/// Ends a process group that another process of ours started and can no longer wait for: SIGTERM,
/// up to a second for its last member, SIGKILL.
pub(crate) async fn end_orphans(group: u32) {
    signal_group(group, Strength::Ask);
    let _ = tokio::time::timeout(GRACE_OF_ORPHANS, until_empty(group)).await;
    signal_group(group, Strength::Kill);
}

/// Ends the processes whose environment has this variable with this value, wherever they went:
/// those that were started a moment before nobody could note them, those that left their group.
/// Only where the system shows it (Linux).
pub(crate) async fn end_marked(name: &str, value: &str) {
    let mark = format!("{name}={value}");
    let gone = async {
        let mut again = tokio::time::interval(LOOK);
        let mut asked = BTreeSet::new();
        // A process that is being started shows no environment for a moment.
        let mut none = 0;
        while none < 2 {
            again.tick().await;
            let found = marked(mark.as_bytes());
            none = if found.is_empty() { none + 1 } else { 0 };
            for pid in found {
                if asked.insert(pid) {
                    signal_process(pid, Strength::Ask);
                }
            }
        }
    };
    if tokio::time::timeout(GRACE_OF_ORPHANS, gone).await.is_err() {
        for pid in marked(mark.as_bytes()) {
            signal_process(pid, Strength::Kill);
        }
    }
}

impl Sentinel {
    /// Tells it a line.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn tell(&mut self, line: &str) -> io::Result<()> {
        match &mut self.pipe {
            Some(pipe) => writeln!(pipe, "{line}"),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Waits for its end, but no longer than a second.
    pub(crate) async fn wait(mut self) {
        self.pipe = None;
        let gone = async {
            let mut again = tokio::time::interval(Duration::from_millis(2));
            while matches!(self.child.try_wait(), Ok(None)) {
                again.tick().await;
            }
        };
        let _ = tokio::time::timeout(GRACE_OF_ORPHANS, gone).await;
    }
}

impl Waiter {
    /// Waits for the child to exit.
    pub(crate) async fn wait(&mut self) -> ExitStatus {
        // Waiting fails only for a child that was reaped already: gone is gone.
        let status = self.child.wait().await.unwrap_or_default();
        self.tell.send_replace(Some(status));
        status
    }

    /// Waits for the child to exit, but no longer than this.
    pub(crate) async fn wait_for(&mut self, time: Duration) -> Option<ExitStatus> {
        tokio::time::timeout(time, self.wait()).await.ok()
    }
}

impl Group {
    /// Ends the group: SIGTERM, then up to three seconds for its last member, then SIGKILL.
    ///
    /// Somebody must hold the [`Waiter`] and wait meanwhile.
    pub(crate) async fn end(&mut self) {
        signal_group(self.id, Strength::Ask);
        let all_gone = async {
            let mut exit = self.exit.clone();
            // An error means the waiter is gone, and with it the child.
            let _ = exit.wait_for(Option::is_some).await;
            until_empty(self.id).await;
        };
        let _ = tokio::time::timeout(GRACE, all_gone).await;
        // What is left is killed when `self` is dropped.
    }

    /// Ends it at once.
    pub(crate) fn kill(&self) {
        if self.is_alive() {
            signal_group(self.id, Strength::Kill);
        }
    }

    /// Its number, which is that of its leader.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    #[cfg(unix)]
    fn is_alive(&self) -> bool {
        group_is_alive(self.id)
    }

    // Without process groups the child itself is killed when its waiter is dropped.
    #[cfg(not(unix))]
    fn is_alive(&self) -> bool {
        self.exit.borrow().is_none()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

#[derive(Clone, Copy)]
enum Strength {
    Ask,
    Kill,
}

#[cfg(unix)]
impl Strength {
    fn signal(self) -> rustix::process::Signal {
        match self {
            Self::Ask => rustix::process::Signal::TERM,
            Self::Kill => rustix::process::Signal::KILL,
        }
    }
}

const GRACE: Duration = Duration::from_secs(3);
const GRACE_OF_ORPHANS: Duration = Duration::from_secs(1);
/// Time between two looks for the children of a session that was killed.
const LOOK: Duration = Duration::from_millis(20);

/// Waits until a group has no member. Nobody tells us of grandchildren, so look again and again.
async fn until_empty(group: u32) {
    let mut again = tokio::time::interval(Duration::from_millis(5));
    while group_is_alive(group) {
        again.tick().await;
    }
}

#[cfg(unix)]
fn signal_group(group: u32, strength: Strength) {
    if let Some(group) = group_number(group) {
        // It fails only when nobody is left to get it.
        let _ = rustix::process::kill_process_group(group, strength.signal());
    }
}

/// Numbers of the processes of ours that have this in their environment (proc(5)).
fn marked(mark: &[u8]) -> Vec<u32> {
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let numbers = processes.flatten();
    let numbers = numbers.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let has_it = |pid: &u32| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|set| set == mark)
    };
    numbers.filter(has_it).collect()
}

#[cfg(unix)]
fn signal_process(pid: u32, strength: Strength) {
    if let Some(pid) = group_number(pid) {
        // It fails only when the process is gone.
        let _ = rustix::process::kill_process(pid, strength.signal());
    }
}

#[cfg(not(unix))]
fn signal_process(_: u32, _: Strength) {}

#[cfg(unix)]
fn group_is_alive(group: u32) -> bool {
    group_number(group).is_some_and(|group| rustix::process::test_kill_process_group(group).is_ok())
}

#[cfg(unix)]
fn group_number(group: u32) -> Option<rustix::process::Pid> {
    // 0 would be our own group, 1 everybody.
    let group = i32::try_from(group).ok().filter(|group| *group > 1)?;
    rustix::process::Pid::from_raw(group)
}

// Without process groups there is nobody to signal.
#[cfg(not(unix))]
fn signal_group(_: u32, _: Strength) {}

#[cfg(not(unix))]
fn group_is_alive(_: u32) -> bool {
    false
}

fn prepare(command: &CommandLine) -> Command {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that starts children"
    )]
    let mut prepared = Command::new(&command.program);
    prepared
        .args(&command.arguments)
        .current_dir(&command.folder)
        .envs(command.variables.iter().map(|(name, value)| (name, value)));
    for name in &command.without {
        prepared.env_remove(name);
    }
    prepared
}

fn refuse(command: &CommandLine, source: io::Error) -> StartError {
    StartError {
        program: command.program.to_string_lossy().into_owned(),
        source,
    }
}

#[cfg(all(test, unix))]
mod tests;
