//! Why a sandbox could not start.

use std::{io, path::PathBuf};

use crate::lifecycle::InstallFailure;

/// Why a sandbox could not start.
///
/// What goes wrong later is not an error of the sandbox: it becomes an answer over HTTP and a
/// [`crate::SandboxEvent`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// No HTTP client could be made: the machine's certificate store cannot be read.
    #[error("cannot make an HTTP client")]
    Client {
        /// What the client said.
        source: reqwest::Error,
    },
    /// An app could not be installed.
    #[error("the app is not installed ({sub_code}): {message}")]
    Install {
        /// The plugin manager's code.
        sub_code: String,
        /// What went wrong.
        message: String,
    },
    /// A Forge remote could not be invoked.
    #[error("the remote cannot be invoked: {problem}")]
    Invocation {
        /// What went wrong.
        problem: &'static str,
    },
    /// The signing key could not be made or read back.
    #[error("cannot make the sandbox's signing key: {problem}")]
    Key {
        /// What went wrong.
        problem: &'static str,
    },
    /// The address cannot be listened on, for another reason than being taken.
    #[error("cannot listen on 127.0.0.1:{port}")]
    Listen {
        /// The port asked for.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// Another program listens on that port. The caller chooses another one.
    #[error("127.0.0.1:{port} is in use by another program")]
    PortTaken {
        /// The port asked for.
        port: u16,
    },
    /// A site cannot be called so. The caller chooses another name.
    #[error(
        "`{name}` is no name for a site: lower-case letters, digits and `-`, and not a product"
    )]
    SiteName {
        /// The name asked for.
        name: String,
    },
    /// Another sandbox keeps its state there. The caller stops it, or names another folder.
    #[error("another sandbox uses `{}`", path.display())]
    StateInUse {
        /// The file that is locked.
        path: PathBuf,
    },
    /// A file of the state folder cannot be read or written.
    #[error("cannot use `{}`", path.display())]
    State {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl From<InstallFailure> for SandboxError {
    fn from(failure: InstallFailure) -> Self {
        Self::Install {
            sub_code: failure.sub_code,
            message: failure.message,
        }
    }
}

impl SandboxError {
    /// The stable code of docs/errors.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Client { .. } => "sandbox/client",
            Self::Install { .. } => "sandbox/install",
            Self::Invocation { .. } => "sandbox/invocation",
            Self::Key { .. } => "sandbox/key",
            Self::Listen { .. } => "sandbox/listen",
            Self::PortTaken { .. } => "sandbox/port-taken",
            Self::SiteName { .. } => "sandbox/site-name",
            Self::State { .. } => "sandbox/state",
            Self::StateInUse { .. } => "sandbox/state-in-use",
        }
    }
}
