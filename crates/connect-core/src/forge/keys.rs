//! Where Forge's public keys are, and how they are written.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

use super::IcLabel;
use crate::{base_url::BaseUrl, ids::Kid, keys::RsaPublicKey};

/// Where the keys of invocation tokens come from.
///
/// The app's configuration chooses, never the token: one that names a staging API must not make a
/// production app trust staging keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum KeySource {
    /// This URL: the sandbox, or an isolated cloud, whose label stands where it has `{icLabel}`.
    Custom(String),
    /// Atlassian's.
    #[default]
    Production,
    /// Atlassian's staging.
    Staging,
}

/// A text is not a URL to fetch keys from: https, or this machine; `{icLabel}` at most once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither an https URL nor one of this machine")]
pub struct KeySourceError;

/// The public keys of one document, by id (RFC 7517).
#[derive(Clone, Debug, Default)]
pub struct JsonWebKeys(HashMap<Kid, RsaPublicKey>);

/// What stands for the label in a URL.
const LABEL: &str = "{icLabel}";
/// Keys that are read of one document; Forge publishes a few.
const MAX_KEYS: usize = 64;

impl KeySource {
    /// A URL of one's own.
    ///
    /// # Errors
    /// [`KeySourceError`].
    pub fn custom(text: &str) -> Result<Self, KeySourceError> {
        let url = BaseUrl::parse(&text.replacen(LABEL, "label", 1)).map_err(|_| KeySourceError)?;
        if url.is_https() || url.is_loopback() {
            Ok(Self::Custom(text.to_owned()))
        } else {
            Err(KeySourceError)
        }
    }

    /// The URL of the keys of a token with that label; nothing for a token of a cloud that the
    /// app's configuration does not name.
    pub fn url(&self, label: Option<&IcLabel>) -> Option<String> {
        match (self, label) {
            (Self::Custom(template), Some(label)) => template
                .contains(LABEL)
                .then(|| template.replacen(LABEL, label.as_str(), 1)),
            (Self::Custom(template), None) => (!template.contains(LABEL)).then(|| template.clone()),
            (Self::Production, None) => {
                Some("https://forge.cdn.prod.atlassian-dev.net/.well-known/jwks.json".to_owned())
            }
            (Self::Staging, None) => {
                Some("https://forge.cdn.stg.atlassian-dev.net/.well-known/jwks.json".to_owned())
            }
            (Self::Production | Self::Staging, Some(_)) => None,
        }
    }
}

impl JsonWebKeys {
    /// Reads a document. Keys of other kinds, for other uses, of other algorithms and of sizes out
    /// of bounds are left out; nothing when it is no key document at all.
    pub fn parse(document: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<serde_json::Value>,
        }
        let document: Document = serde_json::from_slice(document).ok()?;
        let keys = document.keys.into_iter().take(MAX_KEYS);
        Some(Self(keys.filter_map(read).collect()))
    }

    /// The key of that id.
    pub fn get(&self, kid: &Kid) -> Option<&RsaPublicKey> {
        self.0.get(kid)
    }

    /// The ids there are.
    pub fn ids(&self) -> impl Iterator<Item = &Kid> {
        self.0.keys()
    }

    /// Takes the keys out.
    pub fn into_map(self) -> HashMap<Kid, RsaPublicKey> {
        self.0
    }
}

/// Writes a key as a member of a document (RFC 7517 section 4), for whoever publishes one: the
/// sandbox, and tests.
pub fn to_json(kid: &Kid, key: &RsaPublicKey) -> serde_json::Value {
    let (modulus, exponent) = key.components();
    serde_json::json!({
        "kty": "RSA",
        "kid": kid.as_str(),
        "use": "sig",
        "alg": "RS256",
        "n": URL_SAFE_NO_PAD.encode(modulus),
        "e": URL_SAFE_NO_PAD.encode(exponent),
    })
}

fn read(key: serde_json::Value) -> Option<(Kid, RsaPublicKey)> {
    #[derive(Deserialize)]
    struct Key {
        kty: String,
        kid: String,
        n: String,
        e: String,
        #[serde(rename = "use")]
        purpose: Option<String>,
        alg: Option<String>,
    }
    let key: Key = serde_json::from_value(key).ok()?;
    let for_us = key.kty == "RSA"
        && key.purpose.is_none_or(|purpose| purpose == "sig")
        && key.alg.is_none_or(|alg| alg == "RS256");
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok();
    let kid = Kid::parse(&key.kid).ok().filter(|_| for_us)?;
    let key = RsaPublicKey::from_components(&decode(&key.n)?, &decode(&key.e)?).ok()?;
    Some((kid, key))
}
