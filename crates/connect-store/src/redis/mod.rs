//! Tenants in Redis or Valkey, under ACE's keys.
//!
//! | key | value |
//! | --- | --- |
//! | `<client key>:clientInfo` | the tenant as JSON, ours beside it in the member [`BESIDE`] |
//! | `<client key>:<name>` | a setting |
//! | `installation:<id>;` | the client key of an installation; the stop is ACE's |
//! | `forge:<id>:<name>` | a setting of an installation |
//! | `connect:installation-of:<client key>` | ours: the one installation of a tenant |
//!
//! ACE's keys have no hash tags, so in a cluster the keys of a tenant are on several nodes. Every
//! command here concerns one key, and one write of one key is what makes a change. Lists are read
//! with `SCAN`, never `KEYS`, which stops the server for as long as it takes.

use std::{collections::BTreeMap, time::Duration};

use connect_core::{
    ClientKey, InstallationId,
    store::{DriverError, StoreError},
};
use redis::{
    AsyncCommands, Client, ErrorKind, RedisError, TlsCertificates,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use serde_json::Value;

use crate::{
    association,
    backend::{Backend, Owner, RawPage, store_in_aces_layout},
    names::CLIENT_INFO,
    record::{self, Stored},
    settings::{ServerSettings, Tls},
};

/// Tenants in Redis or Valkey.
///
/// What has been answered survives a crash of the server as far as its own settings say so:
/// `appendonly yes` with `appendfsync always` for every write.
#[derive(Clone)]
pub struct RedisStore {
    connection: ConnectionManager,
    name: String,
}

impl std::fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("RedisStore").field(&self.name).finish()
    }
}

store_in_aces_layout!(RedisStore);

impl RedisStore {
    /// Connects, once, so that a wrong address or password shows now.
    ///
    /// # Errors
    /// [`StoreError::Settings`] for a URL that is not one of Redis, and what is in the way of
    /// connecting.
    pub async fn open(settings: &ServerSettings) -> Result<Self, StoreError> {
        let name = settings.name();
        let patience = settings.patience.unwrap_or(PATIENCE);
        let client = client(settings)?;
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_connection_timeout(Some(patience))
            .set_response_timeout(Some(patience));
        let connection = ConnectionManager::new_with_config(client, config).await;
        let connection = connection.map_err(|error| classify(&name, &error))?;
        Ok(Self { connection, name })
    }

    fn error(&self, error: &RedisError) -> StoreError {
        classify(&self.name, error)
    }

    async fn get(&self, key: &str) -> Result<Option<String>, StoreError> {
        let got = self.connection.clone().get(key).await;
        got.map_err(|error| self.error(&error))
    }

    async fn set(&self, key: &str, value: &str) -> Result<(), StoreError> {
        let set: Result<(), _> = self.connection.clone().set(key, value).await;
        set.map_err(|error| self.error(&error))
    }

    async fn delete(&self, key: &str) -> Result<bool, StoreError> {
        let deleted: Result<u64, _> = self.connection.clone().del(key).await;
        let deleted = deleted.map_err(|error| self.error(&error))?;
        Ok(deleted > 0)
    }

    /// One step of a scan: the next cursor, 0 at the end, and keys.
    async fn scan(
        &self,
        cursor: u64,
        pattern: &str,
        count: usize,
    ) -> Result<(u64, Vec<String>), StoreError> {
        let mut command = redis::cmd("SCAN");
        command.arg(cursor).arg("MATCH").arg(pattern);
        command.arg("COUNT").arg(count.clamp(1, 10_000));
        let answer = command.query_async(&mut self.connection.clone()).await;
        answer.map_err(|error| self.error(&error))
    }

    /// Every key with that prefix and what follows it. Looks at every key of the database.
    async fn keys_of(&self, owner: Owner<'_>) -> Result<BTreeMap<String, String>, StoreError> {
        let prefix = key_of(owner, "");
        let pattern = format!("{}*", escaped(&prefix));
        let (mut cursor, mut found) = (0, BTreeMap::new());
        loop {
            let (next, keys) = self.scan(cursor, &pattern, 1000).await?;
            for key in keys {
                if let Some(name) = key.strip_prefix(&prefix) {
                    found.insert(name.to_owned(), key);
                }
            }
            cursor = next;
            if cursor == 0 {
                break;
            }
        }
        if let Owner::Tenant(_) = owner {
            self.leave_to_longer_names(&prefix, &mut found).await?;
        }
        Ok(found)
    }

