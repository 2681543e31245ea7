//! Version 2 of Confluence's REST API.

use connect_core::Product;
use connect_sandbox::{Sandbox, SandboxOptions};
use http::Method;
use serde_json::{Value, json};

use crate::{
    app::App,
    client::{Answer, Upm},
    data::{call, get, with_app},
};

/// An app in Confluence that may do everything and hears of pages and comments.
async fn in_confluence() -> (Sandbox, App) {
    let (sandbox, app) = with_app(SandboxOptions::default()).await;
    app.change_descriptor(|descriptor| {
        let hook = |event: &str| json!({ "event": event, "url": format!("/hooks/{event}") });
        descriptor["modules"]["webhooks"] = json!([
            hook("page_created"),
            hook("comment_created"),
            hook("page_trashed")
        ]);
    });
    let upm = Upm::of(&sandbox, Product::Confluence);
    upm.install(&app.descriptor_url).await.unwrap();
    (sandbox, app)
}

async fn v2(app: &App, method: Method, path: &str, body: Value) -> Answer {
    call(app, method, &format!("/api/v2{path}"), &body).await
}

async fn read(app: &App, path: &str) -> Value {
    get(app, &format!("/api/v2{path}")).await
}

fn storage(text: &str) -> Value {
    json!({ "representation": "storage", "value": text })
}

#[tokio::test]
async fn a_page_is_made_read_changed_and_trashed() {
    let (sandbox, app) = in_confluence().await;
    let space = read(&app, "/spaces?keys=DEMO").await["results"][0].clone();
    assert_eq!(
        (&space["id"], &space["key"]),
        (&json!("98305"), &json!("DEMO"))
    );
    assert_eq!(read(&app, "/spaces?keys=NONE").await["results"], json!([]));
    assert_eq!(read(&app, "/spaces/98305").await, space);

    let new = json!({
        "spaceId": space["id"], "title": "Tea", "parentId": space["homepageId"],
        "body": storage("<p>Green</p>"),
    });
    let made = v2(&app, Method::POST, "/pages", new.clone()).await;
    assert_eq!(made.status, 200, "{made:?}");
    let made = made.json();
    let id = made["id"].as_str().unwrap();
    assert_eq!(made["body"]["storage"]["value"], "<p>Green</p>");
    assert_eq!(
        (&made["version"]["number"], &made["parentId"]),
        (&json!(1), &space["homepageId"])
    );
    assert!(made["authorId"].as_str().unwrap().starts_with("557058:"));
    // What was written by one version is read by the other.
    let old = get(&app, &format!("/rest/api/content/{id}")).await;
    assert_eq!(
        (&old["title"], &old["version"]["number"]),
        (&json!("Tea"), &json!(1))
    );

    let path = format!("/pages/{id}");
    assert_eq!(read(&app, &path).await["body"], json!({}));
    let with_text = read(&app, &format!("{path}?body-format=storage")).await;
    assert_eq!(with_text["body"], made["body"]);
    let change = |number: u64| {
        json!({ "id": id, "status": "current", "title": "Black tea", "body": storage("<p>Black</p>"),
            "version": { "number": number, "message": "" } })
    };
    assert_eq!(v2(&app, Method::PUT, &path, change(3)).await.status, 409);
    let changed = v2(&app, Method::PUT, &path, change(2)).await.json();
    assert_eq!(
        (&changed["title"], &changed["version"]["number"]),
        (&json!("Black tea"), &json!(2))
    );
    let found = read(&app, "/pages?title=Black%20tea&space-id=98305").await;
    assert_eq!(found["results"][0]["id"], *id);
    let below = read(&app, "/spaces/98305/pages?limit=250").await;
    assert_eq!(below["results"].as_array().unwrap().len(), 4);
    // A page is no post, and what is no page is not found.
    for path in [
        "/pages/99",
        "/pages/none",
        &format!("/blogposts/{id}"),
        "/spaces/1",
        "/spaces/1/pages",
    ] {
        let none = v2(&app, Method::GET, path, Value::Null).await;
        assert_eq!(
            (none.status, &none.json()["errors"][0]["code"]),
            (404, &json!("NOT_FOUND")),
            "{path}"
        );
    }
    assert_eq!(
        v2(&app, Method::DELETE, &path, Value::Null).await.status,
        204
    );
    assert_eq!(read(&app, &path).await["status"], "trashed");
    let mut hooks = 0;
    let told = |event: &connect_sandbox::SandboxEvent| {
        hooks += usize::from(matches!(
            event,
            connect_sandbox::SandboxEvent::WebhookSent { .. }
        ));
        hooks == 2
    };
    sandbox.wait_for(told, crate::app::PATIENCE).await.unwrap();
    let paths = app.paths();
    assert!(paths.iter().any(|path| path == "/hooks/page_created"));
    assert!(paths.iter().any(|path| path == "/hooks/page_trashed"));
}

