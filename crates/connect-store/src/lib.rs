//! Where an Atlassian Connect app keeps its tenants.
//!
//! The trait is [`connect_core::store::Store`]; here are its back-ends, one Cargo feature each:
//!
//! * [`MemoryStore`]: for tests and for apps whose host installs them anew at every start;
//! * [`SqlStore`] (feature `sqlite`, on by default): one file.
//!
//! All but the first keep their records where atlassian-connect-express (ACE) does and as it does,
//! so that its tenants stay installed.
//!
//! ```
//! use connect_core::{ClientKey, store::Store};
//! use connect_store::MemoryStore;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = MemoryStore::new();
//! assert!(store.tenant(&ClientKey::parse("site-1")?).await?.is_none());
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "ace")]
mod backend;
mod memory;
mod names;
#[cfg(feature = "ace")]
mod record;
#[cfg(feature = "sql")]
mod sql;

pub use memory::MemoryStore;
#[cfg(feature = "sql")]
pub use sql::SqlStore;

#[cfg(test)]
mod tests;
