//! Every kind of call, signed as the app.

use std::time::{Duration, Instant};

use connect_runtime::{HostError, Multipart, core::Product};
use connect_sandbox::{Fault, Operation, SandboxEvent};
use serde_json::{Value, json};

use crate::world::{World, nothing};

fn is_rest(event: &SandboxEvent) -> bool {
    matches!(event, SandboxEvent::RestCall(_))
}

#[tokio::test]
async fn queries_are_merged_and_signed_as_they_are_sent() {
    let world = World::start(nothing).await;
    let client = world.client(Product::Jira).await;
    // Blanks, plus signs, umlauts, repeats and brackets, in the path and beside it.
    let user: Value = client
        .get("/rest/api/3/user?expand=a%20b&expand=groups&x[]=1&empty=")
        .query("accountId", "712020:ada")
        .query("note", "räksmörgås + 100% & co ~*'()!")
        .fetch()
        .await
        .unwrap();
    assert_eq!(user["displayName"], "Ada Lovelace");
    let absolute = format!("{}/rest/api/3/myself", client.tenant().base_url);
    let me: Value = client.get(&absolute).fetch().await.unwrap();
    assert_eq!(me["accountType"], "app");
}

#[tokio::test]
async fn the_context_path_of_confluence_is_there_once() {
    let world = World::start(nothing).await;
    let client = world.client(Product::Confluence).await;
    for path in ["/rest/api/user/current", "/wiki/rest/api/user/current"] {
        let me: Value = client.get(path).fetch().await.unwrap();
        assert_eq!(me["accountType"], "app", "{path}");
    }
}

#[tokio::test]
async fn a_client_key_is_enough_outside_a_request() {
    let world = World::start(nothing).await;
    let tenant = world.install(Product::Jira).await;
    let key = tenant.client_key.clone();
    let client = world.app.client_of(&key).await.unwrap().unwrap();
    client.get("/rest/api/3/myself").send().await.unwrap();
    let stranger = connect_runtime::core::ClientKey::parse("nobody").unwrap();
    assert!(world.app.client_of(&stranger).await.unwrap().is_none());
    world
        .sandbox
        .uninstall(Product::Jira, &tenant.app_key)
        .await;
    assert!(world.app.client_of(&key).await.unwrap().is_none());
}

#[tokio::test]
async fn lists_come_page_by_page_in_both_styles_of_jira() {
    let world = World::start(nothing).await;
    let client = world.client(Product::Jira).await;
    let keys = |values: Vec<Value>| -> Vec<String> {
        let key = |value: &Value| value["key"].as_str().unwrap().to_owned();
        values.iter().map(key).collect()
    };
    let projects = client
        .get("/rest/api/3/project/search?maxResults=2")
        .jira_pages::<Value>("values");
    let projects = projects.up_to(100).await.unwrap();
    assert_eq!(keys(projects), ["DEMO", "PLAN", "OPS"]);
    assert_eq!(world.count(is_rest), 2);

    let search = client
        .get("/rest/api/3/search/jql")
        .query("jql", "project = PLAN")
        .query("maxResults", 1)
        .jira_pages::<Value>("issues");
    // As a stream: nothing is fetched that is not asked for.
    let mut stream = std::pin::pin!(search.into_stream());
    let mut found = Vec::new();
    while let Some(issue) = futures_util::StreamExt::next(&mut stream).await {
        found.push(issue.unwrap());
    }
    assert_eq!(keys(found), ["PLAN-1", "PLAN-2"]);
    let first = client
        .get("/rest/api/3/search/jql?maxResults=1")
        .jira_pages::<Value>("issues");
    assert_eq!(keys(first.up_to(1).await.unwrap()), ["DEMO-1"]);
    assert_eq!(world.count(is_rest), 2 + 2 + 1);
}

#[tokio::test]
async fn lists_of_confluence_follow_their_links() {
    let world = World::start(nothing).await;
    let client = world.client(Product::Confluence).await;
    let pages = client
        .get("/rest/api/content?limit=2")
        .confluence_pages::<Value>();
    let titles: Vec<Value> = pages.up_to(100).await.unwrap();
    let titles: Vec<&str> = titles
        .iter()
        .map(|it| it["title"].as_str().unwrap())
        .collect();
    assert_eq!(titles, ["Home", "Minutes", "How we work"]);
    assert_eq!(world.count(is_rest), 2);
    let wrong = client
        .get("/rest/api/user/current")
        .confluence_pages::<Value>();
    assert_eq!(wrong.up_to(1).await.unwrap_err().code(), "host/paging");
}

