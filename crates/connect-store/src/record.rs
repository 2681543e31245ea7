//! A tenant as databases keep it.
//!
//! The main record is ACE's: the body of the last `installed` call, shared secret included, under
//! the key `clientInfo`. What ACE does not know (state, previous secret, time of the first install)
//! is a second record beside it, so that ACE can go on with the database, and so can we.

use connect_core::store::StoreError;
#[cfg(feature = "sqlite")]
use connect_core::{
    AppKey, BaseUrl, ClientKey, Product, Secret, Tenant, TenantState, Timestamp,
    tenant::PreviousSecret,
};
#[cfg(feature = "sqlite")]
use serde_json::{Map, Value};

/// The key under which ACE keeps the main record.
pub(crate) const CLIENT_INFO: &str = "clientInfo";

/// What ACE does not know of a tenant. Its default is what a tenant has that ACE installed.
#[cfg(feature = "sqlite")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
}

/// Refuses names that a setting must not have, because the store uses them itself.
pub(crate) fn check_name(name: &str) -> Result<(), StoreError> {
    if name.is_empty() || name == CLIENT_INFO {
        return Err(StoreError::ReservedName {
            name: name.to_owned(),
        });
    }
    Ok(())
}

/// The two records of a tenant.
#[cfg(feature = "sqlite")]
pub(crate) fn write(tenant: &Tenant) -> (Value, Beside) {
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
    let beside = Beside {
        state: Some(state.to_owned()),
        uninstalled_at,
        installed_at: Some(tenant.installed_at.unix()),
        previous_secret: previous.map(|previous| previous.secret.expose().to_owned()),
        previous_until: previous.map(|previous| previous.until.unix()),
    };
    (Value::Object(main), beside)
}

/// A tenant from its two records.
#[cfg(feature = "sqlite")]
pub(crate) fn read(
    client_key: &ClientKey,
    main: Value,
    beside: Beside,
) -> Result<Tenant, StoreError> {
    let corrupt = |problem| StoreError::Corrupt {
        record: format!("tenant {client_key}"),
        problem,
    };
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
