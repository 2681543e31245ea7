//! Has the user change a text in their own editor.

use std::ffi::OsString;
use std::path::Path;

use crate::context::Context;
use crate::env;
use crate::error::CliError;
use crate::inspect::write_private;
use crate::process::{self, CommandLine};

/// Opens the user's editor on a text, and waits until they leave it.
///
/// # Errors
/// When no editor is named, it fails, or nothing is left of the text.
pub(crate) async fn edit(text: &str, context: &Context) -> Result<String, CliError> {
    let editor = context.env.text(env::VISUAL);
    let editor = editor.or(context.env.text(env::EDITOR));
    let editor = editor.ok_or_else(CliError::no_editor)?;
    let failed = |error: &dyn std::fmt::Display| CliError::editor_failed(editor, error);
    let folder = context.cwd.join(".connect");
    std::fs::create_dir_all(&folder).map_err(|error| failed(&error))?;
    let file = folder.join(format!("edit-{}.json", std::process::id()));
    let written = write_private(&file, format!("{text}\n").as_bytes());
    written.map_err(|error| failed(&error))?;
    let (program, arguments) = command(editor, &file);
    let command = CommandLine {
        program,
        arguments,
        folder: context.cwd.clone(),
        variables: context.withheld(),
        without: Vec::new(),
    };
    let ended = process::run_on_terminal(&command).await;
    let edited = std::fs::read_to_string(&file);
    // It is in the project's own folder, which git ignores; what stays is replaced the next time.
    let _ = std::fs::remove_file(&file);
    let status = ended.map_err(|error| failed(&error.source))?;
    if !status.success() {
        return Err(failed(&status));
    }
    let edited = edited.map_err(|error| failed(&error))?;
    match edited.trim() {
        "" => Err(CliError::nothing_left()),
        edited => Ok(edited.to_owned()),
    }
}

/// The shell takes the editor apart, which may have arguments of its own.
#[cfg(unix)]
fn command(editor: &str, file: &Path) -> (OsString, Vec<OsString>) {
    let (program, mut arguments) = process::shell(&format!("{editor} \"$1\""));
    arguments.extend(["connect".into(), file.into()]);
    (program, arguments)
}

#[cfg(not(unix))]
fn command(editor: &str, file: &Path) -> (OsString, Vec<OsString>) {
    process::shell(&format!("{editor} \"{}\"", file.display()))
}
