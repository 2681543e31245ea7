//! Keys that secrets are sealed with, and the sealing itself.
//!
//! Envelope encryption: each secret has a key of its own, and that key is sealed with one of the
//! ring. Both with AES-256-GCM and a random nonce; the tenant and the place of the secret are
//! authenticated with it, so that a record cannot be moved to another tenant.

use base64::{Engine, engine::general_purpose::STANDARD};
use connect_core::{Secret, store::StoreError};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand::{SecureRandom, SystemRandom},
};

/// Keys by name; the first seals, all open.
pub struct Keyring {
    keys: Vec<(String, LessSafeKey)>,
    random: SystemRandom,
}

impl std::fmt::Debug for Keyring {
    /// Names only.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.keys.iter().map(|(name, _)| name))
            .finish()
    }
}

impl Keyring {
    /// Reads `name:key` pairs with commas between them. A key is 32 random bytes in base64, as
    /// `openssl rand -base64 32` writes them; a name is letters, digits, `-` and `_`.
    ///
    /// # Errors
    /// [`StoreError::Settings`], which repeats nothing of the text.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let fault = |problem: &str| StoreError::Settings {
            problem: problem.to_owned(),
        };
        let mut keys: Vec<(String, LessSafeKey)> = Vec::new();
        for pair in text.split(',').map(str::trim) {
            let (name, key) = pair
                .split_once(':')
                .ok_or_else(|| fault("a key of the store is not `name:key`"))?;
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            if name.is_empty() || !name.chars().all(plain) {
                return Err(fault("the name of a key of the store is not a plain name"));
            }
            if keys.iter().any(|(known, _)| known == name) {
                return Err(fault("two keys of the store have the same name"));
            }
            let key = STANDARD.decode(key).ok();
            let key = key.and_then(|key| UnboundKey::new(&AES_256_GCM, &key).ok());
            let key = key.ok_or_else(|| fault("a key of the store is not 32 bytes in base64"))?;
            keys.push((name.to_owned(), LessSafeKey::new(key)));
        }
        Ok(Self {
            keys,
            random: SystemRandom::new(),
        })
    }

    /// Seals a secret for that place.
    pub(super) fn seal(&self, place: &str, secret: &Secret) -> Result<Secret, StoreError> {
        let sealed = || {
            let (name, key) = self.keys.first()?;
            let mut own = [0; KEY_LEN];
            self.random.fill(&mut own).ok()?;
            let inner = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &own).ok()?);
            let wrapped = self.encrypt(key, place, &own)?;
            let text = self.encrypt(&inner, place, secret.expose().as_bytes())?;
            Some(Secret::new(format!("{MARK}{name}:{wrapped}:{text}")))
        };
        sealed().ok_or_else(|| StoreError::Settings {
            problem: "no random numbers can be had".to_owned(),
        })
    }

    /// Opens what was sealed for that place. What is not sealed was written before sealing was
    /// switched on, and is what it is.
    pub(super) fn open(&self, place: &str, sealed: &Secret) -> Result<Secret, StoreError> {
        let Some(rest) = sealed.expose().strip_prefix(MARK) else {
            return Ok(sealed.clone());
        };
        let corrupt = || StoreError::Corrupt {
            record: place.to_owned(),
            problem: "its sealed secret does not open",
        };
        let mut parts = rest.splitn(3, ':');
        let mut part = || parts.next().ok_or_else(corrupt);
        let (name, wrapped, text) = (part()?, part()?, part()?);
        let key = self.keys.iter().find(|(known, _)| known == name);
        let Some((_, key)) = key else {
            return Err(StoreError::Sealed {
                record: place.to_owned(),
                key_id: name.to_owned(),
            });
        };
        let own = decrypt(key, place, wrapped).ok_or_else(corrupt)?;
        let own = UnboundKey::new(&AES_256_GCM, &own).map_err(|_| corrupt())?;
        let text = decrypt(&LessSafeKey::new(own), place, text).ok_or_else(corrupt)?;
        let text = String::from_utf8(text).map_err(|_| corrupt())?;
        Ok(Secret::new(text))
    }

    fn encrypt(&self, key: &LessSafeKey, place: &str, text: &[u8]) -> Option<String> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).ok()?;
        let mut sealed = text.to_vec();
        let aad = Aad::from(place.as_bytes());
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed)
            .ok()?;
        Some(STANDARD.encode([&nonce[..], &sealed].concat()))
    }
}

fn decrypt(key: &LessSafeKey, place: &str, text: &str) -> Option<Vec<u8>> {
    let mut bytes = STANDARD.decode(text).ok()?;
    let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let aad = Aad::from(place.as_bytes());
    let opened = key.open_in_place(nonce, aad, sealed).ok()?;
    Some(opened.to_vec())
}

/// What a sealed text begins with: a name and the number of the format.
const MARK: &str = "sealed:1:";

/// Length of a key in bytes.
const KEY_LEN: usize = 32;
