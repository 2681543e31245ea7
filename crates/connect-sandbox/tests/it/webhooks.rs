//! Webhooks: who is told of what, how often, and what can be ordered.

use std::time::Duration;

use connect_sandbox::{Sandbox, SandboxEvent, SandboxOptions};
use http::Method;
use serde_json::{Value, json};

use crate::{
    app::{App, PATIENCE, Seen},
    client::{Upm, send},
    data::{call, new_issue, with_app},
};

/// An app with these webhooks, in Jira.
async fn with_webhooks(webhooks: &Value) -> (Sandbox, App) {
    let options = SandboxOptions {
        webhook_pause: Duration::from_millis(1),
        ..SandboxOptions::default()
    };
    let (sandbox, app) = with_app(options).await;
    app.change_descriptor(|descriptor| descriptor["modules"]["webhooks"] = webhooks.clone());
    let upm = Upm::of(&sandbox, connect_core::Product::Jira);
    upm.install(&app.descriptor_url).await.unwrap();
    (sandbox, app)
}

/// Waits for so many webhooks in all, and gives those that the app saw at a path.
async fn seen(sandbox: &Sandbox, app: &App, path: &str, all: usize) -> Vec<Seen> {
    let mut count = 0;
    let counted = |event: &SandboxEvent| {
        count += usize::from(matches!(event, SandboxEvent::WebhookSent { .. }));
        count == all
    };
    sandbox.wait_for(counted, PATIENCE).await.unwrap();
    let seen = app.seen().into_iter();
    seen.filter(|seen| seen.path == path).collect()
}

async fn post(app: &App, path: &str, body: &Value) -> u16 {
    call(app, Method::POST, path, body).await.status
}

#[tokio::test]
async fn a_change_is_told_to_those_who_asked_and_whose_filter_fits() {
    let (sandbox, app) = with_webhooks(&json!([
        { "event": "jira:issue_created", "url": "/all?key={issue.key}", "propertyKeys": ["p"] },
        { "event": "jira:issue_created", "url": "/ops", "filter": "project = OPS" },
        { "event": "jira:issue_created", "url": "/bare", "filter": "project = DEMO", "excludeBody": true },
        { "event": "jira:issue_updated", "url": "/updated" },
    ]))
    .await;
    assert_eq!(
        post(&app, "/rest/api/3/issue", &new_issue("One")).await,
        201
    );
    let told = seen(&sandbox, &app, "/all", 2).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].verdict, Ok(()));
    assert_eq!(told[0].body["webhookEvent"], "jira:issue_created");
    assert_eq!(told[0].body["issue"]["fields"]["summary"], "One");
    assert_eq!(told[0].body["issue"]["properties"], json!({}));
    assert!(told[0].body["timestamp"].is_u64());
    assert!(told[0].webhook.0.is_some() && told[0].webhook.1.is_none());
    // Whoever caused it is the subject of the token.
    let user = told[0].body["user"]["accountId"].clone();
    assert_eq!(told[0].context.as_ref().unwrap()["sub"], user);
    assert_eq!(seen(&sandbox, &app, "/bare", 2).await[0].body, Value::Null);
    assert!(seen(&sandbox, &app, "/ops", 2).await.is_empty());

    let change = json!({ "fields": { "summary": "Two" } });
    call(&app, Method::PUT, "/rest/api/3/issue/DEMO-3", &change).await;
    let told = seen(&sandbox, &app, "/updated", 3).await;
    let item = &told[0].body["changelog"]["items"][0];
    assert_eq!(
        (&item["fieldId"], &item["fromString"], &item["toString"]),
        (&json!("summary"), &json!("One"), &json!("Two"))
    );
    // Nothing changed, nothing is told; the comment is, without a changelog.
    call(&app, Method::PUT, "/rest/api/3/issue/DEMO-3", &change).await;
    let comment = json!({ "body": "Yes" });
    assert_eq!(
        post(&app, "/rest/api/2/issue/DEMO-3/comment", &comment).await,
        201
    );
    let told = seen(&sandbox, &app, "/updated", 4).await;
    assert_eq!(told[1].body["issue_event_type_name"], "issue_commented");
    assert_eq!(told[1].body["comment"]["body"], "Yes");
    assert_eq!(told[1].body["changelog"], Value::Null);
}

