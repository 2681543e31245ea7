//! One thing that was looked at, and what came of it.

use serde_json::{Value, json};

use crate::error::CliError;
use crate::ui::Mark;

/// What a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Group {
    /// Descriptor, settings, toolchain, ports, watching
    App,
    /// credentials.json and who can read it
    Credentials,
    /// The Forge CLI and its node, for an app with a manifest.yml
    Forge,
    /// The hosts of credentials.json
    Hosts,
    /// What sessions of this folder left behind
    Sessions,
    /// What opens a way to this machine
    Tunnel,
}

/// One thing that was looked at.
#[derive(Clone, Debug)]
pub(super) struct Check {
    /// What.
    pub(super) name: String,
    /// What came of it.
    pub(super) verdict: Verdict,
    /// The host it is about, if it is about one.
    pub(super) host: Option<String>,
}

/// What came of a check.
#[derive(Clone, Debug)]
pub(super) enum Verdict {
    /// There was nothing to check, or it was not checked.
    Aside(String),
    /// It is as it should be.
    Fine(String),
    /// It stops something.
    Problem(Box<CliError>),
    /// It may surprise.
    Warning(Box<CliError>),
}

impl Group {
    /// The line above its checks.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::App => "App",
            Self::Credentials => "Credentials",
            Self::Forge => "Forge",
            Self::Hosts => "Hosts",
            Self::Sessions => "Sessions",
            Self::Tunnel => "Tunnel",
        }
    }

    /// Its name for scripts, as on the command line.
    fn name(self) -> String {
        self.title().to_ascii_lowercase()
    }
}

impl Check {
    pub(super) fn aside(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(name, Verdict::Aside(text.into()))
    }

    pub(super) fn fine(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(name, Verdict::Fine(text.into()))
    }

    pub(super) fn problem(name: impl Into<String>, error: impl Into<CliError>) -> Self {
        Self::new(name, Verdict::Problem(Box::new(error.into())))
    }

    pub(super) fn warning(name: impl Into<String>, error: impl Into<CliError>) -> Self {
        Self::new(name, Verdict::Warning(Box::new(error.into())))
    }

    fn new(name: impl Into<String>, verdict: Verdict) -> Self {
        Self {
            name: name.into(),
            verdict,
            host: None,
        }
    }

    /// What is wrong, if something is.
    pub(super) fn error(&self) -> Option<&CliError> {
        match &self.verdict {
            Verdict::Aside(_) | Verdict::Fine(_) => None,
            Verdict::Problem(error) | Verdict::Warning(error) => Some(error),
        }
    }

    /// Its sign and its text.
    pub(super) fn line(&self) -> (Mark, String) {
        let coded = |error: &CliError| format!("{} [{}]", error.message, error.code);
        match &self.verdict {
            Verdict::Aside(text) => (Mark::Aside, text.clone()),
            Verdict::Fine(text) => (Mark::Fine, text.clone()),
            Verdict::Problem(error) => (Mark::Problem, coded(error)),
            Verdict::Warning(error) => (Mark::Warning, coded(error)),
        }
    }

    /// As an event.
    pub(super) fn fields(&self, group: Group) -> Value {
        let (state, text) = match &self.verdict {
            Verdict::Aside(text) => ("skipped", text),
            Verdict::Fine(text) => ("ok", text),
            Verdict::Problem(error) => ("problem", &error.message),
            Verdict::Warning(error) => ("warning", &error.message),
        };
        let error = self.error();
        json!({
            "group": group.name(), "host": self.host, "name": self.name.trim_start(),
            "state": state, "text": text,
            "code": error.map(|error| error.code),
            "causes": error.map_or(&[][..], |error| &error.causes),
            "hints": error.map_or(&[][..], |error| &error.hints),
        })
    }
}
