//! What an app keeps at the host and what the host knows of it: properties, dynamic modules, state
//! and licence (`/rest/atlassian-connect/1`).

use std::fmt;

use http::StatusCode;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{HostClient, HostError};

/// The app's properties at the host (Atlassian, "App properties"): up to 100, each with a key of
/// 127 characters and a JSON value of 32,768 bytes at most.
///
/// They belong to the tenant and outlive an uninstall; conditions of the descriptor can ask them.
#[derive(Clone, Debug)]
pub struct Properties {
    client: HostClient,
}

/// Modules that the app adds at run time, for one tenant (Atlassian, "Dynamic modules"): up to 100.
/// They come back when the app is installed again.
#[derive(Clone, Debug)]
pub struct DynamicModules {
    client: HostClient,
}

/// What the host knows of the app (`GET /rest/atlassian-connect/1/addons/{key}`).
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct AddonInfo {
    /// The app's key.
    pub key: String,
    /// The version that is installed.
    pub version: String,
    /// Whether it is switched on.
    pub state: AddonState,
    /// The customer's licence; none for an app without licensing, which is free.
    pub license: Option<AddonLicense>,
}

/// Whether an app is switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum AddonState {
    /// Switched off by an administrator.
    Disabled,
    /// Switched on.
    Enabled,
    /// Something newer than this library.
    #[serde(other)]
    Unknown,
}

/// A customer's licence.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AddonLicense {
    /// Whether the app may be used.
    pub active: bool,
    /// Whether it is a trial.
    #[serde(default)]
    pub evaluation: bool,
    /// Such as `COMMERCIAL`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The customer's number for it.
    pub support_entitlement_number: Option<String>,
}

impl HostClient {
    /// The app's properties at the host, as the app.
    pub fn properties(&self) -> Properties {
        Properties {
            client: self.as_app(),
        }
    }

    /// The modules that the app has added at run time, as the app.
    pub fn dynamic_modules(&self) -> DynamicModules {
        DynamicModules {
            client: self.as_app(),
        }
    }

    /// What the host knows of the app: version, state and licence, as the app.
    ///
    /// # Errors
    /// [`HostError`].
    pub async fn addon(&self) -> Result<AddonInfo, HostError> {
        self.as_app().get(&addon_path(self)).fetch().await
    }
}

impl Properties {
    /// The keys there are.
    ///
    /// # Errors
    /// [`HostError`].
    pub async fn keys(&self) -> Result<Vec<String>, HostError> {
        #[derive(Deserialize)]
        struct Keys {
            keys: Vec<Key>,
        }
        #[derive(Deserialize)]
        struct Key {
            key: String,
        }
        let path = format!("{}/properties", addon_path(&self.client));
        let keys: Keys = self.client.get(&path).fetch().await?;
        Ok(keys.keys.into_iter().map(|key| key.key).collect())
    }

    /// A value; none when there is no such key.
    ///
    /// # Errors
    /// [`HostError`]; [`HostError::Decode`] when the value is not a `T`.
    pub async fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, HostError> {
        #[derive(Deserialize)]
        struct Property<T> {
            value: T,
        }
        let fetched = self
            .client
            .get(&self.path(key))
            .fetch::<Property<T>>()
            .await;
        match fetched {
            Ok(property) => Ok(Some(property.value)),
            Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes a value.
    ///
    /// # Errors
    /// [`HostError`]: 400 when the key is too long, 403 when the value is too large, 409 when there
    /// are too many.
    pub async fn set(&self, key: &str, value: &impl Serialize) -> Result<(), HostError> {
        let call = self.client.put(&self.path(key)).json(value);
        call.send().await.map(drop)
    }

    /// Removes a value; true when there was one.
    ///
    /// # Errors
    /// [`HostError`].
    pub async fn remove(&self, key: &str) -> Result<bool, HostError> {
        match self.client.delete(&self.path(key)).send().await {
            Ok(_) => Ok(true),
            Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn path(&self, key: &str) -> String {
        format!("{}/properties/{}", addon_path(&self.client), Segment(key))
    }
}

impl DynamicModules {
    /// The modules there are, by kind.
    ///
    /// # Errors
    /// [`HostError`].
    pub async fn list(&self) -> Result<Map<String, Value>, HostError> {
        self.client.get(DYNAMIC).fetch().await
    }

    /// Adds modules, by kind as in a descriptor: all of them or, when one is not good, none.
    ///
    /// # Errors
    /// [`HostError`]: 400 for a module that is there already, or not as it must be.
    pub async fn register(&self, modules: &impl Serialize) -> Result<(), HostError> {
        let call = self.client.post(DYNAMIC).json(modules);
        call.send().await.map(drop)
    }

    /// Removes modules by their keys. Without a key nothing is removed: to the host that would mean
    /// all of them, for which there is [`DynamicModules::remove_all`].
    ///
    /// # Errors
    /// [`HostError`].
    pub async fn remove<'a>(
        &self,
        keys: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), HostError> {
        let mut keys = keys.into_iter().peekable();
        if keys.peek().is_none() {
            return Ok(());
        }
        let call = self.client.delete(DYNAMIC);
        let call = keys.fold(call, |call, key| call.query("moduleKey", key));
        call.send().await.map(drop)
    }

    /// Removes every module that was added.
    ///
    /// # Errors
    /// [`HostError`].
    pub async fn remove_all(&self) -> Result<(), HostError> {
        self.client.delete(DYNAMIC).send().await.map(drop)
    }
}

const DYNAMIC: &str = "/rest/atlassian-connect/1/app/module/dynamic";

fn addon_path(client: &HostClient) -> String {
    let key = client.app().key();
    format!("/rest/atlassian-connect/1/addons/{key}")
}

/// A text as one segment of a path (RFC 3986 section 3.3).
struct Segment<'a>(&'a str);

impl fmt::Display for Segment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                write!(f, "{}", char::from(byte))?;
            } else {
                write!(f, "%{byte:02X}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_segment_whatever_it_holds() {
        let segment = |text: &str| Segment(text).to_string();
        assert_eq!(segment("my-key.v1"), "my-key.v1");
        assert_eq!(segment("a/b?c#d e"), "a%2Fb%3Fc%23d%20e");
        assert_eq!(segment("ä"), "%C3%A4");
    }
}
