//! Failures of `connect dev`: ports, the app's process, builds, the lock, and what stays behind.

use std::path::Path;

use connect_core::{AppKey, BaseUrl};

use crate::error::{CliError, Kind};
use crate::process::StartError;

impl CliError {
    /// The process of the app ended by itself.
    pub(crate) fn app_exited(status: &str) -> Self {
        Self::user(
            "app/exited",
            format!("the app stopped by itself ({status})"),
        )
        .hint("its output is above")
    }

    /// The process of the app does not answer.
    pub(crate) fn app_not_answering(port: u16, seconds: u64, last: &str) -> Self {
        Self::user(
            "app/not-answering",
            format!("the app does not serve its descriptor on 127.0.0.1:{port} after {seconds} s"),
        )
        .cause(last)
        .hint("let the app listen on 127.0.0.1 and the port in `PORT`, or name its port: --port N")
    }

    /// Another app answers.
    pub(crate) fn app_wrong_key(port: u16, found: &str, expected: &AppKey) -> Self {
        Self::user(
            "app/wrong-key",
            format!("the app on 127.0.0.1:{port} has the key `{found}`, not `{expected}`"),
        )
        .hint("is another app running on that port? `connect dev --port 0` takes a free one")
    }

    /// The program could not be started.
    pub(crate) fn app_not_started(error: &StartError) -> Self {
        Self::user("app/not-started", error.to_string()).cause(&error.source)
    }

    /// cargo is missing.
    pub(crate) fn no_cargo(error: &StartError) -> Self {
        Self::user("build/no-cargo", error.to_string())
            .cause(&error.source)
            .hint("install Rust: https://rustup.rs")
            .hint("an app in another language: connect dev --exec \"npm start\"")
    }

    /// The build failed; the compiler said why.
    pub(crate) fn build_failed(errors: usize) -> Self {
        let message = match errors {
            0 => "the app could not be built".to_owned(),
            1 => "the app could not be built: 1 error".to_owned(),
            _ => format!("the app could not be built: {errors} errors"),
        };
        Self::user("build/failed", message).hint("the compiler's messages are above")
    }

    /// The build made no program.
    pub(crate) fn build_no_binary() -> Self {
        Self::user("build/no-binary", "the build made no program to run")
            .hint("give the package a `src/main.rs`")
    }

    /// The build did not end.
    pub(crate) fn build_timeout(minutes: u64) -> Self {
        Self::user(
            "build/timeout",
            format!("the build did not end within {minutes} minutes"),
        )
    }

    /// A port that was named is taken.
    pub(crate) fn port_taken(port: u16, flag: &str, error: &std::io::Error) -> Self {
        Self::user("dev/port-taken", format!("127.0.0.1:{port} is in use"))
            .cause(error)
            .hint(format!("connect dev {flag} 0    takes a free one"))
    }

    /// Another session runs in this folder; its number, if it is known.
    pub(crate) fn locked(pid: &str) -> Self {
        Self::user(
            "dev/locked",
            format!("`connect dev` runs here already{}", in_brackets(pid)),
        )
        .hint("stop the other one first")
    }

    /// What a killed session left is just being removed.
    pub(crate) fn reaping(pid: &str) -> Self {
        let who = in_brackets(pid);
        Self::outside(
            "dev/reaping",
            format!("a session that was killed is still being cleaned up{who}"),
        )
        .hint("try again in a few seconds")
    }

    /// `.connect/` cannot be used.
    pub(crate) fn state_folder(path: &Path, error: &std::io::Error) -> Self {
        Self::user(
            "dev/state-folder",
            format!("cannot write in `{}`", path.display()),
        )
        .cause(error)
    }

    /// There is nothing to run.
    pub(crate) fn nothing_to_run() -> Self {
        Self::usage(
            "dev/nothing-to-run",
            "no Cargo.toml here, and no command named",
        )
        .hint("connect dev --exec \"npm start\"    starts an app in any language")
        .hint("connect dev --port 8080          takes an app that is running already")
    }

    /// The command of `--on-ready` failed.
    pub(crate) fn on_ready_failed(status: &str) -> Self {
        let message = format!("the command of `--on-ready` failed ({status})");
        Self::user("dev/on-ready", message).hint("its output is above")
    }

