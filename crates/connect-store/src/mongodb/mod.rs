//! Tenants in MongoDB, in ACE's collections.
//!
//! | collection | document |
//! | --- | --- |
//! | `AddonSettings` | `key`, `clientKey`, `val` (the record itself, not a text); ours: `connect` |
//! | `InstallationClientKeys` | `installationId`, `clientKey` |
//! | `ForgeSettings` | `installationId`, `key`, `val` |
//!
//! What ACE does not know of a tenant is the member `connect` of the same document, so that one
//! write changes both, and a write of ACE's, which replaces the document, makes it current again.
//! The document with the key `connect:installation` names the one installation of a tenant.

use std::time::Duration;

use connect_core::{
    ClientKey, InstallationId,
    store::{DriverError, StoreError},
};
use mongodb::{
    Client, Collection, Database, IndexModel,
    bson::{Bson, Document, deserialize_from_bson, doc, serialize_to_bson},
    error::{Error, ErrorKind, WriteFailure},
    options::{ClientOptions, IndexOptions, Tls as TlsOption, TlsOptions},
};
use serde_json::Value;

use crate::{
    association,
    backend::{Backend, Owner, RawPage, store_in_aces_layout},
    names::CLIENT_INFO,
    record::Stored,
    settings::{ServerSettings, Tls},
};

/// Tenants in MongoDB.
#[derive(Clone, Debug)]
pub struct MongoDbStore {
    settings: Collection<Document>,
    associations: Collection<Document>,
    forge: Collection<Document>,
    name: String,
}

store_in_aces_layout!(MongoDbStore);

impl MongoDbStore {
    /// Connects and makes the indexes that are missing.
    ///
    /// # Errors
    /// [`StoreError::Settings`] for a URL that is not one of MongoDB or names no database, and
    /// what is in the way of connecting.
    pub async fn open(settings: &ServerSettings) -> Result<Self, StoreError> {
        crate::tls::provide();
        let name = settings.name();
        let fault = |problem: &str| StoreError::Settings {
            problem: problem.to_owned(),
        };
        let mut options = ClientOptions::parse(settings.url.expose())
            .await
            .map_err(|_| fault("the URL is not one of MongoDB"))?;
        let patience = settings.patience.unwrap_or(PATIENCE);
        options.server_selection_timeout = Some(patience);
        options.connect_timeout = Some(patience);
        options.max_pool_size = settings.max_connections.or(options.max_pool_size);
        // As ACE: a server alone has no transactions to retry in.
        options.retry_writes = Some(false);
        match &settings.tls {
            None => {}
            Some(Tls::Unverified) => {
                let unverified = TlsOptions::builder().allow_invalid_certificates(true);
                options.tls = Some(TlsOption::Enabled(unverified.build()));
            }
            Some(Tls::Verified { ca: None }) => {
                options.tls = Some(TlsOption::Enabled(TlsOptions::default()));
            }
            Some(Tls::Verified { ca: Some(_) }) => {
                return Err(fault(
                    "MongoDB takes an authority as a file: tlsCAFile in the URL",
                ));
            }
        }
        let client = Client::with_options(options).map_err(|error| classify(&name, &error))?;
        let database = match &settings.database {
            Some(database) => client.database(database),
            None => client
                .default_database()
                .ok_or_else(|| fault("the URL names no database"))?,
        };
        Self::prepare(&database, &settings.table, name).await
    }

    async fn prepare(
        database: &Database,
        collection: &str,
        name: String,
    ) -> Result<Self, StoreError> {
        let store = Self {
            settings: database.collection(collection),
            associations: database.collection("InstallationClientKeys"),
            forge: database.collection("ForgeSettings"),
            name,
        };
        for (collection, keys, unique) in [
            (&store.settings, doc! {"key": 1, "clientKey": 1}, true),
            (&store.associations, doc! {"installationId": 1}, false),
            (&store.forge, doc! {"installationId": 1, "key": 1}, true),
        ] {
            let options = IndexOptions::builder()
                .unique(unique.then_some(true))
                .build();
            let index = IndexModel::builder().keys(keys).options(options).build();
            let made = collection.create_index(index).await;
            made.map_err(|error| store.error(&error))?;
        }
        Ok(store)
    }

    fn error(&self, error: &Error) -> StoreError {
        classify(&self.name, error)
    }

    fn place(&self, owner: Owner<'_>) -> (&Collection<Document>, Document) {
        match owner {
            Owner::Installation(id) => (&self.forge, doc! {"installationId": id.as_str()}),
            Owner::Tenant(key) => (&self.settings, doc! {"clientKey": key.as_str()}),
        }
    }

