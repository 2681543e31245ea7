use serde_json::{Value, json};

use super::*;
use crate::{jws, keys::RsaSigningKey};

const NOW: i64 = 1_767_225_600;
const HOST_KEY: &[u8] = include_bytes!("../../tests/data/test-only-host-key.pk8");
const OTHER_KEY: &[u8] = include_bytes!("../../tests/data/test-only-other-key.pk8");
const APP: &str = "ari:cloud:ecosystem::app/8db9d2d4-0001";

fn now() -> Timestamp {
    Timestamp::from_unix(NOW)
}

fn policy() -> ForgePolicy {
    ForgePolicy {
        app_ids: vec!["ari:cloud:ecosystem::app/other".to_owned(), APP.to_owned()],
        leeway: Seconds(10),
        max_lifetime: Seconds(300),
    }
}

fn signer(der: &[u8]) -> RsaSigningKey {
    RsaSigningKey::from_pkcs8(der).unwrap()
}

fn public(der: &[u8]) -> RsaPublicKey {
    RsaPublicKey::from_pem(&signer(der).public_pem()).unwrap()
}

fn kid() -> Kid {
    Kid::parse("forge/invocation-token/1").unwrap()
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": APP, "iat": NOW, "nbf": NOW, "exp": NOW + 25, "jti": "t-1",
        "app": {
            "id": APP, "appVersion": "3.0.0",
            "installationId": "ari:cloud:ecosystem::installation/i-1",
            "apiBaseUrl": "https://api.atlassian.com/ex/jira/c-1",
            "environment": {"type": "DEVELOPMENT", "id": "e-1"},
            "module": {"type": "core:endpoint", "key": "hello"},
            "license": {"active": true, "isEvaluation": false, "capabilitySet": "capabilityStandard"},
        },
        "context": {"cloudId": "c-1", "siteUrl": "https://acme.atlassian.net", "extension": {}},
        "principal": "712020:ada",
    })
}

fn sign(claims: &Value) -> String {
    jws::sign_rs256(claims.to_string().as_bytes(), &signer(HOST_KEY), &kid()).unwrap()
}

fn check(token: &str) -> Result<Invocation, TokenError> {
    let token = UnverifiedInvocation::parse(token)?;
    let precheck = token.precheck(&policy(), now());
    let verified = verify(token, &public(HOST_KEY), &policy(), now());
    // What the key is not needed for is refused before it is looked for.
    assert_eq!(
        precheck.is_ok(),
        matches!(verified, Ok(_) | Err(TokenError::Signature))
    );
    verified
}

#[test]
fn a_token_of_forge_is_read() {
    let proof = check(&sign(&claims())).unwrap();
    let claims = proof.claims();
    assert_eq!(claims.principal.as_ref().unwrap().as_str(), "712020:ada");
    assert_eq!(claims.app.environment, Environment::Development);
    assert_eq!(claims.app.module.key, "hello");
    assert!(claims.app.license.as_ref().unwrap().active);
    assert_eq!(claims.app.api_base_url.path(), "/ex/jira/c-1");
    assert_eq!(claims.context.cloud_id.as_deref(), Some("c-1"));
    assert_eq!(claims.context.all["cloudId"], "c-1");
}

#[test]
fn one_of_several_audiences_is_enough_when_it_is_the_app_that_is_called() {
    let mut claims = claims();
    claims["aud"] = json!(["https://elsewhere.example", APP]);
    assert!(check(&sign(&claims)).is_ok());
}

#[test]
fn every_rule_of_an_invocation_token_has_a_token_that_breaks_it() {
    let other = "ari:cloud:ecosystem::app/other";
    for (pointer, value, expected) in [
        (
            "/aud",
            json!("ari:cloud:ecosystem::app/stranger"),
            TokenError::Audience,
        ),
        ("/aud", json!([]), TokenError::Audience),
        ("/aud", json!(other), TokenError::Audience),
        ("/app/id", json!(other), TokenError::Audience),
        ("/iss", json!("forge/other-token"), TokenError::Issuer),
        ("/exp", json!(NOW - 10), TokenError::Expired),
        ("/nbf", json!(NOW + 11), TokenError::NotYetValid),
        ("/iat", json!(NOW + 11), TokenError::NotYetValid),
        ("/exp", json!(NOW + 301), TokenError::Lifetime),
        ("/jti", json!(""), TokenError::Claim { claim: "jti" }),
        ("/jti", json!(7), TokenError::Claim { claim: "jti" }),
        ("/app", json!([]), TokenError::Claim { claim: "app" }),
        (
            "/app/installationId",
            json!("two words"),
            TokenError::Claim {
                claim: "app.installationId",
            },
        ),
        (
            "/app/apiBaseUrl",
            json!("http://api.example"),
            TokenError::Claim {
                claim: "app.apiBaseUrl",
            },
        ),
        (
            "/app/apiBaseUrl",
            json!("https://user@api.example"),
            TokenError::Claim {
                claim: "app.apiBaseUrl",
            },
        ),
        (
            "/principal",
            json!({}),
            TokenError::Claim { claim: "principal" },
        ),
        (
            "/context",
            json!("x"),
            TokenError::Claim { claim: "context" },
        ),
    ] {
        let mut claims = claims();
        *claims.pointer_mut(pointer).unwrap() = value.clone();
        let refused = check(&sign(&claims));
        assert_eq!(refused.unwrap_err(), expected, "{pointer} {value}");
    }
    for missing in ["aud", "app", "exp", "iat", "iss", "jti"] {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(missing);
        assert!(check(&sign(&claims)).is_err(), "{missing}");
    }
}

