//! Tokens, good ones and those that nobody should take.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use connect_core::{
    keys::RsaSigningKey,
    qsh::{Qsh, RequestLine, canonical},
};
use ring::{
    hmac,
    rand::SystemRandom,
    rsa::{KeyPair, PublicKeyComponents},
    signature::RSA_PKCS1_SHA256,
};
use rsa::{RsaPrivateKey, pkcs8::EncodePrivateKey};
use serde_json::{Value, json};
use url::Url;

use crate::{error::SandboxError, random};

/// An RSA key that no key server has.
pub(super) struct Stranger {
    key: KeyPair,
    /// Its public half, as a key server would answer it.
    pub(super) pem: String,
}

impl Stranger {
    /// Makes one, which takes up to a second.
    pub(super) fn new() -> Result<Self, SandboxError> {
        let problem = |problem| SandboxError::Key { problem };
        let key = RsaPrivateKey::new(&mut random::System, 2048);
        let key = key.map_err(|_| problem("no primes were found"))?;
        let der = key.to_pkcs8_der().map_err(|_| problem("no encoding"))?;
        let signing = RsaSigningKey::from_pkcs8(der.as_bytes());
        let signing = signing.map_err(|_| problem("not an RSA key"))?;
        Ok(Self {
            key: KeyPair::from_pkcs8(der.as_bytes()).map_err(|_| problem("not an RSA key"))?,
            pem: signing.public_pem(),
        })
    }

    /// A token signed with it; the header may say anything.
    pub(super) fn token(&self, header: &Value, claims: &Value) -> String {
        compact(
            header.to_string().as_bytes(),
            claims.to_string().as_bytes(),
            |text| {
                let mut signature = vec![0; self.key.public().modulus_len()];
                // Failing needs a key of another size than it was made with; the token is then as
                // bad as it should be.
                let _ = self.key.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    text,
                    &mut signature,
                );
                signature
            },
        )
    }

    /// The public half as a header member `jwk` (RFC 7517).
    pub(super) fn jwk(&self) -> Value {
        let parts: PublicKeyComponents<Vec<u8>> = self.key.public().into();
        json!({ "kty": "RSA", "alg": "RS256", "use": "sig",
            "n": URL_SAFE_NO_PAD.encode(parts.n), "e": URL_SAFE_NO_PAD.encode(parts.e) })
    }
}

/// A token of which every part may be wrong: header and payload as they are, and whatever `sign`
/// makes of them.
pub(super) fn compact(
    header: &[u8],
    payload: &[u8],
    sign: impl FnOnce(&[u8]) -> Vec<u8>,
) -> String {
    let text = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(payload)
    );
    let signature = URL_SAFE_NO_PAD.encode(sign(text.as_bytes()));
    format!("{text}.{signature}")
}

/// HS256 with any bytes as key, the header as it is.
pub(super) fn hmac_token(header: &[u8], payload: &[u8], key: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    compact(header, payload, |text| {
        hmac::sign(&key, text).as_ref().to_vec()
    })
}

/// The token of a request as a host makes it, with these claims.
pub(super) fn hs256(claims: &Value, key: &[u8]) -> String {
    hmac_token(HS256, claims.to_string().as_bytes(), key)
}

/// The hash of a request below a base path; that of nothing when the URL allows none, which no
/// address of a descriptor does.
pub(super) fn qsh(method: &str, url: &Url, base_path: &str) -> String {
    let query = url.query().map_or_else(String::new, |q| format!("?{q}"));
    let target = format!("{}{query}", url.path());
    let line = RequestLine {
        method,
        target: &target,
        form: None,
    };
    let text = canonical(&line, base_path).unwrap_or_default();
    Qsh::of(&text).as_str().to_owned()
}

/// Header of every token that hosts sign with a shared secret.
pub(super) const HS256: &[u8] = br#"{"typ":"JWT","alg":"HS256"}"#;
