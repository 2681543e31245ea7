//! Tenants as JSON, to look at and to move from one store to another.
//!
//! One record holds all a store has of a tenant: ACE's main record, what ACE does not know, its
//! settings, and the Forge installation that it is one with. Shared secrets and app tokens are in
//! it only when asked for.

use connect_core::{
    ClientKey, InstallationId, Tenant,
    store::{ForgeInstallation, Store, StoreError},
};
use serde_json::{Map, Value, json};

use crate::record::{self, Stored};

/// Whether a record holds what gives power to whoever reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// Left out. Settings are left out, too: an app may keep a token in one.
    Hidden,
    /// In plain text.
    Shown,
}

/// A record cannot be taken over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// It is not a record, or holds what cannot be a tenant.
    #[error("this is not the record of a tenant: {0}")]
    Record(String),
    /// It was written without secrets.
    #[error("the record of `{0}` holds no secrets")]
    NoSecrets(ClientKey),
    /// The store refuses it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The record of a tenant.
///
/// # Errors
/// Those of the store, which is asked for settings and installation.
pub async fn take(
    store: &dyn Store,
    tenant: &Tenant,
    secrets: Secrets,
) -> Result<Value, StoreError> {
    let mut out = describe(tenant, secrets);
    let shown = secrets == Secrets::Shown;
    if shown {
        let settings = store.settings(&tenant.client_key).await?;
        out["settings"] = Value::Object(settings.into_iter().collect());
    }
    let id = tenant.installation_id.as_deref();
    let id = id.and_then(|id| InstallationId::parse(id).ok());
    if let Some(id) = id
        && let Some(installation) = store.installation(&id).await?
    {
        let mut known = record::write_installation(&installation);
        if let (Secrets::Hidden, Some(known)) = (secrets, known.as_object_mut()) {
            known.remove("appToken");
        }
        known["id"] = id.as_str().into();
        known["associated"] = json!(installation.client_key.as_ref() == Some(&tenant.client_key));
        if shown {
            let settings = store.forge_settings(&id).await?;
            known["settings"] = Value::Object(settings.into_iter().collect());
        }
        out["installation"] = known;
    }
    Ok(out)
}

/// What is known of a tenant itself.
pub fn describe(tenant: &Tenant, secrets: Secrets) -> Value {
    let Stored {
        mut main,
        mut beside,
        ..
    } = record::write(tenant);
    beside.of_secret = None;
    if secrets == Secrets::Hidden {
        beside.previous_secret = None;
        if let Some(main) = main.as_object_mut() {
            main.remove("sharedSecret");
            // A host may send another one some day.
            main.retain(|name, _| !name.to_ascii_lowercase().contains("secret"));
        }
    }
    json!({"clientKey": tenant.client_key.as_str(), "clientInfo": main, "beside": beside})
}

/// Writes a record into a store; what the store has of that tenant is replaced.
///
/// # Errors
/// [`TransferError`]; nothing is written unless the record is one.
pub async fn put(store: &dyn Store, record: &Value) -> Result<ClientKey, TransferError> {
    let tenant = tenant_of(record)?;
    let installation = record
        .get("installation")
        .map(installation_of)
        .transpose()?;
    let members = |value: &Value| value.get("settings").and_then(Value::as_object).cloned();
    store.save_tenant(&tenant).await?;
    for (name, value) in members(record).unwrap_or_default() {
        store
            .save_setting(&tenant.client_key, &name, &value)
            .await?;
    }
    if let (Some(known), Some(source)) = (installation, record.get("installation")) {
        store.save_installation(&known).await?;
        if source.get("associated") == Some(&Value::Bool(true)) {
            store.associate(&known.id, &tenant.client_key).await?;
        }
        for (name, value) in members(source).unwrap_or_default() {
            store.save_forge_setting(&known.id, &name, &value).await?;
        }
    }
    Ok(tenant.client_key)
}