    async fn find(
        &self,
        collection: &Collection<Document>,
        filter: Document,
    ) -> Result<Option<Document>, StoreError> {
        let found = collection.find_one(filter).await;
        found.map_err(|error| self.error(&error))
    }

    /// Inserts or replaces; again when somebody else has just inserted the same.
    async fn put(
        &self,
        collection: &Collection<Document>,
        filter: Document,
        document: Document,
    ) -> Result<(), StoreError> {
        let mut tries = 0;
        loop {
            let put = collection
                .replace_one(filter.clone(), &document)
                .upsert(true);
            match put.await {
                Ok(_) => return Ok(()),
                Err(error) if is_duplicate(&error) && tries < 5 => tries += 1,
                Err(error) => return Err(self.error(&error)),
            }
        }
    }

    async fn delete(
        &self,
        collection: &Collection<Document>,
        filter: Document,
    ) -> Result<bool, StoreError> {
        let deleted = collection.delete_many(filter).await;
        let deleted = deleted.map_err(|error| self.error(&error))?;
        Ok(deleted.deleted_count > 0)
    }

    async fn all(
        &self,
        collection: &Collection<Document>,
        filter: Document,
        sort: Document,
        limit: i64,
    ) -> Result<Vec<Document>, StoreError> {
        let found = collection.find(filter).sort(sort).limit(limit).await;
        let mut cursor = found.map_err(|error| self.error(&error))?;
        let mut documents = Vec::new();
        while cursor.advance().await.map_err(|error| self.error(&error))? {
            let document = cursor.deserialize_current();
            documents.push(document.map_err(|error| self.error(&error))?);
        }
        Ok(documents)
    }
}

impl Backend for MongoDbStore {
    async fn load(&self, key: &ClientKey) -> Result<Option<Stored>, StoreError> {
        let filter = doc! {"key": CLIENT_INFO, "clientKey": key.as_str()};
        let found = self.find(&self.settings, filter).await?;
        Ok(found.map(stored))
    }

    async fn save(&self, key: &ClientKey, stored: Stored) -> Result<(), StoreError> {
        let filter = doc! {"key": CLIENT_INFO, "clientKey": key.as_str()};
        let mut document = filter.clone();
        document.insert("val", self.bson(&stored.main)?);
        document.insert(BESIDE, serde_json::json!(stored.beside).to_string());
        self.put(&self.settings, filter, document).await
    }

    async fn page(&self, from: Option<&str>, limit: usize) -> Result<RawPage, StoreError> {
        let mut filter = doc! {"key": CLIENT_INFO};
        if let Some(from) = from {
            filter.insert("clientKey", doc! {"$gt": from});
        }
        let most = i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1;
        let mut found = self
            .all(&self.settings, filter, doc! {"clientKey": 1}, most)
            .await?;
        let more = found.len() > limit;
        found.truncate(limit);
        let last = found.last().and_then(|last| text(last, "clientKey"));
        Ok(RawPage {
            tenants: found.into_iter().map(|found| Ok(stored(found))).collect(),
            next: last.filter(|_| more),
        })
    }

    async fn purge(&self, owner: Owner<'_>) -> Result<bool, StoreError> {
        let (collection, mut main) = self.place(owner);
        main.insert("key", owner.main());
        let mut found = self.delete(collection, main).await?;
        match owner {
            Owner::Installation(id) => found |= self.dissociate(id).await?,
            Owner::Tenant(key) => {
                let of_tenant = doc! {"clientKey": key.as_str()};
                self.delete(&self.associations, of_tenant).await?;
            }
        }
        let (collection, all) = self.place(owner);
        self.delete(collection, all).await?;
        Ok(found)
    }

    async fn value(&self, owner: Owner<'_>, name: &str) -> Result<Option<Value>, StoreError> {
        let (collection, mut filter) = self.place(owner);
        filter.insert("key", name);
        Ok(self.find(collection, filter).await?.map(value))
    }

    async fn values(&self, owner: Owner<'_>) -> Result<Vec<(String, Value)>, StoreError> {
        let (collection, filter) = self.place(owner);
        let found = self.all(collection, filter, doc! {"key": 1}, 0).await?;
        let pairs = found
            .into_iter()
            .filter_map(|found| Some((text(&found, "key")?, value(found))));
        Ok(pairs.collect())
    }

