//! Tenants in one SQLite file, in ACE's tables.
//!
//! `AddonSettings` is ACE's, with its columns and without a unique index, because ACE may have left
//! duplicates. Writes run in an immediate transaction, so there is one writer at a time, and they
//! heal duplicates as they meet them. `ConnectTenants` is ours, beside it.

use std::{path::Path, time::Duration};

use connect_core::{
    ClientKey, Tenant,
    store::{Store, StoreError, StoreFuture},
};
use serde_json::Value;
use sqlx::{
    Row, Sqlite, SqliteConnection, SqlitePool, Transaction,
    sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
    },
};

use crate::record::{self, Beside, CLIENT_INFO};

/// Tenants in one SQLite file: the embedded default.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    pool: SqlitePool,
    name: String,
}

impl SqliteStore {
    /// Opens the file, making it (readable by its owner only) and its tables if they are missing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the file cannot be opened or is no SQLite database.
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        let name = file.display().to_string();
        let unavailable = |source: sqlx::Error| unavailable(&name, source);
        let create = file.to_owned();
        tokio::task::spawn_blocking(move || create_private(&create))
            .await
            .map_err(|error| unavailable(sqlx::Error::Io(std::io::Error::other(error))))?
            .map_err(|error| unavailable(sqlx::Error::Io(error)))?;
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
            .map_err(unavailable)?;
        for statement in TABLES {
            sqlx::query(statement)
                .execute(&pool)
                .await
                .map_err(unavailable)?;
        }
        Ok(Self { pool, name })
    }

    async fn begin(&self) -> Result<Transaction<'_, Sqlite>, StoreError> {
        // Immediate: two readers that both want to write would otherwise deadlock into an error.
        let begun = self.pool.begin_with("BEGIN IMMEDIATE").await;
        begun.map_err(|source| self.unavailable(source))
    }

    fn unavailable(&self, source: sqlx::Error) -> StoreError {
        unavailable(&self.name, source)
    }

    fn tenant_of(&self, row: &SqliteRow) -> Result<Tenant, StoreError> {
        let text = |column| row.try_get::<Option<String>, _>(column);
        let number = |column| row.try_get::<Option<i64>, _>(column);
        let read = || {
            Ok::<_, sqlx::Error>((
                row.try_get::<String, _>("clientKey")?,
                row.try_get::<String, _>("val")?,
                Beside {
                    state: text("state")?,
                    uninstalled_at: number("uninstalledAt")?,
                    installed_at: number("installedAt")?,
                    previous_secret: text("previousSecret")?,
                    previous_until: number("previousUntil")?,
                },
            ))
        };
        let (client_key, main, beside) = read().map_err(|source| self.unavailable(source))?;
        let corrupt = |problem| StoreError::Corrupt {
            record: "tenant".to_owned(),
            problem,
        };
        let client_key = ClientKey::parse(&client_key).map_err(|_| corrupt("no client key"))?;
        let main = serde_json::from_str(&main).map_err(|_| corrupt("not JSON"))?;
        record::read(&client_key, main, beside)
    }
}

impl Store for SqliteStore {
    fn tenant<'a>(&'a self, client_key: &'a ClientKey) -> StoreFuture<'a, Option<Tenant>> {
        Box::pin(async move {
            let row = sqlx::query(SELECT_TENANT)
                .bind(client_key.as_str())
                .fetch_optional(&self.pool)
                .await
                .map_err(|source| self.unavailable(source))?;
            row.map(|row| self.tenant_of(&row)).transpose()
        })
    }

