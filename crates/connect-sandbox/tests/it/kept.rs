//! What a site knows is there again after a restart.

use std::path::Path;

use connect_core::Product;
use connect_sandbox::{Sandbox, SandboxOptions};
use http::Method;
use serde_json::{Value, json};

use crate::{
    app::{App, KEY},
    client::{self, Answer, Upm, send},
    data::{call, get, new_issue, with_app},
};

fn kept_in(folder: &Path, port: u16) -> SandboxOptions {
    SandboxOptions {
        port,
        state_dir: Some(folder.to_owned()),
        ..SandboxOptions::default()
    }
}

fn port(sandbox: &Sandbox) -> u16 {
    sandbox.url().rsplit(':').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn everything_is_there_again_after_a_restart_until_it_is_reset() {
    let folder = tempfile::tempdir().unwrap();
    let options = || kept_in(folder.path(), 0);
    let (sandbox, app) = with_app(options()).await;
    let made = call(&app, Method::POST, "/rest/api/3/issue", &new_issue("Kept")).await;
    assert_eq!(made.status, 201);
    let property = format!("/rest/atlassian-connect/1/addons/{KEY}/properties/p");
    assert_eq!(
        call(&app, Method::PUT, &property, &json!(7)).await.status,
        201
    );
    let again = kept_in(folder.path(), port(&sandbox));
    sandbox.shutdown().await;

    let sandbox = Sandbox::start(again.clone()).await.unwrap();
    // The app was not installed again: its old secret still opens the site.
    let issue = get(&app, "/rest/api/3/issue/DEMO-3").await;
    assert_eq!(issue["fields"]["summary"], "Kept");
    assert_eq!(get(&app, &property).await["value"], 7);
    assert_eq!(sandbox.installed(Product::Jira)[0].key.as_str(), KEY);

    let reset = format!("{}/_sandbox/reset", sandbox.url());
    assert_eq!(send("POST", &reset, &[], "").await.status, 403);
    assert_eq!(
        send("POST", &reset, &[("x-sandbox", "1")], "").await.status,
        204
    );
    sandbox.shutdown().await;
    let sandbox = Sandbox::start(again).await.unwrap();
    let gone = call(&app, Method::GET, "/rest/api/3/issue/DEMO-3", &Value::Null).await;
    assert_eq!(gone.status, 404);
    sandbox.shutdown().await;
    // Damage is said, not guessed around.
    std::fs::write(folder.path().join("jira.json"), "{").unwrap();
    let refused = Sandbox::start(options()).await.unwrap_err();
    assert_eq!(refused.code(), "sandbox/state");
}

/// Uploads a file to an issue: what Jira answers.
async fn attach(app: &App, issue: &str, name: &str, text: &str) -> Value {
    let url = format!(
        "{}/rest/api/3/issue/{issue}/attachments",
        app.tenant().base_url
    );
    let authorization = app.sign(&Method::POST, &url);
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "multipart/form-data; boundary=x"),
        ("x-atlassian-token", "no-check"),
    ];
    let body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/plain\r\n\r\n{text}\r\n--x--\r\n"
    );
    let answer = send("POST", &url, &headers, &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()[0].clone()
}

/// What is in an attachment.
async fn content(app: &App, file: &Value) -> Answer {
    let id = file["id"].as_str().unwrap();
    let path = format!("/rest/api/3/attachment/content/{id}");
    let answer = call(app, Method::GET, &path, &Value::Null).await;
    match answer.headers.get("location") {
        Some(location) => client::get(location).await,
        None => answer,
    }
}

