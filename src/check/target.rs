//! What can be checked: files of the project by their role, any file, stdin, addresses.

use std::path::{Path, PathBuf};
use std::time::Duration;

use connect_validator::codes::Subject;
use url::Url;

use crate::context::Context;
use crate::error::CliError;
use crate::http;
use crate::project::{CONFIG, CREDENTIALS, DESCRIPTOR, DESCRIPTORS, MANIFEST, read_text};
use crate::ui;

/// Something with a text to check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) source: Source,
    /// What kind of file it is, if the command line says so.
    named: Option<Subject>,
}

/// Where a text comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    File(PathBuf),
    Stdin,
    Url(Url),
}

impl Target {
    /// What the arguments of the command line mean.
    ///
    /// The word of a kind says what the files behind it are; with none behind it, it stands for the project's own.
    pub(crate) fn parse(arguments: &[String]) -> Vec<Self> {
        let mut targets = Vec::new();
        let mut named = None;
        let mut rest = arguments.iter().map(String::as_str).peekable();
        while let Some(argument) = rest.next() {
            match subject_called(argument) {
                Some((_, subject, own)) => {
                    named = Some(*subject);
                    if rest
                        .peek()
                        .is_none_or(|next| subject_called(next).is_some())
                    {
                        targets.push(Self::file(own));
                    }
                }
                None => targets.push(Self {
                    source: Source::parse(argument),
                    named,
                }),
            }
        }
        targets
    }

    fn file(name: &str) -> Self {
        Self {
            source: Source::File(PathBuf::from(name)),
            named: None,
        }
    }

    /// The files of the project in this folder; the descriptor in any case, but for an app that has only a manifest.
    pub(crate) fn of_project(context: &Context) -> Vec<Self> {
        let is_there = |file: &str| context.cwd.join(file).is_file();
        let always = if is_there(MANIFEST) {
            MANIFEST
        } else {
            DESCRIPTOR
        };
        let files = SUBJECTS.iter().flat_map(|(.., file)| match *file {
            // An app for both products has a second one.
            DESCRIPTOR => DESCRIPTORS.to_vec(),
            file => vec![file],
        });
        let there = files.filter(|file| *file == always || is_there(file));
        there.map(Self::file).collect()
    }

    /// The one file of the project that a schema of the user's is about: the descriptor, or else the manifest.
    pub(crate) fn main_of_project(context: &Context) -> Vec<Self> {
        let mut targets = Self::of_project(context);
        targets
            .retain(|target| !matches!(target.subject(""), Subject::Config | Subject::Credentials));
        targets.truncate(1);
        targets
    }

    /// What kind of file it is: as the command line says, or by its name, or by its text.
    ///
    /// YAML is taken for a manifest, and what nothing speaks for is a descriptor.
    pub(crate) fn subject(&self, text: &str) -> Subject {
        if let Some(named) = self.named {
            return named;
        }
        let path = match &self.source {
            Source::File(path) => path.clone(),
            Source::Stdin => PathBuf::new(),
            Source::Url(url) => PathBuf::from(url.path()),
        };
        let extension = path.extension().and_then(|extension| extension.to_str());
        if let Some("yaml" | "yml") = extension {
            return Subject::Manifest;
        }
        let name = path.file_name().and_then(|name| name.to_str());
        match SUBJECTS.iter().find(|(.., file)| Some(*file) == name) {
            Some((_, subject, _)) => *subject,
            None if extension.is_none() && is_yaml(text) => Subject::Manifest,
            None => Subject::Descriptor,
        }
    }

    /// The file, if it is one.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.source.path()
    }
}

impl Source {
    /// What an argument means that is no word of ours.
    pub(crate) fn parse(argument: &str) -> Self {
        if argument == "-" {
            return Self::Stdin;
        }
        let is_web = argument.starts_with("http://") || argument.starts_with("https://");
        match Url::parse(argument) {
            Ok(url) if is_web => Self::Url(url),
            _ => Self::File(PathBuf::from(argument)),
        }
    }

