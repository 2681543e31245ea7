//! The only writer to the terminal, and the only reader of answers.
//!
//! Text for people goes to stderr, data to stdout. With `--json`, results and events go to stdout
//! as one JSON object per line and the text for people stays on stderr.
//! A closed pipe is no failure: who stopped reading has read enough.

pub(crate) mod events;
mod format;
#[cfg(unix)]
mod keys;
mod outlet;
mod progress;
mod prompt;

use std::future::Future;
use std::io::{self, IsTerminal as _};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use anstream::adapter::strip_str;
use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::error::CliError;
use crate::ui::outlet::{STDERR, STDOUT};
use crate::ui::progress::Progress;
use crate::ui::prompt::{Check, Terminal};

pub(crate) use crate::ui::format::{duration, ms, timestamp, wrap};
#[cfg(unix)]
pub(crate) use crate::ui::keys::Keys;
pub(crate) use crate::ui::outlet::{attend, finish};
pub(crate) use crate::ui::prompt::Choice;

/// How to talk to whoever started the program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ui {
    /// Colour on stderr.
    pub(crate) color: bool,
    /// Results and events as JSON on stdout.
    pub(crate) json: bool,
    /// How much to say.
    pub(crate) verbosity: Verbosity,
    /// Questions may be asked.
    pub(crate) interactive: bool,
    /// A line may move while a wait goes on.
    pub(crate) animated: bool,
    /// How wide stderr is, if it is a terminal.
    pub(crate) columns: Option<usize>,
    /// Signs beyond ASCII can be shown.
    pub(crate) signs: bool,
}

/// How much is said on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    /// Errors only.
    Quiet,
    /// One line per thing the user caused.
    Normal,
    /// Explanations too.
    Verbose,
    /// Each call to a host and each step of a session, too.
    Detailed,
}

/// The word at the start of a status line, and how it is painted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Verb {
    /// Something was done.
    Done(&'static str),
    /// Something is going on.
    Running(&'static str),
}

/// How a check ended, as the sign in front of its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Nothing to check, or it was not.
    Aside,
    /// As it should be.
    Fine,
    /// It stops something.
    Problem,
    /// It may surprise.
    Warning,
}

impl Ui {
    /// Says what was done or is going on: `   Validated atlassian-connect.json`.
    pub(crate) fn status(&self, verb: Verb, object: &str) {
        if self.verbosity == Verbosity::Quiet {
            return;
        }
        let (word, color) = match verb {
            Verb::Done(word) => (word, AnsiColor::Green),
            Verb::Running(word) => (word, AnsiColor::Cyan),
        };
        let style = color.on_default().bold();
        self.people(&format!("{style}{word:>12}{style:#} {object}\n"));
    }

    /// How many columns the sign takes in front of a check's line.
    pub(crate) fn mark_width(&self) -> usize {
        if self.signs { 1 } else { 4 }
    }

    /// Says how a check ended: `  ✓ config.json   valid`. With `-q` only
    /// if something is wrong.
    pub(crate) fn check(&self, mark: Mark, text: &str) {
        let (sign, word, color) = match mark {
            Mark::Aside => ("–", "-", AnsiColor::BrightBlack),
            Mark::Fine => ("✓", "ok", AnsiColor::Green),
            Mark::Problem => ("✗", "FAIL", AnsiColor::Red),
            Mark::Warning => ("!", "warn", AnsiColor::Yellow),
        };
        if self.verbosity == Verbosity::Quiet && mark != Mark::Problem {
            return;
        }
        let style = color.on_default().bold();
        let shown = if self.signs {
            format!("{style}{sign}{style:#}")
        } else {
            format!("{style}{word:<4}{style:#}")
        };
        self.people(&format!("  {shown} {text}\n"));
    }

    /// A line that goes on from the status line above it.
    pub(crate) fn more(&self, text: &str) {
        if self.verbosity > Verbosity::Quiet {
            self.people(&format!("{:12} {text}\n", ""));
        }
    }

    /// Text as it is, on stderr, unless `-q` was given.
    pub(crate) fn text(&self, text: &str) {
        if self.verbosity > Verbosity::Quiet {
            self.people(text);
        }
    }

