//! The rules of an Atlassian Connect app, without a web framework, a clock or a network.
//!
//! The job: tell a genuine request of a host from any other, sign our own, and decide what a
//! lifecycle call does to a tenant. Time, keys and requests come in as arguments; decisions go out
//! as values.
//!
//! ```
//! use connect_core::{
//!     AppKey, BaseUrl, ClientKey, Product, Secret, Tenant, Timestamp,
//!     qsh::RequestLine, time::Seconds, verify::{Policy, Unverified, verify_host},
//! };
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let token_of_the_host = |tenant: &Tenant| {
//! #     let qsh = connect_core::qsh::Qsh::of("GET&/hello&");
//! #     let claims = format!(r#"{{"iss":"site-1","iat":1767225600,"exp":1767225780,"qsh":"{qsh}","sub":"ada"}}"#);
//! #     connect_core::jws::sign_hs256(claims.as_bytes(), tenant.signing_key().unwrap())
//! # };
//! let now = Timestamp::from_unix(1_767_225_600);
//! let tenant = Tenant::new(
//!     AppKey::parse("com.example.app")?,
//!     ClientKey::parse("site-1")?,
//!     BaseUrl::parse("https://acme.atlassian.net")?,
//!     Product::Jira,
//!     Secret::new("a secret that the host gave us at install time"),
//!     now,
//! );
//! let policy = Policy {
//!     app_key: tenant.app_key.clone(),
//!     base_urls: vec![BaseUrl::parse("https://app.example.com")?],
//!     leeway: Seconds(30),
//!     max_lifetime: Seconds(24 * 60 * 60),
//!     max_session: Seconds(15 * 60),
//!     session_without_purpose: false,
//! };
//! let token = token_of_the_host(&tenant);
//! let request = RequestLine { method: "GET", target: "/hello", form: None };
//! let proof = verify_host(&Unverified::parse(&token)?, &tenant, &request, &policy, now)?;
//! assert_eq!(proof.account_id().unwrap().as_str(), "ada");
//! # Ok(())
//! # }
//! ```

mod base_url;
pub mod claims;
pub mod error;
pub mod forge;
mod hosts;
mod ids;
pub mod impersonation;
pub mod install_keys;
pub mod jws;
pub mod keys;
pub mod lifecycle;
pub mod mint;
pub mod qsh;
pub mod redact;
mod secret;
pub mod store;
mod strict_json;
pub mod tenant;
pub mod time;
pub mod token_place;
pub mod verify;

pub use base_url::BaseUrl;
pub use claims::Claims;
pub use error::{ConfigError, KeyError, LifecycleError, TokenError};
pub use hosts::AllowedHosts;
pub use ids::{AccountId, AppKey, ClientKey, InstallationId, Kid, NameError};
pub use secret::Secret;
pub use tenant::{Product, Tenant, TenantState};
pub use time::{Clock, Timestamp};
