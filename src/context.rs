//! What a command works with, and the only reader of the process environment.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::future::Future;
use std::path::{Path, PathBuf};

use crate::cli::{Color, Global};
use crate::env;
use crate::error::CliError;
use crate::http::{self, Http};
use crate::ui::{self, Ui, Verbosity};

/// What a command works with.
#[derive(Debug)]
pub(crate) struct Context {
    /// The folder the command works in: `-C`, else where the program was started.
    pub(crate) cwd: PathBuf,
    /// The environment, as it was at the start.
    pub(crate) env: Env,
    /// Outgoing HTTP.
    pub(crate) http: Http,
    /// The terminal.
    pub(crate) ui: Ui,
    /// Take the default answer to every question.
    pub(crate) yes: bool,
}

/// A copy of the environment. Names that are no UTF-8 are nobody's settings and stay out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Env(BTreeMap<String, OsString>);

impl Context {
    /// Reads the process environment.
    ///
    /// # Errors
    /// When the folder to work in does not exist.
    pub(crate) fn from_process(global: &Global) -> Result<Self, CliError> {
        let env = Env::from_process();
        let ui = Self::ui(global);
        #[expect(clippy::disallowed_methods, reason = "the one place that reads it")]
        let started_in = std::env::current_dir().map_err(|error| {
            CliError::user("cli/no-folder", "the current folder is gone").cause(error)
        })?;
        let cwd = match &global.directory {
            None => started_in,
            Some(directory) => started_in.join(directory),
        };
        if !cwd.is_dir() {
            let message = format!("`{}` is not a folder", cwd.display());
            return Err(CliError::user("cli/no-folder", message).hint("check the value of `-C`"));
        }
        if ui.verbosity == Verbosity::Detailed {
            http::tell(ui.details_of_calls());
        }
        Ok(Self {
            cwd,
            env,
            http: Http::default(),
            ui,
            yes: global.yes,
        })
    }

    /// The terminal alone, for errors before there is a context.
    pub(crate) fn ui(global: &Global) -> Ui {
        let env = Env::from_process();
        Ui {
            color: color(global.color, &env),
            json: global.json,
            verbosity: match (global.quiet, global.verbose) {
                (true, _) => Verbosity::Quiet,
                (false, 0) => Verbosity::Normal,
                (false, 1) => Verbosity::Verbose,
                (false, _) => Verbosity::Detailed,
            },
            interactive: !global.no_input
                && !global.yes
                && env.text(env::CI).is_none()
                && env.text(env::TERM) != Some("dumb")
                && ui::on_terminal(),
            animated: !global.json
                && !global.quiet
                && env.text(env::CI).is_none()
                && env.text(env::NO_COLOR).is_none()
                && env.text(env::TERM) != Some("dumb")
                && ui::stderr_is_terminal(),
            columns: ui::columns(),
            signs: shows_signs(&env),
        }
    }

    /// Runs a future to its end on a runtime of its own.
    ///
    /// # Errors
    /// When the system gives no threads, or the future fails.
    pub(crate) fn block_on<T>(
        &self,
        future: impl Future<Output = Result<T, CliError>>,
    ) -> Result<T, CliError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|error| CliError::no_threads(&error))?;
        runtime.block_on(future)
    }

    /// The folder for what can be made again; none if the environment names no place for it.
    ///
    /// A relative `XDG_CACHE_HOME` is as good as none (XDG Base Directory Specification 0.8, Basics).
    pub(crate) fn cache_folder(&self) -> Option<PathBuf> {
        let folder = |name| {
            self.env
                .text(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        let base = folder(env::XDG_CACHE_HOME)
            .or_else(|| folder(env::LOCALAPPDATA))
            .or_else(|| Some(folder(env::HOME)?.join(".cache")))?;
        Some(base.join("connect"))
    }

    /// Variables that hold a log-in of ours, emptied for a child that has no business with them.
    pub(crate) fn withheld(&self) -> Vec<(String, String)> {
        let is_ours = |name: &&str| match name.strip_prefix(env::CONNECT_TOKEN) {
            Some(rest) => rest.is_empty() || rest.starts_with('_'),
            None => [env::CONNECT_LICENSE_TOKEN, env::NGROK_AUTHTOKEN].contains(name),
        };
        let names = self.env.names_of(|_| true).filter(is_ours);
        names.map(|name| (name.to_owned(), String::new())).collect()
    }

    /// A program, where the system looks for programs.
    pub(crate) fn program(&self, name: &str) -> Option<PathBuf> {
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        let path = self.env.text(env::PATH)?;
        std::env::split_paths(path)
            .map(|folder| self.cwd.join(folder).join(&file))
            .find(|path| path.is_file())
    }

    /// A path as to show it: relative to the folder we work in where that is shorter.
    pub(crate) fn shown<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        path.strip_prefix(&self.cwd).unwrap_or(path).display()
    }
}

