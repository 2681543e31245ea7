//! Builds an app with cargo and finds the program it made.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::time::Instant;

use crate::dev::app::Launch;
use crate::dev::effects::{World, lock};
use crate::dev::event::Built;
use crate::dev::reaper::Watched;
use crate::error::CliError;
use crate::process::{self, CommandLine, Output};

/// Longest build.
const BUILD: Duration = Duration::from_secs(30 * 60);

/// Builds the app. Messages of the compiler are shown as they come.
pub(crate) async fn build(world: &World) -> Result<Built, CliError> {
    let Launch::Cargo { cargo } = &world.launch else {
        return Ok(Built::Same);
    };
    let began = Instant::now();
    let format = if world.ui.color {
        "--message-format=json-diagnostic-rendered-ansi"
    } else {
        "--message-format=json"
    };
    let mut arguments = vec!["build".into(), format.into()];
    if world.ui.verbosity == crate::ui::Verbosity::Quiet {
        arguments.push("--quiet".into());
    }
    let command = CommandLine {
        program: cargo.into(),
        arguments,
        folder: world.folder.clone(),
        variables: world.for_children.clone(),
        without: Vec::new(),
    };
    let mut started =
        process::start(&command, Output::Captured).map_err(|error| CliError::no_cargo(&error))?;
    let _group = Watched::new(started.group, &world.reaper);
    let Some(stdout) = started.stdout.take() else {
        return Err(CliError::bug("the build has no output"));
    };
    let work = async {
        let mut report = BuildReport::default();
        let mut lines = BufReader::new(stdout).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            report.take_in(&line, world);
        }
        (report, started.waiter.wait().await)
    };
    let Ok((report, status)) = tokio::time::timeout(BUILD, work).await else {
        return Err(CliError::build_timeout(BUILD.as_secs() / 60));
    };
    if !status.success() {
        return Err(CliError::build_failed(report.errors));
    }
    let Some(program) = report.program else {
        return Err(CliError::build_no_binary());
    };
    lock(&world.program).replace(program);
    Ok(if report.fresh {
        Built::Same
    } else {
        Built::New(began.elapsed())
    })
}

/// What cargo said of a build, line by line.
#[derive(Default)]
struct BuildReport {
    errors: usize,
    fresh: bool,
    program: Option<PathBuf>,
    /// The program has the name of its package.
    named: bool,
}

/// A line of `cargo build --message-format=json`, as far as we read it.
#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    manifest_path: PathBuf,
    #[serde(default)]
    package_id: String,
    executable: Option<PathBuf>,
    #[serde(default)]
    fresh: bool,
    target: Option<BuildTarget>,
    message: Option<Diagnostic>,
}

#[derive(Deserialize)]
struct BuildTarget {
    name: String,
}

#[derive(Deserialize)]
struct Diagnostic {
    level: String,
    rendered: Option<String>,
    #[serde(default)]
    spans: Vec<serde::de::IgnoredAny>,
}

impl BuildReport {
    fn take_in(&mut self, line: &str, world: &World) {
        // What is no message comes from a build script or a wrapper.
        let Ok(message) = serde_json::from_str::<Message>(line) else {
            return;
        };
        if let Some(diagnostic) = message.message {
            let is_error = diagnostic.level.starts_with("error");
            // The summary `aborting due to ...` is an error without a place.
            self.errors += usize::from(is_error && !diagnostic.spans.is_empty());
            if let Some(rendered) = diagnostic.rendered {
                if is_error {
                    world.ui.error_text(&rendered);
                } else {
                    world.ui.text(&rendered);
                }
            }
            return;
        }
        let (Some(executable), Some(target)) = (message.executable, message.target) else {
            return;
        };
        let ours = message.manifest_path.parent() == Some(&*world.folder);
        if message.reason != "compiler-artifact" || !ours {
            return;
        }
        let named = package_name(&message.package_id) == target.name;
        if self.program.is_none() || named && !self.named {
            self.program = Some(executable);
            self.fresh = message.fresh;
            self.named = named;
        }
    }
}

/// The package's name in an id such as `path+file:///src/hello#0.1.0` or `...#hello@0.1.0`.
fn package_name(id: &str) -> &str {
    let (path, fragment) = id.rsplit_once('#').unwrap_or(("", id));
    match fragment.split_once('@') {
        Some((name, _)) => name,
        None => path.rsplit('/').next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_ids_name_their_package() {
        for id in [
            "path+file:///src/hello#0.1.0",
            "path+file:///src/other#hello@0.1.0",
            "registry+https://example.com/index#hello@1.2.3",
        ] {
            assert_eq!(package_name(id), "hello");
        }
    }
}
