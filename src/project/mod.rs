//! The files of a project: descriptor, config.json and credentials.json, in the shapes of
//! atlassian-connect-express, read as JSON with comments and trailing commas (JSON5).

mod config;
mod credentials;
mod halves;
mod origin;
mod token;
mod tunnels;

use std::path::{Path, PathBuf};
use std::{fs, io};

use serde_json::Value;

use crate::context::Env;

pub(crate) use config::{Config, DEVELOPMENT};
pub(crate) use credentials::{Credentials, HostCredentials, ListedHost, Product};
#[cfg(test)]
pub(crate) use halves::{HALVES, WHOLE};
pub(crate) use halves::{Half, half_for};
pub(crate) use origin::Origin;
pub(crate) use token::{TokenError, TokenSource};
pub(crate) use tunnels::Tunnels;

/// The file name of a Forge manifest.
pub(crate) const MANIFEST: &str = "manifest.yml";
/// The descriptor's file name.
pub(crate) const DESCRIPTOR: &str = "atlassian-connect.json";
/// The files that descriptors are in: the app's, and that of its half for Confluence.
pub(crate) const DESCRIPTORS: [&str; 2] = [DESCRIPTOR, "atlassian-connect.confluence.json"];
/// The settings' file name.
pub(crate) const CONFIG: &str = "config.json";
/// The hosts' file name.
pub(crate) const CREDENTIALS: &str = "credentials.json";

/// A file of the project cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FileError {
    /// It is not there.
    #[error("`{}` does not exist", .0.display())]
    Missing(PathBuf),
    /// It cannot be read.
    #[error("cannot read `{}`: {reason}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// It is not JSON.
    #[error("`{}` is not JSON: {reason}", .path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
        /// Line, from 1.
        line: u32,
        /// Column in characters, from 1.
        column: u32,
    },
    /// Its values are not what they must be.
    #[error("`{}` cannot be used", .path.display())]
    Values {
        /// The file.
        path: PathBuf,
        /// Everything that is wrong, each with its key.
        problems: Vec<String>,
    },
}

/// The text of a file.
///
/// # Errors
/// When it is missing, unreadable, no UTF-8, or longer than [`MAX_FILE`] bytes.
pub(crate) fn read_text(path: &Path) -> Result<String, FileError> {
    let unreadable = |reason: String| FileError::Unreadable {
        path: path.to_path_buf(),
        reason,
    };
    let missing = || FileError::Missing(path.to_path_buf());
    let length = match fs::metadata(path) {
        Ok(found) if found.is_dir() => return Err(unreadable("it is a folder".to_owned())),
        Ok(found) => found.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(missing()),
        Err(error) => return Err(unreadable(error.to_string())),
    };
    if length > MAX_FILE {
        return Err(unreadable(format!("it is longer than {MAX_FILE} bytes")));
    }
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(missing()),
        Err(error) => Err(unreadable(error.to_string())),
    }
}

/// Longest file that is read, in bytes.
pub(crate) const MAX_FILE: u64 = 4 << 20;

/// A JSON5 file with `$VAR` filled in from the environment; none if there is no file.
fn read_settings(path: &Path, env: &Env) -> Result<Option<Value>, FileError> {
    match read_json(path) {
        Err(FileError::Missing(_)) => Ok(None),
        Err(error) => Err(error),
        Ok(mut value) => {
            substitute(&mut value, env);
            Ok(Some(value))
        }
    }
}

/// A JSON5 file.
///
/// # Errors
/// As [`read_text`], and when it is no JSON5.
pub(crate) fn read_json(path: &Path) -> Result<Value, FileError> {
    let text = read_text(path)?;
    // ACE's parser knows no missing commas either.
    let options = jsonc_parser::ParseOptions {
        allow_missing_commas: false,
        ..jsonc_parser::ParseOptions::default()
    };
    jsonc_parser::parse_to_serde_value(&text, &options).map_err(|error| FileError::Syntax {
        path: path.to_path_buf(),
        reason: error.kind().to_string().to_lowercase(),
        line: u32::try_from(error.line_display()).unwrap_or(u32::MAX),
        column: u32::try_from(error.column_display()).unwrap_or(u32::MAX),
    })
}

/// Replaces `$NAME` in every text by the variable's value. As in ACE, an unset or empty variable
/// leaves the text as it is, and there is no escape.
fn substitute(value: &mut Value, env: &Env) {
    match value {
        Value::String(text) if text.contains('$') => *text = substituted(text, env),
        Value::Array(values) => values.iter_mut().for_each(|value| substitute(value, env)),
        Value::Object(values) => values.values_mut().for_each(|value| substitute(value, env)),
        _ => {}
    }
}

fn substituted(text: &str, env: &Env) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, from) = rest.split_at(at);
        filled.push_str(before);
        let name = &from[1..];
        let end = name
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(name.len());
        let (name, after) = name.split_at(end);
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic());
        match env.text(name).filter(|_| is_name) {
            Some(value) => filled.push_str(value),
            None => filled.push_str(&from[..1 + end]),
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn env(pairs: &[(&str, &str)]) -> Env {
        Env::from_pairs(
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).into())),
        )
    }

    #[test]
    fn variables_are_filled_in_as_ace_does_it() {
        let env = env(&[("A", "one"), ("B_2", "two"), ("EMPTY", "")]);
        for (text, expected) in [
            ("$A", "one"),
            ("x$A-$B_2.", "xone-two."),
            ("$UNSET $EMPTY", "$UNSET $EMPTY"),
            ("${A} $$A $1 $_A $", "${A} $one $1 $_A $"),
        ] {
            assert_eq!(substituted(text, &env), expected);
        }
    }

    #[test]
    fn a_syntax_error_has_its_line_and_column() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(CONFIG);
        fs::write(&path, "{ // why\n  'port': 3000\n  product: 'jira' }").unwrap();
        match read_json(&path) {
            Err(FileError::Syntax { line, .. }) => assert_eq!(line, 2),
            other => panic!("{other:?}"),
        }
    }
}
