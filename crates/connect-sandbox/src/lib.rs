//! An offline Atlassian host on loopback: it installs apps, signs every request it sends them,
//! shows their pages, answers their REST calls, explains its refusals and misbehaves on order.
//!
//! It stands in for the host while an app is developed and tested. It claims no equality with the
//! real products: a resource it does not know answers 501, never something invented.
//!
//! ```no_run
//! use std::time::Duration;
//! use connect_core::Product;
//! use connect_sandbox::{Sandbox, SandboxEvent, SandboxOptions};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let sandbox = Sandbox::start(SandboxOptions::default()).await?;
//! println!("register apps with {}", sandbox.site(Product::Jira));
//! // ... register an app with the plugin manager of that site, then:
//! let event = sandbox
//!     .wait_for(|event| matches!(event, SandboxEvent::Installed { .. }), Duration::from_secs(10))
//!     .await?;
//! println!("{event:?}");
//! sandbox.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod advice;
mod audit;
mod client;
mod clock;
mod control;
mod data;
mod descriptor;
mod error;
mod event;
mod faults;
mod fixture;
mod forge;
mod grants;
mod identity;
mod keys;
mod lifecycle;
mod pages;
mod random;
mod rest;
mod sandbox;
mod saver;
mod server;
mod sign;
mod signer;
mod state;
mod tasks;
mod upm;
mod urls;
mod users;
mod webhooks;
mod world;

pub use audit::{AuditCheck, AuditReport, Severity};
pub use clock::SystemClock;
pub use error::SandboxError;
pub use event::{NotSeen, Recorded, Refusal, RestCall, SandboxEvent};
pub use faults::{Fault, Faults, Operation, UnknownFault};
pub use fixture::{Difference, Fixture, NoFixture};
pub use forge::{ForgeAnswer, ForgeInvocation};
pub use pages::PALETTE;
pub use sandbox::{InstalledApp, InstalledPage, Sandbox, SandboxOptions};
pub use signer::HostSigner;

/// The administrator of every site of the sandbox.
const USERNAME: &str = "admin";
