//! Opening a SQL server by its URL.

use std::time::Duration;

use connect_core::store::StoreError;
use sqlx::pool::PoolOptions;
#[cfg(feature = "postgres")]
use sqlx::postgres::{PgConnectOptions, PgSslMode};
#[cfg(feature = "mysql")]
use sqlx::{
    Executor,
    mysql::{MySqlConnectOptions, MySqlSslMode},
};

use super::{
    SqlStore,
    pool::{Connections, Pool, classify},
};
use crate::settings::{ServerSettings, Tls};

/// How long a request waits for a connection, unless the settings say so: the host gives up on a
/// page after 10 seconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens a database of PostgreSQL.
#[cfg(feature = "postgres")]
pub(crate) async fn postgres(settings: &ServerSettings) -> Result<SqlStore, StoreError> {
    let name = settings.name();
    let url = settings.url.expose();
    let mut options: PgConnectOptions = url.parse().map_err(|_| unreadable("PostgreSQL"))?;
    options = options.application_name("connect-store");
    match &settings.tls {
        None => {}
        Some(Tls::Unverified) => options = options.ssl_mode(PgSslMode::Require),
        Some(Tls::Verified { ca }) => {
            options = options.ssl_mode(PgSslMode::VerifyFull);
            if let Some(ca) = ca {
                options = options.ssl_root_cert_from_pem(ca.clone().into_bytes());
            }
        }
    }
    let pool = pool(settings).connect_with(options).await;
    let pool = pool.map_err(|error| classify(&name, &error))?;
    let pool = Pool::new(Connections::Postgres(pool), name);
    SqlStore::prepare(pool, &settings.table).await
}

/// Opens a database of MySQL or MariaDB.
#[cfg(feature = "mysql")]
pub(crate) async fn mysql(settings: &ServerSettings) -> Result<SqlStore, StoreError> {
    let name = settings.name();
    let url = settings.url.expose();
    let mut options: MySqlConnectOptions = url.parse().map_err(|_| unreadable("MySQL"))?;
    match &settings.tls {
        None => {}
        Some(Tls::Unverified) => options = options.ssl_mode(MySqlSslMode::Required),
        Some(Tls::Verified { ca }) => {
            options = options.ssl_mode(MySqlSslMode::VerifyIdentity);
            if let Some(ca) = ca {
                options = options.ssl_ca_from_pem(ca.clone().into_bytes());
            }
        }
    }
    let pool = pool::<sqlx::MySql>(settings)
        // Without it a statement that finds no row locks the gap where the row would be, and two
        // first installs at the same time block each other.
        .after_connect(|connection: &mut sqlx::MySqlConnection, _| {
            Box::pin(async move {
                connection
                    .execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
                    .await?;
                Ok(())
            })
        })
        .connect_with(options)
        .await;
    let pool = pool.map_err(|error| classify(&name, &error))?;
    let pool = Pool::new(Connections::MySql(pool), name);
    SqlStore::prepare(pool, &settings.table).await
}

fn pool<DB: sqlx::Database>(settings: &ServerSettings) -> PoolOptions<DB> {
    PoolOptions::new()
        .max_connections(settings.max_connections.unwrap_or(10).max(1))
        .acquire_timeout(settings.patience.unwrap_or(PATIENCE))
}

fn unreadable(database: &str) -> StoreError {
    StoreError::Settings {
        problem: format!("the URL is not one of {database}"),
    }
}
