//! Requests as the proxy hands them on, judged.

use connect_core::jws::sign_hs256;
use connect_core::{ClientKey, Product, Secret};
use serde_json::{Value, json};

use super::*;
use crate::inspect::Verdict;

const SECRET: &str = "the shared secret of this tenant, long enough";

fn judge() -> Judge {
    let judge = Judge::new(
        Box::new(|| BaseUrl::parse("https://app.example").unwrap()),
        vec![crate::project::WHOLE],
        KeyHosts::Custom(BaseUrl::parse("http://127.0.0.1:9/none").unwrap()),
        Http::default(),
    );
    let tenant = tenant();
    let name = tenant.client_key.as_str().to_owned();
    judge.learned.lock().unwrap().tenants.insert(name, tenant);
    judge
}

fn tenant() -> Tenant {
    Tenant::new(
        AppKey::parse("com.example.app").unwrap(),
        ClientKey::parse("site-1").unwrap(),
        BaseUrl::parse("https://acme.atlassian.net").unwrap(),
        Product::Jira,
        Secret::new(SECRET),
        now(),
    )
}

/// A token of the host whose hash is that of `canonical`.
fn token(canonical: &str, changes: Value) -> String {
    let mut claims = json!({
        "iss": "site-1", "sub": "ada", "iat": now().unix(), "exp": now().unix() + 180,
        "qsh": Qsh::of(canonical).as_str(),
    });
    let all = claims.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => all.remove(name),
            value => all.insert(name.clone(), value.clone()),
        };
    }
    let text = claims.to_string();
    sign_hs256(text.as_bytes(), tenant().signing_key().unwrap())
}

async fn check(head: &str) -> Auth {
    let head = format!("{head} HTTP/1.1\r\nHost: app.example\r\n\r\n");
    judge().judge(&Raw::whole(head, String::new()), 200).await
}

#[tokio::test]
async fn a_token_that_holds_says_for_whom() {
    let token = token("GET&/page&a=1", json!({}));
    let auth = check(&format!("GET /page?a=1&jwt={token}")).await;
    assert_eq!(auth.verdict, Verdict::Ok);
    assert_eq!(
        (auth.user(), auth.kind.as_deref()),
        (Some("ada"), Some("host"))
    );
    assert_eq!(auth.word(), "HS256 ok");
}

#[tokio::test]
async fn a_request_that_was_changed_on_its_way_is_found_out() {
    for (made_for, came) in [
        ("GET&/page&a=1", "POST /page?a=1"),
        ("GET&/page&a=1", "GET /proxy/page?a=1"),
        ("GET&/page&a=1", "GET /page?a=1&utm=x"),
        ("GET&/page&", "GET /page?a=1&b=2"),
    ] {
        let token = token(made_for, json!({}));
        let auth = check(&format!("{came}&jwt={token}")).await;
        assert_eq!(auth.code.as_deref(), Some("auth/qsh-mismatch"), "{came}");
        assert_eq!(auth.expected.as_deref(), Some(made_for), "{came}");
        assert_ne!(auth.received, auth.expected);
    }
}

#[tokio::test]
async fn what_cannot_be_guessed_is_not_invented() {
    let token = token("GET&/something/else&", json!({}));
    let auth = check(&format!("GET /page?jwt={token}")).await;
    assert_eq!(auth.expected, None);
    assert_eq!(auth.received.as_deref(), Some("GET&/page&"));
}

#[tokio::test]
async fn every_kind_of_token_is_told_apart() {
    for (changes, kind, verdict) in [
        (json!({"qsh": CONTEXT_QSH}), "context", Verdict::Ok),
        (
            json!({"qsh": null, "iss": "com.example.app", "aud": ["site-1"], "purpose": "session"}),
            "session",
            Verdict::Ok,
        ),
        (json!({"exp": 5}), "host", Verdict::Refused),
        (json!({"iss": "site-2"}), "host", Verdict::Unknown),
    ] {
        let token = token("GET&/page&", changes.clone());
        let auth = check(&format!("GET /page?jwt={token}")).await;
        assert_eq!(auth.verdict, verdict, "{changes}");
        assert_eq!(auth.kind.as_deref(), Some(kind), "{changes}");
    }
}

#[tokio::test]
async fn without_a_token_there_is_nothing_to_judge() {
    assert_eq!(check("GET /page").await.verdict, Verdict::None);
    let auth = check("GET /page?jwt=nonsense").await;
    assert_eq!(auth.code.as_deref(), Some("auth/malformed"));
}

/// The lifecycle call of a tenant.
fn call(event: &str, client_key: &str) -> LifecycleCall {
    let body = json!({
        "key": "com.example.app", "clientKey": client_key, "eventType": event,
        "baseUrl": "https://acme.atlassian.net", "productType": "jira", "sharedSecret": SECRET,
    });
    LifecycleCall::parse(body.to_string().as_bytes()).unwrap()
}

#[tokio::test]
async fn a_tenant_that_has_gone_is_neither_chosen_nor_believed() {
    let judge = judge();
    let chosen = |name| {
        let tenant = judge.tenant(name, None);
        tenant.map(|tenant| tenant.client_key.as_str().to_owned())
    };
    judge.learn(call("installed", "site-2"), now());
    assert!(chosen(None).unwrap_err().contains("several"));
    // As `connect sandbox test` leaves: what was there before is the only one again.
    judge.learn(call("uninstalled", "site-2"), now());
    assert_eq!(chosen(None).unwrap(), "site-1");
    assert_eq!(chosen(Some("site-2")).unwrap(), "site-2");
    let page = async || {
        let token = token("GET&/page&", json!({ "iss": "site-2" }));
        let head = format!("GET /page?jwt={token} HTTP/1.1\r\nHost: app.example\r\n\r\n");
        judge.judge(&Raw::whole(head, String::new()), 200).await
    };
    assert_eq!(page().await.code.as_deref(), Some("auth/not-installed"));
    // One that has gone as the last can be installed again, by hand too.
    judge.learn(call("installed", "site-2"), now());
    assert_eq!(page().await.verdict, Verdict::Ok);
    for gone in ["site-1", "site-2"] {
        judge.learn(call("uninstalled", gone), now());
    }
    assert!(chosen(None).unwrap_err().contains("several"));
    judge.learn(call("installed", "site-1"), now());
    assert_eq!(chosen(None).unwrap(), "site-1");
}