impl Env {
    /// An environment made of pairs, for tests and children.
    pub(crate) fn from_pairs(pairs: impl IntoIterator<Item = (String, OsString)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    /// The value of a variable; none if it is unset, empty or no UTF-8.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .and_then(|value| value.to_str())
            .filter(|value| !value.is_empty())
    }

    /// Names of the variables whose value is like this.
    pub(crate) fn names_of(&self, is: impl Fn(&str) -> bool) -> impl Iterator<Item = &str> {
        let variables = self.0.iter();
        variables
            .filter(move |(_, value)| value.to_str().is_some_and(&is))
            .map(|(name, _)| name.as_str())
    }

    fn from_process() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads it")]
        let all = std::env::vars_os();
        Self::from_pairs(
            all.filter_map(|(name, value)| name.into_string().ok().map(|name| (name, value))),
        )
    }
}

/// Whether stderr is coloured: flag, then `NO_COLOR`, then the forcing variables, then
/// `CLICOLOR=0`, then `TERM=dumb` and `CI`, then the terminal.
fn color(flag: Color, env: &Env) -> bool {
    let forced = |name| env.text(name).is_some_and(|value| value != "0");
    match flag {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if env.text(env::NO_COLOR).is_some() => false,
        Color::Auto if forced(env::CLICOLOR_FORCE) || forced(env::FORCE_COLOR) => true,
        Color::Auto => {
            env.text(env::CLICOLOR) != Some("0")
                && env.text(env::TERM) != Some("dumb")
                && env.text(env::CI).is_none()
                && ui::stderr_is_terminal()
        }
    }
}

/// Whether signs beyond ASCII can be shown: the first of the locale's variables that is set decides
/// (POSIX.1-2024, Environment Variables, section 8.2). Windows has no such variables, and terminals
/// that show them.
fn shows_signs(env: &Env) -> bool {
    let locale = [env::LC_ALL, env::LC_CTYPE, env::LANG]
        .into_iter()
        .find_map(|name| env.text(name));
    match locale {
        Some(locale) => {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        }
        None => cfg!(windows),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> Env {
        Env::from_pairs(
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), OsString::from(value))),
        )
    }

    #[test]
    fn the_flag_wins_then_no_color_then_force() {
        let both = env(&[("NO_COLOR", "1"), ("FORCE_COLOR", "1")]);
        assert!(color(Color::Always, &both));
        assert!(!color(Color::Auto, &both));
        assert!(color(Color::Auto, &env(&[("FORCE_COLOR", "1")])));
        assert!(color(
            Color::Auto,
            &env(&[("NO_COLOR", ""), ("CLICOLOR_FORCE", "1")])
        ));
        assert!(!color(Color::Never, &env(&[("FORCE_COLOR", "1")])));
    }

    #[test]
    fn the_first_variable_of_the_locale_decides_about_signs() {
        assert!(shows_signs(&env(&[("LANG", "de_DE.UTF-8")])));
        assert!(shows_signs(&env(&[("LC_ALL", "C.utf8"), ("LANG", "C")])));
        assert!(!shows_signs(&env(&[
            ("LC_CTYPE", "C"),
            ("LANG", "C.UTF-8")
        ])));
        assert!(!shows_signs(&env(&[("LANG", "POSIX")])));
    }
}
