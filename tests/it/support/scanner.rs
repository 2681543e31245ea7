//! The rules of Atlassian's security scanner for Connect apps, from its description: what it sends
//! to a running app, and what an answer must be like. Requirement numbers are the scanner's.

use connect_core::{
    Kid, Secret,
    jws::{sign_hs256, sign_rs256},
    keys::{HmacKey, RsaSigningKey},
};
use serde_json::{Value, json};

use crate::support::host::send;

/// Attacks the app at `base` and says what it lets through; nothing is good.
pub(crate) fn holes(base: &str) -> Vec<String> {
    let mut holes = Vec::new();
    let (status, head, body) = send("GET", &format!("{base}/atlassian-connect.json"), &[], "");
    assert_eq!(status, 200, "{head}");
    let descriptor: Value = serde_json::from_str(&body).unwrap();
    // 3.0: transport security is promised on the descriptor's own address.
    if !has(&head, "strict-transport-security", |value| {
        value.contains("max-age")
    }) {
        holes.push("3.0: no Strict-Transport-Security".to_owned());
    }
    // 16: the name of a product does not begin the name of an app.
    let name = descriptor["name"].as_str().unwrap().to_lowercase();
    let products = [
        "atlassian",
        "jira",
        "confluence",
        "bitbucket",
        "trello",
        "opsgenie",
        "statuspage",
    ];
    if products.iter().any(|product| name.starts_with(product)) || name.contains("premium") {
        holes.push(format!("16: {name}"));
    }

    let mut asked = 0;
    for path in module_paths(&descriptor) {
        for method in ["GET", "POST"] {
            for (what, token) in forged_tokens() {
                let header = token.map(|token| format!("JWT {token}"));
                let headers: Vec<_> = header
                    .iter()
                    .map(|value| ("Authorization", value.as_str()))
                    .collect();
                let (status, head, body) = send(method, &format!("{base}{path}"), &headers, "");
                asked += 1;
                // 1.1: authentication on every module.
                if status < 400 {
                    holes.push(format!("1.1: {method} {path} with {what}: {status}"));
                }
                holes.extend(leaks(&head, &body, &format!("{method} {path} with {what}")));
            }
        }
    }
    for path in lifecycle_paths(&descriptor) {
        for (what, token) in forged_tokens()
            .into_iter()
            .chain([("a foreign RS256 key", Some(foreign()))])
        {
            let header = token.map(|token| format!("JWT {token}"));
            let mut headers = vec![("Content-Type", "application/json")];
            headers.extend(header.iter().map(|value| ("Authorization", value.as_str())));
            let event = path.trim_start_matches('/');
            let body = json!({
                "key": descriptor["key"], "clientKey": "fake-client-key", "cloudId": "fake",
                "sharedSecret": "a secret that is long enough to be taken", "eventType": event,
                "baseUrl": "https://example.atlassian.net", "productType": "jira",
                "oauthClientId": "fake", "description": "", "serverVersion": "6452",
                "pluginsVersion": "1.801.0",
            });
            let (status, head, body) = send(
                "POST",
                &format!("{base}{path}"),
                &headers,
                &body.to_string(),
            );
            asked += 1;
            // 1.4: signed installs.
            if status < 400 {
                holes.push(format!("1.4: {path} with {what}: {status}"));
            }
            holes.extend(leaks(&head, &body, &format!("{path} with {what}")));
        }
    }
    assert!(asked >= 20, "only {asked} requests were made");
    holes
}

/// What every answer to a stranger must be like.
fn leaks(head: &str, body: &str, what: &str) -> Vec<String> {
    let mut holes = Vec::new();
    // 7.2: the address of the page, with its token, does not travel on.
    let unsafe_policies = ["no-referrer-when-downgrade", "unsafe-url"];
    if !has(head, "referrer-policy", |value| {
        !unsafe_policies.contains(&value)
    }) {
        holes.push(format!("7.2: {what}: no safe Referrer-Policy"));
    }
    // 7.3: nothing of it stays in a cache.
    if !has(head, "cache-control", |value| {
        value.contains("no-cache") && value.contains("no-store")
    }) {
        holes.push(format!("7.3: {what}: may be cached"));
    }
    // 7.4: no cookie without its flags; there are none at all.
    if head.to_lowercase().contains("\r\nset-cookie:") {
        holes.push(format!("7.4: {what}: sets a cookie"));
    }
    if body.len() > 300 {
        holes.push(format!("{what}: a long answer to a stranger"));
    }
    holes
}

fn has(head: &str, name: &str, good: impl Fn(&str) -> bool) -> bool {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .any(|(header, value)| header.eq_ignore_ascii_case(name) && good(value.trim()))
}

/// Nothing, a wrong secret, and no signature at all.
fn forged_tokens() -> Vec<(&'static str, Option<String>)> {
    let claims =
        json!({"iss": "csrt-fake-token-ignore", "iat": 1_700_000_000, "exp": 4_000_000_000_i64,
        "qsh": "context-qsh", "sub": "fake"})
        .to_string();
    let key = HmacKey::new(&Secret::new("fake-jwt-secret")).unwrap();
    let wrong = sign_hs256(claims.as_bytes(), &key);
    let payload = wrong.split('.').nth(1).unwrap();
    // {"alg":"none","typ":"JWT"}
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{payload}.");
    vec![
        ("no token", None),
        ("a wrong secret", Some(wrong)),
        ("alg none", Some(unsigned)),
    ]
}

fn foreign() -> String {
    let key = include_bytes!("../../../crates/connect-core/tests/data/test-only-other-key.pk8");
    let key = RsaSigningKey::from_pkcs8(key).unwrap();
    let claims = json!({"iss": "fake-client-key", "aud": "fake", "iat": 1_700_000_000,
        "exp": 4_000_000_000_i64, "qsh": "fake"});
    sign_rs256(
        claims.to_string().as_bytes(),
        &key,
        &Kid::parse("fake-kid").unwrap(),
    )
    .unwrap()
}

/// Paths of the modules, context parameters filled with something. Cacheable pages are public by
/// nature, and the scanner leaves them out.
fn module_paths(descriptor: &Value) -> Vec<String> {
    let modules = descriptor["modules"].as_object().unwrap();
    let paths: Vec<String> = modules
        .values()
        .flat_map(|all| match all {
            Value::Array(all) => all.iter().collect::<Vec<_>>(),
            one => vec![one],
        })
        .filter(|module| module["cacheable"] != true)
        .filter_map(|module| module["url"].as_str())
        .filter(|url| url.starts_with('/'))
        .map(|url| {
            let mut path = String::new();
            for (index, part) in url.split(['{', '}']).enumerate() {
                path.push_str(if index % 2 == 0 { part } else { "test" });
            }
            path
        })
        .collect();
    assert!(!paths.is_empty());
    paths
}

fn lifecycle_paths(descriptor: &Value) -> Vec<String> {
    let all = descriptor["lifecycle"].as_object().unwrap();
    all.values()
        .map(|path| path.as_str().unwrap().to_owned())
        .collect()
}
