use std::sync::Arc;

use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use connect_core::{Secret, store::Store};

use super::*;
use crate::tests::{self as contract, outages, servers};

fn settings(port: u16) -> DynamoDbSettings {
    DynamoDbSettings {
        table: "AddonSettings".to_owned(),
        region: Some("eu-west-1".to_owned()),
        endpoint: Some(format!("http://127.0.0.1:{port}")),
        credentials: Some(("id".to_owned(), Secret::new("hunter2"), None)),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dynamodb_keeps_the_contract() {
    let Some(mut running) = servers::dynalite() else {
        return;
    };
    let settings = settings(running.port);
    let store = DynamoDbStore::open(&settings).await.unwrap();
    contract::check(Arc::new(store.clone())).await;
    items_of_ace_are_read(&store).await;

    let nowhere = super::tests::settings(servers::free_port());
    let error = DynamoDbStore::open(&nowhere).await.unwrap_err();
    assert_eq!(error.code(), "store/unavailable", "{error:?}");
    assert!(!format!("{error:?} {settings:?}").contains("hunter2"));

    seed(&store).await;
    contract::listing_is_bounded(&store, "dynamodb").await;
    outages::survives_a_crash(Arc::new(store.clone()), &mut running, "dynamodb").await;
    outages::reads_take(&store, "dynamodb").await;
}

async fn items_of_ace_are_read(store: &DynamoDbStore) {
    let key = contract::key("site-1");
    let mut tenant = contract::tenant("site-1");
    tenant.state = connect_core::TenantState::Disabled;
    store.save_tenant(&tenant).await.unwrap();
    // ACE replaces the item, and what is beside with it.
    let record = record::write(&contract::tenant("site-1"));
    let item = store.item(Owner::Tenant(&key), CLIENT_INFO, &record.main);
    store.put(&store.table, item).await.unwrap();
    let found = store.tenant(&key).await.unwrap().unwrap();
    assert_eq!(found.state, connect_core::TenantState::Enabled);
    let mut plain = store.key(Owner::Tenant(&key), "plain");
    plain.insert("val".to_owned(), text("not JSON"));
    store.put(&store.table, plain).await.unwrap();
    let setting = store.setting(&key, "plain").await.unwrap();
    assert_eq!(setting, Some(json!("not JSON")));
    assert!(store.purge_tenant(&key).await.unwrap());
}

/// 100,000 tenants, written by the 25.
async fn seed(store: &DynamoDbStore) {
    let main = record::write(&contract::tenant("x")).main;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..8 {
        let (store, main) = (store.clone(), main.clone());
        writers.spawn(async move {
            for batch in (writer..4000).step_by(8) {
                let requests = (batch * 25..(batch + 1) * 25).map(|n| {
                    let key = contract::key(&format!("site-{n}"));
                    let item = store.item(Owner::Tenant(&key), CLIENT_INFO, &main);
                    let put = PutRequest::builder().set_item(Some(item)).build();
                    WriteRequest::builder().put_request(put.unwrap()).build()
                });
                let write = store.client.batch_write_item();
                let write = write.request_items(&store.table, requests.collect());
                write.send().await.unwrap();
            }
        });
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
}
