//! Puts a new app under version control.

use std::path::Path;
use std::time::Duration;

use crate::context::Context;
use crate::process::{self, CommandLine};

/// Makes a repository, unless the folder is inside one. A missing git is no reason to fail.
pub(crate) fn git_init(folder: &Path, context: &Context) -> bool {
    if repository_above(folder).is_some() {
        return false;
    }
    let arguments = ["-c", "init.defaultBranch=main", "init", "--quiet"];
    let command = CommandLine::git(folder, &arguments);
    let finished =
        context.block_on(async { Ok(process::run(&command, Duration::from_secs(10)).await) });
    let problem = match finished {
        Ok(Ok(finished)) if finished.status.success() => return true,
        Ok(Ok(finished)) => finished.stderr.trim().to_owned(),
        Ok(Err(error)) => format!("{error}: {}", error.source),
        Err(error) => error.message,
    };
    let text = format!("no git repository was made: {problem} (`--vcs none` asks for none)");
    context.ui.warning(&text);
    false
}

/// The repository `folder` would be part of, if any.
fn repository_above(folder: &Path) -> Option<&Path> {
    folder
        .ancestors()
        .skip(1)
        .find(|ancestor| ancestor.join(".git").exists())
}
