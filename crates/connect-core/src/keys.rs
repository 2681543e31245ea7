//! Keys, each good for one algorithm only.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::{hmac, rand::SystemRandom, rsa, signature};

use crate::{
    Secret,
    error::{KeyError, TokenError},
};

/// The signature algorithms there are (RFC 7518 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC with SHA-256 and a tenant's shared secret.
    Hs256,
    /// RSASSA-PKCS1-v1_5 with SHA-256 and a host's install key.
    Rs256,
}

/// A shared secret, ready to sign and to verify.
#[derive(Clone)]
pub struct HmacKey(hmac::Key);

/// A public RSA key of 2,048 to 8,192 bits.
#[derive(Clone, PartialEq, Eq)]
pub struct RsaPublicKey {
    /// RSAPublicKey of RFC 8017 appendix A.1.1, in DER.
    der: Box<[u8]>,
}

/// A private RSA key, for a host that signs installs: the sandbox, and tests.
pub struct RsaSigningKey(rsa::KeyPair);

impl Algorithm {
    /// The algorithm of that exact name; nothing for any other.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "HS256" => Some(Self::Hs256),
            "RS256" => Some(Self::Rs256),
            _ => None,
        }
    }

    /// The name in a JOSE header.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
        }
    }
}

impl HmacKey {
    /// Prepares a shared secret; its UTF-8 bytes are the key.
    ///
    /// # Errors
    /// [`KeyError::Empty`]: everybody knows the empty secret.
    pub fn new(secret: &Secret) -> Result<Self, KeyError> {
        if secret.is_empty() {
            return Err(KeyError::Empty);
        }
        Ok(Self::from_bytes(secret.expose().as_bytes()))
    }

    /// Prepares raw key bytes, as a JSON Web Key holds them.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    pub(crate) fn sign(&self, message: &[u8]) -> impl AsRef<[u8]> + use<> {
        hmac::sign(&self.0, message)
    }

    pub(crate) fn verify(&self, message: &[u8], tag: &[u8]) -> bool {
        hmac::verify(&self.0, message, tag).is_ok()
    }
}

impl RsaPublicKey {
    /// Reads exactly one PEM block, `PUBLIC KEY` (RFC 7468 section 13) or `RSA PUBLIC KEY`
    /// (RFC 8017), with nothing but blanks around it.
    ///
    /// # Errors
    /// [`KeyError`]: anything else, a key that is not RSA, and a size out of bounds.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let body = |label: &str| {
            let text = pem.trim();
            let text = text.strip_prefix(&format!("-----BEGIN {label}-----"))?;
            text.strip_suffix(&format!("-----END {label}-----"))
        };
        let (text, wrapped) = match (body("PUBLIC KEY"), body("RSA PUBLIC KEY")) {
            (Some(text), _) => (text, true),
            (_, Some(text)) => (text, false),
            _ => return Err(KeyError::NotAPublicKey),
        };
        let text: String = text.split_ascii_whitespace().collect();
        // A second block between the two markers has dashes, which base64 does not.
        let der = STANDARD.decode(text).map_err(|_| KeyError::NotAPublicKey)?;
        let key = if wrapped {
            der::unwrap_spki(&der)?
        } else {
            &der
        };
        let (modulus, _) = der::rsa_public_key(key)?;
        check_size(modulus)?;
        Ok(Self { der: key.into() })
    }

    /// A key from modulus and exponent, both big-endian, as a JSON Web Key holds them
    /// (RFC 7518 section 6.3.1).
    ///
    /// # Errors
    /// [`KeyError::Size`] when the size is out of bounds.
    pub fn from_components(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        let strip = |bytes: &[u8]| {
            let zeros = bytes.iter().take_while(|b| **b == 0).count();
            bytes[zeros..].to_vec()
        };
        let (modulus, exponent) = (strip(modulus), strip(exponent));
        check_size(&modulus)?;
        if exponent.is_empty() || exponent.len() > 8 {
            return Err(KeyError::NotAPublicKey);
        }
        let mut members = der::integer(&modulus);
        members.extend(der::integer(&exponent));
        Ok(Self {
            der: der::wrap(der::SEQUENCE, &members).into(),
        })
    }

    /// Modulus and exponent, big-endian: what a JSON Web Key holds (RFC 7518 section 6.3.1).
    pub fn components(&self) -> (&[u8], &[u8]) {
        // It was read or written in this very form when the key was made.
        der::rsa_public_key(&self.der).unwrap_or_default()
    }

    pub(crate) fn verify(&self, message: &[u8], signed: &[u8]) -> bool {
        signature::UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, &self.der)
            .verify(message, signed)
            .is_ok()
    }
}