#[tokio::test]
async fn jira_tries_again_with_the_same_identifier_and_gives_up_in_the_end() {
    let (sandbox, app) = with_webhooks(&json!([
        { "event": "jira:issue_created", "url": "/hook" },
    ]))
    .await;
    let stumble = |statuses: &[u16]| {
        let statuses = statuses.iter().rev().copied().collect();
        app.state
            .stumbles
            .lock()
            .unwrap()
            .insert("/hook".to_owned(), statuses);
    };
    stumble(&[503, 429]);
    post(&app, "/rest/api/3/issue", &new_issue("One")).await;
    let tries = seen(&sandbox, &app, "/hook", 3).await;
    let identifiers: Vec<_> = tries.iter().map(|seen| seen.webhook.0.clone()).collect();
    assert!(identifiers[0].is_some());
    assert_eq!(identifiers, vec![identifiers[0].clone(); 3]);
    let counts: Vec<_> = tries.iter().map(|seen| seen.webhook.1.as_deref()).collect();
    assert_eq!(counts, [None, Some("1"), Some("2")]);
    // What is wrong with the request itself is not tried again.
    stumble(&[400]);
    post(&app, "/rest/api/3/issue", &new_issue("Two")).await;
    assert_eq!(seen(&sandbox, &app, "/hook", 4).await.len(), 4);
    stumble(&[500; 6]);
    post(&app, "/rest/api/3/issue", &new_issue("Three")).await;
    assert_eq!(seen(&sandbox, &app, "/hook", 10).await.len(), 10);
    let failed = call(
        &app,
        Method::GET,
        "/rest/api/3/webhook/failed",
        &Value::Null,
    )
    .await
    .json();
    let failed: Vec<&str> = failed["values"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["body"].as_str().unwrap())
        .collect();
    assert_eq!(failed.len(), 2);
    assert!(failed[1].contains("Three"), "{failed:?}");
}

#[tokio::test]
async fn apps_register_webhooks_while_they_run() {
    let (sandbox, app) = with_webhooks(&json!([])).await;
    let url = |path: &str| format!("{}{path}", app.state.base_url);
    let register = async |url: String, webhooks: Value| {
        let body = json!({ "url": url, "webhooks": webhooks });
        call(&app, Method::POST, "/rest/api/3/webhook", &body).await
    };
    let elsewhere = register("https://other.example/x".to_owned(), json!([])).await;
    assert_eq!(elsewhere.status, 400);
    let made = register(url("/dynamic"), json!([
        { "events": ["jira:issue_updated"], "jqlFilter": "project = DEMO", "fieldIdsFilter": ["labels"] },
        { "events": ["issue_property_set"], "jqlFilter": "project = DEMO", "issuePropertyKeysFilter": ["p"] },
        { "events": ["jira:issue_updated"], "jqlFilter": "rank = 1" },
        { "events": ["board_created"], "jqlFilter": "project = DEMO" },
    ]))
    .await
    .json();
    let results = made["webhookRegistrationResult"].as_array().unwrap();
    let id = results[0]["createdWebhookId"].as_u64().unwrap();
    assert!(results[1]["createdWebhookId"].is_u64());
    assert!(results[2]["errors"].is_array() && results[3]["errors"].is_array());

    let issue = "/rest/api/3/issue/DEMO-1";
    for fields in [json!({ "summary": "x" }), json!({ "labels": ["x"] })] {
        call(&app, Method::PUT, issue, &json!({ "fields": fields })).await;
    }
    let told = seen(&sandbox, &app, "/dynamic", 1).await;
    assert_eq!(told[0].body["matchedWebhookIds"], json!([id]));
    assert_eq!(told[0].verdict, Ok(()));
    for name in ["other", "p"] {
        call(
            &app,
            Method::PUT,
            &format!("{issue}/properties/{name}"),
            &json!(1),
        )
        .await;
    }
    let told = seen(&sandbox, &app, "/dynamic", 2).await;
    assert_eq!(told[1].body["property"]["key"], "p");

    let ids = json!({ "webhookIds": [id] });
    assert!(
        call(&app, Method::PUT, "/rest/api/3/webhook/refresh", &ids)
            .await
            .json()["expirationDate"]
            .is_string()
    );
    assert_eq!(
        call(&app, Method::DELETE, "/rest/api/3/webhook", &ids)
            .await
            .status,
        202
    );
    let left = call(&app, Method::GET, "/rest/api/3/webhook", &Value::Null)
        .await
        .json();
    assert_eq!(left["total"], 1);
}

