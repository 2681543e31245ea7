//! Each turns something outside into events and decides nothing.

pub(crate) mod app;
pub(crate) mod file;
pub(crate) mod files;
#[cfg(unix)]
pub(crate) mod keys;
pub(crate) mod sandbox;
pub(crate) mod signals;
pub(crate) mod tunnel;