impl RsaSigningKey {
    /// Reads a private key in PKCS#8 DER (RFC 5958).
    ///
    /// # Errors
    /// [`KeyError::NotRsa`] when it is not a usable RSA key of 2,048 bits or more.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        rsa::KeyPair::from_pkcs8(der)
            .map(Self)
            .map_err(|_| KeyError::NotRsa)
    }

    /// The public half as PEM, as a key server answers it.
    pub fn public_pem(&self) -> String {
        let spki = der::wrap_spki(self.0.public().as_ref());
        let text = STANDARD.encode(spki);
        let mut pem = String::from("-----BEGIN PUBLIC KEY-----\n");
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (line, tail) = rest.split_at(rest.len().min(64));
            pem.push_str(line);
            pem.push('\n');
            rest = tail;
        }
        pem.push_str("-----END PUBLIC KEY-----\n");
        pem
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, TokenError> {
        let mut signed = vec![0; self.0.public().modulus_len()];
        // The signature is deterministic; the random numbers only blind the computation.
        self.0
            .sign(
                &signature::RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message,
                &mut signed,
            )
            .map_err(|_| TokenError::Signature)?;
        Ok(signed)
    }
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacKey(..)")
    }
}

impl fmt::Debug for RsaPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RsaPublicKey(..)")
    }
}

impl fmt::Debug for RsaSigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RsaSigningKey(..)")
    }
}

fn check_size(modulus: &[u8]) -> Result<(), KeyError> {
    let bits = modulus.len() * 8 - modulus.first().map_or(0, |b| b.leading_zeros() as usize);
    if (2048..=8192).contains(&bits) {
        Ok(())
    } else {
        Err(KeyError::Size)
    }
}

/// The few shapes of DER (X.690) that public keys have; strict, no indefinite lengths.
mod der {
    use crate::error::KeyError;

    pub(super) const SEQUENCE: u8 = 0x30;
    const BIT_STRING: u8 = 0x03;
    const INTEGER: u8 = 0x02;
    /// AlgorithmIdentifier of rsaEncryption with NULL parameters (RFC 8017 appendix A.1).
    const RSA_ENCRYPTION: &[u8] = &[
        0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
    ];

    /// SubjectPublicKeyInfo (RFC 5280 section 4.1) -> RSAPublicKey.
    pub(super) fn unwrap_spki(der: &[u8]) -> Result<&[u8], KeyError> {
        let (info, rest) = read(der, SEQUENCE)?;
        let (algorithm, info) = read(info, SEQUENCE)?;
        let (bits, end) = read(info, BIT_STRING)?;
        if !rest.is_empty() || !end.is_empty() {
            return Err(KeyError::NotAPublicKey);
        }
        if algorithm != RSA_ENCRYPTION {
            return Err(KeyError::NotRsa);
        }
        bits.strip_prefix(&[0]).ok_or(KeyError::NotAPublicKey)
    }

    /// RSAPublicKey -> modulus and exponent, without leading zeros.
    pub(super) fn rsa_public_key(der: &[u8]) -> Result<(&[u8], &[u8]), KeyError> {
        let (members, rest) = read(der, SEQUENCE)?;
        let (modulus, members) = read(members, INTEGER)?;
        let (exponent, members) = read(members, INTEGER)?;
        if !rest.is_empty() || !members.is_empty() {
            return Err(KeyError::NotAPublicKey);
        }
        Ok((
            modulus.strip_prefix(&[0]).unwrap_or(modulus),
            exponent.strip_prefix(&[0]).unwrap_or(exponent),
        ))
    }