    /// The file, if it is one.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Stdin | Self::Url(_) => None,
        }
    }

    /// The source as messages name it.
    pub(crate) fn name(&self, context: &Context) -> String {
        match self {
            Self::File(path) => context.shown(path).to_string(),
            Self::Stdin => "<stdin>".to_owned(),
            Self::Url(url) => shown(url),
        }
    }

    /// The source as it is typed in a command.
    pub(crate) fn argument(&self, context: &Context) -> String {
        match self {
            Self::Stdin => "-".to_owned(),
            Self::File(_) | Self::Url(_) => self.name(context),
        }
    }

    /// The text.
    ///
    /// # Errors
    /// When the file cannot be read, or the address does not answer with a text in time.
    pub(crate) fn read(&self, context: &Context) -> Result<String, CliError> {
        match self {
            Self::File(path) => Ok(read_text(&context.cwd.join(path))?),
            Self::Stdin => ui::read_stdin(connect_validator::MAX_SOURCE_BYTES as u64)
                .map_err(|error| CliError::unreadable("stdin", &error)),
            Self::Url(url) => fetch(url, "the descriptor", context),
        }
    }
}

/// An address as messages name it: a query may carry a token, and the part before `@` a password.
fn shown(url: &Url) -> String {
    let mut shown = url.clone();
    shown.set_query(None);
    shown.set_fragment(None);
    let _ = shown
        .set_username("")
        .and_then(|()| shown.set_password(None));
    shown.to_string()
}

/// What an address answers with, which should be `what`.
///
/// # Errors
/// When it does not answer with a text in time.
pub(super) fn fetch(url: &Url, what: &str, context: &Context) -> Result<String, CliError> {
    let name = shown(url);
    let failed = |cause: String| {
        CliError::outside("validate/unreachable", format!("cannot read {name}"))
            .cause(cause)
            .hint(format!(
                "open the address in a browser: it must answer with {what}"
            ))
    };
    let client = context
        .http
        .client(url)
        .map_err(|error| failed(error.to_string()))?;
    let request = client.get(url.clone()).header("accept", "application/json");
    let answer = context.block_on(async {
        http::send(request, DEADLINE)
            .await
            .map_err(|error| failed(error.to_string()))
    })?;
    if !answer.status.is_success() {
        // Nobody is sent on without knowing where to.
        let location = answer.headers.get("location");
        let location = location.and_then(|to| url.join(to.to_str().ok()?).ok());
        let leads_to =
            location.map_or_else(String::new, |to| format!(" and leads to {}", shown(&to)));
        return Err(failed(format!("it answered {}{leads_to}", answer.status)));
    }
    String::from_utf8(answer.body).map_err(|_| failed("the answer is no text".to_owned()))
}

/// Longest time an address may take to answer.
const DEADLINE: Duration = Duration::from_secs(10);

/// The files of a project: the word on the command line, the kind, the name.
const SUBJECTS: [(&str, Subject, &str); 4] = [
    ("descriptor", Subject::Descriptor, DESCRIPTOR),
    ("config", Subject::Config, CONFIG),
    ("credentials", Subject::Credentials, CREDENTIALS),
    ("manifest", Subject::Manifest, MANIFEST),
];

/// The subject that a word of the command line stands for.
fn subject_called(word: &str) -> Option<&'static (&'static str, Subject, &'static str)> {
    SUBJECTS.iter().find(|(name, ..)| *name == word)
}

/// Whether a text begins as a mapping of YAML does and no JSON can: with `word:` at the margin.
fn is_yaml(text: &str) -> bool {
    let lines = text.trim_start_matches('\u{feff}').lines();
    let mut lines = lines.filter(|line| !line.trim().is_empty() && !line.starts_with(['#', '-']));
    lines.next().is_some_and(|line| {
        let word = line.trim_end().split_once(':').map(|(word, _)| word);
        word.is_some_and(|word| {
            !word.is_empty()
                && word
                    .chars()
                    .all(|c| c.is_alphanumeric() || "_-".contains(c))
        })
    })
}
