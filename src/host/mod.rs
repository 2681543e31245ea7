//! The hosts an app is installed on, behind one trait.

pub(crate) mod sandbox;
mod upm;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use connect_core::{AppKey, BaseUrl};

use crate::http::HttpError;

pub(crate) use upm::{License, LicenseState, Login, Look, Upm};

/// A future that is owned and can move between threads.
pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A host: it can install an app from the address of a descriptor, and remove it again.
pub(crate) trait Host: fmt::Debug + Send + Sync {
    /// The site, with its context path.
    fn site(&self) -> &BaseUrl;

    /// Installs the app, or installs it again, and waits until the host is done.
    ///
    /// `go` is asked immediately before the one request that has an effect.
    ///
    /// # Errors
    /// Whether it was sent, and why it failed.
    fn register<'a>(
        &'a self,
        app: &'a Installation,
        go: Go<'a>,
    ) -> BoxFuture<'a, Result<(), RegisterError>>;

    /// Removes the app, and says whether it was there.
    ///
    /// # Errors
    /// Why the host did not confirm it.
    fn deregister<'a>(&'a self, key: &'a AppKey) -> BoxFuture<'a, Result<bool, HostError>>;
}

/// Pauses between looks for an app whose install may still be under way.
const LOOKS: [Duration; 3] = [
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
];

/// Removes an app that may be installed at any moment: its register was sent, and how it ended is
/// not known. That it is not there says nothing yet.
///
/// # Errors
/// Why the host did not confirm it.
pub(crate) async fn deregister_uncertain(host: &dyn Host, key: &AppKey) -> Result<(), HostError> {
    for pause in LOOKS {
        if host.deregister(key).await? {
            return Ok(());
        }
        // A future that never ends, given up after the pause.
        let _ = tokio::time::timeout(pause, std::future::pending::<()>()).await;
    }
    host.deregister(key).await.map(drop)
}

/// The last word before a register is sent.
pub(crate) type Go<'a> = &'a (dyn Fn() -> Verdict + Send + Sync);

/// Whether to send it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The journal cannot be written.
    Blocked(String),
    /// Send it.
    Go,
    /// The descriptor changed meanwhile.
    Overtaken,
}

/// What a host is to install.
#[derive(Clone, Debug)]
pub(crate) struct Installation {
    /// Key of the app.
    pub(crate) key: AppKey,
    /// Where its descriptor is.
    pub(crate) descriptor_url: String,
}

/// Why a register failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RegisterError {
    /// The host may or may not have the app.
    Failed(HostError),
    /// The host has installed an app with this key: the descriptor changed after the last word.
    OtherKey(AppKey),
    /// It was not sent: the descriptor changed meanwhile.
    Overtaken,
    /// It was not sent.
    Unsent(HostError),
}

/// What a host did wrong, or told us we did wrong. Texts of the host are cut and never hold more
/// than it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HostError {
    /// The journal cannot be written, so nothing was sent.
    Blocked(String),
    /// It did install the app, but the app is disabled and cannot be enabled.
    Disabled,
    /// Installs from a descriptor are switched off there.
    DevModeOff,
    /// It could not install the app.
    InstallFailed {
        /// UPM's name of the reason.
        sub_code: Option<String>,
        /// UPM's text.
        message: Option<String>,
    },
    /// The log-in is right but the user may not install apps.
    NotAdmin,
    /// No or broken HTTP.
    Http(HttpError),
    /// An answer this call never has.
    Unexpected {
        /// The call, without query.
        call: &'static str,
        /// Its status.
        status: u16,
        /// What is odd about it, or the beginning of what it said.
        detail: String,
    },
    /// The log-in is wrong; the reason the host gave, if any.
    Unauthorized(Option<String>),
    /// It did not finish in time.
    Timeout(Duration),
}
