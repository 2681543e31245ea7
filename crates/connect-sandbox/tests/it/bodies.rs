//! The bodies that the console offers have the members that hosts send.
//!
//! Those of `CONNECT_WEBHOOKS` (default `../shared/data/webhooks` beside the checkout) are compared
//! member by member; without them only that each is offered, and what is easily got wrong.

use std::{collections::BTreeSet, env, fs, path::Path, path::PathBuf};

use connect_core::Product;
use connect_sandbox::{Sandbox, SandboxEvent, SandboxOptions};
use serde_json::{Value, json};

use crate::{
    client::{Upm, send},
    data::with_app,
};

/// What both sites offer: context path, name of the body, name of the file it is compared with.
const BODIES: &[(&str, &str, &str)] = &[
    ("/jira", "attachment_created", "jira.attachment_created"),
    ("/jira", "board_created", "jira.board_created"),
    ("/jira", "comment_created", "jira.comment_created"),
    ("/jira", "comment_deleted", "jira.comment_deleted"),
    ("/jira", "comment_updated", "jira.comment_updated"),
    ("/jira", "disabled", "jira.lifecycle.disabled"),
    ("/jira", "enabled", "jira.lifecycle.enabled"),
    ("/jira", "installed", "jira.lifecycle.installed"),
    ("/jira", "issue_property_set", "jira.issue_property_set"),
    ("/jira", "issuelink_created", "jira.issuelink_created"),
    ("/jira", "jira:issue_created", "jira.issue_created"),
    ("/jira", "jira:issue_deleted", "jira.issue_deleted"),
    ("/jira", "jira:issue_updated", "jira.issue_updated"),
    (
        "/jira",
        "jira:issue_updated, by a comment",
        "jira.issue_updated.by_comment",
    ),
    (
        "/jira",
        "jira:issue_updated, dynamic",
        "jira.dynamic.issue_updated",
    ),
    ("/jira", "jira:version_released", "jira.version_released"),
    ("/jira", "project_created", "jira.project_created"),
    ("/jira", "sprint_started", "jira.sprint_started"),
    ("/jira", "uninstalled", "jira.lifecycle.uninstalled"),
    ("/jira", "user_created", "jira.user_created"),
    ("/jira", "worklog_created", "jira.worklog_created"),
    (
        "/wiki",
        "attachment_created",
        "confluence.attachment_created",
    ),
    ("/wiki", "blog_created", "confluence.blog_created"),
    ("/wiki", "comment_created", "confluence.comment_created"),
    (
        "/wiki",
        "comment_created, a reply",
        "confluence.comment_created.reply",
    ),
    ("/wiki", "content_created", "confluence.content_created"),
    ("/wiki", "disabled", "confluence.lifecycle.disabled"),
    ("/wiki", "enabled", "confluence.lifecycle.enabled"),
    ("/wiki", "installed", "confluence.lifecycle.installed"),
    ("/wiki", "label_added", "confluence.label_added"),
    ("/wiki", "page_created", "confluence.page_created"),
    ("/wiki", "page_moved", "confluence.page_moved"),
    ("/wiki", "page_trashed", "confluence.page_trashed"),
    ("/wiki", "page_updated", "confluence.page_updated"),
    ("/wiki", "search_performed", "confluence.search_performed"),
    ("/wiki", "space_created", "confluence.space_created"),
    ("/wiki", "uninstalled", "confluence.lifecycle.uninstalled"),
];

