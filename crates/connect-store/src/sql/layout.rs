//! The tables: ACE's as ACE makes them, ours beside them, and the number of the layout.
//!
//! The layout has a number, kept in `ConnectLayout`. A start that finds its own number changes
//! nothing, so that an app needs the right to make tables only once.
//!
//! | number | what came with it |
//! | --- | --- |
//! | 1 | `ConnectTenants`; SQLite only, and without the table that keeps the number |
//! | 2 | `ofSecret`, `ConnectLayout`, `ConnectLocks`; ACE's tables for Forge |

use connect_core::store::StoreError;

use super::{
    dialect::Dialect,
    pool::{Pool, is_no_such_table},
};

/// The newest layout that this build knows.
pub(crate) const KNOWN: u32 = 2;

/// Rows of `ConnectLocks`: how many tenants can be written at the same time.
pub(crate) const LOCKS: u32 = 64;

/// Brings the tables to the layout of this build.
pub(crate) async fn prepare(pool: &Pool, table: &str) -> Result<(), StoreError> {
    let mut tries = 0;
    loop {
        let found = version(pool, table).await?;
        if found == KNOWN {
            return Ok(());
        }
        if found > KNOWN {
            return Err(StoreError::NewerLayout {
                store: pool.name().to_owned(),
                found,
                known: KNOWN,
            });
        }
        let steps = steps(pool.dialect(), table);
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        match pool.transact(&[], &steps, &[], table).await {
            Ok(_) => return Ok(()),
            // Another process makes the same tables at the same time; one of the two is told so.
            Err(_) if tries < 8 => tries += 1,
            Err(error) => return Err(pool.error(&error)),
        }
    }
}

async fn version(pool: &Pool, table: &str) -> Result<u32, StoreError> {
    let statement = "SELECT [text m.number] FROM \
         (SELECT MAX(\"version\") AS \"number\" FROM \"ConnectLayout\") AS m";
    match pool.fetch(statement, &[], table).await {
        Ok(rows) => {
            let number = rows.into_iter().flatten().flatten().next();
            Ok(number
                .and_then(|number| number.parse().ok())
                .unwrap_or_default())
        }
        Err(error) if is_no_such_table(&error) => Ok(0),
        Err(error) => Err(pool.error(&error)),
    }
}

fn steps(dialect: Dialect, table: &str) -> Vec<String> {
    let mut steps = Vec::new();
    let stem = underscored(table);
    for (name, columns, indexes) in [
        (
            table,
            &[("clientKey", TEXT), ("key", TEXT), ("val", "JSON")][..],
            &[(&["clientKey", "key"][..], stem.as_str())][..],
        ),
        (
            "InstallationClientKeys",
            &[("installationId", NEEDED), ("clientKey", NEEDED)],
            &[
                (&["installationId"], "installation_client_keys"),
                (&["clientKey"], "installation_client_keys"),
            ],
        ),
        (
            "ForgeSettings",
            &[
                ("installationId", NEEDED),
                ("key", NEEDED),
                ("val", "JSON NOT NULL"),
            ],
            &[(&["installationId", "key"], "forge_settings")],
        ),
    ] {
        table_of_ace(&mut steps, dialect, name, columns, indexes);
    }
    steps.extend(ours(dialect));
    steps
}

/// A table and its indexes, with the names and types that ACE's mapper (Sequelize) gives them, so
/// that it finds everything in place when it comes.
fn table_of_ace(
    steps: &mut Vec<String>,
    dialect: Dialect,
    name: &str,
    columns: &[(&str, &str)],
    indexes: &[(&[&str], &str)],
) {
    let id = match dialect {
        #[cfg(feature = "mysql")]
        Dialect::MySql => "INTEGER NOT NULL AUTO_INCREMENT PRIMARY KEY",
        #[cfg(feature = "postgres")]
        Dialect::Postgres => "SERIAL PRIMARY KEY",
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => "INTEGER PRIMARY KEY AUTOINCREMENT",
    };
    let mut parts = vec![format!("\"id\" {id}")];
    for (column, kind) in columns {
        parts.push(format!("\"{column}\" {kind}"));
    }
    let mut later = Vec::new();
    for (columns, stem) in indexes {
        let list: Vec<String> = columns.iter().map(|name| format!("\"{name}\"")).collect();
        let list = list.join(", ");
        let names: Vec<String> = columns.iter().map(|name| underscored(name)).collect();
        let index = format!("{stem}_{}", names.join("_"));
        match dialect {
            // It has no `CREATE INDEX IF NOT EXISTS`.
            #[cfg(feature = "mysql")]
            Dialect::MySql => parts.push(format!("KEY \"{index}\" ({list})")),
            #[cfg(any(feature = "postgres", feature = "sqlite"))]
            _ => later.push(format!(
                "CREATE INDEX IF NOT EXISTS \"{index}\" ON \"{name}\" ({list})"
            )),
        }
    }
    steps.push(format!(
        "CREATE TABLE IF NOT EXISTS \"{name}\" ({})",
        parts.join(", ")
    ));
    steps.extend(later);
}

fn ours(dialect: Dialect) -> Vec<String> {
    let exact = match dialect {
        #[cfg(feature = "mysql")]
        Dialect::MySql => " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        #[cfg(any(feature = "postgres", feature = "sqlite"))]
        _ => "",
    };
    let since_2 = ", \"ofSecret\" VARCHAR(64)";
    // SQLite files of layout 1 have the table already; see below.
    let column = match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => "",
        #[cfg(any(feature = "mysql", feature = "postgres"))]
        _ => since_2,
    };
    let mut steps = vec![format!(
        "CREATE TABLE IF NOT EXISTS \"ConnectTenants\" (\
         \"clientKey\" VARCHAR(255){exact} NOT NULL PRIMARY KEY, \"state\" VARCHAR(16), \
         \"uninstalledAt\" BIGINT, \"installedAt\" BIGINT, \"previousSecret\" TEXT, \
         \"previousUntil\" BIGINT{column})"
    )];
    match dialect {
        // Fails when another process has just added it; `prepare` looks again then.
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => steps.push(format!(
            "ALTER TABLE \"ConnectTenants\" ADD COLUMN {}",
            since_2.trim_start_matches(", ")
        )),
        #[cfg(any(feature = "mysql", feature = "postgres"))]
        _ => {
            steps.push(
                "CREATE TABLE IF NOT EXISTS \"ConnectLocks\" (\"id\" INTEGER NOT NULL PRIMARY KEY)"
                    .to_owned(),
            );
            let rows: Vec<String> = (0..LOCKS).map(|id| format!("({id})")).collect();
            steps.push("DELETE FROM \"ConnectLocks\"".to_owned());
            steps.push(format!(
                "INSERT INTO \"ConnectLocks\" (\"id\") VALUES {}",
                rows.join(", ")
            ));
        }
    }
    steps.push(
        "CREATE TABLE IF NOT EXISTS \"ConnectLayout\" (\"version\" INTEGER NOT NULL PRIMARY KEY)"
            .to_owned(),
    );
    steps.push(format!("INSERT INTO \"ConnectLayout\" VALUES ({KNOWN})"));
    steps
}

/// `AddonSettings` as `addon_settings`, as Sequelize names indexes.
fn underscored(name: &str) -> String {
    let mut out = String::new();
    for (at, c) in name.char_indices() {
        if c.is_ascii_uppercase() && at > 0 {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

const TEXT: &str = "VARCHAR(255)";
const NEEDED: &str = "VARCHAR(255) NOT NULL";