    /// The command of `--on-ready` did not start.
    pub(crate) fn on_ready_not_started(error: &StartError) -> Self {
        Self::user("dev/on-ready", error.to_string()).cause(&error.source)
    }

    /// The file of `--ready-file` cannot be written.
    pub(crate) fn ready_file(path: &Path, error: &std::io::Error) -> Self {
        let message = format!("cannot write `{}`", path.display());
        Self::user("dev/ready-file", message).cause(error)
    }

    /// `--via upm` without hosts.
    pub(crate) fn no_hosts() -> Self {
        Self::user("dev/no-hosts", "credentials.json names no hosts")
            .hint("connect dev --via sandbox")
            .hint("see credentials.example.json for the shape")
    }

    /// No browser was opened.
    pub(crate) fn not_opened(url: &str, error: &dyn std::fmt::Display) -> Self {
        Self::user("dev/not-opened", "no browser could be opened")
            .cause(error)
            .hint(format!("open it by hand: {url}"))
    }

    /// Changes cannot be watched.
    pub(crate) fn watch(path: &Path, error: &notify::Error) -> Self {
        Self::user("watch/failed", format!("cannot watch `{}`", path.display())).cause(error)
    }

    /// A path of `--watch` that is not there.
    pub(crate) fn watch_missing(path: &Path, error: &std::io::Error) -> Self {
        Self::user(
            "watch/missing",
            format!("`{}` cannot be watched", path.display()),
        )
        .cause(error)
        .hint("check the value of `--watch`; it is relative to the project")
    }

    /// The file system tells nothing of changes.
    pub(crate) fn watch_no_events(path: &Path, ms: u128) -> Self {
        let message = "this file system tells nothing of changes";
        Self::user("watch/no-events", message)
            .cause(format!(
                "looking for them every {ms} ms in `{}`",
                path.display()
            ))
            .hint("keep the project on a disk of this machine, not on a share or a Windows drive")
    }

    /// The system watches no more files.
    pub(crate) fn watch_limit(limits: &[String], ms: u128) -> Self {
        let message = "the system watches no more files: its limit is used up";
        let error = Self::user("watch/limit", message);
        limits
            .iter()
            .fold(error, Self::cause)
            .cause(format!("looking for changes every {ms} ms instead"))
            .hint(
                "sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512",
            )
    }

    /// Apps that may still be installed, after a second interrupt.
    pub(crate) fn left_at_once(left: &[(BaseUrl, AppKey)]) -> Self {
        Self::left(Kind::Interrupted, left)
    }

    /// Apps that could not be removed in time.
    pub(crate) fn left_behind(left: &[(BaseUrl, AppKey)]) -> Self {
        Self::left(Kind::Outside, left)
    }

    /// There is no way to log in where an app was left.
    pub(crate) fn no_login(host: &str, key: &str) -> Self {
        Self::user(
            "clean/no-login",
            format!(
                "{key} may still be registered with {host}, which credentials.json does not name"
            ),
        )
        .hint(format!("uninstall it by hand: {host}/plugins/servlet/upm"))
    }

    /// Something could not be removed; each has its own error above.
    pub(crate) fn not_cleaned(left: usize) -> Self {
        let apps = if left == 1 {
            "1 app".to_owned()
        } else {
            format!("{left} apps")
        };
        Self::outside("clean/left", format!("{apps} may still be registered"))
            .hint("connect clean    tries again")
    }

    fn left(kind: Kind, left: &[(BaseUrl, AppKey)]) -> Self {
        let apps: Vec<_> = left
            .iter()
            .map(|(site, key)| format!("{key} is still registered with {site}"))
            .collect();
        let mut error = Self::new(kind, "dev/left-behind", apps.join("; "));
        if !left.is_empty() {
            error = error.hint("connect clean");
        }
        for (site, key) in left {
            error = error.hint(format!(
                "uninstall {key} by hand: {site}/plugins/servlet/upm"
            ));
        }
        error
    }
}

fn in_brackets(pid: &str) -> String {
    match pid {
        "" => String::new(),
        pid => format!(" (pid {pid})"),
    }
}