    fn save_tenant<'a>(&'a self, tenant: &'a Tenant) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let (main, beside) = record::write(tenant);
            let mut transaction = self.begin().await?;
            let write = async {
                put(&mut transaction, &tenant.client_key, CLIENT_INFO, &main).await?;
                sqlx::query(UPSERT_BESIDE)
                    .bind(tenant.client_key.as_str())
                    .bind(beside.state)
                    .bind(beside.uninstalled_at)
                    .bind(beside.installed_at)
                    .bind(beside.previous_secret)
                    .bind(beside.previous_until)
                    .execute(&mut *transaction)
                    .await?;
                transaction.commit().await
            };
            write.await.map_err(|source| self.unavailable(source))
        })
    }

    fn tenants<'a>(
        &'a self,
        after: Option<&'a ClientKey>,
        limit: usize,
    ) -> StoreFuture<'a, Vec<Tenant>> {
        Box::pin(async move {
            let rows = sqlx::query(SELECT_PAGE)
                .bind(after.map_or("", ClientKey::as_str))
                .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                .fetch_all(&self.pool)
                .await
                .map_err(|source| self.unavailable(source))?;
            rows.iter().map(|row| self.tenant_of(row)).collect()
        })
    }

    fn purge_tenant<'a>(&'a self, client_key: &'a ClientKey) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let mut transaction = self.begin().await?;
            let remove = async {
                let mut found = false;
                for (statement, counts) in [
                    (
                        "DELETE FROM AddonSettings WHERE clientKey = ?1 AND key = 'clientInfo'",
                        true,
                    ),
                    ("DELETE FROM AddonSettings WHERE clientKey = ?1", false),
                    ("DELETE FROM ConnectTenants WHERE clientKey = ?1", false),
                ] {
                    let done = sqlx::query(statement)
                        .bind(client_key.as_str())
                        .execute(&mut *transaction)
                        .await?;
                    found |= counts && done.rows_affected() > 0;
                }
                transaction.commit().await?;
                Ok(found)
            };
            remove.await.map_err(|source| self.unavailable(source))
        })
    }

    fn setting<'a>(
        &'a self,
        client_key: &'a ClientKey,
        name: &'a str,
    ) -> StoreFuture<'a, Option<Value>> {
        Box::pin(async move {
            record::check_name(name)?;
            let row: Option<(String,)> = sqlx::query_as(
                "SELECT val FROM AddonSettings WHERE clientKey = ?1 AND key = ?2 ORDER BY id LIMIT 1",
            )
            .bind(client_key.as_str())
            .bind(name)
            .fetch_optional(&self.pool)
            .await
            .map_err(|source| self.unavailable(source))?;
            row.map(|(text,)| serde_json::from_str(&text))
                .transpose()
                .map_err(|_| StoreError::Corrupt {
                    record: format!("setting {name} of {client_key}"),
                    problem: "not JSON",
                })
        })
    }

    fn save_setting<'a>(
        &'a self,
        client_key: &'a ClientKey,
        name: &'a str,
        value: &'a Value,
    ) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            record::check_name(name)?;
            let mut transaction = self.begin().await?;
            let write = async {
                put(&mut transaction, client_key, name, value).await?;
                transaction.commit().await
            };
            write.await.map_err(|source| self.unavailable(source))
        })
    }

    fn remove_setting<'a>(
        &'a self,
        client_key: &'a ClientKey,
        name: &'a str,
    ) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            record::check_name(name)?;
            let done = sqlx::query("DELETE FROM AddonSettings WHERE clientKey = ?1 AND key = ?2")
                .bind(client_key.as_str())
                .bind(name)
                .execute(&self.pool)
                .await
                .map_err(|source| self.unavailable(source))?;
            Ok(done.rows_affected() > 0)
        })
    }
}

