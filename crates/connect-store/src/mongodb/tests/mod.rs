mod server;

use std::sync::Arc;

use connect_core::store::Store;
use serde_json::json;

use super::*;
use crate::{settings::Server, tests as contract};

async fn open(url: &str) -> Result<MongoDbStore, StoreError> {
    MongoDbStore::open(&ServerSettings::new(Server::MongoDb, url)).await
}

/// A real server, when one is named; else the stand-in.
#[tokio::test(flavor = "multi_thread")]
async fn mongodb_keeps_the_contract() {
    #[expect(clippy::disallowed_methods, reason = "settings of the tests")]
    if let Ok(url) = std::env::var("CONNECT_TEST_MONGODB_URL") {
        println!("MongoDB: the server of CONNECT_TEST_MONGODB_URL");
        return contract::check(Arc::new(open(&url).await.unwrap())).await;
    }
    println!("MongoDB: the stand-in of the tests; CONNECT_TEST_MONGODB_URL names a real server");
    let server = server::start().await;
    let url = format!("mongodb://127.0.0.1:{}/app", server.port);
    let store = open(&url).await.unwrap();
    contract::check(Arc::new(store.clone())).await;
    documents_of_ace_are_read(&store).await;
    server.assert_understood();
}

async fn documents_of_ace_are_read(store: &MongoDbStore) {
    let mut tenant = contract::tenant("site-1");
    tenant.state = connect_core::TenantState::Disabled;
    store.save_tenant(&tenant).await.unwrap();
    // ACE replaces the document, and what is beside with it; its numbers may be of any kind.
    let filter = doc! {"key": CLIENT_INFO, "clientKey": "site-1"};
    let mut document = filter.clone();
    document.insert(
        "val",
        doc! {"key": "com.example.app", "clientKey": "site-1", "sharedSecret": "a secret of ACE",
        "baseUrl": "https://acme.atlassian.net", "productType": "jira", "n": 1, "m": 2.5},
    );
    store.put(&store.settings, filter, document).await.unwrap();
    let found = store.tenant(&tenant.client_key).await.unwrap().unwrap();
    assert_eq!(found.state, connect_core::TenantState::Enabled);
    assert_eq!(found.shared_secret().expose(), "a secret of ACE");
    assert_eq!(
        (&found.details["n"], &found.details["m"]),
        (&json!(1), &json!(2.5))
    );
    assert!(store.purge_tenant(&tenant.client_key).await.unwrap());
}

#[tokio::test]
async fn what_is_wrong_is_named_without_credentials() {
    for (url, code) in [
        (
            "mongodb://u:hunter2@127.0.0.1:1/app?serverSelectionTimeoutMS=1",
            "store/unavailable",
        ),
        ("mongodb://127.0.0.1:1", "store/settings"),
        ("mongodb://u:hunter2@", "store/settings"),
    ] {
        let mut settings = ServerSettings::new(Server::MongoDb, url);
        settings.patience = Some(Duration::from_millis(100));
        let error = MongoDbStore::open(&settings).await.unwrap_err();
        assert_eq!(error.code(), code, "{error:?}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}
