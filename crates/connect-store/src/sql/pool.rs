//! Connections to one of three databases, and the two things that are done with them: fetching
//! rows of texts, and running statements in one transaction.

use connect_core::store::{DriverError, StoreError};
use sqlx::{AssertSqlSafe, Row};
#[cfg(feature = "mysql")]
use sqlx::{MySql, MySqlPool};
#[cfg(feature = "postgres")]
use sqlx::{PgPool, Postgres};
#[cfg(feature = "sqlite")]
use sqlx::{Sqlite, SqlitePool};

use super::dialect::{Dialect, Translated};

/// Connections to one database.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    connections: Connections,
    /// Which database, without credentials.
    name: String,
}

#[derive(Clone, Debug)]
pub(crate) enum Connections {
    #[cfg(feature = "mysql")]
    MySql(MySqlPool),
    #[cfg(feature = "postgres")]
    Postgres(PgPool),
    #[cfg(feature = "sqlite")]
    Sqlite(SqlitePool),
}

/// A value for a placeholder.
#[derive(Clone, Copy)]
pub(crate) enum Param<'a> {
    Number(Option<i64>),
    Text(Option<&'a str>),
}

/// The columns of one row.
pub(crate) type Cells = Vec<Option<String>>;

/// A query with its values. SECURITY: the text is ours, never a caller's; values are bound.
macro_rules! query {
    ($database:ty, $translated:expr, $params:expr) => {{
        let translated = $translated;
        let mut query = sqlx::query::<$database>(AssertSqlSafe(translated.text));
        for at in translated.order {
            query = match $params[at] {
                Param::Number(number) => query.bind(number),
                Param::Text(text) => query.bind(text.map(str::to_owned)),
            };
        }
        query
    }};
}

macro_rules! fetch {
    ($database:ty, $pool:expr, $translated:expr, $params:expr) => {{
        let rows = query!($database, $translated, $params)
            .fetch_all($pool)
            .await?;
        let cells = |row: &<$database as sqlx::Database>::Row| {
            (0..row.len())
                .map(|column| row.try_get::<Option<String>, _>(column))
                .collect::<Result<Cells, _>>()
        };
        rows.iter().map(cells).collect()
    }};
}

macro_rules! transact {
    ($database:ty, $pool:expr, $begin:expr, $statements:expr, $params:expr) => {{
        let mut transaction = $pool.begin_with($begin).await?;
        let mut affected: Vec<u64> = Vec::new();
        for translated in $statements {
            let done = query!($database, translated, $params)
                .execute(&mut *transaction)
                .await?;
            affected.push(done.rows_affected());
        }
        transaction.commit().await?;
        affected
    }};
}