    /// Text of an error, shown even with `-q`.
    pub(crate) fn error_text(&self, text: &str) {
        self.people(text);
    }

    /// An explanation, shown with `-v`.
    pub(crate) fn explain(&self, text: &str) {
        if self.verbosity >= Verbosity::Verbose {
            self.people(&format!("{:12} {text}\n", ""));
        }
    }

    /// A detail for who looks for a mistake of ours, shown with `-vv`. It is no less careful with
    /// secrets than anything else.
    pub(crate) fn detail(&self, text: &str) {
        if self.verbosity == Verbosity::Detailed {
            let style = Style::new().dimmed();
            self.people(&format!("{style}{:12} {text}{style:#}\n", ""));
        }
    }

    /// Shows calls with `-vv`, those that only ask again what was just asked left out.
    pub(crate) fn details_of_calls(self) -> impl Fn(&str, Duration) + Send + Sync + 'static {
        let last = Mutex::new(String::new());
        move |call, took| {
            let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
            if *last != call {
                self.detail(&format!("{call}, {} ms", took.as_millis()));
                call.clone_into(&mut last);
            }
        }
    }

    /// Something that may surprise but stops nothing.
    pub(crate) fn warning(&self, text: &str) {
        if self.verbosity > Verbosity::Quiet {
            let style = AnsiColor::Yellow.on_default().bold();
            self.people(&format!("{style}warning{style:#}: {text}\n"));
        }
    }

    /// Something worth knowing that nothing is to be done about now.
    pub(crate) fn note(&self, text: &str, hint: &str) {
        if self.verbosity > Verbosity::Quiet {
            let style = AnsiColor::Cyan.on_default().bold();
            self.people(&format!(
                "{style}note{style:#}: {text}\n{}",
                hint_line(hint)
            ));
        }
    }

    /// What came of it if that is no success, shown even with `-q`.
    pub(crate) fn failure(&self, text: &str, hint: Option<&str>) {
        let style = AnsiColor::Red.on_default().bold();
        let hint = hint.map_or_else(String::new, hint_line);
        self.people(&format!("{style}error{style:#}: {text}\n{hint}"));
    }

    /// Something that has a code like an error, but stops nothing; an event with `--json`.
    pub(crate) fn caution(&self, error: &CliError) {
        self.event(
            "warning",
            &serde_json::json!({
                "code": error.code, "message": error.message, "causes": error.causes,
                "hints": error.hints,
            }),
        );
        if self.verbosity > Verbosity::Quiet {
            self.people(&shown("warning", AnsiColor::Yellow, error));
        }
    }

    /// Shows an error, on stderr always and as an event with `--json`.
    pub(crate) fn error(&self, error: &CliError, fatality: Fatality) {
        self.error_event(error, fatality);
        if error.shown {
            return;
        }
        self.people(&shown("error", AnsiColor::Red, error));
    }

    fn error_event(&self, error: &CliError, fatality: Fatality) {
        let place = error.place.as_ref();
        self.event(
            "error",
            &ErrorEvent {
                code: error.code,
                message: &error.message,
                file: place.map(|place| place.file.as_str()),
                line: place.map(|place| place.line),
                col: place.map(|place| place.column),
                causes: &error.causes,
                hints: &error.hints,
                fatal: fatality == Fatality::Ends,
            },
        );
    }

    /// Says an event, with `--json` only.
    pub(crate) fn event(&self, event: &str, fields: &impl Serialize) {
        if !self.json {
            return;
        }
        let line = Line {
            v: 1,
            ts: timestamp(SystemTime::now()),
            event,
            fields,
        };
        if let Ok(text) = serde_json::to_string(&line) {
            self.data(&text);
        }
    }

    /// Writes a line of data to stdout.
    pub(crate) fn data(&self, text: &str) {
        let lost = STDOUT.put(format!("{text}\n").into_bytes());
        self.tell_lost(lost, "stdout");
    }

    /// Waits for some work. On a terminal, a line shows what is waited for after a moment.
    pub(crate) async fn wait<T>(
        &self,
        word: &'static str,
        object: &str,
        work: impl Future<Output = T>,
    ) -> T {
        if !self.animated {
            return work.await;
        }
        console::set_colors_enabled_stderr(self.color);
        progress::show_while(word, object, work).await
    }

    /// Shows how far long work is, on a terminal; `total` where it is known.
    pub(crate) fn progress(&self, word: &'static str, total: Option<u64>) -> Progress {
        if !self.animated {
            return Progress::hidden();
        }
        console::set_colors_enabled_stderr(self.color);
        Progress::show(word, total)
    }

    /// Asks for a line of text until `check` takes it; the empty answer is the default.
    ///
    /// # Errors
    /// When the user leaves, or the terminal cannot be used.
    pub(crate) fn ask(
        &self,
        question: &str,
        default: &str,
        check: Check<'_>,
    ) -> Result<String, CliError> {
        prompt::ask(&mut self.terminal()?, question, default, check)
    }

    /// Asks for one of several things and answers with its index; the first one is the default.
    ///
    /// # Errors
    /// When the user leaves, or the terminal cannot be used.
    pub(crate) fn choose(&self, question: &str, choices: &[Choice<'_>]) -> Result<usize, CliError> {
        prompt::choose(&mut self.terminal()?, question, choices)
    }

    fn terminal(&self) -> Result<Terminal, CliError> {
        console::set_colors_enabled_stderr(self.color);
        Terminal::take().map_err(CliError::no_answer)
    }

    fn people(&self, text: &str) {
        let text = match self.color {
            true => text.to_owned(),
            false => strip_str(text).to_string(),
        };
        let lost = STDERR.put(text.into_bytes());
        self.tell_lost(lost, "stderr");
    }

    /// Says what did not arrive, once there is room again.
    fn tell_lost(&self, lost: u64, stream: &str) {
        if lost > 0 {
            self.caution(&CliError::slow_reader(lost, stream));
        }
    }
}

