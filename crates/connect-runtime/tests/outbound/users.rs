//! Acting as a user.

use connect_runtime::core::{
    AccountId, Product,
    impersonation::{Scope, Scopes},
};
use connect_sandbox::SandboxEvent;
use serde_json::{Value, json};

use crate::world::{World, ada, grace, nothing};

fn is_asked(event: &SandboxEvent) -> bool {
    matches!(event, SandboxEvent::TokenAsked { .. })
}

#[tokio::test]
async fn a_call_as_a_user_is_the_users() {
    let world = World::start(nothing).await;
    for (product, path) in [
        (Product::Jira, "/rest/api/3/myself"),
        (Product::Confluence, "/rest/api/user/current"),
    ] {
        let client = world.client(product).await;
        for user in [ada(), grace()] {
            let me: Value = client.as_user(&user).get(path).fetch().await.unwrap();
            assert_eq!(me["accountId"], user.as_str());
        }
        let app: Value = client
            .as_user(&ada())
            .as_app()
            .get(path)
            .fetch()
            .await
            .unwrap();
        assert_eq!(app["accountType"], "app");
    }
    assert_eq!(world.count(is_asked), 4);
}

#[tokio::test]
async fn a_token_is_asked_for_once_however_many_need_it() {
    let world = World::start(nothing).await;
    let client = world.client(Product::Jira).await;
    let user = client.as_user(&ada());
    let calls = (0..20).map(|_| user.get("/rest/api/3/myself").send());
    for answer in futures_util::future::join_all(calls).await {
        answer.unwrap();
    }
    assert_eq!(world.count(is_asked), 1);
    // Another user, and the same one with fewer scopes, are others.
    client
        .as_user(&grace())
        .get("/rest/api/3/myself")
        .send()
        .await
        .unwrap();
    let reader = client.as_user_with(&ada(), &Scopes::only([Scope::Read]));
    reader.get("/rest/api/3/myself").send().await.unwrap();
    reader.get("/rest/api/3/myself").send().await.unwrap();
    assert_eq!(world.count(is_asked), 3);
}

#[tokio::test]
async fn a_token_is_renewed_before_it_expires() {
    let world = World::start(nothing).await;
    let client = world.client(Product::Jira).await;
    let user = client.as_user(&ada());
    let call = async || user.get("/rest/api/3/myself").send().await.unwrap();
    call().await;
    // The sandbox gives tokens for 15 minutes.
    world.clock.advance(15 * 60 - 31);
    call().await;
    assert_eq!(world.count(is_asked), 1);
    world.clock.advance(1);
    call().await;
    assert_eq!(world.count(is_asked), 2);
}

#[tokio::test]
async fn an_outage_of_the_authorization_server_is_no_refusal() {
    let world = World::start(nothing).await;
    let client = world.client(Product::Jira).await;
    let user = client.as_user(&ada());
    for (fault, expected) in [
        ("answer:token=500", "impersonation/refused"),
        ("answer:token=200", "impersonation/unusable"),
        ("lose-answer:token", "impersonation/unreachable"),
    ] {
        world.sandbox.faults().order(fault.parse().unwrap());
        let error = user.get("/rest/api/3/myself").send().await.unwrap_err();
        assert_eq!(error.code(), expected, "{fault}");
        world.clock.advance(5);
    }
    user.get("/rest/api/3/myself").send().await.unwrap();
}

#[tokio::test]
async fn a_user_has_no_more_scopes_than_were_asked_for() {
    let world = World::start(nothing).await;
    let client = world.client(Product::Jira).await;
    let write = |client: &connect_runtime::HostClient| {
        let call = client.post("/rest/api/3/issue/DEMO-1/attachments");
        call.json(&json!({})).send()
    };
    let reader = client.as_user_with(&ada(), &Scopes::only([Scope::Read]));
    assert_eq!(write(&reader).await.unwrap_err().code(), "host/forbidden");
    // With all scopes it gets as far as the check of its form.
    let error = write(&client.as_user(&ada())).await.unwrap_err();
    assert!(error.to_string().ends_with("XSRF check failed"), "{error}");
    let admin = client.as_user_with(&ada(), &Scopes::only([Scope::Admin]));
    let error = admin.get("/rest/api/3/myself").send().await.unwrap_err();
    assert_eq!(error.code(), "impersonation/refused");
}

#[tokio::test]
async fn who_may_not_act_as_a_user_does_not() {
    let world = World::with_scopes(&["READ"], nothing).await;
    let client = world.client(Product::Jira).await;
    let error = client
        .as_user(&ada())
        .get("/rest/api/3/myself")
        .send()
        .await;
    let error = error.unwrap_err();
    assert_eq!(error.code(), "impersonation/refused");
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("invalid_grant"), "{source}");

    let world = World::start(nothing).await;
    let client = world.client(Product::Jira).await;
    let stranger = AccountId::parse("712020:nobody").unwrap();
    let user = client.as_user(&stranger);
    for _ in 0..3 {
        let error = user.get("/rest/api/3/myself").send().await.unwrap_err();
        assert_eq!(error.code(), "impersonation/refused");
    }
    // A refusal is believed for a while.
    assert_eq!(world.count(is_asked), 1);
}

#[tokio::test]
async fn a_token_that_the_host_does_not_take_is_asked_for_anew() {
    let world = World::start(nothing).await;
    let client = world.client(Product::Jira).await;
    let user = client.as_user(&ada());
    user.get("/rest/api/3/myself").send().await.unwrap();
    world
        .sandbox
        .faults()
        .order("answer:rest=401".parse().unwrap());
    let error = user.get("/rest/api/3/myself").send().await.unwrap_err();
    assert_eq!(error.code(), "host/unauthorized");
    user.get("/rest/api/3/myself").send().await.unwrap();
    assert_eq!(world.count(is_asked), 2);
}
