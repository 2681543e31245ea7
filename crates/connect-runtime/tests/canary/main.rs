//! No secret leaves: not in a log line at TRACE, of whatever crate, not in a response, not in the
//! `Debug` of a public type, in any usual spelling. The one exception is a page's own session
//! token in that page's body.
//!
//! Secrets are planted before and while every route and every refusal is walked through over a
//! socket; then all that came out is searched.
#![expect(clippy::unwrap_used, reason = "tests")]

mod down;
mod journal;
mod needle;
mod outbound;
mod paths;
mod product;
mod refused;
mod world;

use connect_runtime::{
    Config,
    config::Env,
    core::{Claims, lifecycle::LifecycleCall, qsh::RequestLine, verify::Unverified},
};

use crate::{journal::Journal, product::Product, world::tenant};

#[tokio::test]
async fn no_secret_leaves() {
    let journal = Journal::of_the_process();
    let product = Product::start(&journal).await;

    configuration(&journal);
    types_of_core(&journal);
    paths::walk(&journal, &product).await;
    outbound::walk(&journal, &product).await;
    paths::walk_without_tokens(&journal, &product).await;
    paths::walk_with_a_failing_store(&journal, &product).await;

    let leaks = journal.leaks();
    assert!(
        leaks.is_empty(),
        "{} leaks:\n{}",
        leaks.len(),
        leaks.join("\n")
    );
    let text = journal.text();
    // What shows that the journal was open: our own lines, those of other crates, our refusals.
    for expected in [
        "connect_runtime",
        "hyper",
        "reqwest",
        "sqlx",
        "auth/signature",
        "auth/qsh-mismatch",
        "auth/unknown-tenant",
        "auth/install-key",
        "lifecycle/weak-secret",
        "host/unexpected-answer",
        "host/not-json",
        "host/refused",
        "impersonation/refused",
        "auth/replayed",
        "host/unreachable",
        "host/too-large",
        "the handler panicked",
        "store/unavailable",
        "view/failed",
        "WITHOUT A TOKEN",
        "[redacted]",
    ] {
        assert!(text.contains(expected), "nothing of `{expected}` was seen");
    }
    assert!(journal.planted() > 60, "only {} secrets", journal.planted());
}

/// Wrong configurations, whose findings people paste into tickets.
fn configuration(journal: &Journal) {
    let url = |kind: &str| {
        let password = journal.plant(kind, &format!("canary-password-of-{kind}"));
        format!("https://app:{password}@app.example.com/x")
    };
    let folder = std::path::Path::new("app");
    for (text, env) in [
        (
            format!(r#"{{"localBaseUrl": "{}"}}"#, url("localBaseUrl")),
            Env::default(),
        ),
        (
            format!(r#"{{"allowedBaseUrls": ["{}"]}}"#, url("allowedBaseUrls")),
            Env::default(),
        ),
        (
            format!(r#"{{"whitelist": ["{}"]}}"#, url("whitelist")),
            Env::default(),
        ),
        (
            format!(r#"{{"product": "{}"}}"#, url("product")),
            Env::default(),
        ),
        (
            format!(r#"{{"appKey": "{}"}}"#, url("appKey")),
            Env::default(),
        ),
        (
            r#"{"store": {"storage": "$DATABASE_URL"}}"#.to_owned(),
            Env::of([("DATABASE_URL", &url("storage"))]),
        ),
        (
            r#"{"store": {"adapter": "$DATABASE_URL"}}"#.to_owned(),
            Env::of([("DATABASE_URL", &url("adapter"))]),
        ),
        (
            String::new(),
            Env::of([("CONNECT_KEYS_CDN_URL", &url("keys"))]),
        ),
        (String::new(), Env::of([("AC_OPTS", &url("options"))])),
        (
            format!("{{\"store\": {{\"url\": \"{}\" \"a\": 1}}", url("syntax")),
            Env::default(),
        ),
        (
            format!("{{\"port\": \"{}\"}}", url("port")),
            Env::of([("NODE_ENV", "production")]),
        ),
    ] {
        journal.debug("Env", &env);
        let error = Config::parse(folder, &text, &env).unwrap_err();
        journal.error("InvalidConfig", &error);
    }
}

/// The public types of the core that see tokens and secrets.
fn types_of_core(journal: &Journal) {
    let tenant = tenant(journal, "core-site", "https://acme.atlassian.net");
    journal.debug("Tenant", &tenant);
    let token = world::host_token(journal, &tenant, "GET /page");
    let unverified = Unverified::parse(&token).unwrap();
    journal.debug("Unverified", &unverified);
    let target = format!("/page?a=1&jwt={token}");
    let form = format!("jwt={token}");
    let line = RequestLine {
        method: "POST",
        target: &target,
        form: Some(form.as_bytes()),
    };
    journal.debug("RequestLine", &line);
    for broken in [&token[1..], &format!("{token}="), &token.replace('.', "")] {
        journal.error("TokenError", &Unverified::parse(broken).unwrap_err());
    }
    let secret = journal.plant("claim", "canary-where-a-claim-should-be");
    let claims = serde_json::json!({"iss": "a", "iat": secret, "exp": 1});
    journal.error(
        "TokenError",
        &Claims::parse(claims.to_string().as_bytes()).unwrap_err(),
    );
    let site = "https://acme.atlassian.net";
    let mut body = world::install_body(journal, "installed", "core-site-2", site);
    let call = LifecycleCall::parse(body.to_string().as_bytes()).unwrap();
    journal.debug("LifecycleCall", &call);
    body["eventType"] = secret.into();
    body["sharedSecret"] = serde_json::json!([body["sharedSecret"]]);
    let error = LifecycleCall::parse(body.to_string().as_bytes()).unwrap_err();
    journal.error("LifecycleError", &error);
}
