//! What is particular to SQL databases, beside the contract.

use connect_core::store::Store;

use super::*;
use crate::tests as contract;

#[cfg(all(unix, any(feature = "mysql", feature = "postgres")))]
mod servers;
#[cfg(feature = "sqlite")]
mod sqlite;

/// A record of ACE's.
const INFO: &str = r#"{"key":"com.example.app","clientKey":"x","sharedSecret":"a shared secret of ACE, long enough","baseUrl":"https://acme.atlassian.net","productType":"jira"}"#;

async fn run(store: &SqlStore, statement: &str) {
    store.write(&[], &[statement], &[]).await.unwrap();
}

async fn rows_of(store: &SqlStore, table: &str) -> String {
    let statement =
        format!("SELECT [text n.n] FROM (SELECT COUNT(*) AS \"n\" FROM \"{table}\") AS n");
    let rows = store.fetch(&statement, &[]).await.unwrap();
    rows[0][0].clone().unwrap()
}

/// What ACE writes for a tenant.
async fn ace_installs(store: &SqlStore, client_key: &str, secret: &str) {
    let info = format!(
        r#"{{"key":"com.example.app","clientKey":"{client_key}","sharedSecret":"{secret}",
        "baseUrl":"https://acme.atlassian.net","productType":"jira"}}"#
    );
    let params = [Param::Text(Some(client_key)), Param::Text(Some(&info))];
    let insert = "INSERT INTO {settings} (\"clientKey\", \"key\", \"val\") \
         VALUES (?1, 'clientInfo', [json 2])";
    store.write(&[], &[insert], &params).await.unwrap();
}

/// Of duplicates the first counts, and the next write removes the others.
async fn aces_rows_are_read_and_healed(store: &SqlStore) {
    ace_installs(store, "site-1", "first").await;
    ace_installs(store, "site-1", "second").await;
    let key = contract::key("site-1");
    let tenant = store.tenant(&key).await.unwrap().unwrap();
    assert!(tenant.is_installed());
    assert_eq!(tenant.shared_secret().expose(), "first");
    let page = Store::tenants(store, None, 9).await.unwrap();
    assert_eq!(page.tenants.len(), 1);
    store.save_tenant(&tenant).await.unwrap();
    assert_eq!(rows_of(store, "AddonSettings").await, "1");
    assert!(store.purge_tenant(&key).await.unwrap());
}
