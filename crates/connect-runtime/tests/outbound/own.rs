//! What an app keeps at the host.

use connect_runtime::{AddonState, core::Product};
use serde_json::{Value, json};

use crate::world::{KEY, World, nothing};

#[tokio::test]
async fn properties_are_written_read_and_removed() {
    let world = World::start(nothing).await;
    let client = world.client(Product::Jira).await;
    // Also through a client that acts as somebody else: the properties are the app's.
    let properties = client.anonymous().properties();
    assert_eq!(properties.get::<Value>("a").await.unwrap(), None);
    let odd = "a+b ä?#%&;=";
    for value in [json!({"n": 1}), json!([1, "two"])] {
        properties.set(odd, &value).await.unwrap();
        assert_eq!(properties.get::<Value>(odd).await.unwrap(), Some(value));
    }
    properties.set("b", &"text").await.unwrap();
    assert_eq!(properties.keys().await.unwrap(), [odd, "b"]);
    let error = properties.get::<u32>("b").await.unwrap_err();
    assert_eq!(error.code(), "host/unexpected-answer");
    assert!(properties.remove(odd).await.unwrap());
    assert!(!properties.remove(odd).await.unwrap());
}

#[tokio::test]
async fn the_hosts_limits_are_errors() {
    let world = World::start(nothing).await;
    let properties = world.client(Product::Jira).await.properties();
    let status = async |key: &str, size: usize| {
        let error = properties.set(key, &"x".repeat(size)).await.unwrap_err();
        error.status().unwrap().as_u16()
    };
    assert_eq!(status(&"k".repeat(128), 1).await, 400);
    assert_eq!(status("k", 32_768).await, 403);
    for n in 0..100 {
        properties.set(&format!("p{n}"), &n).await.unwrap();
    }
    assert_eq!(status("one-more", 1).await, 409);
}

#[tokio::test]
async fn modules_are_added_all_or_none_and_outlive_a_reinstall() {
    let world = World::start(nothing).await;
    let tenant = world.install(Product::Jira).await;
    let modules = world.app.client(&tenant).dynamic_modules();
    assert!(modules.list().await.unwrap().is_empty());
    let panel = |key: &str| json!({"key": key, "url": "/panel", "name": {"value": key}});
    let two = json!({"webPanels": [panel("one"), panel("two")]});
    modules.register(&two).await.unwrap();
    // `page` is in the descriptor, so the third does not come either.
    let clash = json!({"webPanels": [panel("three"), panel("page")]});
    let error = modules.register(&clash).await.unwrap_err();
    assert_eq!(error.status().unwrap().as_u16(), 400);

    world
        .sandbox
        .uninstall(Product::Jira, &tenant.app_key)
        .await;
    let tenant = world.install(Product::Jira).await;
    let modules = world.app.client(&tenant).dynamic_modules();
    let listed = modules.list().await.unwrap();
    assert_eq!(listed["webPanels"].as_array().unwrap().len(), 2);
    modules.remove([]).await.unwrap();
    modules.remove(["one"]).await.unwrap();
    assert_eq!(modules.list().await.unwrap()["webPanels"][0]["key"], "two");
    modules.remove_all().await.unwrap();
    assert!(modules.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_host_says_state_and_licence() {
    let world = World::start(nothing).await;
    let addon = world.client(Product::Jira).await.addon().await.unwrap();
    assert_eq!(
        (addon.key.as_str(), addon.state),
        (KEY, AddonState::Enabled)
    );
    let license = addon.license.unwrap();
    assert!(license.active && !license.evaluation);
}