    /// `a:b:clientInfo` is the record of the tenant `a:b`, not a setting of the tenant `a`.
    async fn leave_to_longer_names(
        &self,
        prefix: &str,
        found: &mut BTreeMap<String, String>,
    ) -> Result<(), StoreError> {
        let mut longer = Vec::new();
        for name in found.keys() {
            for (at, _) in name.match_indices(':') {
                let inner = &name[..=at];
                if !longer.iter().any(|known: &String| known == inner)
                    && self
                        .get(&format!("{prefix}{inner}{CLIENT_INFO}"))
                        .await?
                        .is_some()
                {
                    longer.push(inner.to_owned());
                }
            }
        }
        found.retain(|name, _| !longer.iter().any(|inner| name.starts_with(inner)));
        Ok(())
    }
}

impl Backend for RedisStore {
    async fn load(&self, key: &ClientKey) -> Result<Option<Stored>, StoreError> {
        let text = self.get(&key_of(Owner::Tenant(key), CLIENT_INFO)).await?;
        text.map(|text| stored(key.as_str(), &text)).transpose()
    }

    async fn save(&self, key: &ClientKey, stored: Stored) -> Result<(), StoreError> {
        let (mut main, beside) = (stored.main, stored.beside);
        if let Value::Object(members) = &mut main {
            members.insert(BESIDE.to_owned(), serde_json::json!(beside));
        }
        let key = key_of(Owner::Tenant(key), CLIENT_INFO);
        self.set(&key, &main.to_string()).await
    }

    async fn page(&self, from: Option<&str>, limit: usize) -> Result<RawPage, StoreError> {
        let cursor = from.and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
        let suffix = format!(":{CLIENT_INFO}");
        let (next, keys) = self.scan(cursor, &format!("*{suffix}"), limit).await?;
        let mut page = RawPage {
            next: (next != 0).then(|| next.to_string()),
            ..RawPage::default()
        };
        // A setting of an installation may have the same name.
        let ours = |key: &String| !key.starts_with("forge:") && !key.starts_with("connect:");
        let keys: Vec<String> = keys.into_iter().filter(ours).collect();
        if keys.is_empty() {
            return Ok(page);
        }
        // Not `MGET`, which a cluster refuses for keys on several nodes.
        let mut gets = redis::pipe();
        for key in &keys {
            gets.get(key);
        }
        let texts = gets.query_async(&mut self.connection.clone()).await;
        let texts: Vec<Option<String>> = texts.map_err(|error| self.error(&error))?;
        for (key, text) in keys.iter().zip(texts) {
            // Gone since the scan is no longer part of the list.
            if let (Some(client_key), Some(text)) = (key.strip_suffix(&suffix), text) {
                page.tenants.push(stored(client_key, &text));
            }
        }
        Ok(page)
    }

    async fn purge(&self, owner: Owner<'_>) -> Result<bool, StoreError> {
        let mut found = self.delete(&key_of(owner, owner.main())).await?;
        match owner {
            Owner::Installation(id) => found |= self.dissociate(id).await?,
            Owner::Tenant(key) => association::remove_of(self, key).await?,
        }
        for key in self.keys_of(owner).await?.into_values() {
            self.delete(&key).await?;
        }
        Ok(found)
    }

    async fn value(&self, owner: Owner<'_>, name: &str) -> Result<Option<Value>, StoreError> {
        let text = self.get(&key_of(owner, name)).await?;
        Ok(text.map(value))
    }

    async fn values(&self, owner: Owner<'_>) -> Result<Vec<(String, Value)>, StoreError> {
        let mut values = Vec::new();
        for (name, key) in self.keys_of(owner).await? {
            if let Some(text) = self.get(&key).await? {
                values.push((name, value(text)));
            }
        }
        Ok(values)
    }

    async fn save_value(
        &self,
        owner: Owner<'_>,
        name: &str,
        value: &Value,
    ) -> Result<(), StoreError> {
        self.set(&key_of(owner, name), &value.to_string()).await
    }

    async fn remove_value(&self, owner: Owner<'_>, name: &str) -> Result<bool, StoreError> {
        self.delete(&key_of(owner, name)).await
    }

    async fn association(&self, id: &InstallationId) -> Result<Option<String>, StoreError> {
        association::find(self, id).await
    }

    async fn associate(&self, id: &InstallationId, key: &ClientKey) -> Result<(), StoreError> {
        association::put(self, id, key).await
    }