/// Writes one row of ACE's table inside a transaction that already holds the write lock, and
/// removes duplicates of it.
async fn put(
    connection: &mut SqliteConnection,
    client_key: &ClientKey,
    name: &str,
    value: &Value,
) -> Result<(), sqlx::Error> {
    let first: Option<i64> =
        sqlx::query_scalar("SELECT min(id) FROM AddonSettings WHERE clientKey = ?1 AND key = ?2")
            .bind(client_key.as_str())
            .bind(name)
            .fetch_one(&mut *connection)
            .await?;
    let statement = match first {
        Some(_) => {
            "UPDATE AddonSettings SET val = ?3 WHERE clientKey = ?1 AND key = ?2 AND id = ?4"
        }
        None => "INSERT INTO AddonSettings (clientKey, key, val) VALUES (?1, ?2, ?3)",
    };
    let mut write = sqlx::query(statement)
        .bind(client_key.as_str())
        .bind(name)
        .bind(value.to_string());
    if let Some(id) = first {
        write = write.bind(id);
    }
    write.execute(&mut *connection).await?;
    if let Some(id) = first {
        sqlx::query("DELETE FROM AddonSettings WHERE clientKey = ?1 AND key = ?2 AND id > ?3")
            .bind(client_key.as_str())
            .bind(name)
            .bind(id)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

fn unavailable(store: &str, source: sqlx::Error) -> StoreError {
    StoreError::Unavailable {
        store: store.to_owned(),
        source: Box::new(source),
    }
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

const TABLES: [&str; 3] = [
    "CREATE TABLE IF NOT EXISTS AddonSettings (\
     id INTEGER PRIMARY KEY AUTOINCREMENT, clientKey VARCHAR(255), key VARCHAR(255), val JSON)",
    "CREATE INDEX IF NOT EXISTS client_key_key_index ON AddonSettings (clientKey, key)",
    "CREATE TABLE IF NOT EXISTS ConnectTenants (\
     clientKey VARCHAR(255) PRIMARY KEY, state TEXT, uninstalledAt INTEGER, installedAt INTEGER, \
     previousSecret TEXT, previousUntil INTEGER)",
];

const SELECT_TENANT: &str = "SELECT a.clientKey, a.val, t.state, t.uninstalledAt, t.installedAt, \
     t.previousSecret, t.previousUntil \
     FROM AddonSettings a LEFT JOIN ConnectTenants t ON t.clientKey = a.clientKey \
     WHERE a.clientKey = ?1 AND a.key = 'clientInfo' ORDER BY a.id LIMIT 1";

/// Of duplicates, the first, as ACE reads them.
const SELECT_PAGE: &str = "SELECT a.clientKey, a.val, t.state, t.uninstalledAt, t.installedAt, \
     t.previousSecret, t.previousUntil \
     FROM AddonSettings a LEFT JOIN ConnectTenants t ON t.clientKey = a.clientKey \
     WHERE a.clientKey > ?1 AND a.key = 'clientInfo' AND a.id = (SELECT min(b.id) \
     FROM AddonSettings b WHERE b.clientKey = a.clientKey AND b.key = 'clientInfo') \
     ORDER BY a.clientKey LIMIT ?2";

const UPSERT_BESIDE: &str = "INSERT INTO ConnectTenants \
     (clientKey, state, uninstalledAt, installedAt, previousSecret, previousUntil) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (clientKey) DO UPDATE SET \
     state = excluded.state, uninstalledAt = excluded.uninstalledAt, \
     installedAt = excluded.installedAt, previousSecret = excluded.previousSecret, \
     previousUntil = excluded.previousUntil";

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::tests as contract;

    async fn open(folder: &tempfile::TempDir) -> SqliteStore {
        SqliteStore::open(&folder.path().join("data/store.db"))
            .await
            .unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn sqlite_keeps_the_contract() {
        let folder = tempfile::tempdir().unwrap();
        contract::check(Arc::new(open(&folder).await)).await;
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn the_file_is_its_owners() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        open(&folder).await;
        let mode = folder
            .path()
            .join("data/store.db")
            .metadata()
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[tokio::test]
    async fn what_was_saved_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let tenant = contract::tenant("site-1");
        open(&folder).await.save_tenant(&tenant).await.unwrap();
        assert_eq!(
            open(&folder)
                .await
                .tenant(&tenant.client_key)
                .await
                .unwrap(),
            Some(tenant)
        );
    }

    #[tokio::test]
    async fn rows_that_ace_left_are_read_and_duplicates_healed() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder).await;
        for secret in ["first", "second"] {
            let info = format!(
                r#"{{"key":"com.example.app","clientKey":"site-1","sharedSecret":"{secret}",
                "baseUrl":"https://acme.atlassian.net","productType":"jira"}}"#
            );
            sqlx::query("INSERT INTO AddonSettings (clientKey, key, val) VALUES ('site-1', 'clientInfo', ?1)")
                .bind(info)
                .execute(&store.pool)
                .await
                .unwrap();
        }
        let key = ClientKey::parse("site-1").unwrap();
        let tenant = store.tenant(&key).await.unwrap().unwrap();
        assert!(tenant.is_installed());
        assert_eq!(tenant.shared_secret().expose(), "first");
        assert_eq!(store.tenants(None, 9).await.unwrap().len(), 1);
        store.save_tenant(&tenant).await.unwrap();
        let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM AddonSettings")
            .fetch_one(&store.pool)
            .await
            .unwrap();
        assert_eq!(rows, 1);
    }

    #[tokio::test]
    async fn a_file_that_is_no_database_is_an_error_without_its_contents() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.db");
        std::fs::write(
            &file,
            "hunter2 is not a database, whatever its length may be",
        )
        .unwrap();
        let error = SqliteStore::open(&file).await.unwrap_err();
        assert_eq!(error.code(), "store/unavailable");
        assert!(!format!("{error:?}").contains("hunter2"));
    }
}