#[tokio::test]
async fn files_at_issues_come_and_go_and_are_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let (sandbox, app) = with_app(kept_in(folder.path(), 0)).await;
    app.change_descriptor(|descriptor| {
        let hook = |event: &str| json!({ "event": event, "url": format!("/hooks/{event}") });
        descriptor["modules"]["webhooks"] = json!([
            hook("attachment_created"),
            hook("attachment_deleted"),
            hook("jira:issue_updated")
        ]);
    });
    let upm = Upm::of(&sandbox, Product::Jira);
    upm.install(&app.descriptor_url).await.unwrap();
    let file = attach(&app, "DEMO-1", "tea.txt", "Still warm").await;
    let other = attach(&app, "DEMO-2", "other.txt", "Other").await;
    assert_eq!(
        (&file["filename"], &file["size"]),
        (&json!("tea.txt"), &json!(10))
    );
    assert_ne!(file["id"], other["id"]);
    let port = port(&sandbox);
    sandbox.shutdown().await;

    let sandbox = Sandbox::start(kept_in(folder.path(), port)).await.unwrap();
    let issue = get(&app, "/rest/api/3/issue/DEMO-1?fields=attachment").await;
    assert_eq!(issue["fields"]["attachment"], json!([file]));
    assert_eq!(content(&app, &file).await.body, "Still warm");
    let path = format!("/rest/api/3/attachment/{}", file["id"].as_str().unwrap());
    assert_eq!(get(&app, &path).await, file);
    assert_eq!(
        call(&app, Method::DELETE, &path, &Value::Null).await.status,
        204
    );
    assert_eq!(content(&app, &file).await.status, 404);
    assert_eq!(content(&app, &other).await.body, "Other");
    let mut told = 0;
    sandbox
        .wait_for(
            |event| {
                told += usize::from(matches!(
                    event,
                    connect_sandbox::SandboxEvent::WebhookSent { .. }
                ));
                told == 2
            },
            crate::app::PATIENCE,
        )
        .await
        .unwrap();
    let seen = app.seen();
    let told = |path: &str| {
        let of = |seen: &&crate::app::Seen| seen.path == format!("/hooks/{path}");
        seen.iter()
            .filter(of)
            .map(|seen| seen.body.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(told("attachment_created").len(), 2);
    assert_eq!(
        told("attachment_deleted")[0]["attachment"]["filename"],
        "tea.txt"
    );
    let changes = told("jira:issue_updated");
    let item = &changes.last().unwrap()["changelog"]["items"][0];
    assert_eq!(
        (&item["fieldId"], &item["fromString"]),
        (&json!("attachment"), &json!("tea.txt"))
    );
    sandbox.shutdown().await;
    // What is gone is gone from the disk too.
    let left = std::fs::read_dir(folder.path().join("jira.files")).unwrap();
    assert_eq!(left.count(), 1);
}

/// The page with the macro, and the ticket to save it with.
async fn macro_page(sandbox: &Sandbox) -> (String, String) {
    let page = format!("{}/pages/32769", sandbox.site(Product::Confluence));
    let page = client::get(&page).await.body;
    let setup = page.split("id=\"sandbox-setup\">").nth(1).unwrap();
    let setup: Value = serde_json::from_str(setup.split("</script>").next().unwrap()).unwrap();
    let ticket = setup["tickets"][KEY].as_str().unwrap().to_owned();
    (page, ticket)
}

#[tokio::test]
async fn what_the_editor_of_a_macro_saved_is_there_again() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start(kept_in(folder.path(), 0)).await.unwrap();
    let app = App::start("").await;
    app.trust(sandbox.keys_url());
    app.change_descriptor(|descriptor| {
        descriptor["modules"] = json!({ "dynamicContentMacros": [{
            "key": "note", "url": "/note?size={size}", "name": { "value": "Note" },
            "parameters": [{ "identifier": "size", "name": { "value": "Size" }, "type": "string", "defaultValue": "1" }],
        }] });
    });
    let upm = Upm::of(&sandbox, Product::Confluence);
    upm.install(&app.descriptor_url).await.unwrap();
    let (page, ticket) = macro_page(&sandbox).await;
    assert!(page.contains("/note?size=1&amp;"), "{page}");
    let save = format!("{}/_sandbox/bridge/macro", sandbox.url());
    let body = json!({ "module": "note", "parameters": { "size": "7" } }).to_string();
    let headers = [
        ("x-sandbox-page", ticket.as_str()),
        ("content-type", "application/json"),
    ];
    assert_eq!(send("POST", &save, &headers, &body).await.status, 204);
    sandbox.shutdown().await;

    let sandbox = Sandbox::start(kept_in(folder.path(), 0)).await.unwrap();
    let (page, _) = macro_page(&sandbox).await;
    assert!(page.contains("/note?size=7&amp;"), "{page}");
    let reset = format!("{}/_sandbox/reset", sandbox.url());
    send("POST", &reset, &[("x-sandbox", "1")], "").await;
    let (page, _) = macro_page(&sandbox).await;
    assert!(page.contains("/note?size=1&amp;"), "{page}");
}
