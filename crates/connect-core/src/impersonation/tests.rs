use serde_json::Value;

use super::*;
use crate::{
    AppKey, ClientKey, Product,
    jws::{Compact, VerifyingKey},
};

const NOW: Timestamp = Timestamp::from_unix(1_767_225_600);

fn tenant() -> Tenant {
    let mut tenant = Tenant::new(
        AppKey::parse("com.example.app").unwrap(),
        ClientKey::parse("site-1").unwrap(),
        BaseUrl::parse("https://acme.atlassian.net").unwrap(),
        Product::Jira,
        Secret::new("a shared secret that is long enough, really"),
        NOW,
    );
    tenant.oauth_client_id = Some("client".to_owned());
    tenant
}

fn user(id: &str) -> AccountId {
    AccountId::parse(id).unwrap()
}

#[test]
fn an_assertion_says_what_the_server_wants_to_hear() {
    let token = assertion(&tenant(), &user("712020:ada"), PRODUCTION, NOW).unwrap();
    let compact = Compact::parse(token.expose()).unwrap();
    let tenant = tenant();
    let key = VerifyingKey::Hmac(tenant.signing_key().unwrap());
    let claims: Value = serde_json::from_slice(compact.verify(key).unwrap()).unwrap();
    assert_eq!(
        claims,
        json!({
            "iss": "urn:atlassian:connect:clientid:client",
            "sub": "urn:atlassian:connect:useraccountid:712020:ada",
            "tnt": "https://acme.atlassian.net",
            "aud": "https://oauth-2-authorization-server.services.atlassian.com",
            "iat": 1_767_225_600, "exp": 1_767_225_660,
        })
    );
}

#[test]
fn without_a_client_id_or_an_installation_there_is_none() {
    let mut without = tenant();
    without.oauth_client_id = None;
    let error = assertion(&without, &user("a"), PRODUCTION, NOW).unwrap_err();
    assert_eq!(error, AssertionError::NoClientId);
    let mut gone = tenant();
    gone.state = crate::TenantState::Uninstalled { at: NOW };
    let error = assertion(&gone, &user("a"), PRODUCTION, NOW).unwrap_err();
    assert_eq!(error, AssertionError::Token(TokenError::TenantNotInstalled));
}

#[test]
fn the_bearer_cache_key_of_ace_collides_and_ours_does_not() {
    let key = HmacKey::from_bytes(b"of the process");
    let name = |id: &str, scopes: &[Scope]| {
        let scopes = Scopes::only(scopes.iter().copied());
        GrantName::of(&key, &tenant(), &user(id), &scopes)
    };
    // In ACE these are one, and the second user acts with the token of the first.
    assert!(name("a,read", &[]) != name("a", &[Scope::Read]));
    assert!(name("aREAD", &[]) != name("a", &[Scope::Read]));
    assert!(name("a", &[Scope::Read]) != name("a", &[Scope::Read, Scope::Write]));
    assert!(name("a", &[Scope::Write, Scope::Read]) == name("a", &[Scope::Read, Scope::Write]));
    let mut other = tenant();
    other.client_key = ClientKey::parse("site-2").unwrap();
    let elsewhere = GrantName::of(&key, &other, &user("a"), &Scopes::all());
    assert!(name("a", &[]) != elsewhere);
    let mut imported = tenant();
    imported.oauth_client_id = Some("another".to_owned());
    assert!(name("a", &[]) != GrantName::of(&key, &imported, &user("a"), &Scopes::all()));
}

#[test]
fn every_environment_has_its_server() {
    let server = |site: &str| {
        let site = BaseUrl::parse(site).unwrap();
        AuthorizationServers::BySite.of(&site).to_owned()
    };
    assert_eq!(server("https://acme.atlassian.net/wiki"), PRODUCTION);
    assert!(server("https://acme.jira-dev.com").contains(".stg.services.atlassian.com"));
    assert!(
        server("https://a.atlassian-us-gov-mod.net").ends_with("services.atlassian-us-gov-mod.com")
    );
    assert!(server("https://a.atlassian-stg-fedm.net").contains(".stg."));
    assert_eq!(
        server("http://127.0.0.1:1234/jira"),
        "http://127.0.0.1:1234"
    );
    let site = BaseUrl::parse("https://acme.atlassian.net").unwrap();
    let custom = AuthorizationServers::Custom(BaseUrl::parse("https://a.example").unwrap());
    assert_eq!(custom.of(&site), "https://a.example");
}

#[test]
fn only_a_bearer_token_with_a_time_is_a_grant() {
    let good = json!({"access_token": "t", "expires_in": 900, "token_type": "Bearer"});
    let grant = Grant::parse(good.to_string().as_bytes(), NOW).unwrap();
    assert_eq!(grant.expires_at, NOW + Seconds(900));
    for (name, value) in [
        ("access_token", json!("")),
        ("access_token", json!("two words")),
        ("access_token", json!("line\r\nend")),
        ("expires_in", json!(0)),
        ("expires_in", json!("900")),
        ("token_type", json!("mac")),
    ] {
        let mut answer = good.clone();
        answer[name] = value;
        let answer = answer.to_string();
        assert!(Grant::parse(answer.as_bytes(), NOW).is_none(), "{answer}");
    }
    assert!(Grant::parse(b"<html>", NOW).is_none());
}
