//! What tests of the whole program share.

pub(crate) mod app;
pub(crate) mod env;
pub(crate) mod host;
#[expect(dead_code, reason = "tests inside the program use the rest")]
pub(crate) mod ngrok_edge;
pub(crate) mod scanner;
pub(crate) mod session;
#[cfg(unix)]
pub(crate) mod terminal;

use std::time::Duration;

/// Longest wait of any test for any single thing.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);
