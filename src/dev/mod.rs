//! `connect dev`: runs the app, keeps it installed on its hosts, and takes it away at the end.
//!
//! `session` decides, `run` is the loop, `effects` and `app` carry out, `sources` turn the outside
//! into events, `notices` tell the user. See `event` for what leads to what.

mod announce;
mod app;
#[cfg(all(debug_assertions, unix))]
mod breaking;
mod build;
mod effects;
mod event;
mod front;
mod hosts;
mod inspecting;
mod journal;
mod keys;
pub(crate) mod left;
mod notices;
pub(crate) mod reaper;
mod run;
mod session;
mod settings;
mod setup;
mod sources;
mod switches;
mod way;
mod wishes;

pub(crate) use front::APP_PORT;
pub(crate) use keys::key_on_disk;
pub(crate) use run::until_interrupt;
pub(crate) use session::Until;
pub(crate) use setup::{DevOptions, HostChoice, dev};
pub(crate) use sources::files::{Watch, is_told};
pub(crate) use sources::signals::interrupted;

pub(crate) use crate::tunnel::Choice;
