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

/// Whether git keeps every file of the folder as it is now, so that what is written there can be
/// taken back. Without git, or outside of a repository, it is not.
pub(crate) fn is_clean(folder: &Path, context: &Context) -> bool {
    let arguments = [
        "status",
        "--porcelain",
        "--untracked-files=all",
        "--ignored",
        "--",
        ".",
    ];
    let command = CommandLine::git(folder, &arguments);
    let asked = context
        .block_on(async { Ok(process::printed(&command, 1, Duration::from_secs(10)).await) });
    matches!(asked, Ok(Ok((status, text))) if status.success() && text.is_empty())
}

/// The repository `folder` would be part of, if any.
fn repository_above(folder: &Path) -> Option<&Path> {
    folder
        .ancestors()
        .skip(1)
        .find(|ancestor| ancestor.join(".git").exists())
}
