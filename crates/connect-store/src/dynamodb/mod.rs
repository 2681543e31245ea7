//! Tenants in DynamoDB, in ACE's tables.
//!
//! | table | key | attributes |
//! | --- | --- | --- |
//! | `AddonSettings` | `clientKey`, `key` | `val` (JSON), `createdAt` (milliseconds); ours: `connect` |
//! | `InstallationClientKeys` | `installationId` | `clientKey` |
//! | `ForgeSettings` | `installationId`, `key` | `val`, `createdAt` |
//!
//! What ACE does not know of a tenant is the attribute `connect` of the same item, so that one
//! write changes both, and a write of ACE's, which replaces the item, makes it current again. The
//! item with the key `connect:installation` names the one installation of a tenant.
//! Reads are consistent: a secret that another process has just stored is seen.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_config::{BehaviorVersion, Region, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_dynamodb::{
    Client,
    config::Credentials,
    error::{ProvideErrorMetadata, SdkError},
    types::{AttributeValue, ReturnValue},
};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use connect_core::{
    ClientKey, InstallationId,
    store::{DriverError, StoreError},
};
use serde_json::{Value, json};

use crate::{
    association,
    backend::{Backend, Owner, RawPage, store_in_aces_layout},
    names::CLIENT_INFO,
    record::{self, Stored},
    settings::DynamoDbSettings,
};

mod tables;

/// Tenants in DynamoDB.
#[derive(Clone, Debug)]
pub struct DynamoDbStore {
    client: Client,
    table: String,
}

store_in_aces_layout!(DynamoDbStore);

type Item = HashMap<String, AttributeValue>;

impl DynamoDbStore {
    /// Connects with the credentials of the settings, or else those that the SDK finds, and makes
    /// the tables that are missing.
    ///
    /// # Errors
    /// What is in the way: no credentials, no rights, no answer.
    pub async fn open(settings: &DynamoDbSettings) -> Result<Self, StoreError> {
        let http = Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let patience = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(3))
            .operation_timeout(PATIENCE)
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .timeout_config(patience)
            .retry_config(RetryConfig::standard().with_max_attempts(3));
        if let Some(region) = &settings.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(endpoint) = &settings.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        if let Some((id, secret, session)) = &settings.credentials {
            let session = session.as_ref().map(|session| session.expose().to_owned());
            let secret = secret.expose();
            loader = loader.credentials_provider(Credentials::new(
                id,
                secret,
                session,
                None,
                "settings of the store",
            ));
        }
        let store = Self {
            client: Client::new(&loader.load().await),
            table: settings.table.clone(),
        };
        for (table, hash, range) in [
            (store.table.as_str(), "clientKey", Some("key")),
            (ASSOCIATIONS, "installationId", None),
            (FORGE_SETTINGS, "installationId", Some("key")),
        ] {
            store.make_table(table, hash, range).await?;
        }
        Ok(store)
    }

    fn name(&self) -> String {
        format!("dynamodb table {}", self.table)
    }

    fn error<E: ProvideErrorMetadata>(&self, error: &SdkError<E>) -> StoreError {
        classify(self.name(), error)
    }

    fn table_of(&self, owner: Owner<'_>) -> (&str, &'static str) {
        match owner {
            Owner::Installation(_) => (FORGE_SETTINGS, "installationId"),
            Owner::Tenant(_) => (&self.table, "clientKey"),
        }
    }

    async fn get(&self, table: &str, key: Item) -> Result<Option<Item>, StoreError> {
        let get = self.client.get_item().table_name(table);
        let got = get.set_key(Some(key)).consistent_read(true).send().await;
        Ok(got.map_err(|error| self.error(&error))?.item)
    }

    async fn put(&self, table: &str, item: Item) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(table);
        let put = put.set_item(Some(item)).send().await;
        put.map_err(|error| self.error(&error))?;
        Ok(())
    }

    /// True when there was something.
    async fn delete(&self, table: &str, key: Item) -> Result<bool, StoreError> {
        let delete = self.client.delete_item().table_name(table);
        let delete = delete.set_key(Some(key)).return_values(ReturnValue::AllOld);
        let deleted = delete.send().await.map_err(|error| self.error(&error))?;
        Ok(deleted.attributes.is_some_and(|old| !old.is_empty()))
    }

    fn key(&self, owner: Owner<'_>, name: &str) -> Item {
        let (_, hash) = self.table_of(owner);
        HashMap::from([
            (hash.to_owned(), text(owner.id())),
            ("key".to_owned(), text(name)),
        ])
    }

    fn item(&self, owner: Owner<'_>, name: &str, value: &Value) -> Item {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.unwrap_or_default().as_millis().to_string();
        let mut item = self.key(owner, name);
        item.insert("val".to_owned(), text(&value.to_string()));
        item.insert("createdAt".to_owned(), AttributeValue::N(now));
        item
    }

    /// Every item of an owner.
    async fn items(&self, owner: Owner<'_>) -> Result<Vec<Item>, StoreError> {
        let (table, hash) = self.table_of(owner);
        let (mut items, mut from) = (Vec::new(), None);
        loop {
            let query = self.client.query().table_name(table).consistent_read(true);
            let query = query
                .key_condition_expression("#hash = :hash")
                .expression_attribute_names("#hash", hash)
                .expression_attribute_values(":hash", text(owner.id()))
                .set_exclusive_start_key(from.take());
            let page = query.send().await.map_err(|error| self.error(&error))?;
            items.extend(page.items.unwrap_or_default());
            from = page.last_evaluated_key.filter(|key| !key.is_empty());
            if from.is_none() {
                return Ok(items);
            }
        }
    }
}

