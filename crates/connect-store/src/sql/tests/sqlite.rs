use std::{path::PathBuf, sync::Arc};

use connect_core::{
    TenantState, Timestamp,
    store::{Store, StoreError},
};

use sqlx::{SqlitePool, sqlite::SqliteConnectOptions};

use super::{super::pool::Connections, *};

fn file(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("data/store.db")
}

async fn open(folder: &tempfile::TempDir) -> SqlStore {
    SqlStore::sqlite(&file(folder)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    contract::check(Arc::new(open(&folder).await)).await;
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_its_owners() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    open(&folder).await;
    let mode = file(&folder).metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn what_was_saved_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let tenant = contract::tenant("site-1");
    open(&folder).await.save_tenant(&tenant).await.unwrap();
    let again = open(&folder).await;
    let found = again.tenant(&tenant.client_key).await.unwrap();
    assert_eq!(found, Some(tenant));
}

#[tokio::test]
async fn what_ace_left_is_read_and_healed() {
    let folder = tempfile::tempdir().unwrap();
    aces_rows_are_read_and_healed(&open(&folder).await).await;
}

#[tokio::test]
async fn an_install_that_ace_took_makes_the_tenant_current_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let mut tenant = contract::tenant("site-1");
    tenant.state = TenantState::Uninstalled {
        at: Timestamp::from_unix(9),
    };
    store.save_tenant(&tenant).await.unwrap();
    run(
        &store,
        "UPDATE {settings} SET \"val\" = json_set(\"val\", '$.sharedSecret', 'by ACE')",
    )
    .await;
    let found = store.tenant(&tenant.client_key).await.unwrap().unwrap();
    assert_eq!(found.state, TenantState::Enabled);
    assert_eq!(found.shared_secret().expose(), "by ACE");
    assert_eq!(found.installed_at, tenant.installed_at);
    assert!(found.previous_secret().is_none());
}

#[tokio::test]
async fn a_corrupt_row_is_named_and_does_not_hide_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    for name in ["site-1", "site-2", "site-3"] {
        store.save_tenant(&contract::tenant(name)).await.unwrap();
    }
    run(
        &store,
        "UPDATE {settings} SET \"val\" = 'hunter2' WHERE \"clientKey\" = 'site-2'",
    )
    .await;
    let error = store.tenant(&contract::key("site-2")).await.unwrap_err();
    assert_eq!(error.code(), "store/corrupt");
    assert!(error.to_string().contains("site-2"), "{error}");
    assert!(!format!("{error:?}").contains("hunter2"));
    let page = Store::tenants(&store, None, 9).await.unwrap();
    assert_eq!(page.tenants.len(), 2);
    assert_eq!(page.unreadable.len(), 1);
    // An install replaces it.
    store
        .save_tenant(&contract::tenant("site-2"))
        .await
        .unwrap();
    assert!(store.tenant(&contract::key("site-2")).await.is_ok());
}

#[tokio::test]
async fn a_file_of_the_first_layout_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let tenant = contract::tenant("site-1");
    store.save_tenant(&tenant).await.unwrap();
    for step in [
        "DROP TABLE \"ConnectLayout\"",
        "ALTER TABLE \"ConnectTenants\" DROP COLUMN \"ofSecret\"",
    ] {
        run(&store, step).await;
    }
    drop(store);
    let store = open(&folder).await;
    assert_eq!(
        store.tenant(&tenant.client_key).await.unwrap(),
        Some(tenant.clone())
    );
    store.save_tenant(&tenant).await.unwrap();
}

#[tokio::test]
async fn a_newer_layout_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    run(&store, "INSERT INTO \"ConnectLayout\" VALUES (99)").await;
    let error = SqlStore::sqlite(&file(&folder)).await.unwrap_err();
    assert!(matches!(error, StoreError::NewerLayout { found: 99, .. }));
}

#[tokio::test]
async fn a_file_that_is_no_database_is_an_error_without_its_contents() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.db");
    std::fs::write(
        &file,
        "hunter2 is not a database, whatever its length may be",
    )
    .unwrap();
    let error = SqlStore::sqlite(&file).await.unwrap_err();
    assert_eq!(error.code(), "store/unavailable");
    assert!(!format!("{error:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_full_disk_is_an_error_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("small.db"))
        .create_if_missing(true)
        .pragma("max_page_count", "24");
    let connections = SqlitePool::connect_with(options).await.unwrap();
    let pool = Pool::new(Connections::Sqlite(connections), "small.db".to_owned());
    let store = SqlStore::prepare(pool, "AddonSettings").await.unwrap();
    store
        .save_tenant(&contract::tenant("site-1"))
        .await
        .unwrap();
    let mut large = contract::tenant("site-2");
    large
        .details
        .insert("x".to_owned(), "x".repeat(100_000).into());
    let error = store.save_tenant(&large).await.unwrap_err();
    assert_eq!(error.code(), "store/full");
    assert!(
        store
            .tenant(&contract::key("site-1"))
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_tenants_are_listed_in_constant_memory() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let seed = "INSERT INTO {settings} (\"clientKey\", \"key\", \"val\") \
         WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100000) \
         SELECT 'site-' || n, 'clientInfo', ?1 FROM n";
    store
        .write(&[], &[seed], &[Param::Text(Some(INFO))])
        .await
        .unwrap();
    contract::listing_is_bounded(&store, "sqlite").await;
}
