//! Numbers nobody can guess.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use connect_core::Secret;
use ring::{
    hmac,
    rand::{SecureRandom, SystemRandom},
};
use rsa::rand_core::{self, CryptoRng, RngCore};

/// Fills an array from the system's generator.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

/// 256 bits as base64url text: a shared secret or a password.
pub(crate) fn secret() -> Secret {
    Secret::new(URL_SAFE_NO_PAD.encode(bytes::<32>()))
}

/// 128 bits as base64url text, for names that must not be guessed.
pub(crate) fn token() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<16>())
}

/// A random UUID (RFC 9562 section 5.4).
pub(crate) fn uuid() -> String {
    uuid_from(bytes())
}

/// A UUID that is always the same for two texts, and tells nothing of the first.
pub(crate) fn uuid_of(secret: &str, name: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, name.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&tag.as_ref()[..16]);
    uuid_from(bytes)
}

fn uuid_from(mut b: [u8; 16]) -> String {
    b[6] = (b[6] & 0x0f) | 0x40;
    b[8] = (b[8] & 0x3f) | 0x80;
    let hex = hex(&b);
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    parts.join("-")
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The system's generator, in the shape the key generator wants.
pub(crate) struct System;

impl RngCore for System {
    fn next_u32(&mut self) -> u32 {
        u32::from_ne_bytes(bytes())
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_ne_bytes(bytes())
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        fill(dest);
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rand_core::Error> {
        fill(dest);
        Ok(())
    }
}

impl CryptoRng for System {}

fn fill(dest: &mut [u8]) {
    SystemRandom::new()
        .fill(dest)
        .expect("a system without randomness cannot run TLS or make keys either");
}