impl Backend for DynamoDbStore {
    async fn load(&self, key: &ClientKey) -> Result<Option<Stored>, StoreError> {
        let key = self.key(Owner::Tenant(key), CLIENT_INFO);
        let item = self.get(&self.table, key).await?;
        item.map(|item| stored(&item)).transpose()
    }

    async fn save(&self, key: &ClientKey, stored: Stored) -> Result<(), StoreError> {
        let mut item = self.item(Owner::Tenant(key), CLIENT_INFO, &stored.main);
        let beside = json!(stored.beside).to_string();
        item.insert(BESIDE.to_owned(), text(&beside));
        self.put(&self.table, item).await
    }

    async fn page(&self, from: Option<&str>, limit: usize) -> Result<RawPage, StoreError> {
        let limit = i32::try_from(limit.clamp(1, 1000)).unwrap_or(1000);
        let mut scan = self.client.scan().table_name(&self.table);
        scan = scan.consistent_read(true).limit(limit);
        scan = scan
            .filter_expression("#key = :key")
            .expression_attribute_names("#key", "key")
            .expression_attribute_values(":key", text(CLIENT_INFO));
        let start = from.and_then(|from| serde_json::from_str::<[String; 2]>(from).ok());
        if let Some([client_key, key]) = start {
            scan = scan
                .exclusive_start_key("clientKey", text(&client_key))
                .exclusive_start_key("key", text(&key));
        }
        let page = scan.send().await.map_err(|error| self.error(&error))?;
        let last = page.last_evaluated_key.as_ref();
        let next = last.and_then(|last| Some([string(last, "clientKey")?, string(last, "key")?]));
        Ok(RawPage {
            tenants: page.items().iter().map(stored).collect(),
            next: next.map(|next| json!(next).to_string()),
        })
    }

    async fn purge(&self, owner: Owner<'_>) -> Result<bool, StoreError> {
        let (table, _) = self.table_of(owner);
        let mut found = match owner {
            Owner::Installation(id) => self.dissociate(id).await?,
            Owner::Tenant(key) => {
                association::remove_of(self, key).await?;
                false
            }
        };
        found |= self.delete(table, self.key(owner, owner.main())).await?;
        for item in self.items(owner).await? {
            if let Some(name) = string(&item, "key") {
                self.delete(table, self.key(owner, &name)).await?;
            }
        }
        Ok(found)
    }

    async fn value(&self, owner: Owner<'_>, name: &str) -> Result<Option<Value>, StoreError> {
        let (table, _) = self.table_of(owner);
        let item = self.get(table, self.key(owner, name)).await?;
        Ok(item.and_then(|item| value(&item)))
    }

    async fn values(&self, owner: Owner<'_>) -> Result<Vec<(String, Value)>, StoreError> {
        let items = self.items(owner).await?;
        let pair = |item: &Item| Some((string(item, "key")?, value(item)?));
        let mut values: Vec<_> = items.iter().filter_map(pair).collect();
        values.sort_by(|one, other| one.0.cmp(&other.0));
        Ok(values)
    }

    async fn save_value(
        &self,
        owner: Owner<'_>,
        name: &str,
        value: &Value,
    ) -> Result<(), StoreError> {
        let (table, _) = self.table_of(owner);
        self.put(table, self.item(owner, name, value)).await
    }

