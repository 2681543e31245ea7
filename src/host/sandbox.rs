//! The built-in offline host, in this process.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use connect_sandbox::{Sandbox, SandboxError, SandboxOptions};

use crate::context::Context;
use crate::error::CliError;

/// Where the sandbox listens unless the user says otherwise.
pub(crate) const PORT: u16 = 3099;
/// How many ports after it are tried.
const NEAR: u16 = 20;
/// Longest wait for its last answers.
const SHUTDOWN: Duration = Duration::from_secs(1);

/// What a sandbox keeps between runs, and in which folder.
#[derive(Clone, Debug)]
pub(crate) enum Keep {
    /// All that it knows.
    Everything(PathBuf),
    /// The key it signs with, which others may use meanwhile.
    Key(PathBuf),
}

/// Which sandbox is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// The port that the user named, if one was.
    pub(crate) port: Option<u16>,
    /// What outlives it.
    pub(crate) keep: Keep,
    /// Names of more customers.
    pub(crate) sites: Vec<String>,
    /// How another port is asked for, for the error.
    pub(crate) flag: &'static str,
}

/// The folder of the sandboxes of a project, made if there is none.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn state_folder(project: &Path) -> Result<PathBuf, CliError> {
    let connect = project.join(".connect");
    let ignore = connect.join(".gitignore");
    let folder = connect.join("sandbox");
    let made = fs::create_dir_all(&folder).and_then(|()| match ignore.exists() {
        true => Ok(()),
        false => fs::write(&ignore, "*\n"),
    });
    match made {
        Ok(()) => Ok(folder),
        Err(source) => {
            let error = SandboxError::State {
                path: folder,
                source,
            };
            Err(CliError::sandbox(&error, ""))
        }
    }
}

/// Starts the sandbox on the port named, else on its usual one or one near it.
///
/// # Errors
/// When the port named is taken, or the sandbox cannot start at all.
pub(crate) async fn start(order: Order, context: &Context) -> Result<Sandbox, CliError> {
    let Order {
        port,
        keep,
        sites,
        flag,
    } = order;
    let (state_dir, key_dir) = match keep {
        Keep::Everything(folder) => (Some(folder), None),
        Keep::Key(folder) => (None, Some(folder)),
    };
    let options = |port| SandboxOptions {
        port,
        state_dir: state_dir.clone(),
        key_dir: key_dir.clone(),
        sites: sites.clone(),
        ..SandboxOptions::default()
    };
    if let Some(port) = port {
        let started = Sandbox::start(options(port)).await;
        return started.map_err(|error| CliError::sandbox(&error, flag));
    }
    for port in PORT..PORT + NEAR {
        match Sandbox::start(options(port)).await {
            Ok(sandbox) => {
                if port != PORT {
                    let text = format!("port {PORT} is taken, the sandbox uses {port}");
                    context.ui.warning(&text);
                }
                return Ok(sandbox);
            }
            Err(SandboxError::PortTaken { .. }) => {}
            Err(error) => return Err(CliError::sandbox(&error, flag)),
        }
    }
    let started = Sandbox::start(options(0)).await;
    started.map_err(|error| CliError::sandbox(&error, flag))
}

/// Stops it, waiting for its last answers but not for long.
pub(crate) async fn stop(sandbox: Sandbox) {
    // What has not ended by then ends with the process.
    let _ = tokio::time::timeout(SHUTDOWN, sandbox.shutdown()).await;
}
