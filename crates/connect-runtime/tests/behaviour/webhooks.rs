use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use connect_runtime::{
    AppEvent, Builder, HandlerError, PublicRoute, Rejection, Routes, Webhook,
    http::{Method, StatusCode},
};
use serde::Deserialize;

use crate::support::World;

#[derive(Deserialize)]
struct Created {
    issue: Issue,
}

#[derive(Deserialize)]
struct Issue {
    key: String,
}

const BODY: &str = r#"{"webhookEvent":"jira:issue_created","issue":{"key":"DEMO-1"}}"#;

/// Counts what is handled; fails as often as told.
fn counting(builder: Builder, handled: &Arc<AtomicUsize>, failures: usize) -> Builder {
    let handled = Arc::clone(handled);
    builder.on_webhook("jira:issue_created", move |webhook: Webhook<Created>| {
        let handled = Arc::clone(&handled);
        async move {
            assert_eq!(webhook.body.issue.key, "DEMO-1");
            assert_eq!(webhook.tenant().client_key.as_str(), "site-1");
            if handled.fetch_add(1, Ordering::SeqCst) < failures {
                return Err(HandlerError::from(Rejection::Busy));
            }
            Ok(())
        }
    })
}

#[tokio::test]
async fn a_webhook_is_verified_typed_and_handed_over_once() {
    let handled = Arc::new(AtomicUsize::new(0));
    let app = World::default()
        .build(|builder| counting(builder, &handled, 0))
        .await;
    let mut events = app.app.subscribe();
    let id = [("x-atlassian-webhook-identifier", "one")];
    for headers in [&id[..], &id[..], &[], &[]] {
        let answer = app
            .send_signed(Routes::new(), Method::POST, "/hooks/created", headers, BODY)
            .await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
    }
    // The second delivery of `one` was not handled; deliveries without an id cannot be told apart.
    assert_eq!(handled.load(Ordering::SeqCst), 3);
    let names: Vec<String> = std::iter::from_fn(|| events.try_recv().ok())
        .map(|event: AppEvent| event.name().to_owned())
        .take(3)
        .collect();
    assert_eq!(
        names,
        [
            "webhook_auth_verification_triggered",
            "webhook_auth_verification_successful",
            "jira:issue_created"
        ]
    );
}

#[tokio::test]
async fn a_delivery_that_failed_is_handled_when_it_comes_again() {
    let handled = Arc::new(AtomicUsize::new(0));
    let app = World::default()
        .build(|builder| counting(builder, &handled, 1))
        .await;
    let id = [("x-atlassian-webhook-identifier", "one")];
    for expected in [
        StatusCode::INTERNAL_SERVER_ERROR,
        StatusCode::NO_CONTENT,
        StatusCode::NO_CONTENT,
    ] {
        let answer = app
            .send_signed(Routes::new(), Method::POST, "/hooks/created", &id, BODY)
            .await;
        assert_eq!(answer.status, expected);
    }
    assert_eq!(handled.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn an_unsigned_webhook_does_not_reach_the_handler() {
    let handled = Arc::new(AtomicUsize::new(0));
    let app = World::default()
        .build(|builder| counting(builder, &handled, 0))
        .await;
    let answer = app
        .send(Routes::new(), Method::POST, "/hooks/created", &[], BODY)
        .await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(handled.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_body_of_another_shape_is_the_callers_fault() {
    let handled = Arc::new(AtomicUsize::new(0));
    let app = World::default()
        .build(|builder| counting(builder, &handled, 0))
        .await;
    for body in ["{\"a\":", "{}", "[]"] {
        let answer = app
            .send_signed(Routes::new(), Method::POST, "/hooks/created", &[], body)
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
    }
}

#[tokio::test]
async fn a_webhook_that_no_handler_waits_for_is_verified_all_the_same() {
    let app = World::default().app().await;
    let mut events = app.app.subscribe();
    let unsigned = app
        .send(Routes::new(), Method::POST, "/hooks/deleted", &[], BODY)
        .await;
    assert_eq!(unsigned.status, StatusCode::UNAUTHORIZED);
    let signed = app
        .send_signed(Routes::new(), Method::POST, "/hooks/deleted", &[], BODY)
        .await;
    assert_eq!(signed.status, StatusCode::NO_CONTENT);
    let mut all = std::iter::from_fn(|| events.try_recv().ok());
    assert!(all.any(|event| event.name() == "jira:issue_deleted"));
}

#[tokio::test]
async fn a_route_for_every_path_does_not_shut_the_host_out() {
    async fn everything(_: PublicRoute) -> &'static str {
        "everything"
    }
    let handled = Arc::new(AtomicUsize::new(0));
    let app = World::default()
        .build(|builder| counting(builder, &handled, 0))
        .await;
    let routes = || {
        Routes::new()
            .get("/{*path}", everything)
            .post("/{*path}", everything)
    };
    let answer = app
        .send_signed(routes(), Method::POST, "/hooks/created", &[], BODY)
        .await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    let answer = app
        .send(routes(), Method::POST, "/installed", &[], "{}")
        .await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}
