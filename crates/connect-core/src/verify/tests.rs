use serde_json::{Value, json};

use super::*;
use crate::{Product, Secret, jws, keys::RsaSigningKey, mint, qsh::Qsh, tenant::TenantState};

const NOW: i64 = 1_767_225_600;
const HOST_KEY: &[u8] = include_bytes!("../../tests/data/test-only-host-key.pk8");
const OTHER_KEY: &[u8] = include_bytes!("../../tests/data/test-only-other-key.pk8");

fn now() -> Timestamp {
    Timestamp::from_unix(NOW)
}

fn policy() -> Policy {
    Policy {
        app_key: AppKey::parse("com.example.app").unwrap(),
        base_urls: vec![
            BaseUrl::parse("https://app.example.com").unwrap(),
            BaseUrl::parse("https://second.example.com/wiki-app").unwrap(),
        ],
        leeway: Seconds(30),
        max_lifetime: Seconds(24 * 60 * 60),
        max_session: Seconds(15 * 60),
        session_without_purpose: false,
    }
}

fn tenant(name: &str) -> Tenant {
    Tenant::new(
        AppKey::parse("com.example.app").unwrap(),
        ClientKey::parse(name).unwrap(),
        BaseUrl::parse("https://acme.atlassian.net").unwrap(),
        Product::Jira,
        Secret::new(format!("the shared secret of tenant {name}, long enough")),
        now(),
    )
}

fn line(target: &str) -> RequestLine<'_> {
    RequestLine {
        method: "GET",
        target,
        form: None,
    }
}

/// The claims of a good host token for `GET /page?a=1`, with changes.
fn claims(changes: Value) -> Value {
    let mut claims = json!({
        "iss": "site-1", "sub": "557058:ada", "iat": NOW, "exp": NOW + 180,
        "qsh": Qsh::of("GET&/page&a=1").as_str(),
    });
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims
                .as_object_mut()
                .unwrap()
                .insert(name.clone(), value.clone()),
        };
    }
    claims
}

fn sign(claims: &Value, tenant: &Tenant) -> String {
    jws::sign_hs256(claims.to_string().as_bytes(), tenant.signing_key().unwrap())
}

fn check_host(changes: Value) -> Result<Verified<Host>, TokenError> {
    let tenant = tenant("site-1");
    let token = sign(&claims(changes), &tenant);
    let token = Unverified::parse(&token)?;
    verify_host(&token, &tenant, &line("/page?a=1"), &policy(), now())
}

fn check_context(changes: Value) -> Result<Verified<Context>, TokenError> {
    let tenant = tenant("site-1");
    let token = sign(&claims(changes), &tenant);
    let token = Unverified::parse(&token)?;
    verify_context(&token, &tenant, &policy(), now())
}

#[test]
fn a_good_host_token_passes() {
    let proof = check_host(json!({})).unwrap();
    assert_eq!(proof.account_id().unwrap().as_str(), "557058:ada");
    assert!(
        check_host(json!({"sub": null}))
            .unwrap()
            .account_id()
            .is_none()
    );
}

#[test]
fn the_account_in_the_context_comes_first() {
    let proof = check_host(json!({"context": {"user": {"accountId": "grace"}}})).unwrap();
    assert_eq!(proof.account_id().unwrap().as_str(), "grace");
}

#[test]
fn audiences() {
    for good in [
        json!(["com.example.app"]),
        json!("com.example.app"),
        json!(["site-1"]),
        json!(["other", "https://app.example.com/"]),
        json!("https://second.example.com/wiki-app"),
    ] {
        assert!(check_host(json!({"aud": good})).is_ok(), "{good}");
    }
    for bad in [
        json!([]),
        json!(["site-2"]),
        json!("com.example.app.evil"),
        json!("https://app.example.com.evil.example"),
        json!("http://app.example.com"),
        json!("https://app.example.com/other"),
    ] {
        assert_eq!(
            check_host(json!({"aud": bad})).unwrap_err(),
            TokenError::Audience,
            "{bad}"
        );
    }
}

