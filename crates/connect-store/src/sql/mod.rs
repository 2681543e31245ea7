//! Tenants in a SQL database, in ACE's tables.
//!
//! ACE's tables have no unique index, because ACE may have left duplicates: of those the first
//! counts, as for ACE, and the next write heals them. What keeps two writers of one tenant apart
//! is a row of `ConnectLocks`, locked for the length of a transaction (in SQLite: the one write
//! lock there is).

use connect_core::{ClientKey, InstallationId, store::StoreError};
use serde_json::Value;

use crate::{
    backend::{Backend, Owner, RawPage, store_in_aces_layout},
    names::CLIENT_INFO,
    record::{self, Beside, Stored},
};

mod dialect;
mod layout;
mod pool;
#[cfg(any(feature = "mysql", feature = "postgres"))]
pub(crate) mod server;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;
#[cfg(test)]
mod tests;

use pool::{Cells, Param, Pool, is_conflict};

/// Tenants in a SQL database.
#[derive(Clone, Debug)]
pub struct SqlStore {
    pool: Pool,
    table: String,
}

store_in_aces_layout!(SqlStore);

impl SqlStore {
    /// A store on these connections, with its tables made if they are missing.
    async fn prepare(pool: Pool, table: &str) -> Result<Self, StoreError> {
        layout::prepare(&pool, table).await?;
        Ok(Self {
            pool,
            table: table.to_owned(),
        })
    }

