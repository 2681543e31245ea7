//! Tenants and installations as databases keep them.
//!
//! The main record of a tenant is ACE's: the body of the last `installed` call, shared secret
//! included, under the key `clientInfo`. What ACE does not know (state, previous secret, time of
//! the first install) is a second record beside it, so that ACE can go on with the database, and
//! so can we.

use connect_core::{
    AppKey, BaseUrl, ClientKey, InstallationId, Product, Secret, Tenant, TenantState, Timestamp,
    store::{AppToken, ForgeInstallation, StoreError},
    tenant::PreviousSecret,
};
use ring::digest;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What ACE does not know of a tenant. Its default is what a tenant has that ACE installed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Beside {
    /// `enabled`, `disabled` or `uninstalled`.
    pub(crate) state: Option<String>,
    /// When it was uninstalled, in Unix seconds.
    pub(crate) uninstalled_at: Option<i64>,
    /// When it was first installed, in Unix seconds.
    pub(crate) installed_at: Option<i64>,
    pub(crate) previous_secret: Option<String>,
    /// Until when the previous secret is accepted, in Unix seconds.
    pub(crate) previous_until: Option<i64>,
    /// Fingerprint of the shared secret that this belongs to. Another one means that ACE has
    /// taken an install since, so the tenant is there and enabled.
    pub(crate) of_secret: Option<String>,
}

/// What a back-end keeps of a tenant.
pub(crate) struct Stored {
    pub(crate) client_key: String,
    pub(crate) main: Value,
    pub(crate) beside: Beside,
}

/// The two records of a tenant.
pub(crate) fn write(tenant: &Tenant) -> Stored {
    let mut main = tenant.details.clone();
    let mut set = |name: &str, value: &str| main.insert(name.to_owned(), value.into());
    set("key", tenant.app_key.as_str());
    set("clientKey", tenant.client_key.as_str());
    // The spelling of the host is kept when it means the same.
    let spelled = tenant.details.get("baseUrl").and_then(Value::as_str);
    if !spelled.is_some_and(|text| tenant.base_url.is_spelled_by(text)) {
        set("baseUrl", tenant.base_url.as_str());
    }
    set("productType", tenant.product.as_str());
    set("sharedSecret", tenant.shared_secret().expose());
    for (name, value) in [
        ("oauthClientId", &tenant.oauth_client_id),
        ("installationId", &tenant.installation_id),
    ] {
        match value {
            Some(value) => main.insert(name.to_owned(), value.as_str().into()),
            None => main.remove(name),
        };
    }
    let (state, uninstalled_at) = match tenant.state {
        TenantState::Disabled => ("disabled", None),
        TenantState::Enabled => ("enabled", None),
        TenantState::Uninstalled { at } => ("uninstalled", Some(at.unix())),
    };
    let previous = tenant.previous_secret();
    Stored {
        client_key: tenant.client_key.as_str().to_owned(),
        main: Value::Object(main),
        beside: Beside {
            state: Some(state.to_owned()),
            uninstalled_at,
            installed_at: Some(tenant.installed_at.unix()),
            previous_secret: previous.map(|previous| previous.secret.expose().to_owned()),
            previous_until: previous.map(|previous| previous.until.unix()),
            of_secret: Some(fingerprint(tenant.shared_secret())),
        },
    }
}

/// A tenant from its two records.
pub(crate) fn read(stored: Stored) -> Result<Tenant, StoreError> {
    let Stored {
        client_key,
        main,
        mut beside,
    } = stored;
    let corrupt = |problem| StoreError::Corrupt {
        record: format!("tenant {}", client_key.escape_debug()),
        problem,
    };
    let client_key = ClientKey::parse(&client_key).map_err(|_| corrupt("no client key"))?;
    let mut details = match main {
        Value::Object(members) => members,
        // ACE writes the JSON as a text in some databases.
        Value::String(text) => serde_json::from_str::<Map<String, Value>>(&text)
            .map_err(|_| corrupt("not a JSON object"))?,
        _ => return Err(corrupt("not a JSON object")),
    };
    let secret = match details.remove("sharedSecret") {
        Some(Value::String(secret)) => Secret::new(secret),
        _ => return Err(corrupt("no sharedSecret")),
    };
    if let Some(of) = &beside.of_secret
        && *of != fingerprint(&secret)
    {
        beside = Beside {
            installed_at: beside.installed_at,
            ..Beside::default()
        };
    }
    let text = |name: &str| details.get(name).and_then(Value::as_str);
    let mut tenant = Tenant::new(
        text("key")
            .and_then(|key| AppKey::parse(key).ok())
            .ok_or_else(|| corrupt("no key of an app"))?,
        client_key.clone(),
        text("baseUrl")
            .and_then(|url| BaseUrl::parse(url).ok())
            .ok_or_else(|| corrupt("no baseUrl"))?,
        text("productType")
            .and_then(Product::parse)
            .ok_or_else(|| corrupt("no productType"))?,
        secret,
        Timestamp::from_unix(beside.installed_at.unwrap_or(0)),
    );
    tenant.oauth_client_id = text("oauthClientId").map(str::to_owned);
    tenant.installation_id = text("installationId").map(str::to_owned);
    tenant.details = details;
    tenant.state = match beside.state.as_deref() {
        None | Some("enabled") => TenantState::Enabled,
        Some("disabled") => TenantState::Disabled,
        Some("uninstalled") => TenantState::Uninstalled {
            at: Timestamp::from_unix(beside.uninstalled_at.unwrap_or(0)),
        },
        Some(_) => return Err(corrupt("an unknown state")),
    };
    tenant.set_previous_secret(match (beside.previous_secret, beside.previous_until) {
        (Some(secret), Some(until)) => Some(PreviousSecret {
            secret: Secret::new(secret),
            until: Timestamp::from_unix(until),
        }),
        _ => None,
    });
    Ok(tenant)
}

/// What ACE keeps of an installation under the name `appToken`; `expiresAt` is ours.
pub(crate) fn write_installation(installation: &ForgeInstallation) -> Value {
    let mut record = Map::new();
    if let Some(url) = &installation.api_base_url {
        record.insert("apiBaseUrl".to_owned(), url.as_str().into());
    }
    if let Some(token) = &installation.app_token {
        record.insert("appToken".to_owned(), token.token.expose().into());
        record.insert("expiresAt".to_owned(), json!(token.expires_at.unix()));
    }
    Value::Object(record)
}

/// An installation from what is kept of it. ACE wrote whatever a caller sent, so what makes no
/// sense is left out.
pub(crate) fn read_installation(
    id: &InstallationId,
    client_key: Option<ClientKey>,
    record: Option<&Value>,
) -> ForgeInstallation {
    let text = |name: &str| record?.get(name)?.as_str();
    let expires_at = record.and_then(|record| record.get("expiresAt")?.as_i64());
    ForgeInstallation {
        id: id.clone(),
        client_key,
        api_base_url: text("apiBaseUrl").and_then(|url| BaseUrl::parse(url).ok()),
        app_token: text("appToken").map(|token| AppToken {
            token: Secret::new(token),
            expires_at: Timestamp::from_unix(expires_at.unwrap_or(0)),
        }),
    }
}

/// JSON that a database kept as a text.
pub(crate) fn parse(text: &str, record: impl FnOnce() -> String) -> Result<Value, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt {
        record: record(),
        problem: "not JSON",
    })
}

/// Tells two secrets apart without telling either: 64 bits of SHA-256.
fn fingerprint(secret: &Secret) -> String {
    let digest = digest::digest(&digest::SHA256, secret.expose().as_bytes());
    let bytes = &digest.as_ref()[..8];
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