#[test]
fn times() {
    let expired = |exp: i64| check_host(json!({"iat": exp - 60, "exp": exp}));
    assert!(expired(NOW - 29).is_ok());
    assert_eq!(expired(NOW - 30).unwrap_err(), TokenError::Expired);
    assert!(check_host(json!({"iat": NOW + 30})).is_ok());
    assert_eq!(
        check_host(json!({"iat": NOW + 31})).unwrap_err(),
        TokenError::NotYetValid
    );
    assert!(check_host(json!({"nbf": NOW + 30})).is_ok());
    assert_eq!(
        check_host(json!({"nbf": NOW + 31})).unwrap_err(),
        TokenError::NotYetValid
    );
    // Of no use, but no lie either.
    assert!(check_host(json!({"iat": NOW, "exp": NOW})).is_ok());
    assert!(check_host(json!({"exp": NOW + 86_400})).is_ok());
    assert_eq!(
        check_host(json!({"exp": NOW + 86_401})).unwrap_err(),
        TokenError::Lifetime
    );
    assert_eq!(
        check_host(json!({"iat": NOW, "exp": NOW - 1})).unwrap_err(),
        TokenError::Lifetime
    );
    assert_eq!(
        check_host(json!({"exp": i64::MAX})).unwrap_err(),
        TokenError::Lifetime
    );
}

#[test]
fn every_kind_of_token_passes_on_its_own_kind_of_route_only() {
    let tenant = tenant("site-1");
    let request = line("/page?a=1");
    let host = sign(&claims(json!({})), &tenant);
    let context = sign(&claims(json!({"qsh": "context-qsh"})), &tenant);
    let session =
        mint::session_token(&tenant, &policy().app_key, None, Seconds(900), now()).unwrap();
    for (token, good) in [
        (&host, "host"),
        (&context, "context"),
        (&session, "session"),
    ] {
        let token = Unverified::parse(token).unwrap();
        let passes = [
            (
                "host",
                verify_host(&token, &tenant, &request, &policy(), now()).is_ok(),
            ),
            (
                "context",
                verify_context(&token, &tenant, &policy(), now()).is_ok(),
            ),
            (
                "session",
                verify_session(&token, &tenant, &policy(), now()).is_ok(),
            ),
        ];
        for (route, passes) in passes {
            assert_eq!(passes, route == good, "a {good} token on a {route} route");
        }
        let key = RsaSigningKey::from_pkcs8(HOST_KEY).unwrap().public_pem();
        let key = RsaPublicKey::from_pem(&key).unwrap();
        assert_eq!(
            verify_install(&token, &key, &request, &policy(), now()).unwrap_err(),
            TokenError::AlgorithmRefused
        );
    }
}

#[test]
fn a_token_is_for_one_request() {
    assert_eq!(
        check_host(json!({"qsh": null})).unwrap_err(),
        TokenError::QshMismatch
    );
    assert_eq!(
        check_host(json!({"qsh": "context-qsh"})).unwrap_err(),
        TokenError::QshMismatch
    );
    let tenant = tenant("site-1");
    let token = sign(&claims(json!({})), &tenant);
    let token = Unverified::parse(&token).unwrap();
    for target in [
        "/page?a=2",
        "/page",
        "/page?a=1&b=1",
        "/Page?a=1",
        "/page/x?a=1",
    ] {
        assert_eq!(
            verify_host(&token, &tenant, &line(target), &policy(), now()).unwrap_err(),
            TokenError::QshMismatch,
            "{target}"
        );
    }
    for target in ["/page?a=1", "/page/?a=1&jwt=x", "/wiki-app/page?a=1"] {
        assert!(
            verify_host(&token, &tenant, &line(target), &policy(), now()).is_ok(),
            "{target}"
        );
    }
    assert!(matches!(
        verify_host(&token, &tenant, &line("/page?a=%zz"), &policy(), now()).unwrap_err(),
        TokenError::Request(_)
    ));
}

#[test]
fn a_context_token_is_for_no_request() {
    assert!(check_context(json!({"qsh": "context-qsh"})).is_ok());
    for bad in [json!("Context-Qsh"), json!(""), json!("context-qsh ")] {
        assert_eq!(
            check_context(json!({"qsh": bad})).unwrap_err(),
            TokenError::QshMismatch
        );
    }
    assert_eq!(
        check_context(json!({"qsh": null})).unwrap_err(),
        TokenError::QshMismatch
    );
}

