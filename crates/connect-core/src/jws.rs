//! Compact JSON Web Signatures: three base64url parts and two algorithms.
//!
//! Nothing here reads claims. The JSON serialisation, unsigned tokens and every algorithm but
//! HS256 and RS256 do not exist (RFC 7515; RFC 8725 section 3.1).

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::{
    error::TokenError,
    ids::Kid,
    keys::{Algorithm, HmacKey, RsaPublicKey, RsaSigningKey},
    strict_json,
};

/// Longest token that is looked at, in bytes.
pub const MAX_TOKEN: usize = 16 * 1024;

/// Longest JOSE header, in bytes of JSON.
pub const MAX_HEADER: usize = 2 * 1024;

/// `{"typ":"JWT","alg":"HS256"}`, which hosts and we write in this very spelling.
const HS256_HEADER: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9";

/// A well-formed token of which nothing has been proved yet.
pub struct Compact<'a> {
    signed: &'a str,
    algorithm: Algorithm,
    kid: Option<String>,
    /// The payload and the signature, one after the other.
    decoded: Vec<u8>,
    payload_len: usize,
}

/// A key that can check a signature; the key chooses the algorithm.
#[derive(Debug, Clone, Copy)]
pub enum VerifyingKey<'a> {
    /// HS256 with a shared secret.
    Hmac(&'a HmacKey),
    /// RS256 with a public key.
    Rsa(&'a RsaPublicKey),
}

impl<'a> Compact<'a> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// [`TokenError::TooLarge`], [`TokenError::Malformed`], [`TokenError::HeaderRefused`] or
    /// [`TokenError::AlgorithmRefused`].
    pub fn parse(token: &'a str) -> Result<Self, TokenError> {
        if token.len() > MAX_TOKEN {
            return Err(TokenError::TooLarge);
        }
        let malformed = |part| TokenError::Malformed { part };
        let after_usual = token.strip_prefix(HS256_HEADER);
        let (header, rest) = match after_usual.and_then(|rest| rest.strip_prefix('.')) {
            Some(rest) => (HS256_HEADER, rest),
            None => token.split_once('.').ok_or(malformed("structure"))?,
        };
        // The last dot is near the end, and a short way is walked faster than prepared for.
        let dot = rest.bytes().rposition(|byte| byte == b'.');
        let (payload, signature) = rest.split_at(dot.ok_or(malformed("structure"))?);
        let signature = &signature[1..];
        let signed = &token[..token.len() - signature.len() - 1];
        if header.len() > (MAX_HEADER * 4).div_ceil(3) {
            return Err(TokenError::TooLarge);
        }
        let (algorithm, kid) = if header == HS256_HEADER {
            (Algorithm::Hs256, None)
        } else {
            let mut decoded = Vec::new();
            decode(header, &mut decoded, "header")?;
            read_header(&decoded)?
        };
        let mut decoded = Vec::with_capacity(token.len());
        decode(payload, &mut decoded, "payload")?;
        let payload_len = decoded.len();
        decode(signature, &mut decoded, "signature")?;
        Ok(Self {
            signed,
            algorithm,
            kid,
            decoded,
            payload_len,
        })
    }

    /// The algorithm the header names: a claim, which only an equal key makes true.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key id of the header.
    ///
    /// # Errors
    /// [`TokenError::Kid`] when there is none, or when it could not safely become part of a URL.
    pub fn kid(&self) -> Result<Kid, TokenError> {
        let kid = self.kid.as_deref().ok_or(TokenError::Kid)?;
        Kid::parse(kid).map_err(|_| TokenError::Kid)
    }

    /// The payload before anything is proved: only for finding the key.
    pub(crate) fn unproved_payload(&self) -> &[u8] {
        &self.decoded[..self.payload_len]
    }

    /// Checks the signature and hands out the payload.
    ///
    /// # Errors
    /// [`TokenError::AlgorithmRefused`] when the header names another algorithm than the key's,
    /// [`TokenError::Signature`] when the signature is not the key's.
    pub fn verify(&self, key: VerifyingKey<'_>) -> Result<&[u8], TokenError> {
        // SECURITY: the key chooses. Test: the_key_chooses_the_algorithm.
        if self.algorithm != key.algorithm() {
            return Err(TokenError::AlgorithmRefused);
        }
        let (payload, signature) = self.decoded.split_at(self.payload_len);
        let holds = match key {
            VerifyingKey::Hmac(key) => key.verify(self.signed.as_bytes(), signature),
            VerifyingKey::Rsa(key) => key.verify(self.signed.as_bytes(), signature),
        };
        if holds {
            Ok(payload)
        } else {
            Err(TokenError::Signature)
        }
    }
}

impl fmt::Debug for Compact<'_> {
    /// Without what makes it a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compact")
            .field("algorithm", &self.algorithm)
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

