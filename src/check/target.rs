//! What can be checked: files of the project by their role, any file, stdin, addresses.

use std::path::PathBuf;
use std::time::Duration;

use connect_validator::codes::Subject;
use url::Url;

use crate::context::Context;
use crate::error::CliError;
use crate::http;
use crate::project::{CONFIG, CREDENTIALS, DESCRIPTOR, MANIFEST, read_text};
use crate::ui;

/// Something with a text to check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    File(PathBuf),
    Stdin,
    Url(Url),
}

impl Target {
    /// What an argument of the command line means.
    pub(crate) fn parse(argument: &str) -> Self {
        if argument == "-" {
            return Self::Stdin;
        }
        if let Some((_, _, file)) = SUBJECTS.iter().find(|(name, ..)| *name == argument) {
            return Self::File(PathBuf::from(file));
        }
        let is_web = argument.starts_with("http://") || argument.starts_with("https://");
        match Url::parse(argument) {
            Ok(url) if is_web => Self::Url(url),
            _ => Self::File(PathBuf::from(argument)),
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
        let files = SUBJECTS.iter().map(|(.., file)| *file);
        let there = files.filter(|file| *file == always || is_there(file));
        there.map(|file| Self::File(PathBuf::from(file))).collect()
    }

    /// What kind of file it is, by its name. YAML is taken for a manifest, what has another name for a descriptor.
    pub(crate) fn subject(&self) -> Subject {
        let extension = match self {
            Self::File(path) => path.extension().and_then(|extension| extension.to_str()),
            Self::Stdin | Self::Url(_) => None,
        };
        if let Some("yaml" | "yml") = extension {
            return Subject::Manifest;
        }
        let name = match self {
            Self::File(path) => path.file_name().and_then(|name| name.to_str()),
            Self::Stdin | Self::Url(_) => None,
        };
        let known = SUBJECTS.iter().find(|(.., file)| Some(*file) == name);
        known.map_or(Subject::Descriptor, |(_, subject, _)| *subject)
    }

    /// The target as messages name it.
    pub(crate) fn name(&self, context: &Context) -> String {
        match self {
            Self::File(path) => context.shown(path).to_string(),
            Self::Stdin => "<stdin>".to_owned(),
            Self::Url(url) => {
                // A query may carry a token, and the part before `@` a password.
                let mut shown = url.clone();
                shown.set_query(None);
                shown.set_fragment(None);
                let _ = shown
                    .set_username("")
                    .and_then(|()| shown.set_password(None));
                shown.to_string()
            }
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
            Self::Url(url) => self.fetch(url, context),
        }
    }

    fn fetch(&self, url: &Url, context: &Context) -> Result<String, CliError> {
        let name = self.name(context);
        let failed = |cause: String| {
            CliError::outside("validate/unreachable", format!("cannot read {name}"))
                .cause(cause)
                .hint("open the address in a browser: it must answer with the descriptor")
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
            return Err(failed(format!("it answered {}", answer.status)));
        }
        String::from_utf8(answer.body).map_err(|_| failed("the answer is no text".to_owned()))
    }
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
