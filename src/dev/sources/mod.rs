//! Each turns something outside into events and decides nothing.

pub(crate) mod app;
pub(crate) mod descriptor;
pub(crate) mod files;
pub(crate) mod sandbox;
pub(crate) mod signals;
pub(crate) mod tunnel;