    pub(super) fn wrap_spki(key: &[u8]) -> Vec<u8> {
        let mut bits = vec![0];
        bits.extend_from_slice(key);
        let mut info = wrap(SEQUENCE, RSA_ENCRYPTION);
        info.extend(wrap(BIT_STRING, &bits));
        wrap(SEQUENCE, &info)
    }

    pub(super) fn integer(bytes: &[u8]) -> Vec<u8> {
        let mut content = Vec::with_capacity(bytes.len() + 1);
        if bytes.first().is_none_or(|b| b & 0x80 != 0) {
            content.push(0);
        }
        content.extend_from_slice(bytes);
        wrap(INTEGER, &content)
    }

    pub(super) fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut der = vec![tag];
        let length = content.len().to_be_bytes();
        let significant = &length[length.iter().take_while(|b| **b == 0).count()..];
        match significant {
            [] => der.push(0),
            [short] if *short < 0x80 => der.push(*short),
            long => {
                der.push(0x80 | u8::try_from(long.len()).unwrap_or(0x7f));
                der.extend_from_slice(long);
            }
        }
        der.extend_from_slice(content);
        der
    }

    /// One element of that tag: its content, and what follows it.
    fn read(der: &[u8], tag: u8) -> Result<(&[u8], &[u8]), KeyError> {
        let bad = KeyError::NotAPublicKey;
        let [first, length, rest @ ..] = der else {
            return Err(bad);
        };
        if *first != tag {
            return Err(bad);
        }
        let (length, rest) = match *length {
            short @ 0..=0x7f => (usize::from(short), rest),
            long @ 0x81..=0x83 => {
                let count = usize::from(long & 0x7f);
                let (bytes, rest) = rest.split_at_checked(count).ok_or(bad.clone())?;
                let length = bytes.iter().fold(0, |sum, b| sum << 8 | usize::from(*b));
                (length, rest)
            }
            _ => return Err(bad),
        };
        rest.split_at_checked(length).ok_or(bad)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_secret_is_no_key() {
        assert_eq!(HmacKey::new(&Secret::new("")).unwrap_err(), KeyError::Empty);
    }

    #[test]
    fn sizes_out_of_bounds_are_refused() {
        let key = |bytes: usize| RsaPublicKey::from_components(&vec![0xff; bytes], &[1, 0, 1]);
        assert_eq!(key(128).unwrap_err(), KeyError::Size);
        assert_eq!(key(255).unwrap_err(), KeyError::Size);
        assert!(key(256).is_ok());
        assert!(key(1024).is_ok());
        assert_eq!(key(1025).unwrap_err(), KeyError::Size);
    }

    #[test]
    fn der_survives_a_round_trip() {
        let key = RsaPublicKey::from_components(&[0xff; 256], &[1, 0, 1]).unwrap();
        let spki = der::wrap_spki(&key.der);
        assert_eq!(der::unwrap_spki(&spki).unwrap(), &*key.der);
        for cut in 0..spki.len() {
            assert!(der::unwrap_spki(&spki[..cut]).is_err());
        }
        let pem = format!(
            "\r\n -----BEGIN PUBLIC KEY-----\r\n{}\r\n-----END PUBLIC KEY-----\n\n",
            STANDARD.encode(&spki)
        );
        assert_eq!(RsaPublicKey::from_pem(&pem).unwrap(), key);
        assert_eq!(
            RsaPublicKey::from_pem(&format!("{pem}{pem}")).unwrap_err(),
            KeyError::NotAPublicKey
        );
    }

    #[test]
    fn other_keys_are_refused() {
        for pem in [
            "",
            "<html></html>",
            "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
            "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----",
            "x-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        ] {
            assert!(RsaPublicKey::from_pem(pem).is_err(), "{pem}");
        }
    }
}
