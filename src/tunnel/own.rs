//! A tunnel or proxy of the user's own, which we neither open nor close: `--url`.

use connect_core::BaseUrl;
use futures_util::future::{self, BoxFuture};

use crate::tunnel::{Link, Tunnel, TunnelError};

/// The address under which the user says hosts reach the app.
#[derive(Clone, Debug)]
pub(super) struct Own(pub(super) BaseUrl);

impl Tunnel for Own {
    fn name(&self) -> &'static str {
        "own"
    }

    fn leads_here(&self) -> bool {
        false
    }

    fn open(&self, _port: u16) -> BoxFuture<'_, Result<Box<dyn Link>, TunnelError>> {
        Box::pin(future::ready(Ok(Box::new(self.clone()) as Box<dyn Link>)))
    }
}

impl Link for Own {
    fn url(&self) -> &BaseUrl {
        &self.0
    }

    fn serve(&mut self) -> BoxFuture<'_, TunnelError> {
        Box::pin(future::pending())
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(future::ready(()))
    }
}