/// The folder of bodies to compare with, if it is there.
#[expect(
    clippy::disallowed_methods,
    reason = "a test is told where the bodies are"
)]
fn folder() -> Option<PathBuf> {
    if let Some(folder) = env::var_os("CONNECT_WEBHOOKS") {
        return Some(folder.into());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap();
    let folder = root.join("../shared/data/webhooks");
    folder.is_dir().then_some(folder)
}

/// What of `wanted` is not in `found`, or is of another kind there. What a host leaves empty may
/// be anything.
fn missing(wanted: &Value, found: &Value, at: &str, all: &mut Vec<String>) {
    match (wanted, found) {
        (Value::Null, _) => {}
        (Value::Object(wanted), Value::Object(found)) => {
            for (name, wanted) in wanted {
                match found.get(name) {
                    Some(found) => missing(wanted, found, &format!("{at}.{name}"), all),
                    None => all.push(format!("{at}.{name} is not there")),
                }
            }
        }
        (Value::Array(wanted), Value::Array(found)) => {
            if let (Some(wanted), Some(found)) = (wanted.first(), found.first()) {
                missing(wanted, found, &format!("{at}[]"), all);
            }
        }
        (wanted, found) if std::mem::discriminant(wanted) == std::mem::discriminant(found) => {}
        (wanted, found) => all.push(format!("{at} is {found}, where hosts send {wanted}")),
    }
}

/// The bodies of a site by name.
async fn offered(sandbox: &Sandbox, site: &str) -> Vec<(String, Value)> {
    let url = format!("{}/_sandbox/webhooks?site={site}", sandbox.url());
    let known = send("GET", &url, &[("x-sandbox", "1")], "").await.json();
    let samples = known["samples"].as_array().unwrap().iter();
    samples
        .map(|sample| {
            let name = sample["name"].as_str().unwrap().to_owned();
            (name, sample["body"].clone())
        })
        .collect()
}

#[tokio::test]
async fn every_body_has_the_members_that_hosts_send() {
    let (sandbox, app) = with_app(SandboxOptions::default()).await;
    app.change_descriptor(|descriptor| descriptor["enableLicensing"] = json!(true));
    for product in [Product::Confluence, Product::Jira] {
        let upm = Upm::of(&sandbox, product);
        upm.install(&app.descriptor_url).await.unwrap();
    }
    let folder = folder();
    match &folder {
        Some(folder) => println!("comparing with {}", folder.display()),
        None => {
            println!("LEFT OUT: no CONNECT_WEBHOOKS and no ../shared/data/webhooks to compare with")
        }
    }
    let mut wrong = Vec::new();
    for site in ["/jira", "/wiki"] {
        let offered = offered(&sandbox, site).await;
        let wanted = BODIES.iter().filter(|(known, ..)| *known == site);
        let names: BTreeSet<&str> = wanted.clone().map(|(_, name, _)| *name).collect();
        let found: BTreeSet<&str> = offered.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(found, names);
        for (_, name, file) in wanted {
            let (_, body) = offered.iter().find(|(known, _)| known == name).unwrap();
            let Some(folder) = &folder else { continue };
            let text = fs::read_to_string(folder.join(format!("{file}.json"))).unwrap();
            let theirs: Value = serde_json::from_str(&text).unwrap();
            missing(&theirs["body"], body, file, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let Some(folder) = folder else { return };
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let stem = name.strip_suffix(".json").unwrap_or_default();
        let known = BODIES.iter().any(|(_, _, file)| *file == stem);
        assert!(
            known || ["", "index"].contains(&stem),
            "{name} is not offered"
        );
    }
}

#[tokio::test]
async fn what_is_easily_got_wrong_is_right() {
    let (sandbox, _app) = with_app(SandboxOptions::default()).await;
    let (jira, wiki) = (
        offered(&sandbox, "/jira").await,
        offered(&sandbox, "/wiki").await,
    );
    let body = |all: &[(String, Value)], name: &str| {
        all.iter()
            .find(|(known, _)| known == name)
            .unwrap()
            .1
            .clone()
    };
    // A number here, a text inside of issues.
    assert!(body(&jira, "project_created")["project"]["id"].is_u64());
    assert!(body(&jira, "jira:issue_created")["issue"]["fields"]["project"]["id"].is_string());
    assert_eq!(body(&jira, "worklog_created")["issue"], Value::Null);
    assert_eq!(
        body(&jira, "jira:issue_updated, by a comment")["changelog"],
        Value::Null
    );
    assert_eq!(body(&jira, "enabled")["sharedSecret"], Value::Null);
    assert_eq!(body(&jira, "installed")["productType"], "jira");
    assert_eq!(body(&wiki, "installed")["productType"], "confluence");
    assert!(body(&wiki, "comment_created")["comment"]["inReplyTo"].is_null());
    assert!(body(&wiki, "comment_created, a reply")["comment"]["inReplyTo"]["id"].is_u64());
    assert!(body(&wiki, "page_created")["page"]["id"].is_u64());
    assert!(body(&wiki, "content_created")["content"]["id"].is_string());
}

#[tokio::test]
async fn lifecycle_calls_are_sent_by_hand_and_never_show_the_secret() {
    let (sandbox, app) = with_app(SandboxOptions::default()).await;
    let console = format!("{}/_sandbox/webhooks", sandbox.url());
    let own = [("x-sandbox", "1")];
    let before = app.seen().len();
    let order = json!({ "site": "/wiki", "webhooks": [
        { "event": "uninstalled" }, { "event": "installed" }, { "event": "disabled" },
        { "event": "enabled", "times": 2 },
    ] });
    let sent = send("POST", &console, &own, &order.to_string()).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    let seen = app.seen().split_off(before);
    let paths: Vec<&str> = seen.iter().map(|seen| seen.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/uninstalled",
            "/installed",
            "/disabled",
            "/enabled",
            "/enabled"
        ]
    );
    assert!(seen.iter().all(|seen| seen.verdict.is_ok()), "{seen:?}");
    assert!(seen.iter().all(|seen| seen.webhook == (None, None)));
    // The app was told the secret that it has already: what the host signs goes on to hold.
    let secret = app.tenant().shared_secret().expose().to_owned();
    assert_eq!(seen[1].body["sharedSecret"], secret);
    let shown = send("GET", &console, &own, "").await;
    assert!(!shown.body.contains(&secret) && !sent.body.contains(&secret));
    assert!(shown.body.contains("${sharedSecret}"));
    // No other call carries it.
    let order = json!({ "site": "/wiki", "webhooks": [
        { "event": "enabled", "body": { "sharedSecret": "${sharedSecret}" } },
    ] });
    send("POST", &console, &own, &order.to_string()).await;
    let last = app.seen().pop().unwrap();
    assert_eq!(last.body["sharedSecret"], "${sharedSecret}");
    let told = sandbox.events().into_iter().filter(|recorded| {
        matches!(
            &recorded.event,
            SandboxEvent::LifecycleSent {
                lifecycle: "uninstalled",
                status: Some(204),
                ..
            }
        )
    });
    assert_eq!(told.count(), 1);
    assert_eq!(sandbox.installed(Product::Confluence).len(), 1);

    // Another secret than the tenant's is sent as it is written, and the app believes it.
    let all = offered(&sandbox, "/wiki").await;
    let installed = all.into_iter().find(|(name, _)| name == "installed");
    let mut body = installed.unwrap().1;
    body["sharedSecret"] = json!("another-secret-of-more-than-32-bytes");
    let order = json!({ "site": "/wiki", "webhooks": [{ "event": "installed", "body": body }] });
    let sent = send("POST", &console, &own, &order.to_string()).await;
    assert_eq!(sent.json()["sent"][0]["status"], 204, "{sent:?}");
    let believed = app.tenant().shared_secret().expose().to_owned();
    assert_eq!(believed, "another-secret-of-more-than-32-bytes");

    app.change_descriptor(|descriptor| {
        descriptor["lifecycle"] = json!({ "installed": "/installed" });
    });
    Upm::of(&sandbox, Product::Confluence)
        .install(&app.descriptor_url)
        .await
        .unwrap();
    let order = json!({ "site": "/wiki", "webhooks": [{ "event": "disabled" }] });
    let refused = send("POST", &console, &own, &order.to_string()).await;
    assert_eq!(refused.status, 400);
    assert!(
        refused.body.contains("no `lifecycle.disabled`"),
        "{refused:?}"
    );
}