fn hint_line(hint: &str) -> String {
    let bold = Style::new().bold();
    format!("{bold}hint:{bold:#} {hint}\n")
}

/// An error as people see it.
fn shown(word: &str, color: AnsiColor, error: &CliError) -> String {
    let style = color.on_default().bold();
    let bold = Style::new().bold();
    let mut text = format!(
        "{style}{word}[{}]{style:#}{bold}:{bold:#} {}\n",
        error.code, error.message
    );
    if let Some(place) = &error.place {
        text.push_str(&format!("  --> {place}\n"));
    }
    for cause in &error.causes {
        text.push_str(&format!("{bold}caused by:{bold:#} {cause}\n"));
    }
    for hint in &error.hints {
        text.push_str(&hint_line(hint));
    }
    text
}

/// Whether an error ends the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fatality {
    /// It goes on.
    GoesOn,
    /// It ends.
    Ends,
}

/// True when stdin and stderr are a terminal.
pub(crate) fn on_terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// True when stdout is a terminal.
pub(crate) fn stdout_is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// True when stderr is a terminal.
pub(crate) fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// How wide the terminal on stderr is; none if it is no terminal or does not know.
pub(crate) fn columns() -> Option<usize> {
    let (_, columns) = prompt::size()?;
    Some(usize::from(columns)).filter(|columns| *columns > 0)
}

/// All of stdin, refused above `limit` bytes.
///
/// # Errors
/// When it cannot be read, is no UTF-8 or is too long.
pub(crate) fn read_stdin(limit: u64) -> io::Result<String> {
    let mut text = String::new();
    io::Read::read_to_string(
        &mut io::Read::take(io::stdin().lock(), limit + 1),
        &mut text,
    )?;
    if text.len() as u64 > limit {
        return Err(io::Error::other(format!("longer than {limit} bytes")));
    }
    Ok(text)
}

#[derive(Serialize)]
struct Line<'a, T> {
    v: u8,
    ts: String,
    event: &'a str,
    #[serde(flatten)]
    fields: &'a T,
}

#[derive(Serialize)]
struct ErrorEvent<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    col: Option<u32>,
    causes: &'a [String],
    hints: &'a [String],
    fatal: bool,
}