/// The tenant of a record.
///
/// # Errors
/// [`TransferError::Record`] or [`TransferError::NoSecrets`].
pub fn tenant_of(record: &Value) -> Result<Tenant, TransferError> {
    let wrong = |problem: &str| TransferError::Record(problem.to_owned());
    let main = record.get("clientInfo").cloned();
    let main = main.ok_or_else(|| wrong("it has no `clientInfo`"))?;
    let client_key = record.get("clientKey").and_then(Value::as_str);
    let client_key = client_key.ok_or_else(|| wrong("it has no `clientKey`"))?;
    if main.get("sharedSecret").is_none()
        && let Ok(client_key) = ClientKey::parse(client_key)
    {
        return Err(TransferError::NoSecrets(client_key));
    }
    let beside = record.get("beside").cloned();
    let beside = beside.unwrap_or_else(|| Value::Object(Map::new()));
    record::read(Stored {
        client_key: client_key.to_owned(),
        main,
        beside: serde_json::from_value(beside).map_err(|_| wrong("`beside` is not understood"))?,
    })
    .map_err(|error| TransferError::Record(error.to_string()))
}

fn installation_of(record: &Value) -> Result<ForgeInstallation, TransferError> {
    let id = record.get("id").and_then(Value::as_str).unwrap_or_default();
    let id = InstallationId::parse(id);
    let id = id.map_err(|error| TransferError::Record(error.to_string()))?;
    Ok(record::read_installation(&id, None, Some(record)))
}

#[cfg(test)]
mod tests {
    use connect_core::{Secret, TenantState, Timestamp, store::AppToken};

    use super::*;
    use crate::{MemoryStore, tests as contract};

    async fn filled() -> (MemoryStore, Tenant) {
        let store = MemoryStore::new();
        let mut tenant = contract::tenant("site-1");
        let old = "the previous shared secret, long enough";
        tenant.rotate_secret(Secret::new(old), None);
        tenant.rotate_secret(
            Secret::new("hunter2hunter2hunter2hunter2hunter2"),
            Some(Timestamp::from_unix(9)),
        );
        tenant.state = TenantState::Disabled;
        tenant.installation_id = Some("ari:x".to_owned());
        tenant
            .details
            .insert("installationId".to_owned(), "ari:x".into());
        store.save_tenant(&tenant).await.unwrap();
        let key = &tenant.client_key;
        store
            .save_setting(key, "colour", &json!("red"))
            .await
            .unwrap();
        let mut known = ForgeInstallation::new(InstallationId::parse("ari:x").unwrap());
        known.app_token = Some(AppToken {
            token: Secret::new("hunter2 the token"),
            expires_at: Timestamp::from_unix(7),
        });
        store.save_installation(&known).await.unwrap();
        store.associate(&known.id, key).await.unwrap();
        store
            .save_forge_setting(&known.id, "size", &json!(1))
            .await
            .unwrap();
        (store, tenant)
    }

    #[tokio::test]
    async fn a_record_with_secrets_makes_the_same_tenant_elsewhere() {
        let (from, tenant) = filled().await;
        let record = take(&from, &tenant, Secrets::Shown).await.unwrap();
        let record: Value = serde_json::from_str(&record.to_string()).unwrap();
        let to = MemoryStore::new();
        for _ in 0..2 {
            let key = put(&to, &record).await.unwrap();
            assert_eq!(to.tenant(&key).await.unwrap(), Some(tenant.clone()));
            assert_eq!(
                to.settings(&key).await.unwrap(),
                from.settings(&key).await.unwrap()
            );
            let id = InstallationId::parse("ari:x").unwrap();
            assert_eq!(
                to.installation(&id).await.unwrap(),
                from.installation(&id).await.unwrap()
            );
            assert_eq!(
                to.forge_settings(&id).await.unwrap(),
                [("size".to_owned(), json!(1))]
            );
        }
    }

    #[tokio::test]
    async fn a_record_without_secrets_holds_none_and_is_not_taken() {
        let (from, tenant) = filled().await;
        let record = take(&from, &tenant, Secrets::Hidden).await.unwrap();
        for secret in ["hunter2", "previous shared", "red"] {
            assert!(!record.to_string().contains(secret), "{record}");
        }
        let refused = put(&MemoryStore::new(), &record).await;
        assert!(
            matches!(refused, Err(TransferError::NoSecrets(_))),
            "{refused:?}"
        );
    }

    #[tokio::test]
    async fn what_is_no_record_is_refused() {
        for bad in [
            json!(null),
            json!({"clientKey": "a"}),
            json!({"clientKey": "a b", "clientInfo": {}}),
            json!({"clientKey": "a", "clientInfo": {"sharedSecret": "x"}}),
            json!({"clientKey": "a", "clientInfo": [], "beside": 1}),
        ] {
            let store = MemoryStore::new();
            assert!(put(&store, &bad).await.is_err(), "{bad}");
            assert!(store.tenants(None, 9).await.unwrap().tenants.is_empty());
        }
    }
}