#[tokio::test]
async fn a_file_goes_up_as_a_form_and_comes_down_in_pieces() {
    let world = World::start(nothing).await;
    let client = world.client(Product::Jira).await;
    let content: Vec<u8> = (0..200_000_u32).map(|n| n.to_be_bytes()[3]).collect();
    let form = Multipart::new().text("comment", "as discussed").file(
        "file",
        "a \"b\".bin",
        "application/octet-stream",
        content.clone(),
    );
    let call = client.post("/rest/api/3/issue/DEMO-1/attachments");
    let files: Value = call.multipart(form).fetch().await.unwrap();
    assert_eq!(files[0]["size"], 200_000);
    let path = files[0]["content"].as_str().unwrap();

    // The product redirects to a media server, which refuses whoever brings a token along.
    let mut download = client.get(path).download(200_000).await.unwrap();
    let mut read = Vec::new();
    while let Some(chunk) = download.chunk().await.unwrap() {
        read.extend_from_slice(&chunk);
    }
    assert_eq!(read, content);

    let mut small = client.get(path).download(100_000).await.unwrap();
    let error = loop {
        match small.chunk().await {
            Ok(chunk) => assert!(chunk.is_some(), "it ended within the limit"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.code(), "host/too-large");
    // A call that is no download follows nobody.
    let error = client.get(path).send().await.unwrap_err();
    assert_eq!(error.status().unwrap().as_u16(), 303);
}

#[tokio::test]
async fn a_get_has_no_body() {
    let world = World::start(nothing).await;
    let client = world.client(Product::Jira).await;
    let call = client.get("/rest/api/3/myself").json(&json!({}));
    let error = call.send().await.unwrap_err();
    assert!(matches!(error, HostError::BodyOnGet { .. }), "{error}");
    assert_eq!(world.count(is_rest), 0);
}

#[tokio::test]
async fn nobody_sees_what_nobody_may_see() {
    let world = World::start(nothing).await;
    let client = world.client(Product::Jira).await;
    let error = client.anonymous().get("/rest/api/3/myself").send().await;
    let error = error.unwrap_err();
    assert_eq!(error.code(), "host/unauthorized");
    let message = error.to_string();
    let tenant = &client.tenant().client_key;
    assert_eq!(
        message,
        format!(
            "GET /jira/rest/api/3/myself of tenant {tenant}: the host answered 401 Unauthorized: \
             Client must be authenticated to access this resource."
        )
    );
}

#[tokio::test]
async fn another_host_is_called_by_name_only_and_unsigned() {
    let world = World::start(nothing).await;
    let client = world.client(Product::Jira).await;
    let elsewhere = format!(
        "{}/rest/api/user/current",
        world.sandbox.site(Product::Confluence)
    );
    let error = client.get(&elsewhere).send().await.unwrap_err();
    assert_eq!(error.code(), "host/other-host");
    assert_eq!(world.count(is_rest), 0);
    let keys = world.sandbox.forge_keys_url();
    let call = client.foreign(connect_runtime::http::Method::GET, &keys);
    let keys: Value = call.fetch().await.unwrap();
    assert!(keys["keys"].is_array());
    // It arrives, and is refused for want of a token: the one of the other site would not be.
    let call = client.foreign(connect_runtime::http::Method::GET, &elsewhere);
    assert_eq!(call.send().await.unwrap_err().code(), "host/unauthorized");
    let error = client
        .foreign(connect_runtime::http::Method::GET, "http://example.com/x")
        .send()
        .await;
    assert_eq!(error.unwrap_err().code(), "host/other-host");
}

#[tokio::test]
async fn a_busy_host_is_asked_again_when_that_is_safe() {
    let world = World::start(nothing).await;
    let client = world.client(Product::Jira).await;
    let busy = |status| Fault::Answer {
        operation: Operation::Rest,
        status,
    };
    // The sandbox says `Retry-After: 5` with a 429, and nothing with a 503.
    let faults = world.sandbox.faults();
    faults.order(busy(429));
    let began = Instant::now();
    client.get("/rest/api/3/myself").send().await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(5), "it did not wait");
    assert_eq!(world.count(is_rest), 1);

    faults.order(busy(429));
    let post = client
        .post("/rest/api/3/permissions/check")
        .json(&json!({}));
    let error = post.send().await.unwrap_err();
    assert_eq!(error.code(), "host/rate-limited");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(5)));

    faults.order(busy(503));
    let error = client.get("/rest/api/3/myself").send().await.unwrap_err();
    assert_eq!(error.code(), "host/refused");
    assert_eq!(error.retry_after(), None);
    assert_eq!(world.count(is_rest), 1);
}