#[test]
fn tenants_do_not_speak_for_each_other() {
    let (one, two) = (tenant("site-1"), tenant("site-2"));
    let token = sign(&claims(json!({"iss": "site-2"})), &one);
    let token = Unverified::parse(&token).unwrap();
    assert_eq!(token.tenant_hint::<Host>().unwrap(), two.client_key);
    let request = line("/page?a=1");
    assert_eq!(
        verify_host(&token, &two, &request, &policy(), now()).unwrap_err(),
        TokenError::Signature
    );
    assert_eq!(
        verify_host(&token, &one, &request, &policy(), now()).unwrap_err(),
        TokenError::Issuer
    );
}

#[test]
fn a_tenant_that_is_gone_is_refused() {
    let mut gone = tenant("site-1");
    gone.state = TenantState::Uninstalled { at: now() };
    let token = sign(&claims(json!({})), &gone);
    let token = Unverified::parse(&token).unwrap();
    let request = line("/page?a=1");
    assert_eq!(
        verify_host(&token, &gone, &request, &policy(), now()).unwrap_err(),
        TokenError::TenantNotInstalled
    );
}

#[test]
fn an_empty_secret_proves_nothing() {
    let mut empty = tenant("site-1");
    empty.rotate_secret(Secret::new(""), None);
    let token = jws::sign_hs256(
        claims(json!({})).to_string().as_bytes(),
        &HmacKey::from_bytes(b""),
    );
    let token = Unverified::parse(&token).unwrap();
    assert_eq!(
        verify_host(&token, &empty, &line("/page?a=1"), &policy(), now()).unwrap_err(),
        TokenError::TenantNotInstalled
    );
}

#[test]
fn a_replaced_secret_has_its_grace_and_no_more() {
    let mut tenant = tenant("site-1");
    let token = sign(&claims(json!({})), &tenant);
    let token = Unverified::parse(&token).unwrap();
    tenant.rotate_secret(
        Secret::new("another secret that is long enough"),
        Some(now() + Seconds(10)),
    );
    let at = |seconds| {
        verify_host(
            &token,
            &tenant,
            &line("/page?a=1"),
            &policy(),
            now() + Seconds(seconds),
        )
        .is_ok()
    };
    assert!(at(10));
    assert!(!at(11));

    let check = |token: &str, seconds| {
        let token = Unverified::parse(token).unwrap();
        let line = line("/page?a=1");
        verify_host(&token, &tenant, &line, &policy(), now() + Seconds(seconds)).map(drop)
    };
    let new = sign(&claims(json!({})), &tenant);
    assert_eq!((check(&new, 10), check(&new, 11)), (Ok(()), Ok(())));
    let key = HmacKey::from_bytes(b"a third secret that is long enough");
    let third = jws::sign_hs256(claims(json!({})).to_string().as_bytes(), &key);
    for seconds in [10, 11] {
        assert_eq!(check(&third, seconds), Err(TokenError::Signature));
    }
}

#[test]
fn session_tokens_are_bound_to_purpose_tenant_app_and_age() {
    let tenant = tenant("site-1");
    let session = |changes: Value| {
        let mut all = json!({"iss": "com.example.app", "aud": ["site-1"], "qsh": null,
            "purpose": "session", "exp": NOW + 900});
        all.as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        let token = sign(&claims(all), &tenant);
        let token = Unverified::parse(&token)?;
        token.tenant_hint::<Session>()?;
        verify_session(&token, &tenant, &policy(), now())
    };
    assert!(session(json!({})).is_ok());
    assert_eq!(
        session(json!({"purpose": null})).unwrap_err(),
        TokenError::Purpose
    );
    assert_eq!(
        session(json!({"purpose": "reset"})).unwrap_err(),
        TokenError::Purpose
    );
    assert_eq!(
        session(json!({"aud": null})).unwrap_err(),
        TokenError::Audience
    );
    assert_eq!(
        session(json!({"aud": ["site-1", "x"]})).unwrap_err(),
        TokenError::Audience
    );
    assert_eq!(
        session(json!({"aud": ["site-2"]})).unwrap_err(),
        TokenError::Audience
    );
    assert_eq!(
        session(json!({"iss": "site-1"})).unwrap_err(),
        TokenError::Issuer
    );
    assert_eq!(
        session(json!({"exp": NOW + 901})).unwrap_err(),
        TokenError::Lifetime
    );
    assert_eq!(
        session(json!({"qsh": "context-qsh"})).unwrap_err(),
        TokenError::QshMismatch
    );
}

