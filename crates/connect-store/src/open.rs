//! From settings to a store.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use connect_core::store::{Store, StoreError};

use crate::{
    memory::MemoryStore,
    settings::{Server, ServerSettings, StoreSettings},
};

/// Opens a store, making its tables if they are missing.
///
/// # Errors
/// [`StoreError::NoDriver`] when this build lacks the back-end, else what is in the way of opening
/// it.
pub async fn open(settings: &StoreSettings) -> Result<Arc<dyn Store>, StoreError> {
    match settings {
        #[cfg(feature = "dynamodb")]
        StoreSettings::DynamoDb(settings) => {
            Ok(Arc::new(crate::DynamoDbStore::open(settings).await?))
        }
        #[cfg(not(feature = "dynamodb"))]
        StoreSettings::DynamoDb(_) => no_driver("dynamodb"),
        StoreSettings::Memory => Ok(Arc::new(MemoryStore::new())),
        StoreSettings::Server(settings) => server(settings).await,
        #[cfg(feature = "sqlite")]
        StoreSettings::Sqlite { file, table } => {
            Ok(Arc::new(crate::sql::sqlite::open(file, table).await?))
        }
        #[cfg(not(feature = "sqlite"))]
        StoreSettings::Sqlite { .. } => no_driver("sqlite"),
    }
}

/// Opens a store, trying again while it is unavailable: a database is often started together
/// with its app. `waiting` is told of each failed try.
///
/// # Errors
/// Those of [`open`]; [`StoreError::Unavailable`] when it is still so after `limit`.
pub async fn open_within(
    settings: &StoreSettings,
    limit: Duration,
    mut waiting: impl FnMut(&StoreError),
) -> Result<Arc<dyn Store>, StoreError> {
    let started = Instant::now();
    let mut pause = Duration::from_millis(100);
    loop {
        match open(settings).await {
            Err(error @ StoreError::Unavailable { .. }) if started.elapsed() + pause < limit => {
                waiting(&error);
            }
            done => return done,
        }
        #[expect(clippy::disallowed_methods, reason = "back-off between tries")]
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(2));
    }
}

async fn server(settings: &ServerSettings) -> Result<Arc<dyn Store>, StoreError> {
    match settings.server {
        #[cfg(feature = "mongodb")]
        Server::MongoDb => Ok(Arc::new(crate::MongoDbStore::open(settings).await?)),
        #[cfg(not(feature = "mongodb"))]
        Server::MongoDb => no_driver("mongodb"),
        #[cfg(feature = "mysql")]
        Server::MySql => Ok(Arc::new(crate::sql::server::mysql(settings).await?)),
        #[cfg(not(feature = "mysql"))]
        Server::MySql => no_driver("mysql"),
        #[cfg(feature = "postgres")]
        Server::Postgres => Ok(Arc::new(crate::sql::server::postgres(settings).await?)),
        #[cfg(not(feature = "postgres"))]
        Server::Postgres => no_driver("postgres"),
        #[cfg(feature = "redis")]
        Server::Redis => Ok(Arc::new(crate::RedisStore::open(settings).await?)),
        #[cfg(not(feature = "redis"))]
        Server::Redis => no_driver("redis"),
    }
}

#[cfg(not(all(
    feature = "dynamodb",
    feature = "mongodb",
    feature = "mysql",
    feature = "postgres",
    feature = "redis",
    feature = "sqlite"
)))]
fn no_driver<T>(feature: &'static str) -> Result<T, StoreError> {
    Err(StoreError::NoDriver { feature })
}