    async fn dissociate(&self, id: &InstallationId) -> Result<bool, StoreError> {
        association::remove(self, id).await
    }
}

impl association::Records for RedisStore {
    async fn named_by(&self, id: &str) -> Result<Option<String>, StoreError> {
        self.get(&association_of(id)).await
    }

    async fn save_association(
        &self,
        id: &InstallationId,
        key: &ClientKey,
    ) -> Result<(), StoreError> {
        self.set(&association_of(id.as_str()), key.as_str()).await
    }

    async fn remove_association(&self, id: &str) -> Result<(), StoreError> {
        self.delete(&association_of(id)).await.map(drop)
    }

    async fn pointer(&self, key: &ClientKey) -> Result<Option<String>, StoreError> {
        self.get(&installation_of(key)).await
    }

    async fn save_pointer(&self, key: &ClientKey, id: &InstallationId) -> Result<(), StoreError> {
        self.set(&installation_of(key), id.as_str()).await
    }

    async fn remove_pointer(&self, key: &ClientKey) -> Result<(), StoreError> {
        self.delete(&installation_of(key)).await.map(drop)
    }
}

/// The address, and how far the server's certificate is believed.
fn client(settings: &ServerSettings) -> Result<Client, StoreError> {
    let fault = |problem: &str| StoreError::Settings {
        problem: problem.to_owned(),
    };
    let unreadable = |_| fault("the URL is not one of Redis");
    let url = settings.url.expose();
    let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
    let encrypted = matches!(scheme, "rediss" | "valkeys");
    let ca = match &settings.tls {
        None if !encrypted => return Client::open(url).map_err(unreadable),
        None => None,
        Some(Tls::Unverified) => {
            return Err(fault(
                "Redis is not talked to without a look at its certificate; give its authority as `ca`",
            ));
        }
        Some(Tls::Verified { ca }) => ca.as_ref(),
    };
    crate::tls::provide();
    let certificates = TlsCertificates {
        client_tls: None,
        root_cert: ca.map(|ca| ca.clone().into_bytes()),
    };
    Client::build_with_tls(format!("rediss:{rest}"), certificates).map_err(unreadable)
}

fn key_of(owner: Owner<'_>, name: &str) -> String {
    match owner {
        Owner::Installation(id) => format!("forge:{id}:{name}"),
        Owner::Tenant(key) => format!("{key}:{name}"),
    }
}

fn association_of(id: &str) -> String {
    format!("installation:{id};")
}

fn installation_of(client_key: &ClientKey) -> String {
    format!("connect:installation-of:{client_key}")
}

/// A text that means itself in a pattern.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '\\' | '^') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn stored(client_key: &str, text: &str) -> Result<Stored, StoreError> {
    let mut main = record::parse(text, || format!("tenant {}", client_key.escape_debug()))?;
    let beside = main.as_object_mut().and_then(|main| main.remove(BESIDE));
    Ok(Stored {
        client_key: client_key.to_owned(),
        main,
        beside: beside
            .and_then(|beside| serde_json::from_value(beside).ok())
            .unwrap_or_default(),
    })
}

/// ACE writes a text as it is, and everything else as JSON.
fn value(text: String) -> Value {
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

/// SECURITY: the details of an error may repeat the arguments of a command, so only its code is
/// shown. Test: an_error_repeats_no_argument.
fn classify(store: &str, error: &RedisError) -> StoreError {
    let store = store.to_owned();
    let said = if error.is_io_error() {
        error.to_string()
    } else {
        error.code().unwrap_or(error.category()).to_owned()
    };
    let distrust = crate::tls::is_distrust(&said);
    let source = DriverError::new(said);
    if distrust {
        return StoreError::Untrusted { store, source };
    }
    match (error.kind(), error.code()) {
        (ErrorKind::AuthenticationFailed, _) | (_, Some("WRONGPASS" | "NOAUTH")) => {
            StoreError::Unauthorized { store, source }
        }
        (_, Some("NOPERM")) => StoreError::Forbidden { store, source },
        // Out of memory, or it cannot write to its disk.
        (_, Some("OOM" | "MISCONF")) => StoreError::Full { store, source },
        _ => StoreError::Unavailable { store, source },
    }
}

/// The member of the main record that holds what ACE does not know; ACE ignores it.
const BESIDE: &str = "connect:beside";

/// How long a command may take: the host gives up on a page after 10 seconds.
const PATIENCE: Duration = Duration::from_secs(5);

#[cfg(unix)]
#[cfg(test)]
mod tests;
