//! Templates from elsewhere: a folder, a git repository, a zip archive behind https.
//!
//! What comes from there is text, bounded in number and size, with plain paths and without links;
//! `templates/README.md` describes the format. It is not trusted beyond that: nothing of it runs
//! here. Building the app runs its code, as with any code of others.

mod archive;

use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use crate::context::Context;
use crate::http::{self, HttpError};
use crate::process::{self, CommandLine};
use crate::scaffold::Template;
use crate::scaffold::template::{File, TemplateProblem};

pub(crate) use archive::ArchiveProblem;

/// Most files of a template.
const MAX_FILES: usize = 1000;
/// Most bytes of all its files together.
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// How long a download or a clone may take.
const DEADLINE: Duration = Duration::from_secs(60);
/// Most redirects that are followed, as the archives of code hosts need one.
const MAX_REDIRECTS: usize = 3;

/// A template cannot be had from elsewhere.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ElsewhereError {
    /// The archive cannot be used.
    #[error("the archive cannot be used")]
    Archive(#[source] ArchiveProblem),
    /// The files are no template.
    #[error("it is no template")]
    NoTemplate(#[source] TemplateProblem),
    /// A file of a folder or repository cannot be used.
    #[error("`{path}` cannot be used: {problem}")]
    File {
        /// Path in the template.
        path: String,
        /// Why.
        problem: String,
    },
    /// git did not bring the repository.
    #[error("git cannot clone it: {0}")]
    Git(String),
    /// The address is no https URL.
    #[error("an archive is fetched by https alone")]
    NotSecure,
    /// The server did not bring the archive.
    #[error("the archive cannot be fetched")]
    Http(#[source] HttpError),
    /// The server answered something else.
    #[error("the server answered {0}")]
    Status(u16),
}

/// Whether the value of `--template` names a place and not one of our templates.
pub(crate) fn is_elsewhere(text: &str) -> bool {
    text.starts_with('.') || text.ends_with(".zip") || text.contains(['/', '\\', ':'])
}

/// Gets the template from there. `scratch` is a folder in which another may be made for a moment.
///
/// # Errors
/// [`ElsewhereError`]; then nothing is left of it.
pub(crate) fn fetch(
    place: &str,
    scratch: &Path,
    context: &Context,
) -> Result<Template, ElsewhereError> {
    let folder = context.cwd.join(place);
    let files = if folder.is_dir() {
        read_folder(&folder)?
    } else if place.ends_with(".zip") {
        let archive = download(place, context)?;
        let files = archive::unpack(&archive).map_err(ElsewhereError::Archive)?;
        let texts = files.into_iter().map(|(path, bytes)| text(path, bytes));
        texts.collect::<Result<_, _>>()?
    } else {
        clone(place, scratch, context)?
    };
    Template::of(place, files).map_err(ElsewhereError::NoTemplate)
}

fn text(path: String, bytes: Vec<u8>) -> Result<File, ElsewhereError> {
    // The ending is cut later: what is left must be a plain path too.
    if !is_plain_path(path.strip_suffix(".tmpl").unwrap_or(&path)) {
        return Err(file(&path, "it is no plain path"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok((path, Cow::Owned(text))),
        Err(_) => Err(file(&path, "it is no UTF-8 text")),
    }
}

/// A path that stays below its folder, on every system, and is none of git's own.
fn is_plain_path(path: &str) -> bool {
    let odd = |c: char| c.is_control() || matches!(c, '\\' | ':');
    let plain = |part: &str| {
        !matches!(part, "" | "." | "..") && part.len() <= 255 && !part.eq_ignore_ascii_case(".git")
    };
    path.len() <= 1024 && !path.contains(odd) && path.split('/').all(plain)
}

fn read_folder(root: &Path) -> Result<Vec<File>, ElsewhereError> {
    let (mut files, mut total) = (Vec::new(), 0);
    let mut folders = vec![(root.to_path_buf(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        let failed = |error: io::Error| file(&prefix, &error.to_string());
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                return Err(file(&prefix, "a name in it is no text"));
            };
            let path = format!("{prefix}{name}");
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() {
                if name != ".git" {
                    folders.push((entry.path(), format!("{path}/")));
                }
                continue;
            }
            if !kind.is_file() {
                return Err(file(&path, "it is a link, or no file at all"));
            }
            let size = entry.metadata().map_err(failed)?.len();
            total += usize::try_from(size)
                .unwrap_or(usize::MAX)
                .min(MAX_BYTES + 1);
            if total > MAX_BYTES || files.len() == MAX_FILES {
                return Err(ElsewhereError::Archive(ArchiveProblem::TooLarge));
            }
            files.push(text(path, fs::read(entry.path()).map_err(failed)?)?);
        }
    }
    Ok(files)
}

fn file(path: &str, problem: &str) -> ElsewhereError {
    ElsewhereError::File {
        path: path.to_owned(),
        problem: problem.to_owned(),
    }
}

/// The archive behind an https address; on this machine plain http will do.
fn download(place: &str, context: &Context) -> Result<Vec<u8>, ElsewhereError> {
    let mut url = Url::parse(place).map_err(|_| ElsewhereError::NotSecure)?;
    let fetched = context.block_on(async {
        for _ in 0..=MAX_REDIRECTS {
            if url.scheme() != "https" && !(url.scheme() == "http" && http::is_loopback(&url)) {
                return Ok(Err(ElsewhereError::NotSecure));
            }
            let answer = match context.http.client(&url) {
                Ok(client) => http::send(client.get(url.clone()), DEADLINE).await,
                Err(error) => Err(error),
            };
            let answer = match answer {
                Ok(answer) => answer,
                Err(error) => return Ok(Err(ElsewhereError::Http(error))),
            };
            let location = answer
                .headers
                .get("location")
                .and_then(|to| to.to_str().ok());
            match location.map(|to| url.join(to)) {
                Some(Ok(next)) if answer.status.is_redirection() => url = next,
                _ if answer.status.is_success() => return Ok(Ok(answer.body)),
                _ => return Ok(Err(ElsewhereError::Status(answer.status.as_u16()))),
            }
        }
        Ok(Err(ElsewhereError::Status(310)))
    });
    fetched.unwrap_or_else(|error| Err(ElsewhereError::Git(error.message)))
}

/// A folder that goes when it is dropped.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // There is nobody to tell; the name says what it was.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The last commit of a repository, without its submodules.
fn clone(place: &str, scratch: &Path, context: &Context) -> Result<Vec<File>, ElsewhereError> {
    let folder = Scratch(scratch.join(format!(".template.tmp-{}", std::process::id())));
    let target = folder.0.display().to_string();
    #[rustfmt::skip]
    let arguments = [
        "-c", "core.hooksPath=/dev/null", "clone", "--quiet", "--depth", "1",
        "--no-recurse-submodules", "--", place, &target,
    ];
    let mut command = CommandLine::git(&context.cwd, &arguments);
    // No helper of git's that runs a command of the address, and no question for a password.
    let variables = [
        ("GIT_ALLOW_PROTOCOL", "file:https:ssh"),
        ("GIT_TERMINAL_PROMPT", "0"),
    ];
    command.variables = variables
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let finished = context.block_on(async { Ok(process::run(&command, DEADLINE).await) });
    match finished {
        Ok(Ok(finished)) if finished.status.success() => read_folder(&folder.0),
        Ok(Ok(finished)) => Err(ElsewhereError::Git(finished.stderr.trim().to_owned())),
        Ok(Err(error)) => Err(ElsewhereError::Git(format!("{error}: {}", error.source))),
        Err(error) => Err(ElsewhereError::Git(error.message)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_places_are_told_apart() {
        for place in [
            "./x",
            "..",
            "a/b",
            "https://x.example/t.zip",
            "git@x.example:t",
            "t.zip",
        ] {
            assert!(is_elsewhere(place), "{place}");
        }
        for name in ["page", "connect-and-forge", "pag"] {
            assert!(!is_elsewhere(name), "{name}");
        }
    }

    #[test]
    fn an_ending_that_is_cut_leaves_no_way_out() {
        for path in ["a/...tmpl", "...tmpl", "a/.git.tmpl", "a/.tmpl"] {
            assert!(text(path.to_owned(), Vec::new()).is_err(), "{path}");
        }
        assert!(text("a.tmpl".to_owned(), vec![0xff]).is_err());
        assert!(text("a.tmpl".to_owned(), b"a".to_vec()).is_ok());
    }

    #[test]
    fn a_folder_is_read_as_it_is_unless_there_is_a_link_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("src")).unwrap();
        fs::create_dir_all(root.join(".git")).unwrap();
        fs::write(root.join("src/a.tmpl"), "a").unwrap();
        fs::write(root.join(".git/config"), "").unwrap();
        let files = read_folder(root).unwrap();
        assert_eq!(files, [("src/a.tmpl".to_owned(), Cow::Borrowed("a"))]);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("/etc/passwd", root.join("src/b")).unwrap();
            let error = read_folder(root).unwrap_err().to_string();
            assert_eq!(
                error,
                "`src/b` cannot be used: it is a link, or no file at all"
            );
        }
    }
}
