//! What a site keeps: written and read by an app, and there again after a restart.

use connect_core::Product;
use connect_sandbox::{Sandbox, SandboxOptions};
use http::Method;
use serde_json::{Value, json};

use crate::{
    app::App,
    client::{Answer, Upm, send},
};

/// A sandbox with an app that may do everything.
pub(crate) async fn with_app(options: SandboxOptions) -> (Sandbox, App) {
    let sandbox = Sandbox::start(options).await.unwrap();
    let app = App::start("").await;
    app.trust(sandbox.keys_url());
    app.change_descriptor(|descriptor| descriptor["scopes"] = json!(["WRITE", "DELETE"]));
    for product in [Product::Confluence, Product::Jira] {
        let upm = Upm::of(&sandbox, product);
        upm.install(&app.descriptor_url).await.unwrap();
    }
    (sandbox, app)
}

/// A call of the app to the site of which it was told last.
pub(crate) async fn call(app: &App, method: Method, path: &str, body: &Value) -> Answer {
    let url = format!("{}{path}", app.tenant().base_url);
    let header = app.sign(&method, &url);
    let body = match body {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    let headers = [
        ("authorization", header.as_str()),
        ("content-type", "application/json"),
    ];
    send(method.as_str(), &url, &headers, &body).await
}

pub(crate) async fn get(app: &App, path: &str) -> Value {
    call(app, Method::GET, path, &Value::Null).await.json()
}

fn document(text: &str) -> Value {
    json!({ "type": "doc", "version": 1, "content": [
        { "type": "paragraph", "content": [{ "type": "text", "text": text }] },
    ] })
}

pub(crate) fn new_issue(summary: &str) -> Value {
    json!({ "fields": {
        "project": { "key": "DEMO" }, "issuetype": { "name": "Bug" }, "summary": summary,
    } })
}

#[tokio::test]
async fn an_issue_lives_from_its_making_to_its_end() {
    let (_sandbox, app) = with_app(SandboxOptions::default()).await;
    let made = call(
        &app,
        Method::POST,
        "/rest/api/3/issue",
        &new_issue("Tea is cold"),
    )
    .await;
    assert_eq!((made.status, &made.json()["key"]), (201, &json!("DEMO-3")));
    let path = "/rest/api/3/issue/DEMO-3";
    let issue = get(&app, path).await;
    let fields = &issue["fields"];
    assert_eq!(fields["issuetype"]["name"], "Bug");
    assert_eq!(fields["status"]["statusCategory"]["key"], "new");
    assert_eq!(fields["reporter"]["accountType"], "app");

    let change = json!({ "fields": {
        "summary": "Tea is too cold", "labels": ["kitchen"], "description": document("Heat it."),
        "assignee": { "accountId": "712020:grace" }, "customfield_10010": { "a": 1 },
    } });
    assert_eq!(call(&app, Method::PUT, path, &change).await.status, 204);
    let moved = json!({ "transition": { "id": "31" } });
    let moved = call(&app, Method::POST, &format!("{path}/transitions"), &moved).await;
    assert_eq!(moved.status, 204);
    let issue = get(
        &app,
        "/rest/api/2/issue/demo-3?fields=description,status,customfield_10010",
    )
    .await;
    assert_eq!(issue["fields"]["description"], "Heat it.");
    assert_eq!(issue["fields"]["status"]["name"], "Done");
    assert_eq!(issue["fields"]["customfield_10010"], json!({ "a": 1 }));
    assert_eq!(issue["fields"]["summary"], Value::Null);

    let jql = "assignee%20%3D%20%22712020%3Agrace%22%20AND%20labels%20%3D%20kitchen";
    let found = get(
        &app,
        &format!("/rest/api/3/search/jql?jql={jql}&fields=status"),
    )
    .await;
    assert_eq!(found["issues"][0]["key"], "DEMO-3");
    assert_eq!(found["issues"][0]["fields"]["status"]["name"], "Done");
    let post = json!({ "jql": "project = DEMO ORDER BY key DESC", "maxResults": 1 });
    let found = call(&app, Method::POST, "/rest/api/3/search/jql", &post)
        .await
        .json();
    assert_eq!(
        (&found["issues"][0]["key"], &found["nextPageToken"]),
        (&json!("DEMO-3"), &json!("1"))
    );

    assert_eq!(
        call(&app, Method::DELETE, path, &Value::Null).await.status,
        204
    );
    assert_eq!(
        call(&app, Method::GET, path, &Value::Null).await.status,
        404
    );
}

#[tokio::test]
async fn what_jira_would_not_take_is_refused_by_field() {
    let (_sandbox, app) = with_app(SandboxOptions::default()).await;
    for (field, value) in [
        ("project", json!({ "key": "NONE" })),
        ("summary", json!("  ")),
        ("issuetype", json!({ "name": "Poem" })),
        ("description", json!("version 3 takes documents")),
        ("assignee", json!({ "accountId": "nobody" })),
        ("labels", json!(["two words"])),
        ("priority", json!({ "id": "99" })),
        ("sprint", json!(1)),
    ] {
        let mut issue = new_issue("x");
        issue["fields"][field] = value;
        let refused = call(&app, Method::POST, "/rest/api/3/issue", &issue).await;
        assert_eq!(refused.status, 400, "{field}");
        assert!(
            refused.json()["errors"][field].is_string(),
            "{field}: {refused:?}"
        );
    }
    let strange = "/rest/api/3/search/jql?jql=sprint%20%3D%201";
    assert_eq!(
        call(&app, Method::GET, strange, &Value::Null).await.status,
        501
    );
}

#[tokio::test]
async fn comments_and_properties_hang_on_issues() {
    let (_sandbox, app) = with_app(SandboxOptions::default()).await;
    let comments = "/rest/api/3/issue/DEMO-2/comment";
    let added = call(
        &app,
        Method::POST,
        comments,
        &json!({ "body": document("Yes") }),
    )
    .await;
    assert_eq!(added.status, 201);
    let one = format!("{comments}/{}", added.json()["id"].as_str().unwrap());
    let body = json!({ "body": document("No") });
    assert_eq!(call(&app, Method::PUT, &one, &body).await.status, 200);
    let plain = get(&app, "/rest/api/2/issue/DEMO-2/comment").await;
    assert_eq!(
        (&plain["total"], &plain["comments"][0]["body"]),
        (&json!(1), &json!("No"))
    );
    assert_eq!(
        call(&app, Method::DELETE, &one, &Value::Null).await.status,
        204
    );
    assert_eq!(
        call(&app, Method::GET, &one, &Value::Null).await.status,
        404
    );

    for on in ["issue/DEMO-2", "project/DEMO"] {
        let path = format!("/rest/api/3/{on}/properties/com.example.p");
        let value = json!({ "seen": true });
        assert_eq!(
            call(&app, Method::PUT, &path, &value).await.status,
            201,
            "{on}"
        );
        assert_eq!(
            call(&app, Method::PUT, &path, &value).await.status,
            200,
            "{on}"
        );
        assert_eq!(get(&app, &path).await["value"], value);
        let keys = get(&app, &format!("/rest/api/3/{on}/properties")).await;
        assert_eq!(keys["keys"][0]["key"], "com.example.p");
        assert_eq!(
            call(&app, Method::DELETE, &path, &Value::Null).await.status,
            204
        );
        assert_eq!(
            call(&app, Method::GET, &path, &Value::Null).await.status,
            404
        );
    }
}

#[tokio::test]
async fn pages_have_versions_labels_properties_and_comments() {
    let (sandbox, app) = with_app(SandboxOptions::default()).await;
    // The site of which the app was told last is to be Confluence.
    let upm = Upm::of(&sandbox, Product::Confluence);
    upm.install(&app.descriptor_url).await.unwrap();
    let page = json!({
        "type": "page", "title": "Tea", "space": { "key": "DEMO" },
        "body": { "storage": { "value": "<p>hot</p>", "representation": "storage" } },
    });
    let made = call(&app, Method::POST, "/rest/api/content", &page).await;
    assert_eq!(made.status, 200, "{made:?}");
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/rest/api/content/{id}");
    let mut change = json!({ "type": "page", "title": "Tea", "version": { "number": 1 } });
    assert_eq!(call(&app, Method::PUT, &path, &change).await.status, 409);
    change["version"]["number"] = json!(2);
    assert_eq!(
        call(&app, Method::PUT, &path, &change).await.json()["version"]["number"],
        2
    );
    let labels = json!([{ "prefix": "global", "name": "kitchen" }]);
    let labels = call(&app, Method::POST, &format!("{path}/label"), &labels).await;
    assert_eq!(labels.json()["results"][0]["name"], "kitchen");
    let comment = json!({ "type": "comment", "container": { "id": id, "type": "page" },
        "body": { "storage": { "value": "<p>yes</p>", "representation": "storage" } } });
    assert_eq!(
        call(&app, Method::POST, "/rest/api/content", &comment)
            .await
            .status,
        200
    );
    let comments = get(&app, &format!("{path}/child/comment?expand=body.storage")).await;
    assert_eq!(
        comments["results"][0]["body"]["storage"]["value"],
        "<p>yes</p>"
    );
    let property = json!({ "key": "p", "value": 1 });
    let property = call(&app, Method::POST, &format!("{path}/property"), &property).await;
    assert_eq!(property.json()["version"]["number"], 1);
    let found = get(
        &app,
        "/rest/api/content/search?cql=type%3Dpage%20and%20label%3Dkitchen",
    )
    .await;
    assert_eq!(found["results"][0]["id"], id.as_str());
    assert_eq!(
        call(&app, Method::DELETE, &path, &Value::Null).await.status,
        204
    );
    assert_eq!(
        get(&app, &format!("{path}?status=any")).await["status"],
        "trashed"
    );
}

#[tokio::test]
async fn issues_are_found_by_dates() {
    let (_sandbox, app) = with_app(SandboxOptions::default()).await;
    let mut new = new_issue("Soon");
    new["fields"]["duedate"] = json!("2026-01-31");
    let made = call(&app, Method::POST, "/rest/api/3/issue", &new).await;
    assert_eq!(made.status, 201, "{made:?}");
    for duedate in [
        json!("soon"),
        json!("2026-02-30"),
        json!("+026-01-31"),
        json!(7),
    ] {
        let change = json!({ "fields": { "duedate": duedate } });
        let refused = call(&app, Method::PUT, "/rest/api/3/issue/DEMO-3", &change).await;
        assert_eq!(refused.status, 400, "{duedate}");
    }
    for (jql, expected) in [
        ("created >= startOfDay(-1) order by created", "DEMO-3"),
        ("due = 2026-01-31", "DEMO-3"),
        (
            "created < -1d and project = DEMO order by created desc",
            "DEMO-2 DEMO-1",
        ),
    ] {
        let body = json!({ "jql": jql, "fields": ["duedate"] });
        let found = call(&app, Method::POST, "/rest/api/3/search/jql", &body)
            .await
            .json();
        let issues = found["issues"].as_array().unwrap().iter();
        let keys: Vec<&str> = issues.map(|issue| issue["key"].as_str().unwrap()).collect();
        assert_eq!(keys.join(" "), expected, "{jql}");
    }
    let sprint = json!({ "jql": "sprint in openSprints()" });
    let answer = call(&app, Method::POST, "/rest/api/3/search/jql", &sprint).await;
    assert_eq!(answer.status, 501);
}
