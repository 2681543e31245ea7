//! REST: who may call, and what refusals say.

use connect_core::Product;
use connect_sandbox::{Refusal, Sandbox, SandboxEvent};
use http::Method;
use serde_json::json;

use crate::{
    app::{App, KEY},
    client::{Answer, installed, send},
};

async fn signed(app: &App, url: &str) -> Answer {
    let header = app.sign(&Method::GET, url);
    send("GET", url, &[("authorization", &header)], "").await
}

fn last_refusal(sandbox: &Sandbox) -> Refusal {
    let events = sandbox.events();
    let calls = events
        .into_iter()
        .rev()
        .filter_map(|recorded| match recorded.event {
            SandboxEvent::RestCall(call) => Some(call),
            _ => None,
        });
    calls.map(|call| call.refusal).next().unwrap().unwrap()
}

#[tokio::test]
async fn an_app_sees_itself_and_the_users() {
    let (sandbox, app, _upm) = installed().await;
    let site = sandbox.site(Product::Jira);
    for version in ["2", "3"] {
        let myself = signed(&app, &format!("{site}/rest/api/{version}/myself")).await;
        assert_eq!(myself.status, 200);
        let myself = myself.json();
        assert_eq!(myself["accountType"], "app");
        assert_eq!(myself["displayName"], "Test <App> & Co");
        let again = signed(
            &app,
            &format!(
                "{site}/rest/api/3/user?accountId={}",
                myself["accountId"].as_str().unwrap()
            ),
        )
        .await;
        assert_eq!(again.json()["accountId"], myself["accountId"]);
    }
    let ada = signed(
        &app,
        &format!("{site}/rest/api/3/user?accountId=712020%3Aada"),
    )
    .await;
    assert_eq!(ada.json()["displayName"], "Ada Lovelace");
    assert_eq!(
        signed(&app, &format!("{site}/rest/api/3/user?accountId=nobody"))
            .await
            .status,
        404
    );
    assert_eq!(
        signed(&app, &format!("{site}/rest/api/3/user"))
            .await
            .status,
        400
    );
    let addon = signed(
        &app,
        &format!("{site}/rest/atlassian-connect/1/addons/{KEY}"),
    )
    .await
    .json();
    assert_eq!(
        (&addon["key"], &addon["state"]),
        (&json!(KEY), &json!("ENABLED"))
    );
    assert_eq!(
        signed(
            &app,
            &format!("{site}/rest/atlassian-connect/1/addons/other")
        )
        .await
        .status,
        404
    );
}

#[tokio::test]
async fn what_is_not_there_is_not_invented() {
    let (sandbox, app, _upm) = installed().await;
    let answer = signed(
        &app,
        &format!("{}/rest/api/3/nonsense/7", sandbox.site(Product::Jira)),
    )
    .await;
    assert_eq!(answer.status, 501);
    assert!(
        answer.json()["message"]
            .as_str()
            .unwrap()
            .contains("/rest/api/3/nonsense/7")
    );
}

#[tokio::test]
async fn calls_without_a_good_token_are_refused_and_explained() {
    let (sandbox, app, _upm) = installed().await;
    let url = format!("{}/rest/api/3/myself", sandbox.site(Product::Jira));
    let good = app.sign(&Method::GET, &url);
    let token = good.strip_prefix("JWT ").unwrap();
    let other = app.sign(&Method::GET, &url.replace("myself", "serverInfo"));
    let forged = good.replace(good.rsplit('.').next().unwrap(), "AAAA");
    for (target, headers, code) in [
        (url.clone(), vec![], "auth/no-token"),
        (format!("{url}?jwt={token}"), vec![], "auth/query-token"),
        (
            url.clone(),
            vec![("authorization", "Bearer x")],
            "auth/bearer",
        ),
        (
            url.clone(),
            vec![("authorization", "Basic eDp5")],
            "auth/scheme",
        ),
        (
            url.clone(),
            vec![("authorization", "JWT x.y.z")],
            "auth/malformed",
        ),
        (
            url.clone(),
            vec![("authorization", forged.as_str())],
            "auth/signature",
        ),
        (
            url.clone(),
            vec![("authorization", other.as_str())],
            "auth/qsh-mismatch",
        ),
        (
            url.clone(),
            vec![
                ("authorization", good.as_str()),
                ("authorization", good.as_str()),
            ],
            "auth/ambiguous-token",
        ),
        (url.clone(), vec![("x-sandbox-page", token)], "auth/page"),
    ] {
        let answer = send("GET", &target, &headers, "").await;
        assert_eq!(answer.status, 401, "{code}");
        assert_eq!(last_refusal(&sandbox).code, code);
        assert!(
            !answer.body.contains("auth/"),
            "the caller learns no reason: {}",
            answer.body
        );
    }
    assert_eq!(
        send("GET", &url, &[("authorization", &good)], "")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_wrong_hash_is_explained_with_both_requests() {
    let (sandbox, app, _upm) = installed().await;
    let site = sandbox.site(Product::Jira);
    let url = format!("{site}/rest/api/3/user?accountId=712020%3Aada");
    // The app forgot the query.
    let header = app.sign(&Method::GET, &format!("{site}/rest/api/3/user"));
    assert_eq!(
        send("GET", &url, &[("authorization", &header)], "")
            .await
            .status,
        401
    );
    let refusal = last_refusal(&sandbox);
    assert_eq!(
        refusal.expected.as_deref(),
        Some("GET&/rest/api/3/user&accountId=712020%3Aada")
    );
    assert_eq!(refusal.received.as_deref(), Some("GET&/rest/api/3/user&"));
    assert!(
        refusal.reason.contains("left the query out"),
        "{}",
        refusal.reason
    );
}

#[tokio::test]
async fn scopes_and_paths_are_held_against_the_call() {
    let (sandbox, app, _upm) = installed().await;
    let site = sandbox.site(Product::Jira);
    let url = format!("{site}/rest/api/3/myself");
    let header = app.sign(&Method::DELETE, &url);
    let answer = send("DELETE", &url, &[("authorization", &header)], "").await;
    assert_eq!(
        (answer.status, last_refusal(&sandbox).code),
        (403, "rest/scope")
    );
    let odd = format!("{site}/rest/api//3/myself");
    assert_eq!(signed(&app, &odd).await.status, 400);
}

#[tokio::test]
async fn the_secret_of_an_uninstalled_app_opens_nothing() {
    let (sandbox, app, upm) = installed().await;
    upm.delete().await;
    let answer = signed(
        &app,
        &format!("{}/rest/api/3/myself", sandbox.site(Product::Jira)),
    )
    .await;
    assert_eq!(
        (answer.status, last_refusal(&sandbox).code),
        (401, "auth/unknown-tenant")
    );
}