#[tokio::test]
async fn any_webhook_is_sent_on_order_edited_twice_and_in_another_order() {
    let (sandbox, app) = with_webhooks(&json!([
        { "event": "jira:issue_created", "url": "/created" },
        { "event": "jira:issue_deleted", "url": "/deleted" },
    ]))
    .await;
    let console = format!("{}/_sandbox/webhooks", sandbox.url());
    let own = [("x-sandbox", "1")];
    let known = send("GET", &console, &own, "").await.json();
    assert_eq!(known["samples"].as_array().unwrap().len(), 21);
    let confluence = send("GET", &format!("{console}?site=/wiki"), &own, "")
        .await
        .json();
    assert_eq!(confluence["samples"].as_array().unwrap().len(), 16);

    let mut edited = known["samples"]
        .as_array()
        .unwrap()
        .iter()
        .find(|sample| sample["name"] == "jira:issue_created")
        .unwrap()["body"]
        .clone();
    edited["issue"]["key"] = json!("EDITED-1");
    let order = json!({ "webhooks": [
        { "event": "jira:issue_deleted", "retry": 3 },
        { "event": "jira:issue_created", "body": edited, "times": 2, "afterMs": 1, "user": "712020:grace" },
        { "event": "worklog_created", "url": "/created" },
    ] });
    let sent = send("POST", &console, &own, &order.to_string()).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    assert_eq!(sent.json()["sent"].as_array().unwrap().len(), 4);
    let told: Vec<Seen> = app
        .seen()
        .into_iter()
        .filter(|seen| ["/created", "/deleted"].contains(&seen.path.as_str()))
        .collect();
    let paths: Vec<&str> = told.iter().map(|seen| seen.path.as_str()).collect();
    assert_eq!(paths, ["/deleted", "/created", "/created", "/created"]);
    assert!(told.iter().all(|seen| seen.verdict.is_ok()));
    assert_eq!(told[0].webhook.1.as_deref(), Some("3"));
    assert_eq!(told[1].body["issue"]["key"], "EDITED-1");
    assert_eq!(told[1].webhook.0, told[2].webhook.0);
    assert_eq!(told[1].context.as_ref().unwrap()["sub"], "712020:grace");
    assert_eq!(told[3].body["webhookEvent"], "worklog_created");

    for (bad, why) in [
        (
            json!({ "webhooks": [{ "event": "worklog_created" }] }),
            "no webhook for",
        ),
        (
            json!({ "webhooks": [{ "event": "unheard_of" }] }),
            "no body of its own",
        ),
        (
            json!({ "webhooks": [{ "event": "worklog_created", "url": "https://evil.example/" }] }),
            "not the app's",
        ),
        (
            json!({ "webhooks": [], "app": "com.example.none" }),
            "name an installed app",
        ),
        (json!({ "webhooks": [], "site": "/none" }), "no such site"),
        (json!({ "hooks": [] }), "cannot be read"),
    ] {
        let refused = send("POST", &console, &own, &bad.to_string()).await;
        assert_eq!(refused.status, 400, "{bad}");
        assert!(refused.body.contains(why), "{bad}: {refused:?}");
    }
}

