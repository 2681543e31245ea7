//! Where an Atlassian Connect app keeps its tenants.
//!
//! The trait is [`connect_core::store::Store`]; here are its back-ends, one Cargo feature each:
//!
//! * [`MemoryStore`]: for tests and for apps whose host installs them anew at every start;
//! * [`SqlStore`]: SQLite (feature `sqlite`, on by default), PostgreSQL (`postgres`), MySQL and
//!   MariaDB (`mysql`);
//! * `RedisStore` (`redis`), `DynamoDbStore` (`dynamodb`), `MongoDbStore` (`mongodb`);
//! * `SealedStore` (`sealed`): secrets sealed in front of any of them.
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

#[cfg(any(feature = "dynamodb", feature = "mongodb", feature = "redis"))]
mod association;
#[cfg(feature = "ace")]
mod backend;
#[cfg(feature = "dynamodb")]
mod dynamodb;
mod memory;
#[cfg(feature = "mongodb")]
mod mongodb;
mod names;
mod open;
#[cfg(feature = "ace")]
mod record;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "sealed")]
mod sealed;
pub mod settings;
#[cfg(feature = "sql")]
mod sql;
#[cfg(any(
    feature = "mongodb",
    feature = "mysql",
    feature = "postgres",
    feature = "redis"
))]
mod tls;
#[cfg(feature = "ace")]
pub mod transfer;

#[cfg(feature = "dynamodb")]
pub use dynamodb::DynamoDbStore;
pub use memory::MemoryStore;
#[cfg(feature = "mongodb")]
pub use mongodb::MongoDbStore;
pub use open::{open, open_within};
#[cfg(feature = "redis")]
pub use redis::RedisStore;
#[cfg(feature = "sealed")]
pub use sealed::{Keyring, SealedStore, StoreKeys};
pub use settings::StoreSettings;
#[cfg(feature = "sql")]
pub use sql::SqlStore;

#[cfg(test)]
mod tests;
