//! What tests of the whole program share.

#[cfg(unix)]
pub(crate) mod ace;
pub(crate) mod app;
/// The sandbox's tests look at pages in the same way.
#[path = "../../../crates/connect-sandbox/tests/it/browser/cdp.rs"]
pub(crate) mod browser;
pub(crate) mod built;
#[cfg(unix)]
pub(crate) mod cloud;
pub(crate) mod env;
pub(crate) mod host;
pub(crate) mod ngrok;
#[expect(dead_code, reason = "tests inside the program use the rest")]
pub(crate) mod ngrok_edge;
pub(crate) mod session;
#[cfg(unix)]
pub(crate) mod terminal;

use std::time::Duration;

/// Longest wait of any test for any single thing.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// Says that a test is left out because a tool is missing; where all tools must be there, fails.
#[expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test that is left out says so"
)]
pub(crate) fn left_out(why: &str) {
    eprintln!("LEFT OUT: {why}");
    assert!(std::env::var_os("CONNECT_REQUIRE_TOOLS").is_none(), "{why}");
}

/// A switch of the test run itself.
#[expect(clippy::disallowed_methods, reason = "switches of the test run itself")]
pub(crate) fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
