use super::*;
use crate::{
    BaseUrl, ClientKey, Secret,
    claims::Claims,
    jws::Compact,
    verify::{Policy, Unverified, verify_host, verify_link, verify_session},
};

fn tenant(product: Product) -> Tenant {
    Tenant::new(
        AppKey::parse("com.example.app").unwrap(),
        ClientKey::parse("site-1").unwrap(),
        BaseUrl::parse("https://acme.atlassian.net").unwrap(),
        product,
        Secret::new("a shared secret that is long enough, really"),
        Timestamp::from_unix(1_767_225_600),
    )
}

fn line(target: &str) -> RequestLine<'_> {
    RequestLine {
        method: "GET",
        target,
        form: None,
    }
}

#[test]
fn a_link_is_good_for_its_url_and_nothing_else_is_a_link() {
    let now = Timestamp::from_unix(1_767_225_600);
    let tenant = tenant(Product::Jira);
    let policy = Policy {
        app_key: tenant.app_key.clone(),
        base_urls: vec![BaseUrl::parse("https://app.example.com/base").unwrap()],
        leeway: Seconds(30),
        max_lifetime: Seconds(3600),
        max_session: Seconds(3600),
        // As for the first minutes after a move from ACE: no door for links.
        session_without_purpose: true,
    };
    let own = line("/base/chart?size=big");
    let life = Seconds(60);
    let link = link_token(&tenant, &policy.app_key, &own, "/base", None, life, now).unwrap();
    let open = |token: &str, target: &str| {
        let token = Unverified::parse(token).unwrap();
        verify_link(&token, &tenant, &line(target), &policy, now).err()
    };
    assert_eq!(open(&link, own.target), None);
    assert_eq!(open(&link, &format!("{}&jwt={link}", own.target)), None);
    for other in ["/base/chart", "/base/chart?size=small", "/other?size=big"] {
        assert_eq!(open(&link, other), Some(TokenError::QshMismatch), "{other}");
    }
    let post = RequestLine {
        method: "POST",
        ..own
    };
    let unverified = Unverified::parse(&link).unwrap();
    let refused = verify_link(&unverified, &tenant, &post, &policy, now);
    assert_eq!(refused.unwrap_err(), TokenError::QshMismatch);
    let refused = verify_session(&unverified, &tenant, &policy, now);
    assert_eq!(refused.unwrap_err(), TokenError::QshMismatch);
    let refused = verify_host(&unverified, &tenant, &own, &policy, now);
    assert_eq!(refused.unwrap_err(), TokenError::Issuer);

    let session = session_token(&tenant, &policy.app_key, None, life, now).unwrap();
    assert_eq!(open(&session, own.target), Some(TokenError::QshMismatch));
    let host = host_token(&tenant, &own, "/base", life, now).unwrap();
    assert_eq!(open(&host, own.target), Some(TokenError::Issuer));
    // The hash alone makes no link: the app signs requests to hosts with one too.
    let qsh = Qsh::sign(&own, "/base").unwrap();
    for claims in [
        json!({"qsh": qsh.as_str()}),
        json!({"qsh": qsh.as_str(), "purpose": SESSION_PURPOSE}),
    ] {
        let token = own_token(&tenant, &policy.app_key, None, claims, life, now).unwrap();
        assert_eq!(open(&token, own.target), Some(TokenError::Purpose));
    }
}

#[test]
fn bitbucket_finds_the_installation_by_the_subject() {
    let now = Timestamp::from_unix(1_767_225_600);
    let claims = |product| {
        let tenant = tenant(product);
        let line = line("/2.0/user");
        let token = request_token(&tenant, &tenant.app_key, &line, Seconds(60), now).unwrap();
        Claims::parse(Compact::parse(&token).unwrap().unproved_payload()).unwrap()
    };
    let subject = claims(Product::Bitbucket).sub.unwrap();
    assert_eq!(subject.as_str(), "site-1");
    assert_eq!(claims(Product::Jira).sub, None);
    assert_eq!(claims(Product::Jira).aud.unwrap(), ["site-1"]);
}
