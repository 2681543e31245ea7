//! Where an Atlassian Connect app keeps its tenants.
//!
//! The trait is [`connect_core::store::Store`]; here are its back-ends, one Cargo feature each:
//!
//! * [`MemoryStore`]: for tests and for apps whose host installs them anew at every start;
//! * [`SqliteStore`] (feature `sqlite`, on by default): one file, which is also the file that
//!   atlassian-connect-express (ACE) writes, so its tenants stay installed.
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

mod memory;
mod record;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use memory::MemoryStore;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;

#[cfg(test)]
mod tests;
