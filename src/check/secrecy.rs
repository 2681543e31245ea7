//! Who besides its owner gets to see a file with secrets.

use std::path::Path;
use std::time::Duration;

use connect_validator::{Finding, codes};

use super::Target;
use crate::context::Context;
use crate::process::{self, CommandLine};

/// What is to be said about the mode of a file and about git.
pub(super) fn findings(target: &Target, context: &Context) -> Vec<Finding> {
    let Some(path) = target.path() else {
        return Vec::new();
    };
    let (name, path) = (target.source.name(context), context.cwd.join(path));
    let found = [readable(&name, &path), not_ignored(&name, &path, context)];
    found.into_iter().flatten().collect()
}

/// The same of a file that is no target.
pub(super) fn of_file(name: &str, path: &Path, context: &Context) -> Vec<Finding> {
    let found = [readable(name, path), not_ignored(name, path, context)];
    found.into_iter().flatten().collect()
}

#[cfg(unix)]
fn readable(name: &str, path: &Path) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    if mode & 0o077 == 0 {
        return None;
    }
    let message = format!("others can read the file (mode {:04o})", mode & 0o7777);
    let help = format!("chmod 600 {name}");
    Some(Finding::of_file(
        codes::find("credentials/readable")?,
        message,
        Some(help),
    ))
}

/// Elsewhere there is no mode to look at.
#[cfg(not(unix))]
fn readable(_name: &str, _path: &Path) -> Option<Finding> {
    None
}

/// Asks git itself, whose rules stand in many files. Outside of a repository, or without git, nothing is said.
fn not_ignored(name: &str, path: &Path, context: &Context) -> Option<Finding> {
    let folder = path.parent()?;
    if !folder.ancestors().any(|above| above.join(".git").exists()) {
        return None;
    }
    let name_there = path.file_name()?.to_str()?;
    let command = CommandLine {
        variables: context.withheld(),
        ..CommandLine::git(folder, &["check-ignore", "--quiet", "--", name_there])
    };
    let answer = context.block_on(async { Ok(process::run(&command, DEADLINE).await) });
    // git-check-ignore(1), exit status: 0 ignored, 1 not ignored, 128 a fatal error.
    if answer.ok()?.ok()?.status.code() != Some(1) {
        return None;
    }
    let help = format!("echo {name} >> .gitignore");
    Some(Finding::of_file(
        codes::find("credentials/not-ignored")?,
        "git does not ignore the file: the next commit may publish it",
        Some(help),
    ))
}

/// git answers within milliseconds.
const DEADLINE: Duration = Duration::from_secs(5);
