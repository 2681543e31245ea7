//! Misbehaviour on order.

use std::time::Duration;

use connect_core::{Product, TokenError};
use connect_sandbox::{Fault, Operation, SandboxEvent};
use serde_json::json;

use crate::{
    app::PATIENCE,
    client::{fresh, installed},
};

#[tokio::test]
async fn a_lost_answer_means_installed_all_the_same() {
    let (sandbox, app, upm) = fresh().await;
    sandbox.faults().lose_answer_of(Operation::Register);
    assert!(upm.register(&app.descriptor_url).await.is_err());
    sandbox
        .wait_for(
            |event| matches!(event, SandboxEvent::Installed { .. }),
            PATIENCE,
        )
        .await
        .unwrap();
    assert_eq!(sandbox.installed(Product::Jira).len(), 1);
    sandbox.faults().lose_answer_of(Operation::Deregister);
    assert!(
        upm.call("DELETE", "/com.example.test-key", &[], "")
            .await
            .is_err()
    );
    assert_eq!(upm.delete().await, 404);
}

#[tokio::test]
async fn ordered_statuses_are_answered_once() {
    let (sandbox, _app, upm) = fresh().await;
    for (text, path) in [
        ("answer:list=401", "/"),
        ("answer:settings=503", "/settings"),
        ("answer:poll=500", "/pending/x"),
    ] {
        let fault: Fault = text.parse().unwrap();
        let status = text.rsplit('=').next().unwrap().parse::<u16>().unwrap();
        sandbox.faults().order(fault);
        assert_eq!(upm.get(path).await.status, status);
        assert_ne!(upm.get(path).await.status, status);
    }
}

#[tokio::test]
async fn a_closed_site_refuses_installs_as_real_ones_do() {
    let (sandbox, app, upm) = fresh().await;
    sandbox.faults().order_always(Fault::DevelopmentModeOff);
    let settings = upm.get("/settings").await.json().to_string();
    assert!(settings.contains(r#""key":"connectDeveloperListingsEnabled","readOnly":false,"requiresRefresh":false,"value":false"#), "{settings}");
    let closed = "upm.pluginInstall.error.descriptor.not.from.marketplace";
    assert_eq!(
        upm.install(&app.descriptor_url).await.unwrap_err()["status"]["subCode"],
        closed
    );
    sandbox.faults().clear();
    sandbox.faults().order(Fault::PrivateInstallsClosed);
    assert_eq!(
        upm.install(&app.descriptor_url).await.unwrap_err()["status"]["subCode"],
        closed
    );
    upm.install(&app.descriptor_url).await.unwrap();
}

#[tokio::test]
async fn a_swallowed_delete_leaves_the_app_where_it_is() {
    let (sandbox, _app, upm) = installed().await;
    sandbox.faults().order(Fault::SwallowDeregister);
    assert_eq!(upm.delete().await, 204);
    assert_eq!(sandbox.installed(Product::Jira).len(), 1);
    assert_eq!(upm.delete().await, 204);
    assert_eq!(sandbox.installed(Product::Jira).len(), 0);
}

#[tokio::test]
async fn broken_tokens_are_refused_by_the_app_and_the_install_fails() {
    let (sandbox, app, upm) = fresh().await;
    for (fault, error) in [
        (Fault::ExpiredToken, TokenError::Expired),
        (Fault::ClockSkew { seconds: 3600 }, TokenError::NotYetValid),
        (Fault::UnknownKid, TokenError::Kid),
        (Fault::KeyWith404, TokenError::Kid),
        (Fault::WrongQsh, TokenError::QshMismatch),
    ] {
        sandbox.faults().order(fault);
        let task = upm.install(&app.descriptor_url).await.unwrap_err();
        assert_eq!(
            task["status"]["subCode"],
            "connect.install.error.remote.host.bad.response.401"
        );
        assert_eq!(app.seen().last().unwrap().verdict, Err(error));
    }
    assert_eq!(sandbox.faults().ordered(), []);
    upm.install(&app.descriptor_url).await.unwrap();
}

#[tokio::test]
async fn installs_fail_or_never_end_on_order() {
    let (sandbox, app, upm) = fresh().await;
    sandbox.faults().order(Fault::CallbackTimeout);
    let task = upm.install(&app.descriptor_url).await.unwrap_err();
    assert_eq!(
        task["status"]["subCode"],
        "connect.install.error.remote.host.timeout"
    );
    sandbox.faults().order(
        "task-fails=upm.plugin.error.unexpected.error"
            .parse()
            .unwrap(),
    );
    let task = upm.install(&app.descriptor_url).await.unwrap_err();
    assert_eq!(
        task["status"]["subCode"],
        "upm.plugin.error.unexpected.error"
    );
    sandbox.faults().order(Fault::TaskNeverEnds);
    let task = upm.register(&app.descriptor_url).await.unwrap().json();
    let path = format!("/pending/{}", task["id"].as_str().unwrap());
    for _ in 0..3 {
        assert_eq!(upm.get(&path).await.json()["status"]["done"], json!(false));
    }
    assert_eq!(sandbox.installed(Product::Jira), []);
}

#[tokio::test]
async fn a_silent_host_lets_go_when_the_sandbox_closes() {
    let (sandbox, _app, upm) = fresh().await;
    sandbox.faults().order(Fault::Silence {
        operation: Operation::List,
    });
    let silent = upm.call("GET", "/", &[], "");
    let close = async {
        sandbox
            .wait_for(
                |event| matches!(event, SandboxEvent::FaultTookEffect { .. }),
                PATIENCE,
            )
            .await
            .unwrap();
        sandbox.shutdown().await;
    };
    let (answer, ()) = tokio::join!(silent, close);
    assert!(answer.is_err());
}

#[tokio::test]
async fn what_did_not_happen_is_reported_with_what_did() {
    let (sandbox, _app, _upm) = installed().await;
    let never = sandbox.wait_for(
        |event| matches!(event, SandboxEvent::Uninstalled { .. }),
        Duration::from_millis(1),
    );
    let report = format!("{:?}", never.await.unwrap_err());
    assert!(
        report.contains("did not happen within 1ms") && report.contains("Installed {"),
        "{report}"
    );
}