#[tokio::test]
async fn pages_of_others_order_nothing() {
    let (sandbox, _app) = with_webhooks(&json!([])).await;
    let faults = format!("{}/_sandbox/faults", sandbox.url());
    let order = json!({ "fault": "answer:rest=429" }).to_string();
    // As a form of another page could post it.
    let foreign = [
        ("content-type", "text/plain"),
        ("origin", "https://evil.example"),
    ];
    assert_eq!(send("POST", &faults, &foreign, &order).await.status, 403);
    assert_eq!(sandbox.faults().ordered(), []);
    // And a script of theirs has to ask for leave, which is not given.
    let asks = [
        ("origin", "https://evil.example"),
        ("access-control-request-headers", "x-sandbox"),
    ];
    let leave = send("OPTIONS", &faults, &asks, "").await;
    assert!(
        !leave.headers.contains_key("access-control-allow-origin"),
        "{leave:?}"
    );

    let own = [("x-sandbox", "1")];
    let ordered = send("POST", &faults, &own, &order).await.json();
    assert_eq!(
        ordered["ordered"],
        json!([{ "fault": "answer:rest=429", "times": 1 }])
    );
    let site = sandbox.site(connect_core::Product::Jira);
    let limited = send("GET", &format!("{site}/rest/api/3/myself"), &[], "").await;
    assert_eq!(
        (limited.status, limited.headers["retry-after"].as_str()),
        (429, "5")
    );
    let always = json!({ "fault": "expired-token", "times": null }).to_string();
    assert_eq!(
        send("POST", &faults, &own, &always).await.json()["ordered"][0]["times"],
        Value::Null
    );
    assert_eq!(
        send("DELETE", &faults, &own, "").await.json()["ordered"],
        json!([])
    );
    let unknown = send("POST", &faults, &own, r#"{"fault":"rain"}"#).await;
    assert!(unknown.status == 400 && unknown.body.contains("swallow-deregister"));
}

#[tokio::test]
async fn a_session_is_recorded_and_done_again_in_another_sandbox() {
    let (sandbox, app) = with_webhooks(&json!([
        { "event": "jira:issue_created", "url": "/hook" },
    ]))
    .await;
    let stumbles = |statuses: &[u16]| {
        let stumbles = &mut app.state.stumbles.lock().unwrap();
        stumbles.insert("/hook".to_owned(), statuses.to_vec());
    };
    stumbles(&[503]);
    post(&app, "/rest/api/3/issue", &new_issue("One")).await;
    seen(&sandbox, &app, "/hook", 2).await;
    let site = sandbox.site(connect_core::Product::Jira);
    let page = format!(
        "{site}/plugins/servlet/ac/{}/hello?as=grace",
        crate::app::KEY
    );
    assert_eq!(crate::client::get(&page).await.status, 200);
    let recording = format!("{}/_sandbox/recording", sandbox.url());
    let text = send("GET", &recording, &[("x-sandbox", "1")], "")
        .await
        .body;
    let fixture = connect_sandbox::Fixture::parse(&text).unwrap();
    let secret = app.tenant().shared_secret().expose().to_owned();
    assert!(!text.contains(&secret) && !text.contains("eyJ"), "{text}");
    // Two products, Jira again for its webhooks, the webhook that was tried twice, the page.
    assert_eq!(fixture.len(), 5, "{text}");
    sandbox.shutdown().await;

    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    app.trust(sandbox.keys_url());
    app.serve("/hello", "text/html", "<p>Hello</p>");
    let again = sandbox.replay(&fixture, &app.descriptor_url).await.unwrap();
    assert_eq!(again, []);
    let told = app
        .seen()
        .into_iter()
        .rfind(|seen| seen.path == "/hook")
        .unwrap();
    assert_eq!(told.verdict, Ok(()));
    assert_eq!(told.body["issue"]["fields"]["summary"], "One");
    // An app that has changed its mind is found out.
    stumbles(&[410]);
    let again = sandbox.replay(&fixture, &app.descriptor_url).await.unwrap();
    assert_eq!(again.len(), 1);
    assert_eq!(
        again[0].to_string(),
        "step 4: webhook jira:issue_created: 410, and 200 when it was recorded"
    );
    for text in ["", "{}", r#"{"version":2,"app":"a","steps":[]}"#] {
        assert!(connect_sandbox::Fixture::parse(text).is_err(), "{text}");
    }
}
