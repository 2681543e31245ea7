//! What tests of the whole program share.

pub(crate) mod app;
/// The sandbox's tests look at pages in the same way.
#[path = "../../../crates/connect-sandbox/tests/it/browser/cdp.rs"]
pub(crate) mod browser;
pub(crate) mod env;
pub(crate) mod host;
pub(crate) mod scanner;
pub(crate) mod session;
#[cfg(unix)]
pub(crate) mod terminal;

use std::time::Duration;

/// Leaves a test out because a tool is missing, and says so; with `CONNECT_REQUIRE_TOOLS`, as
/// `scripts/test` sets it, that is a failure.
#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test that is left out says so"
)]
pub(crate) fn skip(why: &str) {
    eprintln!("LEFT OUT: {why}");
    assert!(std::env::var_os("CONNECT_REQUIRE_TOOLS").is_none(), "{why}");
}

/// Longest wait of any test for any single thing.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);