    async fn fetch(&self, statement: &str, params: &[Param<'_>]) -> Result<Vec<Cells>, StoreError> {
        let rows = self.pool.fetch(statement, params, &self.table).await;
        rows.map_err(|error| self.pool.error(&error))
    }

    /// Runs statements in one transaction, again when it collided with another one. Each set of
    /// statements means the same when it runs twice.
    async fn write(
        &self,
        locks: &[u32],
        statements: &[&str],
        params: &[Param<'_>],
    ) -> Result<Vec<u64>, StoreError> {
        let mut tries = 0;
        loop {
            let done = self.pool.transact(locks, statements, params, &self.table);
            match done.await {
                Ok(affected) => return Ok(affected),
                Err(error) if is_conflict(&error) && tries < 5 => tries += 1,
                Err(error) => return Err(self.pool.error(&error)),
            }
        }
    }
}

impl Backend for SqlStore {
    async fn load(&self, key: &ClientKey) -> Result<Option<Stored>, StoreError> {
        let params = [Param::Text(Some(key.as_str()))];
        let rows = self.fetch(SELECT_TENANT, &params).await?;
        rows.into_iter().next().map(stored).transpose()
    }

    async fn save(&self, key: &ClientKey, stored: Stored) -> Result<(), StoreError> {
        let (main, beside) = (stored.main.to_string(), stored.beside);
        let params = [
            Param::Text(Some(key.as_str())),
            Param::Text(Some(CLIENT_INFO)),
            Param::Text(Some(&main)),
            Param::Text(beside.state.as_deref()),
            Param::Number(beside.uninstalled_at),
            Param::Number(beside.installed_at),
            Param::Text(beside.previous_secret.as_deref()),
            Param::Number(beside.previous_until),
            Param::Text(beside.of_secret.as_deref()),
        ];
        let [update, insert, heal] = PUT_SETTING;
        let steps = [update, insert, heal, DELETE_BESIDE, INSERT_BESIDE];
        self.write(&[lock_of(key.as_str())], &steps, &params)
            .await?;
        Ok(())
    }

    async fn page(&self, from: Option<&str>, limit: usize) -> Result<RawPage, StoreError> {
        let statement = format!("{SELECT_PAGE} LIMIT {}", limit.saturating_add(1));
        let params = [Param::Text(Some(from.unwrap_or_default()))];
        let mut rows = self.fetch(&statement, &params).await?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().and_then(|row| row.first().cloned().flatten());
        Ok(RawPage {
            tenants: rows.into_iter().map(stored).collect(),
            next: last.filter(|_| more),
        })
    }

    async fn purge(&self, owner: Owner<'_>) -> Result<bool, StoreError> {
        let params = [
            Param::Text(Some(owner.id())),
            Param::Text(Some(owner.main())),
        ];
        let (locks, steps) = match owner {
            Owner::Tenant(key) => (
                vec![ASSOCIATIONS, lock_of(key.as_str())],
                &[
                    "DELETE FROM {settings} WHERE [clientKey=1] AND [key=2]",
                    "DELETE FROM {settings} WHERE [clientKey=1]",
                    "DELETE FROM \"InstallationClientKeys\" WHERE [clientKey=1]",
                    DELETE_BESIDE,
                ][..],
            ),
            Owner::Installation(id) => (
                vec![ASSOCIATIONS, lock_of(id.as_str())],
                &[
                    "DELETE FROM \"InstallationClientKeys\" WHERE [installationId=1]",
                    "DELETE FROM \"ForgeSettings\" WHERE [installationId=1] AND [key=2]",
                    "DELETE FROM \"ForgeSettings\" WHERE [installationId=1]",
                ][..],
            ),
        };
        let affected = self.write(&locks, steps, &params).await?;
        let counted = match owner {
            Owner::Installation(_) => 2,
            Owner::Tenant(_) => 1,
        };
        Ok(affected.iter().take(counted).any(|&rows| rows > 0))
    }

    async fn value(&self, owner: Owner<'_>, name: &str) -> Result<Option<Value>, StoreError> {
        let params = [Param::Text(Some(owner.id())), Param::Text(Some(name))];
        let statement = match owner {
            Owner::Tenant(_) => {
                "SELECT [text val] FROM {settings} WHERE [clientKey=1] AND [key=2] \
                 ORDER BY \"id\" LIMIT 1"
            }
            Owner::Installation(_) => {
                "SELECT [text val] FROM \"ForgeSettings\" WHERE [installationId=1] AND [key=2] \
                 ORDER BY \"id\" LIMIT 1"
            }
        };
        let rows = self.fetch(statement, &params).await?;
        let text = rows.into_iter().flatten().flatten().next();
        text.map(|text| record::parse(&text, || format!("setting {name} of {}", owner.id())))
            .transpose()
    }

    async fn values(&self, owner: Owner<'_>) -> Result<Vec<(String, Value)>, StoreError> {
        let params = [Param::Text(Some(owner.id()))];
        let statement = match owner {
            Owner::Tenant(_) => {
                "SELECT [text key], [text val] FROM {settings} WHERE [clientKey=1] \
                 ORDER BY \"key\", \"id\" DESC"
            }
            Owner::Installation(_) => {
                "SELECT [text key], [text val] FROM \"ForgeSettings\" WHERE [installationId=1] \
                 ORDER BY \"key\", \"id\" DESC"
            }
        };
        let mut values = std::collections::BTreeMap::new();
        for mut row in self.fetch(statement, &params).await? {
            let (Some(text), Some(name)) = (row.pop().flatten(), row.pop().flatten()) else {
                continue;
            };
            let value = record::parse(&text, || format!("setting {name} of {}", owner.id()))?;
            // Of duplicates the first counts, which comes last here.
            values.insert(name, value);
        }
        Ok(values.into_iter().collect())
    }

    async fn save_value(
        &self,
        owner: Owner<'_>,
        name: &str,
        value: &Value,
    ) -> Result<(), StoreError> {
        let value = value.to_string();
        let params = [
            Param::Text(Some(owner.id())),
            Param::Text(Some(name)),
            Param::Text(Some(&value)),
        ];
        let steps = match owner {
            Owner::Installation(_) => PUT_FORGE_SETTING,
            Owner::Tenant(_) => PUT_SETTING,
        };
        self.write(&[lock_of(owner.id())], &steps, &params).await?;
        Ok(())
    }

    async fn remove_value(&self, owner: Owner<'_>, name: &str) -> Result<bool, StoreError> {
        let params = [Param::Text(Some(owner.id())), Param::Text(Some(name))];
        let step = match owner {
            Owner::Installation(_) => {
                "DELETE FROM \"ForgeSettings\" WHERE [installationId=1] AND [key=2]"
            }
            Owner::Tenant(_) => "DELETE FROM {settings} WHERE [clientKey=1] AND [key=2]",
        };
        let locks = [lock_of(owner.id())];
        let affected = self.write(&locks, &[step], &params).await?;
        Ok(affected.iter().any(|&rows| rows > 0))
    }

    async fn association(&self, id: &InstallationId) -> Result<Option<String>, StoreError> {
        let params = [Param::Text(Some(id.as_str()))];
        let rows = self.fetch(SELECT_ASSOCIATION, &params).await?;
        Ok(rows.into_iter().flatten().flatten().next())
    }

    async fn associate(&self, id: &InstallationId, key: &ClientKey) -> Result<(), StoreError> {
        let params = [
            Param::Text(Some(id.as_str())),
            Param::Text(Some(key.as_str())),
        ];
        self.write(&[ASSOCIATIONS], &ASSOCIATE, &params).await?;
        Ok(())
    }

    async fn dissociate(&self, id: &InstallationId) -> Result<bool, StoreError> {
        let params = [Param::Text(Some(id.as_str()))];
        let step = "DELETE FROM \"InstallationClientKeys\" WHERE [installationId=1]";
        let affected = self.write(&[ASSOCIATIONS], &[step], &params).await?;
        Ok(affected.iter().any(|&rows| rows > 0))
    }
}

/// A tenant's records from the columns of [`SELECT_TENANT`] and [`SELECT_PAGE`].
fn stored(row: Cells) -> Result<Stored, StoreError> {
    let mut cells = row.into_iter();
    let mut text = || cells.next().flatten();
    let client_key = text().unwrap_or_default();
    let main = text().unwrap_or_default();
    let beside = Beside {
        state: text(),
        uninstalled_at: text().and_then(|number| number.parse().ok()),
        installed_at: text().and_then(|number| number.parse().ok()),
        previous_secret: text(),
        previous_until: text().and_then(|number| number.parse().ok()),
        of_secret: text(),
    };
    let main = record::parse(&main, || format!("tenant {}", client_key.escape_debug()))?;
    Ok(Stored {
        client_key,
        main,
        beside,
    })
}

/// Which lock an owner's records are written under; never [`ASSOCIATIONS`]. FNV-1a: all that
/// matters is that every process says the same.
fn lock_of(owner: &str) -> u32 {
    let hash = owner.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    1 + hash % (layout::LOCKS - 1)
}

/// The lock of all associations, which are few and seldom written. Taken before any other.
const ASSOCIATIONS: u32 = 0;

const SELECT_TENANT: &str = "SELECT [text a.clientKey], [text a.val], [text t.state], \
     [text t.uninstalledAt], [text t.installedAt], [text t.previousSecret], \
     [text t.previousUntil], [text t.ofSecret] \
     FROM {settings} a LEFT JOIN \"ConnectTenants\" t ON [t.clientKey=1] \
     WHERE [a.clientKey=1] AND a.\"key\" = 'clientInfo' ORDER BY a.\"id\" LIMIT 1";

/// Of duplicates, the first, as ACE reads them.
const SELECT_PAGE: &str = "SELECT [text a.clientKey], [text a.val], [text t.state], \
     [text t.uninstalledAt], [text t.installedAt], [text t.previousSecret], \
     [text t.previousUntil], [text t.ofSecret] \
     FROM {settings} a LEFT JOIN \"ConnectTenants\" t ON [t.clientKey~a.clientKey] \
     WHERE a.\"clientKey\" > ?1 AND a.\"key\" = 'clientInfo' AND a.\"id\" = \
     (SELECT MIN(b.\"id\") FROM {settings} b \
     WHERE [b.clientKey~a.clientKey] AND b.\"key\" = 'clientInfo') \
     ORDER BY a.\"clientKey\"";

const SELECT_ASSOCIATION: &str = "SELECT [text clientKey] FROM \"InstallationClientKeys\" \
     WHERE [installationId=1] ORDER BY \"id\" LIMIT 1";

/// Replaces a value, inserts it when there was none, and removes duplicates of it.
const PUT_SETTING: [&str; 3] = [
    "UPDATE {settings} SET \"val\" = [json 3] WHERE [clientKey=1] AND [key=2]",
    "INSERT INTO {settings} (\"clientKey\", \"key\", \"val\") \
     SELECT ?1, ?2, [json 3] FROM (SELECT 1) AS one WHERE NOT EXISTS \
     (SELECT 1 FROM {settings} WHERE [clientKey=1] AND [key=2])",
    "DELETE FROM {settings} WHERE [clientKey=1] AND [key=2] AND \"id\" NOT IN \
     (SELECT \"id\" FROM (SELECT MIN(\"id\") AS \"id\" FROM {settings} \
     WHERE [clientKey=1] AND [key=2]) AS kept)",
];

const PUT_FORGE_SETTING: [&str; 3] = [
    "UPDATE \"ForgeSettings\" SET \"val\" = [json 3] WHERE [installationId=1] AND [key=2]",
    "INSERT INTO \"ForgeSettings\" (\"installationId\", \"key\", \"val\") \
     SELECT ?1, ?2, [json 3] FROM (SELECT 1) AS one WHERE NOT EXISTS \
     (SELECT 1 FROM \"ForgeSettings\" WHERE [installationId=1] AND [key=2])",
    "DELETE FROM \"ForgeSettings\" WHERE [installationId=1] AND [key=2] AND \"id\" NOT IN \
     (SELECT \"id\" FROM (SELECT MIN(\"id\") AS \"id\" FROM \"ForgeSettings\" \
     WHERE [installationId=1] AND [key=2]) AS kept)",
];

const ASSOCIATE: [&str; 2] = [
    "DELETE FROM \"InstallationClientKeys\" WHERE [installationId=1] OR [clientKey=2]",
    "INSERT INTO \"InstallationClientKeys\" (\"installationId\", \"clientKey\") VALUES (?1, ?2)",
];

const DELETE_BESIDE: &str = "DELETE FROM \"ConnectTenants\" WHERE [clientKey=1]";

const INSERT_BESIDE: &str = "INSERT INTO \"ConnectTenants\" (\"clientKey\", \"state\", \
     \"uninstalledAt\", \"installedAt\", \"previousSecret\", \"previousUntil\", \"ofSecret\") \
     VALUES (?1, ?4, ?5, ?6, ?7, ?8, ?9)";
