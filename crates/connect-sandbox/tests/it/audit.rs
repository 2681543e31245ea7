//! The audit: full marks for an app on our runtime, the known holes of another, and no mercy for
//! apps that let everybody in or nobody.

use axum::{Json, Router, extract::State, response::IntoResponse, routing::any};
use connect_sandbox::{AuditReport, Sandbox, SandboxOptions, Severity};
use http::{StatusCode, Uri};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet};

use crate::{ace, app};

async fn sandbox() -> Sandbox {
    Sandbox::start(SandboxOptions::default()).await.unwrap()
}

/// What failed: severity, class and name.
fn failed(report: &AuditReport) -> Vec<String> {
    let line = |check: &&connect_sandbox::AuditCheck| {
        format!(
            "{} {}: {} ({})",
            check.severity.as_str(),
            check.class,
            check.name,
            check.answered
        )
    };
    report.failed().iter().map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_on_our_runtime_has_no_hole() {
    let sandbox = sandbox().await;
    let app = ace::App::new(&ace::sqlite, sandbox.keys_url());
    let ours = app.ours().await;
    let report = sandbox.audit(&app.descriptor_url(), None).await.unwrap();
    ours.end().await;
    assert_eq!(failed(&report), [""; 0]);
    assert_eq!(report.left_out, [""; 0]);
    assert!(report.checks.len() > 200, "{}", report.checks.len());
    assert!(sandbox.installed(connect_core::Product::Jira).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_holes_of_ace_are_found() {
    let sandbox = sandbox().await;
    let app = ace::App::new(&ace::sqlite, sandbox.keys_url());
    let Some(ace) = app.ace() else {
        return;
    };
    let report = sandbox.audit(&app.descriptor_url(), None).await.unwrap();
    drop(ace);
    let failed = failed(&report);
    for hole in [
        "high qsh: `__proto__` added (200)",
        "high place: a good token in the query, another in the header (200)",
        "high key-server: the key server answers the status 404 with a key (204)",
        "high tenant: a tenant that has uninstalled the app (200)",
        "medium qsh: an object's text for brackets (200)",
        "medium qsh: brackets dropped (200)",
        "medium qsh: the 1,001st parameter added (200)",
        "medium lifecycle: installed: aud an object (no answer in 5 s)",
        "medium key-server: the key server answers nothing (no answer in 5 s)",
        "interop genuine: brackets in a parameter's name (401)",
        "interop genuine: expired 20 s ago, as clocks differ (401)",
        "interop genuine: the scheme in lower case (401)",
        "hardening claims: no exp (200)",
        "hardening lifecycle: installed: sharedSecret empty (204)",
    ] {
        assert!(
            failed.iter().any(|line| line == hole),
            "{hole}: {failed:#?}"
        );
    }
    // And none that it does not have.
    let critical = failed.iter().filter(|line| line.starts_with("critical"));
    assert_eq!(critical.count(), 0, "{failed:#?}");
    assert!(failed.len() < 70, "{failed:#?}");
    assert!(report.has_holes());
}

/// An app of one handler for everything but its descriptor.
async fn app_that_always_answers(status: u16) -> (String, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let descriptor = json!({
        "key": app::KEY, "name": "Confluence Premium", "baseUrl": base, "apiVersion": 1,
        "authentication": { "type": "jwt" }, "scopes": ["READ"],
        "lifecycle": { "installed": "/installed", "uninstalled": "/uninstalled" },
        "modules": { "generalPages": [{ "key": "a", "url": "/a", "name": { "value": "A" } }] },
    });
    let answer = async move |State(descriptor): State<Value>, uri: Uri| match uri.path() {
        "/descriptor.json" => Json(descriptor).into_response(),
        _ => StatusCode::from_u16(status).unwrap().into_response(),
    };
    let router = Router::new().fallback(any(answer)).with_state(descriptor);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
    (format!("{base}/descriptor.json"), tasks)
}

#[tokio::test]
async fn an_app_that_lets_everybody_in_fails() {
    let (url, _app) = app_that_always_answers(200).await;
    let report = sandbox().await.audit(&url, None).await.unwrap();
    let all = report.failed();
    let critical = all
        .iter()
        .filter(|check| check.severity == Severity::Critical);
    assert!(critical.count() > 50);
    let failed = failed(&report);
    for (severity, name) in [
        ("critical", "stranger: GET /a with no token"),
        (
            "critical",
            "lifecycle: installed: signed for another tenant",
        ),
        ("critical", "tenant: the second in the name of the first"),
        ("high", "tenant: a tenant that has uninstalled the app"),
        ("high", "qsh: a parameter added"),
        (
            "high",
            "place: a good token in the query, another in the header",
        ),
        ("hardening", "headers: 16 the app's name is its own"),
        ("low", "headers: 7.2 addresses do not travel on"),
    ] {
        let there = |line: &&String| line.starts_with(&format!("{severity} {name}"));
        assert_eq!(
            failed.iter().filter(there).count(),
            1,
            "{name}: {failed:#?}"
        );
    }
    // It never asked for a key.
    assert_eq!(
        report.left_out,
        ["key-server: the app asks another key server than this one"]
    );
    let check = report.failed()[0];
    assert!(check.curl.starts_with("curl -i -X "), "{}", check.curl);
}

#[tokio::test]
async fn an_app_that_lets_nobody_in_cannot_be_installed() {
    let (url, _app) = app_that_always_answers(401).await;
    let error = sandbox().await.audit(&url, None).await.unwrap_err();
    assert!(error.to_string().contains("bad.response.401"), "{error}");
}