impl Pool {
    pub(crate) fn new(connections: Connections, name: String) -> Self {
        Self { connections, name }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match &self.connections {
            #[cfg(feature = "mysql")]
            Connections::MySql(_) => Dialect::MySql,
            #[cfg(feature = "postgres")]
            Connections::Postgres(_) => Dialect::Postgres,
            #[cfg(feature = "sqlite")]
            Connections::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// The rows of a query, whose columns are all texts.
    pub(crate) async fn fetch(
        &self,
        statement: &str,
        params: &[Param<'_>],
        table: &str,
    ) -> Result<Vec<Cells>, sqlx::Error> {
        let translated = self.dialect().translate(statement, table);
        match &self.connections {
            #[cfg(feature = "mysql")]
            Connections::MySql(pool) => fetch!(MySql, pool, translated, params),
            #[cfg(feature = "postgres")]
            Connections::Postgres(pool) => fetch!(Postgres, pool, translated, params),
            #[cfg(feature = "sqlite")]
            Connections::Sqlite(pool) => fetch!(Sqlite, pool, translated, params),
        }
    }

    /// Runs statements with the same parameters in one transaction that holds these locks; how
    /// many rows each of them met.
    pub(crate) async fn transact(
        &self,
        locks: &[u32],
        statements: &[&str],
        params: &[Param<'_>],
        table: &str,
    ) -> Result<Vec<u64>, sqlx::Error> {
        let dialect = self.dialect();
        // One writer at a time is every lock at once.
        #[cfg(feature = "sqlite")]
        let locks = if dialect == Dialect::Sqlite {
            &[]
        } else {
            locks
        };
        let locking = locks.iter().map(|id| {
            format!("SELECT \"id\" FROM \"ConnectLocks\" WHERE \"id\" = {id} FOR UPDATE")
        });
        let locking = locking.map(|statement| dialect.translate(&statement, table));
        let statements = statements.iter();
        let statements = statements.map(|statement| dialect.translate(statement, table));
        let statements: Vec<Translated> = locking.chain(statements).collect();
        let mut affected = match &self.connections {
            #[cfg(feature = "mysql")]
            Connections::MySql(pool) => transact!(MySql, pool, "BEGIN", statements, params),
            #[cfg(feature = "postgres")]
            Connections::Postgres(pool) => transact!(Postgres, pool, "BEGIN", statements, params),
            // Immediate: two readers that both want to write would deadlock into an error.
            #[cfg(feature = "sqlite")]
            Connections::Sqlite(pool) => {
                transact!(Sqlite, pool, "BEGIN IMMEDIATE", statements, params)
            }
        };
        affected.drain(..locks.len());
        Ok(affected)
    }

    /// What a caller is told.
    pub(crate) fn error(&self, error: &sqlx::Error) -> StoreError {
        classify(&self.name, error)
    }
}

/// Sorts an error of the driver by who can do something about it.
pub(crate) fn classify(store: &str, error: &sqlx::Error) -> StoreError {
    let store = store.to_owned();
    let said = describe(error);
    #[cfg(any(feature = "mysql", feature = "postgres"))]
    if matches!(error, sqlx::Error::Tls(_)) || crate::tls::is_distrust(&said) {
        let source = DriverError::new(said);
        return StoreError::Untrusted { store, source };
    }
    let source = DriverError::new(said);
    match code(error).as_deref() {
        // PostgreSQL, by SQLSTATE; MySQL, by number; SQLite, by primary result code.
        Some("28P01" | "28000" | "1045" | "1698") => StoreError::Unauthorized { store, source },
        Some("42501" | "1044" | "1142" | "1143" | "1227" | "s3" | "s8" | "s23") => {
            StoreError::Forbidden { store, source }
        }
        Some("53100" | "1021" | "1041" | "1114" | "s13") => StoreError::Full { store, source },
        _ => StoreError::Unavailable { store, source },
    }
}

/// True when the database could not let two writers go on at the same time, and the loser may
/// simply try again.
pub(crate) fn is_conflict(error: &sqlx::Error) -> bool {
    matches!(
        code(error).as_deref(),
        Some("40001" | "40P01" | "1020" | "1205" | "1213")
    )
}

/// True when a table does not exist.
pub(crate) fn is_no_such_table(error: &sqlx::Error) -> bool {
    let text = error.as_database_error().map(|error| error.message());
    matches!(code(error).as_deref(), Some("42P01" | "1146"))
        || text.is_some_and(|text| text.starts_with("no such table"))
}

/// The code of a database's error: MySQL's number, PostgreSQL's SQLSTATE, SQLite's primary result
/// code with an `s` before it.
fn code(error: &sqlx::Error) -> Option<String> {
    let error = error.as_database_error()?;
    #[cfg(feature = "mysql")]
    if let Some(error) = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
        return Some(error.number().to_string());
    }
    let code = error.code()?;
    #[cfg(feature = "sqlite")]
    if error
        .try_downcast_ref::<sqlx::sqlite::SqliteError>()
        .is_some()
    {
        let number: i32 = code.parse().ok()?;
        return Some(format!("s{}", number & 0xff));
    }
    Some(code.into_owned())
}

/// What the driver says, without values.
///
/// SECURITY: databases quote values in the details of an error, and MySQL in the message itself,
/// so a message is shown only of the classes that concern the connection and the tables.
/// Test: an_error_of_the_database_holds_no_value.
fn describe(error: &sqlx::Error) -> String {
    let Some(database) = error.as_database_error() else {
        return match error {
            sqlx::Error::Io(error) => error.to_string(),
            sqlx::Error::Tls(error) => format!("TLS: {error}"),
            sqlx::Error::PoolTimedOut => "no connection within the time allowed".to_owned(),
            sqlx::Error::PoolClosed => "the connections are closed".to_owned(),
            sqlx::Error::Protocol(_) => "the server does not speak the protocol".to_owned(),
            _ => "the driver cannot go on".to_owned(),
        };
    };
    let code = code(error).unwrap_or_default();
    let quotes_values = match database.kind() {
        sqlx::error::ErrorKind::Other => {
            // PostgreSQL class 22, "data exception"; MySQL's numbers for a value it cannot take.
            code.starts_with("22") || matches!(code.as_str(), "1062" | "1292" | "1366" | "3140")
        }
        _ => true,
    };
    if quotes_values {
        format!("error {code}")
    } else {
        format!("{} (error {code})", database.message())
    }
}
