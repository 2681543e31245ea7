//! The runtime of an Atlassian Connect app, on axum: verified requests in, signed calls out.
//!
//! ```no_run
//! use connect_runtime::{ConnectApp, HandlerError, HostRequest, Html, Routes, StartError};
//! use serde_json::{Value, json};
//!
//! // Runs only for a request that the tenant's host has signed for this very URL.
//! async fn hello(request: HostRequest) -> Result<Html<String>, HandlerError> {
//!     let me: Value = request.client().get("/rest/api/3/myself").fetch().await?;
//!     Ok(request.view("hello", &json!({ "name": me["displayName"] }))?)
//! }
//!
//! # async fn run() -> Result<(), StartError> {
//! let app = ConnectApp::from_folder(".").await?;
//! app.serve(Routes::new().get("/hello", hello)).await
//! # }
//! ```
//!
//! The folder holds what an app of atlassian-connect-express (ACE) has: `atlassian-connect.json`,
//! `config.json`, `views/`.

mod app;
mod client;
mod clock;
pub mod config;
mod danger;
mod descriptor;
mod events;
mod extract;
mod forge;
mod handler_error;
mod headers;
mod http_client;
mod impersonation;
mod keys;
mod lifecycle;
mod links;
mod page;
mod permissions;
mod rejection;
mod routes;
mod server;
mod tenants;
#[cfg(feature = "views")]
pub mod views;
mod webhooks;

pub use app::{Builder, ConnectApp, StartError};
pub use axum::{Json, body::Body, extract::Query, response::Html};
pub use client::{
    AddonInfo, AddonLicense, AddonState, Call, Callee, Download, DynamicModules, HostCall,
    HostClient, HostError, HostResponse, Multipart, Pages, Properties,
};
pub use clock::SystemClock;
pub use config::Config;
pub use connect_core as core;
pub use connect_store as store;
pub use descriptor::{Descriptor, DescriptorError};
pub use events::AppEvent;
pub use extract::{
    Access, CacheablePage, ContextRequest, HostRequest, InstallRequest, LinkRequest, PublicRoute,
    SessionRequest,
};
pub use forge::{
    Accepted, AppLifecycle, EventApp, EventContext, ForgeClient, ForgeEvent, ForgeRequest,
    PreUninstall, RetryContext, RetryReason, ScheduledTrigger,
};
pub use handler_error::HandlerError;
pub use http;
pub use impersonation::ImpersonationError;
pub use page::PageContext;
pub use permissions::{
    ConfluencePermissions, ConfluencePlace, JiraPermissions, JiraPlace, PermissionError,
    RequirePermissions, Visited,
};
pub use rejection::Rejection;
pub use routes::{Guarded, Routes};
pub use webhooks::Webhook;
