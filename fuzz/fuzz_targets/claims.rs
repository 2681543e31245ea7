//! Any bytes as the payload of a token that is well signed: reading and checking them has an end.
#![no_main]

use std::sync::LazyLock;

use connect_core::{
    AppKey, BaseUrl, Claims, ClientKey, Product, Secret, Tenant, Timestamp,
    jws::sign_hs256,
    qsh::RequestLine,
    time::Seconds,
    verify::{Host, Policy, Session, Unverified, verify_context, verify_host, verify_session},
};
use libfuzzer_sys::fuzz_target;

const NOW: Timestamp = Timestamp::from_unix(1_782_000_000);

static WORLD: LazyLock<(Tenant, Policy)> = LazyLock::new(|| {
    let app_key = AppKey::parse("org.sample.planner").unwrap();
    let tenant = Tenant::new(
        app_key.clone(),
        ClientKey::parse("husky-7d1f").unwrap(),
        BaseUrl::parse("https://husky.atlassian.net").unwrap(),
        Product::Jira,
        Secret::new("a made-up secret of thirty-two bytes or more"),
        NOW,
    );
    let policy = Policy {
        app_key,
        base_urls: vec![BaseUrl::parse("https://planner.sample.org").unwrap()],
        leeway: Seconds(30),
        max_lifetime: Seconds(24 * 60 * 60),
        max_session: Seconds(15 * 60),
        session_without_purpose: false,
    };
    (tenant, policy)
});

fuzz_target!(|data: &[u8]| {
    let (tenant, policy) = &*WORLD;
    let claims = Claims::parse(data);
    if let Ok(claims) = &claims {
        assert!(!claims.iss.is_empty());
        assert!(claims.iat.unix() >= 0 && claims.exp.unix() >= 0);
    }
    let token = sign_hs256(data, tenant.signing_key().unwrap());
    let Ok(token) = Unverified::parse(&token) else {
        return;
    };
    let request = RequestLine { method: "GET", target: "/board", form: None };
    let hint = token.tenant_hint::<Host>();
    let _ = token.tenant_hint::<Session>();
    let _ = token.precheck_install(&request, policy, NOW);
    let host = verify_host(&token, tenant, &request, policy, NOW);
    let context = verify_context(&token, tenant, policy, NOW);
    let session = verify_session(&token, tenant, policy, NOW);
    // One token is good for one kind of route at most, and only when it can be read.
    let good = [host.is_ok(), context.is_ok(), session.is_ok()];
    assert!(good.iter().filter(|good| **good).count() <= 1);
    if good.contains(&true) {
        assert!(claims.is_ok());
    }
    if let Ok(proof) = &host {
        assert_eq!(hint.unwrap(), tenant.client_key);
        assert_eq!(proof.claims().iss, tenant.client_key.as_str());
    }
});