impl VerifyingKey<'_> {
    fn algorithm(&self) -> Algorithm {
        match self {
            Self::Hmac(_) => Algorithm::Hs256,
            Self::Rsa(_) => Algorithm::Rs256,
        }
    }
}

/// Appends what a part spells. The engine refuses padding, blanks, the standard alphabet, a further
/// dot and trailing bits, so that a token has one spelling only.
fn decode(text: &str, onto: &mut Vec<u8>, part: &'static str) -> Result<(), TokenError> {
    let decoded = URL_SAFE_NO_PAD.decode_vec(text, onto);
    decoded.map_err(|_| TokenError::Malformed { part })
}

/// The algorithm and the key id of a header that asks for nothing else.
fn read_header(header: &[u8]) -> Result<(Algorithm, Option<String>), TokenError> {
    let Ok(Value::Object(header)) = strict_json::parse(header) else {
        return Err(TokenError::Malformed { part: "header" });
    };
    let mut algorithm = None;
    let mut kid = None;
    for (name, value) in header {
        match (name.as_str(), value) {
            ("alg", Value::String(name)) => algorithm = Algorithm::parse(&name),
            ("kid", Value::String(value)) => kid = Some(value),
            ("typ", Value::String(typ)) if typ.eq_ignore_ascii_case("JWT") => {}
            // SECURITY: these change what is signed or bring a key along; no host sends them
            // (RFC 7515 sections 4.1.2 to 4.1.11, RFC 7797, RFC 7516 section 4.1.3).
            // Test: headers_that_change_the_rules_are_refused.
            (
                name @ ("alg" | "b64" | "crit" | "cty" | "jku" | "jwk" | "kid" | "typ" | "x5c"
                | "x5t" | "x5t#S256" | "x5u" | "zip"),
                _,
            ) => {
                if name == "alg" {
                    return Err(TokenError::AlgorithmRefused);
                }
                return Err(TokenError::HeaderRefused);
            }
            _ => {}
        }
    }
    Ok((algorithm.ok_or(TokenError::AlgorithmRefused)?, kid))
}

/// Signs a payload with a shared secret (HS256).
pub fn sign_hs256(payload: &[u8], key: &HmacKey) -> String {
    let mut token = String::with_capacity(HS256_HEADER.len() + payload.len() * 4 / 3 + 48);
    token.push_str(HS256_HEADER);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(payload, &mut token);
    let signature = key.sign(token.as_bytes());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    token
}

