use serde_json::{Value, json};

use super::*;
use crate::{
    jws,
    keys::{RsaPublicKey, RsaSigningKey},
    qsh::{Qsh, RequestLine},
    verify::{Policy, Unverified, verify_host, verify_install},
};

const NOW: i64 = 1_767_225_600;
const HOST_KEY: &[u8] = include_bytes!("../../tests/data/test-only-host-key.pk8");

fn now() -> Timestamp {
    Timestamp::from_unix(NOW)
}

fn policy() -> InstallPolicy {
    InstallPolicy {
        app_key: AppKey::parse("com.example.app").unwrap(),
        allowed_hosts: AllowedHosts::atlassian(),
        secret_grace: Seconds(300),
    }
}

fn token_policy() -> Policy {
    Policy {
        app_key: policy().app_key,
        base_urls: vec![BaseUrl::parse("https://app.example.com").unwrap()],
        leeway: Seconds(30),
        max_lifetime: Seconds(86_400),
        max_session: Seconds(900),
        session_without_purpose: false,
    }
}

fn body(event: &str, changes: Value) -> Vec<u8> {
    let mut body = json!({
        "key": "com.example.app", "clientKey": "site-1", "eventType": event,
        "sharedSecret": "first secret, at least thirty-two bytes long",
        "baseUrl": "https://acme.atlassian.net", "productType": "jira", "futureField": {"kept": true},
    });
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => body.as_object_mut().unwrap().remove(name),
            value => body
                .as_object_mut()
                .unwrap()
                .insert(name.clone(), value.clone()),
        };
    }
    body.to_string().into_bytes()
}

fn install_proof(issuer: &str) -> Verified<Install> {
    let key = RsaSigningKey::from_pkcs8(HOST_KEY).unwrap();
    let public = RsaPublicKey::from_pem(&key.public_pem()).unwrap();
    let claims = json!({"iss": issuer, "aud": "https://app.example.com", "iat": NOW,
        "exp": NOW + 180, "qsh": Qsh::of("POST&/installed&").as_str()});
    let kid = crate::Kid::parse("k").unwrap();
    let token = jws::sign_rs256(claims.to_string().as_bytes(), &key, &kid).unwrap();
    let request = RequestLine {
        method: "POST",
        target: "/installed",
        form: None,
    };
    let token = Unverified::parse(&token).unwrap();
    verify_install(&token, &public, &request, &token_policy(), now()).unwrap()
}

fn install(existing: Option<&Tenant>, changes: Value) -> Result<Tenant, LifecycleError> {
    let call = LifecycleCall::parse(&body("installed", changes))?;
    match decide_installed(existing, call, &install_proof("site-1"), &policy(), now())? {
        Decision::Save(tenant) => Ok(*tenant),
        Decision::Nothing => panic!("an install stores something"),
    }
}

#[test]
fn a_first_install_keeps_every_member_but_the_secret() {
    let tenant = install(
        None,
        json!({"oauthClientId": "o", "installationId": "ari:x"}),
    )
    .unwrap();
    assert_eq!(tenant.state, TenantState::Enabled);
    assert_eq!(tenant.details["futureField"]["kept"], true);
    assert!(!tenant.details.contains_key("sharedSecret"));
    assert_eq!(tenant.oauth_client_id.as_deref(), Some("o"));
    assert_eq!(tenant.installation_id.as_deref(), Some("ari:x"));
    assert!(tenant.shared_secret().expose().starts_with("first secret"));
}

#[test]
fn a_repeated_install_changes_nothing() {
    let once = install(None, json!({})).unwrap();
    let twice = install(Some(&once), json!({})).unwrap();
    assert_eq!(once, twice);
}

#[test]
fn a_rotation_keeps_the_old_secret_for_its_grace() {
    let before = install(None, json!({})).unwrap();
    let after = install(
        Some(&before),
        json!({"sharedSecret": "second secret, just as long as the first"}),
    )
    .unwrap();
    let previous = after.previous_secret().unwrap();
    assert_eq!(previous.secret, *before.shared_secret());
    assert_eq!(previous.until, now() + Seconds(300));
}

#[test]
fn a_rename_moves_the_tenant() {
    let before = install(None, json!({})).unwrap();
    let after = install(
        Some(&before),
        json!({"baseUrl": "https://renamed.atlassian.net"}),
    )
    .unwrap();
    assert_eq!(after.base_url.as_str(), "https://renamed.atlassian.net");
    assert!(after.previous_secret().is_none());
}

#[test]
fn an_uninstalled_tenant_stays_and_comes_back_without_its_old_secret() {
    let tenant = install(None, json!({})).unwrap();
    let call = LifecycleCall::parse(&body("uninstalled", json!({"sharedSecret": null}))).unwrap();
    let proof = install_proof("site-1");
    let Ok(Decision::Save(gone)) =
        decide_uninstalled(Some(&tenant), &call, &proof, &policy(), now())
    else {
        panic!("the record is marked");
    };
    assert!(!gone.is_installed());
    assert_eq!(
        decide_uninstalled(Some(&gone), &call, &proof, &policy(), now()),
        Ok(Decision::Nothing)
    );
    assert_eq!(
        decide_uninstalled(None, &call, &proof, &policy(), now()),
        Ok(Decision::Nothing)
    );
    let back = install(
        Some(&gone),
        json!({"sharedSecret": "second secret, just as long as the first"}),
    )
    .unwrap();
    assert!(back.is_installed() && back.previous_secret().is_none());
}

