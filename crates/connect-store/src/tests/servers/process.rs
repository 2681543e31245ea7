//! Starting a server, killing it, and starting it again.

use std::{
    ffi::OsString,
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use tempfile::TempDir;

use super::var;

/// A server that runs until it is dropped or killed.
pub(crate) struct Running {
    recipe: Recipe,
    child: Child,
    pub(crate) port: u16,
    folder: TempDir,
}

/// How to start one.
pub(super) struct Recipe {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) variables: Vec<(String, String)>,
    /// The user to run as, where root is refused.
    pub(super) user: Option<&'static str>,
    /// What the server says when it can be used.
    pub(super) ready: &'static str,
    /// Where it has a disk of 4 MiB, which nobody else sees and which ends with it.
    pub(super) disk: Option<PathBuf>,
}

impl Running {
    pub(super) fn start(recipe: Recipe, port: u16, folder: TempDir) -> Self {
        let child = recipe.start();
        Self {
            recipe,
            child,
            port,
            folder,
        }
    }

    /// Where the small disk is, for the server alone.
    pub(crate) fn disk(&self) -> PathBuf {
        self.folder.path().join(DISK)
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again on the same data and port.
    pub(crate) fn restart(&mut self) {
        self.child = self.recipe.start();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Recipe {
    fn command(&self) -> Command {
        let words = words(self.user, &self.program);
        let Some(disk) = &self.disk else {
            return command(words);
        };
        let (uid, gid) = self.user.map_or((0, 0), ids);
        let mount = format!(
            "mount -t tmpfs -o size=4m,mode=700,uid={uid},gid={gid} none \"$0\" && exec \"$@\""
        );
        let before = ["unshare", "--mount", "--", "sh", "-c", &mount].map(OsString::from);
        let before = before.into_iter().chain([disk.into()]);
        command(before.chain(words).collect())
    }

    /// Starts it and waits until it says that it is ready. What a killed one left behind may take
    /// a moment to go, so an early end is tried again.
    fn start(&self) -> Child {
        let mut said = String::new();
        for _ in 0..100 {
            let mut child = self
                .command()
                .args(&self.arguments)
                .envs(self.variables.iter().cloned())
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let (tell, told) = mpsc::channel();
            let out = BufReader::new(child.stdout.take().unwrap());
            let err = BufReader::new(child.stderr.take().unwrap());
            let tell_too = tell.clone();
            // Both end with the server, whose output they keep flowing.
            std::thread::spawn(move || {
                for line in out.lines().map_while(Result::ok) {
                    let _ = tell.send(line);
                }
            });
            std::thread::spawn(move || {
                for line in err.lines().map_while(Result::ok) {
                    let _ = tell_too.send(line);
                }
            });
            said.clear();
            loop {
                match told.recv_timeout(Duration::from_secs(60)) {
                    Ok(line) if line.contains(self.ready) => return child,
                    Ok(line) => {
                        said.push_str(&line);
                        said.push('\n');
                    }
                    Err(mpsc::RecvTimeoutError::Timeout) => panic!("not ready:\n{said}"),
                    Err(mpsc::RecvTimeoutError::Disconnected) => break,
                }
            }
            child.wait().unwrap();
        }
        panic!("{} does not start:\n{said}", self.program.display());
    }
}

pub(super) fn find(program: &str) -> Option<PathBuf> {
    let path = var("PATH")?;
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into()])
        .map(|folder| folder.join(program))
        .find(|file| file.exists())
}

/// A command as another user, ended by the kernel when the thread that starts it ends.
pub(super) fn as_user(user: Option<&str>, program: &Path) -> Command {
    command(words(user, program))
}

fn words(user: Option<&str>, program: &Path) -> Vec<OsString> {
    let Some(setpriv) = find("setpriv") else {
        assert!(user.is_none(), "setpriv of util-linux is needed");
        return vec![program.into()];
    };
    let mut words: Vec<OsString> = vec![setpriv.into(), "--pdeathsig".into(), "KILL".into()];
    if let Some(user) = user {
        words.push(format!("--reuid={user}").into());
        words.push(format!("--regid={user}").into());
        words.push("--clear-groups".into());
    }
    words.extend(["--".into(), program.into()]);
    words
}

#[expect(clippy::disallowed_methods, reason = "the servers of the tests")]
fn command(words: Vec<OsString>) -> Command {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]);
    command
}

pub(super) fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}

pub(super) fn is_root() -> bool {
    std::os::unix::fs::MetadataExt::uid(&fs::metadata("/proc/self").unwrap()) == 0
}

/// Gives a file or folder to another user.
pub(super) fn own(file: &Path, user: &str) {
    let (uid, gid) = ids(user);
    std::os::unix::fs::chown(file, Some(uid), Some(gid)).unwrap();
}

/// User and group of a name.
pub(super) fn ids(user: &str) -> (u32, u32) {
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let line = users
        .lines()
        .find(|line| line.split(':').next() == Some(user));
    let fields: Vec<&str> = line.expect("the user exists").split(':').collect();
    (fields[2].parse().unwrap(), fields[3].parse().unwrap())
}

/// The folder of a server's small disk.
pub(super) const DISK: &str = "disk";
