//! Opening a SQLite file.

use std::{path::Path, time::Duration};

use connect_core::store::{DriverError, StoreError};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::{
    SqlStore,
    pool::{Connections, Pool, classify},
};

impl SqlStore {
    /// Tenants in one SQLite file: the embedded default.
    ///
    /// Makes the file (readable by its owner only) and its tables if they are missing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the file cannot be opened or is no SQLite database, and
    /// what else concerns opening a store.
    pub async fn sqlite(file: &Path) -> Result<Self, StoreError> {
        open(file, "AddonSettings").await
    }
}

/// Opens a file whose records are in the table of that name.
pub(crate) async fn open(file: &Path, table: &str) -> Result<SqlStore, StoreError> {
    let name = file.display().to_string();
    let create = file.to_owned();
    let made = tokio::task::spawn_blocking(move || create_private(&create)).await;
    made.map_err(std::io::Error::other)
        .and_then(|made| made)
        .map_err(|error| {
            let (store, source) = (name.clone(), DriverError::new(error.to_string()));
            match error.kind() {
                std::io::ErrorKind::PermissionDenied => StoreError::Forbidden { store, source },
                std::io::ErrorKind::StorageFull => StoreError::Full { store, source },
                _ => StoreError::Unavailable { store, source },
            }
        })?;
    let options = SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        // An answered install survives a power cut, not only a crash of ours.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5));
    let pool = SqlitePoolOptions::new()
        .max_connections(4)
        .acquire_timeout(Duration::from_secs(5))
        .connect_with(options)
        .await
        .map_err(|error| classify(&name, &error))?;
    SqlStore::prepare(Pool::new(Connections::Sqlite(pool), name), table).await
}

/// Makes the file before SQLite does, which would leave it readable by others.
fn create_private(file: &Path) -> std::io::Result<()> {
    if let Some(folder) = file.parent()
        && !folder.as_os_str().is_empty()
    {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(drop)
}