/// Signs a payload with a private key (RS256), naming the key by `kid`.
///
/// # Errors
/// [`TokenError::Signature`] when the key cannot sign.
pub fn sign_rs256(payload: &[u8], key: &RsaSigningKey, kid: &Kid) -> Result<String, TokenError> {
    let header = serde_json::json!({ "typ": "JWT", "alg": "RS256", "kid": kid.as_str() });
    let mut token = URL_SAFE_NO_PAD.encode(header.to_string());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(payload, &mut token);
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Secret;

    fn key() -> HmacKey {
        HmacKey::new(&Secret::new("a-shared-secret-of-thirty-two-bytes!")).unwrap()
    }

    fn with_header(header: &str) -> String {
        let mut token = URL_SAFE_NO_PAD.encode(header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string("{}", &mut token);
        let signature = key().sign(token.as_bytes());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        token
    }

    #[test]
    fn what_is_signed_verifies() {
        let token = sign_hs256(b"{\"a\":1}", &key());
        let compact = Compact::parse(&token).unwrap();
        assert_eq!(
            compact.verify(VerifyingKey::Hmac(&key())),
            Ok(&b"{\"a\":1}"[..])
        );
    }

    #[test]
    fn a_token_is_shown_without_what_makes_it_one() {
        let token = sign_hs256(b"{\"a\":\"claim\"}", &key());
        let shown = format!("{:?}", Compact::parse(&token).unwrap());
        assert!(
            shown.contains("Hs256") && !shown.contains("claim"),
            "{shown}"
        );
        assert!(
            !token.split('.').any(|part| shown.contains(part)),
            "{shown}"
        );
    }

    #[test]
    fn the_usual_header_is_what_it_reads_as() {
        let header = URL_SAFE_NO_PAD.decode(HS256_HEADER).unwrap();
        assert_eq!(header, br#"{"typ":"JWT","alg":"HS256"}"#);
        assert_eq!(read_header(&header), Ok((Algorithm::Hs256, None)));
    }

    #[test]
    fn the_usual_header_is_known_whole_or_not_at_all() {
        let refused = |token: String| Compact::parse(&token).unwrap_err();
        for token in [
            HS256_HEADER.to_owned(),
            format!("{HS256_HEADER}."),
            format!("{HS256_HEADER}.e30"),
        ] {
            let part = "structure";
            assert_eq!(refused(token), TokenError::Malformed { part });
        }
        let part = "header";
        for header in [format!("{HS256_HEADER}AA"), HS256_HEADER[1..].to_owned()] {
            let token = format!("{header}.e30.AA");
            assert_eq!(refused(token), TokenError::Malformed { part });
        }
        let part = "payload";
        let token = format!("{HS256_HEADER}.e30.e30.AA");
        assert_eq!(refused(token), TokenError::Malformed { part });
    }

    #[test]
    fn the_key_chooses_the_algorithm() {
        for header in [
            r#"{"alg":"none"}"#,
            r#"{"alg":"HS512"}"#,
            r#"{"alg":"hs256"}"#,
            "{}",
            r#"{"alg":["HS256"]}"#,
            r#"{"alg":null}"#,
        ] {
            assert_eq!(
                Compact::parse(&with_header(header)).unwrap_err(),
                TokenError::AlgorithmRefused,
                "{header}"
            );
        }
        let token = with_header(r#"{"alg":"RS256","kid":"a"}"#);
        let compact = Compact::parse(&token).unwrap();
        assert_eq!(
            compact.verify(VerifyingKey::Hmac(&key())),
            Err(TokenError::AlgorithmRefused)
        );
    }

    #[test]
    fn headers_that_change_the_rules_are_refused() {
        for extra in [
            r#""crit":["x"]"#,
            r#""b64":false"#,
            r#""zip":"DEF"#,
            r#""cty":"JWT""#,
            r#""jwk":{}"#,
            r#""jku":"https://a.example""#,
            r#""x5u":"https://a.example""#,
            r#""x5c":[]"#,
            r#""typ":"JWS""#,
            r#""typ":1"#,
            r#""kid":["a"]"#,
        ] {
            let token = with_header(&format!(r#"{{"alg":"HS256",{extra}}}"#));
            assert!(Compact::parse(&token).is_err(), "{extra}");
        }
        assert!(Compact::parse(&with_header(r#"{"alg":"HS256","typ":"jwt","own":1}"#)).is_ok());
    }

    #[test]
    fn a_token_has_one_spelling() {
        let token = sign_hs256(b"{}", &key());
        for bad in [
            format!("{token}="),
            format!(" {token}"),
            format!("{token}."),
            token.replace('.', ".."),
            token.replace('.', "%2E"),
            format!("{token}\n"),
            "a.b".to_owned(),
            "..".to_owned(),
            String::new(),
        ] {
            assert!(Compact::parse(&bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_limits_are_what_they_say() {
        assert_eq!((MAX_TOKEN, MAX_HEADER), (16_384, 2_048));
        let header = |size: usize| {
            let padding = "x".repeat(size - r#"{"alg":"HS256","x":""}"#.len());
            Compact::parse(&with_header(&format!(
                r#"{{"alg":"HS256","x":"{padding}"}}"#
            )))
            .is_ok()
        };
        assert!(header(MAX_HEADER));
        assert!(!header(MAX_HEADER + 1));
        let token = |size: usize| {
            let empty = sign_hs256(b"", &key()).len();
            // Three bytes are four characters; a payload of this size leaves at most two over.
            let token = sign_hs256(&vec![b'x'; (size - empty) / 4 * 3], &key());
            let spare = size - token.len();
            (token, spare)
        };
        let (longest, spare) = token(MAX_TOKEN);
        assert!(Compact::parse(&longest).is_ok());
        let padded = format!("{longest}{}", "A".repeat(spare));
        assert_eq!(padded.len(), MAX_TOKEN);
        assert_ne!(Compact::parse(&padded).err(), Some(TokenError::TooLarge));
        let over = Compact::parse(&format!("{padded}A")).unwrap_err();
        assert_eq!(over, TokenError::TooLarge);
    }

    #[test]
    fn size_is_checked_first() {
        let long = "a".repeat(MAX_TOKEN + 1);
        assert_eq!(Compact::parse(&long).unwrap_err(), TokenError::TooLarge);
        let header = format!("{}.e30.AA", "a".repeat(MAX_HEADER * 2));
        assert_eq!(Compact::parse(&header).unwrap_err(), TokenError::TooLarge);
    }

    proptest! {
        #[test]
        fn one_bit_flipped_anywhere_is_refused(payload in any::<Vec<u8>>(), at in any::<prop::sample::Index>(), bit in 0..7u8) {
            let token = sign_hs256(&payload, &key());
            let mut bytes = token.clone().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            if let Ok(text) = std::str::from_utf8(&bytes) {
                let refused = match Compact::parse(text) {
                    Ok(compact) => compact.verify(VerifyingKey::Hmac(&key())).is_err(),
                    Err(_) => true,
                };
                prop_assert!(refused);
            }
        }

        #[test]
        fn no_text_makes_it_panic(token in "[a-zA-Z0-9_.-]{0,80}|\\PC{0,80}") {
            let _ = Compact::parse(&token);
        }
    }
}
