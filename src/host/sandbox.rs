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
/// Longest wait for its last answers, and until what it knows is on the disk.
const SHUTDOWN: Duration = Duration::from_secs(3);

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

/// Starts the sandbox on the port named, else on its usual one or one near it. When another one
/// keeps its state in the folder, this one signs with the same key and keeps nothing.
///
/// # Errors
/// When the port named is taken, or the sandbox cannot start at all.
pub(crate) async fn start(order: Order, context: &Context) -> Result<Sandbox, CliError> {
    let started = match (on_a_port(&order, &order.keep, context).await, &order.keep) {
        (Err(SandboxError::StateInUse { .. }), Keep::Everything(folder)) => {
            let text = "another sandbox keeps its state here: this one forgets what it learns";
            context.ui.warning(text);
            on_a_port(&order, &Keep::Key(folder.clone()), context).await
        }
        (started, _) => started,
    };
    started.map_err(|error| CliError::sandbox(&error, order.flag))
}

async fn on_a_port(order: &Order, keep: &Keep, context: &Context) -> Result<Sandbox, SandboxError> {
    let (state_dir, key_dir) = match keep.clone() {
        Keep::Everything(folder) => (Some(folder), None),
        Keep::Key(folder) => (None, Some(folder)),
    };
    let options = |port| SandboxOptions {
        port,
        state_dir: state_dir.clone(),
        key_dir: key_dir.clone(),
        sites: order.sites.clone(),
        ..SandboxOptions::default()
    };
    if let Some(port) = order.port {
        return Sandbox::start(options(port)).await;
    }
    for port in PORT..PORT + NEAR {
        match Sandbox::start(options(port)).await {
            Ok(sandbox) if port == PORT => return Ok(sandbox),
            Ok(sandbox) => {
                let text = format!("port {PORT} is taken, the sandbox uses {port}");
                context.ui.warning(&text);
                return Ok(sandbox);
            }
            Err(SandboxError::PortTaken { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Sandbox::start(options(0)).await
}

/// Stops it, waiting for its last answers but not for long.
pub(crate) async fn stop(sandbox: Sandbox) {
    // What has not ended by then ends with the process.
    let _ = tokio::time::timeout(SHUTDOWN, sandbox.shutdown()).await;
}
