//! The sandbox over loopback, with a small app whose only teacher is `connect-core`.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "helpers of tests fail and talk like tests; clippy excuses only the test functions"
)]

#[cfg(unix)]
mod ace;
mod app;
mod audit;
mod bodies;
mod browser;
mod client;
mod confluence_v2;
mod data;
mod faults;
mod grants;
mod install;
mod kept;
mod pages;
mod rest;
#[cfg(unix)]
#[path = "../../../connect-store/src/tests/servers/mod.rs"]
#[allow(
    dead_code,
    reason = "shared with the tests of the stores, which start others too"
)]
mod servers;
mod start;
mod views;
mod webhooks;
