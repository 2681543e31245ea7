//! How hosts that are not on this machine reach the app.
//!
//! `choose` says which way to take, `ngrok`, `cloudflared` and `own` are the ways, and `keeper`
//! opens one, proves it with a `probe` and opens it again when it is lost. Nothing here decides
//! what a session does about it: it is told the [`News`].

mod backoff;
mod choose;
mod cloudflared;
mod error;
mod keeper;
mod ngrok;
mod own;
mod probe;
mod race;

use std::fmt;

use connect_core::BaseUrl;
use futures_util::future::BoxFuture;

pub(crate) use choose::{Choice, Way, Wish, choose};
pub(crate) use cloudflared::{Cloudflared, Named, Watch};
pub(crate) use error::TunnelError;
pub(crate) use keeper::{Keeper, Kept, News};
pub(crate) use ngrok::codes::{Subject, meaning};
pub(crate) use ngrok::{Headers, NgrokServer, NgrokSettings, ProxyServer};
pub(crate) use probe::{Interstitial, Probe};

/// A maker of ways from the internet to a port of this machine.
pub(crate) trait Tunnel: fmt::Debug + Send + Sync {
    /// Its name for people and scripts: `ngrok`.
    fn name(&self) -> &'static str;

    /// Whether what comes through arrives at the port. What others open may lead elsewhere.
    fn leads_here(&self) -> bool {
        true
    }

    /// Opens a way to the port on 127.0.0.1, or says within half a minute that there is none.
    ///
    /// # Errors
    /// Why there is none. Dropping the future leaves nothing open.
    fn open(&self, port: u16) -> BoxFuture<'_, Result<Box<dyn Link>, TunnelError>>;
}

/// A way that was opened. Dropping it closes it at once, without the other side being told.
pub(crate) trait Link: Send {
    /// The public address.
    fn url(&self) -> &BaseUrl;

    /// Carries requests until the way is lost, and says why it was.
    fn serve(&mut self) -> BoxFuture<'_, TunnelError>;

    /// Closes it and waits for the other side to know.
    fn close(self: Box<Self>) -> BoxFuture<'static, ()>;
}