#[test]
fn a_label_that_is_no_plain_word_never_becomes_a_url() {
    for label in [
        "",
        "A",
        "a.b",
        "a/b",
        "a b",
        "evil.example#",
        "..",
        "a%2f",
        &"a".repeat(51),
    ] {
        let mut claims = claims();
        claims["icLabel"] = label.into();
        let refused = check(&sign(&claims)).unwrap_err();
        assert_eq!(refused, TokenError::Claim { claim: "icLabel" }, "{label}");
    }
    let label = IcLabel::parse("ic-1_a").unwrap();
    let source = KeySource::custom("https://keys.{icLabel}.example/jwks.json").unwrap();
    assert_eq!(
        source.url(Some(&label)).unwrap(),
        "https://keys.ic-1_a.example/jwks.json"
    );
    // Neither side may be without the other: the configuration says which clouds there are.
    assert_eq!(source.url(None), None);
    assert_eq!(KeySource::Production.url(Some(&label)), None);
    let plain = KeySource::custom("https://keys.example/jwks.json").unwrap();
    assert_eq!(plain.url(Some(&label)), None);
    assert!(KeySource::custom("http://keys.example/jwks.json").is_err());
}

#[test]
fn only_the_key_makes_a_proof() {
    let claims = claims();
    let bytes = claims.to_string();
    let forged = jws::sign_rs256(bytes.as_bytes(), &signer(OTHER_KEY), &kid()).unwrap();
    assert_eq!(check(&forged).unwrap_err(), TokenError::Signature);
    // The public key as the secret of an HMAC.
    let pem = signer(HOST_KEY).public_pem();
    let confused = jws::sign_hs256(
        bytes.as_bytes(),
        &crate::keys::HmacKey::from_bytes(pem.as_bytes()),
    );
    let refused = UnverifiedInvocation::parse(&confused).unwrap_err();
    assert_eq!(refused, TokenError::AlgorithmRefused);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(payload in "\\PC{0,200}", token in "[a-zA-Z0-9_.-]{0,80}") {
        let signed = jws::sign_rs256(payload.as_bytes(), &signer(HOST_KEY), &kid()).unwrap();
        for token in [signed, token] {
            if let Ok(token) = UnverifiedInvocation::parse(&token) {
                let _ = token.precheck(&policy(), now());
            }
        }
        let _ = JsonWebKeys::parse(payload.as_bytes());
        let _ = IcLabel::parse(&payload);
    }
}

#[test]
fn without_an_app_id_no_token_is_taken() {
    let nobody = ForgePolicy {
        app_ids: Vec::new(),
        ..policy()
    };
    let token = sign(&claims());
    let token = UnverifiedInvocation::parse(&token).unwrap();
    let refused = token.precheck(&nobody, now());
    assert_eq!(refused.unwrap_err(), TokenError::Audience);
}

#[test]
fn only_rsa_keys_for_signatures_are_read_from_a_document() {
    let good = to_json(&kid(), &public(HOST_KEY));
    let with = |name: &str, value: &str| {
        let mut key = good.clone();
        key["kid"] = format!("{name}-{value}").replace(['-', ':'], "x").into();
        key[name] = value.into();
        key
    };
    let document = json!({"keys": [
        good, with("kty", "EC"), with("use", "enc"), with("alg", "RS512"), with("n", "AAAA"),
        with("kid", "../x"), "text", {"kty": "oct", "k": "c2VjcmV0"},
    ]});
    let keys = JsonWebKeys::parse(document.to_string().as_bytes()).unwrap();
    assert_eq!(keys.ids().collect::<Vec<_>>(), [&kid()]);
    assert_eq!(keys.get(&kid()), Some(&public(HOST_KEY)));
    assert!(JsonWebKeys::parse(b"<html>").is_none());
    assert!(JsonWebKeys::parse(b"[]").is_none());
}
