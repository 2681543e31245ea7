//! What an app built on the runtime does, over its router in memory.
#![expect(clippy::unwrap_used, reason = "tests")]

mod installs;
mod pages;
mod refusals;
mod support;
mod webhooks;