#[test]
fn for_those_who_move_from_ace_a_purpose_may_be_absent_but_not_another() {
    let tenant = tenant("site-1");
    let session = |purpose: Value, session_without_purpose| {
        let token = sign(
            &claims(
                json!({"iss": "com.example.app", "aud": ["site-1"], "qsh": null,
                "purpose": purpose}),
            ),
            &tenant,
        );
        let policy = Policy {
            session_without_purpose,
            ..policy()
        };
        verify_session(&Unverified::parse(&token)?, &tenant, &policy, now())
    };
    assert!(session(Value::Null, true).is_ok());
    for (purpose, lenient) in [(Value::Null, false), (json!("reset"), true)] {
        let refused = session(purpose, lenient).unwrap_err();
        assert_eq!(refused, TokenError::Purpose);
    }
}

#[test]
fn install_tokens() {
    let key = RsaSigningKey::from_pkcs8(HOST_KEY).unwrap();
    let public = RsaPublicKey::from_pem(&key.public_pem()).unwrap();
    let other = RsaSigningKey::from_pkcs8(OTHER_KEY).unwrap();
    let kid = crate::Kid::parse("keys/1").unwrap();
    let request = RequestLine {
        method: "POST",
        target: "/installed",
        form: None,
    };
    let check = |changes: Value, key: &RsaSigningKey| {
        let mut all = json!({"aud": ["https://app.example.com"],
            "qsh": Qsh::of("POST&/installed&").as_str()});
        all.as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        let token = jws::sign_rs256(claims(all).to_string().as_bytes(), key, &kid).unwrap();
        let token = Unverified::parse(&token).unwrap();
        assert_eq!(token.compact().kid().unwrap(), kid);
        let early = token.precheck_install(&request, &policy(), now());
        let late = verify_install(&token, &public, &request, &policy(), now()).map(|_| ());
        if late != Err(TokenError::Signature) {
            assert_eq!(
                early, late,
                "the early check is the late one without the signature"
            );
        }
        late
    };
    assert_eq!(check(json!({}), &key), Ok(()));
    assert_eq!(check(json!({}), &other), Err(TokenError::Signature));
    assert_eq!(check(json!({"aud": null}), &key), Err(TokenError::Audience));
    assert_eq!(
        check(json!({"aud": ["com.example.app"]}), &key),
        Err(TokenError::Audience)
    );
    assert_eq!(
        check(json!({"aud": ["x", "https://app.example.com/"]}), &key),
        Ok(())
    );
    assert_eq!(
        check(json!({"qsh": "context-qsh"}), &key),
        Err(TokenError::QshMismatch)
    );
    assert_eq!(
        check(json!({"iat": NOW - 999, "exp": NOW - 99}), &key),
        Err(TokenError::Expired)
    );
}

#[test]
fn the_public_key_is_no_shared_secret() {
    let pem = RsaSigningKey::from_pkcs8(HOST_KEY).unwrap().public_pem();
    let public = RsaPublicKey::from_pem(&pem).unwrap();
    let token = jws::sign_hs256(
        claims(json!({})).to_string().as_bytes(),
        &HmacKey::from_bytes(pem.as_bytes()),
    );
    let token = Unverified::parse(&token).unwrap();
    let request = line("/page?a=1");
    assert_eq!(
        verify_install(&token, &public, &request, &policy(), now()).unwrap_err(),
        TokenError::AlgorithmRefused
    );
}

#[test]
fn our_own_requests_are_signed_for_the_path_below_the_context() {
    let mut wiki = tenant("site-1");
    wiki.base_url = BaseUrl::parse("https://acme.atlassian.net/wiki").unwrap();
    let url = "https://acme.atlassian.net/wiki/rest/api/content?b=2&a=1";
    let token =
        mint::request_token(&wiki, &policy().app_key, &line(url), Seconds(180), now()).unwrap();
    let compact = jws::Compact::parse(&token).unwrap();
    let payload = compact
        .verify(VerifyingKey::Hmac(wiki.signing_key().unwrap()))
        .unwrap();
    let claims = Claims::parse(payload).unwrap();
    assert_eq!(claims.iss, "com.example.app");
    assert_eq!(claims.exp.since(claims.iat), Seconds(180));
    assert_eq!(
        claims.qsh.unwrap(),
        Qsh::of("GET&/rest/api/content&a=1&b=2").as_str()
    );
}
