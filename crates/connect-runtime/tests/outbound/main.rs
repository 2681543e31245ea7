//! Calls of an app to its host, against a host that checks them strictly: the sandbox.
#![expect(clippy::unwrap_used, reason = "tests")]

mod bad_hosts;
mod calls;
mod forge;
mod links;
mod own;
mod permissions;
mod users;
mod world;

/// The example, run as it is.
#[path = "../../examples/connect_and_forge.rs"]
#[expect(dead_code, reason = "its `main` is for the command line")]
mod connect_and_forge;