    async fn remove_value(&self, owner: Owner<'_>, name: &str) -> Result<bool, StoreError> {
        let (table, _) = self.table_of(owner);
        self.delete(table, self.key(owner, name)).await
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

impl association::Records for DynamoDbStore {
    async fn named_by(&self, id: &str) -> Result<Option<String>, StoreError> {
        let found = self.get(ASSOCIATIONS, association_key(id)).await?;
        Ok(found.and_then(|item| string(&item, "clientKey")))
    }

    async fn save_association(
        &self,
        id: &InstallationId,
        key: &ClientKey,
    ) -> Result<(), StoreError> {
        let mut item = association_key(id.as_str());
        item.insert("clientKey".to_owned(), text(key.as_str()));
        self.put(ASSOCIATIONS, item).await
    }

    async fn remove_association(&self, id: &str) -> Result<(), StoreError> {
        let own = association_key(id);
        self.delete(ASSOCIATIONS, own).await.map(drop)
    }

    async fn pointer(&self, key: &ClientKey) -> Result<Option<String>, StoreError> {
        let found = self.value(Owner::Tenant(key), POINTER).await?;
        Ok(found.and_then(|id| id.as_str().map(str::to_owned)))
    }

    async fn save_pointer(&self, key: &ClientKey, id: &InstallationId) -> Result<(), StoreError> {
        let id = json!(id.as_str());
        self.save_value(Owner::Tenant(key), POINTER, &id).await
    }

    async fn remove_pointer(&self, key: &ClientKey) -> Result<(), StoreError> {
        self.remove_value(Owner::Tenant(key), POINTER)
            .await
            .map(drop)
    }
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn string(item: &Item, name: &str) -> Option<String> {
    item.get(name)?.as_s().ok().cloned()
}

fn association_key(id: &str) -> Item {
    HashMap::from([("installationId".to_owned(), text(id))])
}

fn stored(item: &Item) -> Result<Stored, StoreError> {
    let client_key = string(item, "clientKey").unwrap_or_default();
    let main = string(item, "val").unwrap_or_default();
    let main = record::parse(&main, || format!("tenant {}", client_key.escape_debug()))?;
    let beside = string(item, BESIDE);
    Ok(Stored {
        client_key,
        main,
        beside: beside
            .and_then(|beside| serde_json::from_str(&beside).ok())
            .unwrap_or_default(),
    })
}

/// ACE writes a text as it is, and everything else as JSON.
fn value(item: &Item) -> Option<Value> {
    let text = string(item, "val")?;
    Some(serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

fn code<E: ProvideErrorMetadata>(error: &SdkError<E>) -> Option<&str> {
    error
        .as_service_error()
        .and_then(ProvideErrorMetadata::code)
}

/// SECURITY: a message may repeat values of the request, so only the code is shown.
fn classify<E: ProvideErrorMetadata>(store: String, error: &SdkError<E>) -> StoreError {
    let code = code(error);
    let said = match (code, error) {
        (Some(code), _) => code.to_owned(),
        (None, SdkError::TimeoutError(_)) => "no answer within the time allowed".to_owned(),
        (None, SdkError::DispatchFailure(failure)) if failure.is_io() || failure.is_timeout() => {
            "no connection".to_owned()
        }
        (None, SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_)) => {
            "no credentials or no region that can be used".to_owned()
        }
        _ => "an answer that cannot be read".to_owned(),
    };
    let unusable = said.starts_with("no credentials");
    let source = DriverError::new(said);
    match code {
        Some("AccessDeniedException") => StoreError::Forbidden { store, source },
        Some(
            "ExpiredTokenException"
            | "IncompleteSignature"
            | "InvalidSignatureException"
            | "MissingAuthenticationTokenException"
            | "UnrecognizedClientException",
        ) => StoreError::Unauthorized { store, source },
        Some("ItemCollectionSizeLimitExceededException" | "LimitExceededException") => {
            StoreError::Full { store, source }
        }
        None if unusable => StoreError::Unauthorized { store, source },
        _ => StoreError::Unavailable { store, source },
    }
}

/// The attribute that holds what ACE does not know.
const BESIDE: &str = "connect";

/// The key of the item that names a tenant's installation.
const POINTER: &str = "connect:installation";

const ASSOCIATIONS: &str = "InstallationClientKeys";
const FORGE_SETTINGS: &str = "ForgeSettings";

/// How long an operation may take, retries included: the host gives up on a page after 10 seconds.
const PATIENCE: Duration = Duration::from_secs(5);

#[cfg(unix)]
#[cfg(test)]
mod tests;
