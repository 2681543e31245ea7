//! The built-in offline host, in this process.

use std::path::PathBuf;
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

/// Starts the sandbox on the port named, else on its usual one or one near it.
///
/// # Errors
/// When the port named is taken, or the sandbox cannot start at all.
pub(crate) async fn start(
    port: Option<u16>,
    state_dir: Option<PathBuf>,
    flag: &'static str,
    context: &Context,
) -> Result<Sandbox, CliError> {
    let options = |port| SandboxOptions {
        port,
        state_dir: state_dir.clone(),
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