#[test]
fn a_token_of_one_tenant_does_not_install_another() {
    let call = LifecycleCall::parse(&body("installed", json!({}))).unwrap();
    let proof = install_proof("site-2");
    assert_eq!(
        decide_installed(None, call.clone(), &proof, &policy(), now()),
        Err(LifecycleError::AnotherTenant)
    );
    let call = LifecycleCall::parse(&body("uninstalled", json!({}))).unwrap();
    assert_eq!(
        decide_uninstalled(None, &call, &proof, &policy(), now()),
        Err(LifecycleError::AnotherTenant)
    );
}

#[test]
fn bodies_that_are_refused() {
    for (changes, error) in [
        (
            json!({"key": "com.example.other"}),
            LifecycleError::AnotherApp,
        ),
        (json!({"key": null}), LifecycleError::Body { member: "key" }),
        (
            json!({"clientKey": null}),
            LifecycleError::Body {
                member: "clientKey",
            },
        ),
        (
            json!({"clientKey": ["site-1"]}),
            LifecycleError::Body {
                member: "clientKey",
            },
        ),
        (
            json!({"clientKey": "__proto__"}),
            LifecycleError::Body {
                member: "clientKey",
            },
        ),
        (json!({"eventType": "enabled"}), LifecycleError::WrongEvent),
        (
            json!({"eventType": "upgraded"}),
            LifecycleError::Body {
                member: "eventType",
            },
        ),
        (
            json!({"sharedSecret": null}),
            LifecycleError::Body {
                member: "sharedSecret",
            },
        ),
        (
            json!({"sharedSecret": ["a"]}),
            LifecycleError::Body {
                member: "sharedSecret",
            },
        ),
        (json!({"sharedSecret": ""}), LifecycleError::WeakSecret),
        (
            json!({"sharedSecret": "x".repeat(31)}),
            LifecycleError::WeakSecret,
        ),
        (
            json!({"baseUrl": "https://evil.example"}),
            LifecycleError::HostNotAllowed,
        ),
        (
            json!({"baseUrl": "http://acme.atlassian.net"}),
            LifecycleError::HostNotAllowed,
        ),
        (
            json!({"baseUrl": "http://127.0.0.1:3099/jira"}),
            LifecycleError::HostNotAllowed,
        ),
        (
            json!({"baseUrl": ""}),
            LifecycleError::Body { member: "baseUrl" },
        ),
        (
            json!({"productType": "hipchat"}),
            LifecycleError::Body {
                member: "productType",
            },
        ),
    ] {
        assert_eq!(install(None, changes.clone()), Err(error), "{changes}");
    }
    for text in [
        "",
        "[]",
        "null",
        "{\"key\":\"a\",\"key\":\"b\"}",
        "clientKey=a",
    ] {
        assert_eq!(
            LifecycleCall::parse(text.as_bytes()).unwrap_err(),
            LifecycleError::Body { member: "body" }
        );
    }
}

#[test]
fn enabled_and_disabled_switch_an_installed_tenant_only() {
    let tenant = install(None, json!({})).unwrap();
    let claims = json!({"iss": "site-1", "iat": NOW, "exp": NOW + 180,
        "qsh": Qsh::of("POST&/disabled&").as_str()});
    let token = jws::sign_hs256(claims.to_string().as_bytes(), tenant.signing_key().unwrap());
    let token = Unverified::parse(&token).unwrap();
    let request = RequestLine {
        method: "POST",
        target: "/disabled",
        form: None,
    };
    let proof = verify_host(&token, &tenant, &request, &token_policy(), now()).unwrap();

    let call = |event, changes| LifecycleCall::parse(&body(event, changes)).unwrap();
    let switch = |call, route| decide_switched(&tenant, &call, &proof, route, &policy());
    let Ok(Decision::Save(off)) = switch(call("disabled", json!({})), LifecycleEvent::Disabled)
    else {
        panic!("the tenant is switched off");
    };
    assert_eq!(off.state, TenantState::Disabled);
    assert_eq!(
        install(Some(&off), json!({})).unwrap().state,
        TenantState::Disabled
    );
    assert_eq!(
        switch(call("enabled", json!({})), LifecycleEvent::Enabled),
        Ok(Decision::Nothing)
    );
    assert_eq!(
        switch(call("enabled", json!({})), LifecycleEvent::Disabled),
        Err(LifecycleError::WrongEvent)
    );
    // `enabled` of one tenant with the body of another (ACE accepts it).
    assert_eq!(
        switch(
            call("disabled", json!({"clientKey": "site-2"})),
            LifecycleEvent::Disabled
        ),
        Err(LifecycleError::AnotherTenant)
    );
}

#[test]
fn an_event_is_read_by_its_own_name_only() {
    for (event, name) in [
        (LifecycleEvent::Disabled, "disabled"),
        (LifecycleEvent::Enabled, "enabled"),
        (LifecycleEvent::Installed, "installed"),
        (LifecycleEvent::Uninstalled, "uninstalled"),
    ] {
        assert_eq!(event.as_str(), name);
        assert_eq!(LifecycleEvent::parse(name), Some(event));
        assert_eq!(LifecycleEvent::parse(&name.to_uppercase()), None);
    }
}

#[test]
fn the_shortest_secret_is_long_enough() {
    assert_eq!(MIN_SECRET, 32);
    let with = |length: usize| install(None, json!({"sharedSecret": "s".repeat(length)}));
    assert!(with(MIN_SECRET).is_ok());
    assert_eq!(with(MIN_SECRET - 1), Err(LifecycleError::WeakSecret));
}

#[test]
fn a_call_is_shown_without_its_secret() {
    let call = LifecycleCall::parse(&body("installed", json!({}))).unwrap();
    let shown = format!("{call:?}");
    assert!(
        shown.contains("site-1") && !shown.contains("first secret"),
        "{shown}"
    );
}
