//! What can be mended without asking.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

use crate::check::exposure;
use crate::context::Context;
use crate::error::CliError;
use crate::project::CREDENTIALS;
use crate::ui::Verb;

/// Hides credentials.json from other users and from git, where they could see it.
///
/// # Errors
/// When the file system refuses.
pub(super) fn exposure_of_credentials(context: &Context) -> Result<(), CliError> {
    let folder = &context.cwd;
    for finding in exposure(CREDENTIALS, folder, context) {
        let (done, text) = match finding.code {
            "credentials/readable" => (
                close(&folder.join(CREDENTIALS)),
                format!("{CREDENTIALS}: its mode is 0600 now"),
            ),
            "credentials/not-ignored" => (
                ignore(folder),
                format!("{CREDENTIALS}: .gitignore names it now"),
            ),
            _ => continue,
        };
        done.map_err(|error| CliError::not_mended(CREDENTIALS, &error))?;
        context.ui.status(Verb::Done("Fixed"), &text);
    }
    Ok(())
}

#[cfg(unix)]
fn close(file: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600))
}

/// Elsewhere nothing is found that it would mend.
#[cfg(not(unix))]
fn close(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Adds a line, on a line of its own.
fn ignore(folder: &Path) -> io::Result<()> {
    let file = folder.join(".gitignore");
    let before = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    let gap = if before.is_empty() || before.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    let mut file = OpenOptions::new().create(true).append(true).open(file)?;
    writeln!(file, "{gap}/{CREDENTIALS}")
}