    async fn save_value(
        &self,
        owner: Owner<'_>,
        name: &str,
        value: &Value,
    ) -> Result<(), StoreError> {
        let (collection, mut filter) = self.place(owner);
        filter.insert("key", name);
        let mut document = filter.clone();
        document.insert("val", self.bson(value)?);
        self.put(collection, filter, document).await
    }

    async fn remove_value(&self, owner: Owner<'_>, name: &str) -> Result<bool, StoreError> {
        let (collection, mut filter) = self.place(owner);
        filter.insert("key", name);
        self.delete(collection, filter).await
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

impl association::Records for MongoDbStore {
    async fn named_by(&self, id: &str) -> Result<Option<String>, StoreError> {
        let found = self.find(&self.associations, doc! {"installationId": id});
        Ok(found.await?.and_then(|found| text(&found, "clientKey")))
    }

    async fn save_association(
        &self,
        id: &InstallationId,
        key: &ClientKey,
    ) -> Result<(), StoreError> {
        let filter = doc! {"installationId": id.as_str()};
        let mut document = filter.clone();
        document.insert("clientKey", key.as_str());
        self.put(&self.associations, filter, document).await
    }

    async fn remove_association(&self, id: &str) -> Result<(), StoreError> {
        let own = doc! {"installationId": id};
        self.delete(&self.associations, own).await.map(drop)
    }

    async fn pointer(&self, key: &ClientKey) -> Result<Option<String>, StoreError> {
        let found = self.value(Owner::Tenant(key), POINTER).await?;
        Ok(found.and_then(|id| id.as_str().map(str::to_owned)))
    }

    async fn save_pointer(&self, key: &ClientKey, id: &InstallationId) -> Result<(), StoreError> {
        let id = Value::from(id.as_str());
        self.save_value(Owner::Tenant(key), POINTER, &id).await
    }

    async fn remove_pointer(&self, key: &ClientKey) -> Result<(), StoreError> {
        self.remove_value(Owner::Tenant(key), POINTER)
            .await
            .map(drop)
    }
}

impl MongoDbStore {
    fn bson(&self, value: &Value) -> Result<Bson, StoreError> {
        serialize_to_bson(value).map_err(|_| StoreError::Corrupt {
            record: "value".to_owned(),
            problem: "it holds a number that MongoDB cannot keep",
        })
    }
}

fn text(document: &Document, name: &str) -> Option<String> {
    document.get_str(name).ok().map(str::to_owned)
}

fn value(mut document: Document) -> Value {
    let value = document.remove("val").unwrap_or(Bson::Null);
    deserialize_from_bson(value).unwrap_or_default()
}

fn stored(document: Document) -> Stored {
    let beside = text(&document, BESIDE);
    Stored {
        client_key: text(&document, "clientKey").unwrap_or_default(),
        beside: beside
            .and_then(|beside| serde_json::from_str(&beside).ok())
            .unwrap_or_default(),
        main: value(document),
    }
}

fn is_duplicate(error: &Error) -> bool {
    matches!(&*error.kind, ErrorKind::Write(WriteFailure::WriteError(error)) if error.code == 11000)
}

/// SECURITY: a message may quote a document, so only the number and its name are shown.
fn classify(store: &str, error: &Error) -> StoreError {
    let store = store.to_owned();
    let (code, said) = match &*error.kind {
        ErrorKind::Command(error) => (error.code, format!("{} ({})", error.code_name, error.code)),
        ErrorKind::Write(WriteFailure::WriteError(error)) => {
            (error.code, format!("write error {}", error.code))
        }
        ErrorKind::Authentication { .. } => (18, "authentication failed".to_owned()),
        ErrorKind::Io(error) => (0, error.to_string()),
        ErrorKind::ServerSelection { .. } => (0, "no server answers".to_owned()),
        ErrorKind::DnsResolve { .. } => (0, "its name is not known".to_owned()),
        _ => (0, "the driver cannot go on".to_owned()),
    };
    let source = DriverError::new(said);
    match code {
        18 => StoreError::Unauthorized { store, source },
        13 | 8000 => StoreError::Forbidden { store, source },
        14031 => StoreError::Full { store, source },
        _ => StoreError::Unavailable { store, source },
    }
}

/// The member that holds what ACE does not know.
const BESIDE: &str = "connect";

/// The key of the document that names a tenant's installation.
const POINTER: &str = "connect:installation";

/// How long a server may take to be found: the host gives up on a page after 10 seconds.
const PATIENCE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests;