#[tokio::test]
async fn comments_hang_on_pages_and_on_comments() {
    let (_sandbox, app) = in_confluence().await;
    let on_page = json!({ "pageId": "32769", "body": storage("<p>First</p>") });
    let first = v2(&app, Method::POST, "/footer-comments", on_page.clone()).await;
    assert_eq!(first.status, 201);
    let first = first.json();
    assert_eq!(
        (&first["pageId"], &first["title"]),
        (&json!("32769"), &json!("Re: Home"))
    );
    let reply = json!({ "parentCommentId": first["id"], "body": storage("<p>Second</p>") });
    let reply = v2(&app, Method::POST, "/footer-comments", reply)
        .await
        .json();
    assert_eq!(
        (&reply["parentCommentId"], &reply["pageId"]),
        (&first["id"], &json!("32769"))
    );
    let ids = |list: Value| -> Vec<Value> {
        list["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].clone())
            .collect()
    };
    assert_eq!(
        ids(read(&app, "/pages/32769/footer-comments").await),
        [first["id"].clone()]
    );
    let path = format!("/footer-comments/{}", first["id"].as_str().unwrap());
    assert_eq!(
        ids(read(&app, &format!("{path}/children")).await),
        [reply["id"].clone()]
    );
    assert_eq!(
        ids(read(&app, "/footer-comments?sort=-id").await),
        [reply["id"].clone(), first["id"].clone()]
    );
    let change = json!({ "version": { "number": 2 }, "body": storage("<p>Better</p>") });
    let changed = v2(&app, Method::PUT, &path, change).await.json();
    assert_eq!(changed["body"]["storage"]["value"], "<p>Better</p>");
    assert_eq!(
        v2(&app, Method::DELETE, &path, Value::Null).await.status,
        204
    );
    assert_eq!(v2(&app, Method::GET, &path, Value::Null).await.status, 404);
    let both = json!({ "pageId": "32769", "parentCommentId": "1", "body": storage("") });
    for (bad, status) in [
        (both, 400),
        (json!({ "body": storage("") }), 400),
        (json!({ "pageId": "7" }), 404),
        (json!({ "pageId": 7 }), 400),
        (json!([]), 400),
    ] {
        assert_eq!(
            v2(&app, Method::POST, "/footer-comments", bad).await.status,
            status
        );
    }
}

#[tokio::test]
async fn lists_have_pages_by_a_cursor() {
    let (_sandbox, app) = in_confluence().await;
    let mut seen = Vec::new();
    let mut path = "/api/v2/pages?limit=2&sort=title".to_owned();
    loop {
        let answer = call(&app, Method::GET, &path, &Value::Null).await;
        let page = answer.json();
        let results = page["results"].as_array().unwrap().iter();
        seen.extend(results.map(|page| page["title"].as_str().unwrap().to_owned()));
        let Some(next) = page["_links"]["next"].as_str() else {
            break;
        };
        assert_eq!(answer.headers["link"], format!("<{next}>; rel=\"next\""));
        path = next.strip_prefix("/wiki").unwrap().to_owned();
    }
    assert_eq!(seen, ["Home", "How we work", "Minutes"]);
    for wrong in [
        "limit=0",
        "limit=251",
        "limit=x",
        "cursor=x",
        "cursor=%21",
        "sort=colour",
    ] {
        let answer = v2(&app, Method::GET, &format!("/pages?{wrong}"), Value::Null).await;
        assert_eq!(answer.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn properties_have_ids_keys_and_versions() {
    let (_sandbox, app) = in_confluence().await;
    for owner in ["/pages/32769", "/spaces/98305"] {
        let all = format!("{owner}/properties");
        let new = json!({ "key": "tea", "value": { "green": true } });
        let made = v2(&app, Method::POST, &all, new.clone()).await.json();
        assert_eq!(
            (&made["key"], &made["version"]["number"]),
            (&json!("tea"), &json!(1))
        );
        assert_eq!(v2(&app, Method::POST, &all, new).await.status, 409);
        assert_eq!(
            read(&app, &format!("{all}?key=tea")).await["results"],
            json!([made])
        );
        assert_eq!(
            read(&app, &format!("{all}?key=other")).await["results"],
            json!([])
        );
        let one = format!("{all}/{}", made["id"].as_str().unwrap());
        let change =
            |number: u64| json!({ "key": "tea", "value": 2, "version": { "number": number } });
        assert_eq!(v2(&app, Method::PUT, &one, change(1)).await.status, 409);
        let changed = v2(&app, Method::PUT, &one, change(2)).await.json();
        assert_eq!(
            (&changed["value"], &changed["id"]),
            (&json!(2), &made["id"])
        );
        assert_eq!(
            v2(&app, Method::DELETE, &one, Value::Null).await.status,
            204
        );
        assert_eq!(v2(&app, Method::GET, &one, Value::Null).await.status, 404);
        assert_eq!(
            v2(&app, Method::POST, &all, json!({ "value": 1 }))
                .await
                .status,
            400
        );
    }
    // The properties of version 1 are the same.
    let body = json!({ "key": "p", "value": 1 });
    let v1 = "/rest/api/content/32769/property";
    assert_eq!(call(&app, Method::POST, v1, &body).await.status, 200);
    assert_eq!(
        read(&app, "/pages/32769/properties").await["results"][0]["key"],
        "p"
    );
}

#[tokio::test]
async fn what_version_2_does_not_have_here_is_said() {
    let (sandbox, app) = in_confluence().await;
    for path in [
        "/whiteboards/1",
        "/pages/32769/versions",
        "/pages/32769?body-format=atlas_doc_format",
        "/tasks",
    ] {
        let answer = v2(&app, Method::GET, path, Value::Null).await;
        assert_eq!(answer.status, 501, "{path}");
    }
    let draft = json!({ "spaceId": "98305", "title": "x", "status": "draft" });
    assert_eq!(v2(&app, Method::POST, "/pages", draft).await.status, 501);
    let adf = json!({ "spaceId": "98305", "title": "x", "body": { "representation": "atlas_doc_format", "value": "{}" } });
    let answer = v2(&app, Method::POST, "/pages", adf).await;
    assert!(
        answer.status == 501 && answer.body.contains("storage"),
        "{answer:?}"
    );
    // Nobody is let in without a token, and nobody writes without the scope.
    let url = format!("{}/api/v2/pages", sandbox.site(Product::Confluence));
    assert_eq!(crate::client::get(&url).await.status, 401);
    app.allow(&["READ"]);
    let upm = Upm::of(&sandbox, Product::Confluence);
    upm.install(&app.descriptor_url).await.unwrap();
    assert_eq!(
        v2(&app, Method::GET, "/pages", Value::Null).await.status,
        200
    );
    let new = json!({ "spaceId": "98305", "title": "x" });
    assert_eq!(v2(&app, Method::POST, "/pages", new).await.status, 403);
    // Jira has no such thing.
    let jira = format!("{}/api/v2/pages", sandbox.site(Product::Jira));
    assert_eq!(crate::client::get(&jira).await.status, 404);
}
