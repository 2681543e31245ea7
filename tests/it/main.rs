//! The program as people use it: the real binary, in an environment of its own.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(unix)]
mod ace;
mod ace_cases;
mod add;
mod call;
mod clean;
mod cli;
mod cloudflared;
mod container;
mod dev;
mod dev_app;
mod dev_both;
#[cfg(target_os = "linux")]
mod dev_ends;
mod dev_exec;
mod dev_hosts;
#[cfg(unix)]
mod dev_keys;
mod dev_scripts;
mod dev_socket;
mod dev_watch;
mod doctor;
mod events;
mod first_light;
#[cfg(target_os = "linux")]
mod full_disk;
mod info;
mod inspect;
mod license;
mod migrate;
mod new;
#[cfg(target_os = "linux")]
mod random_sessions;
#[cfg(target_os = "linux")]
mod reaper;
mod sandbox;
#[cfg(target_os = "linux")]
mod secrets;
#[cfg(unix)]
mod secrets_of_commands;
#[cfg(target_os = "linux")]
mod slow_reader;
mod support;
mod templates;
mod tenants;
mod tidy;
mod token;
mod trigger;
mod tunnel;
mod validate;
mod validate_mockups;
mod validate_schema;
