//! What every back-end must do: one test for all.

use std::sync::Arc;

use connect_core::{
    AppKey, BaseUrl, ClientKey, Product, Secret, Tenant, TenantState, Timestamp,
    store::{Store, StoreError},
    time::Seconds,
};
use serde_json::json;

fn key(name: &str) -> ClientKey {
    ClientKey::parse(name).unwrap()
}

pub(crate) fn tenant(name: &str) -> Tenant {
    let mut tenant = Tenant::new(
        AppKey::parse("com.example.app").unwrap(),
        key(name),
        BaseUrl::parse("https://acme.atlassian.net/wiki").unwrap(),
        Product::Confluence,
        Secret::new(format!("the shared secret of {name}, which is long enough")),
        Timestamp::from_unix(1_767_225_600),
    );
    tenant.oauth_client_id = Some("oauth".to_owned());
    tenant.details = json!({
        "key": "com.example.app", "clientKey": name, "baseUrl": "https://acme.atlassian.net/wiki/",
        "productType": "confluence", "oauthClientId": "oauth", "eventType": "installed",
        "fieldOfTheFuture": {"kept": ["as", "it", "is"]},
    })
    .as_object()
    .unwrap()
    .clone();
    tenant
}

/// The contract. `store` is empty.
pub(crate) async fn check(store: Arc<dyn Store>) {
    a_tenant_comes_back_as_it_went(&*store).await;
    settings_belong_to_a_tenant(&*store).await;
    a_purge_leaves_nothing(&*store).await;
    pages_cover_the_list(&*store).await;
    concurrent_installs_leave_one_record(&store).await;
}

async fn a_tenant_comes_back_as_it_went(store: &dyn Store) {
    assert!(store.tenant(&key("site-1")).await.unwrap().is_none());
    let mut tenant = tenant("site-1");
    store.save_tenant(&tenant).await.unwrap();
    assert_eq!(store.tenant(&key("site-1")).await.unwrap().unwrap(), tenant);

    tenant.rotate_secret(
        Secret::new("a second shared secret, which is long enough"),
        Some(tenant.installed_at + Seconds(300)),
    );
    tenant.base_url = BaseUrl::parse("https://renamed.atlassian.net/wiki").unwrap();
    tenant
        .details
        .insert("baseUrl".to_owned(), tenant.base_url.as_str().into());
    for state in [
        TenantState::Disabled,
        TenantState::Enabled,
        TenantState::Uninstalled {
            at: Timestamp::from_unix(7),
        },
    ] {
        tenant.state = state;
        store.save_tenant(&tenant).await.unwrap();
        store.save_tenant(&tenant).await.unwrap();
        assert_eq!(store.tenant(&key("site-1")).await.unwrap().unwrap(), tenant);
    }
    assert_eq!(store.tenants(None, 10).await.unwrap(), [tenant]);
}

async fn settings_belong_to_a_tenant(store: &dyn Store) {
    let (one, two) = (key("site-1"), key("site-2"));
    let value = json!({"list": [1, null, "é"]});
    store
        .save_setting(&one, "colour", &json!("red"))
        .await
        .unwrap();
    store.save_setting(&one, "colour", &value).await.unwrap();
    assert_eq!(store.setting(&one, "colour").await.unwrap().unwrap(), value);
    assert!(store.setting(&two, "colour").await.unwrap().is_none());
    assert!(store.setting(&one, "size").await.unwrap().is_none());
    assert!(store.remove_setting(&one, "colour").await.unwrap());
    assert!(!store.remove_setting(&one, "colour").await.unwrap());
    for reserved in ["", "clientInfo"] {
        let result = store.save_setting(&one, reserved, &value).await;
        assert!(
            matches!(result, Err(StoreError::ReservedName { .. })),
            "{reserved:?}"
        );
        assert!(store.setting(&one, reserved).await.is_err());
        assert!(store.remove_setting(&one, reserved).await.is_err());
    }
}

async fn a_purge_leaves_nothing(store: &dyn Store) {
    let one = key("site-1");
    store
        .save_setting(&one, "colour", &json!("red"))
        .await
        .unwrap();
    assert!(store.purge_tenant(&one).await.unwrap());
    assert!(!store.purge_tenant(&one).await.unwrap());
    assert!(store.tenant(&one).await.unwrap().is_none());
    assert!(store.setting(&one, "colour").await.unwrap().is_none());
}

async fn pages_cover_the_list(store: &dyn Store) {
    let names: Vec<String> = (0..25).map(|n| format!("site-{n:02}")).collect();
    for name in &names {
        store.save_tenant(&tenant(name)).await.unwrap();
    }
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = store.tenants(after.as_ref(), 10).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.client_key.clone());
        seen.extend(page.into_iter().map(|tenant| tenant.client_key.to_string()));
    }
    assert_eq!(seen, names);
    for name in &names {
        store.purge_tenant(&key(name)).await.unwrap();
    }
}

async fn concurrent_installs_leave_one_record(store: &Arc<dyn Store>) {
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..20 {
        let store = Arc::clone(store);
        tasks.spawn(async move {
            let mut tenant = tenant("site-1");
            tenant.details.insert("n".to_owned(), n.into());
            store.save_tenant(&tenant).await
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap().unwrap();
    }
    assert_eq!(store.tenants(None, 10).await.unwrap().len(), 1);
    store.purge_tenant(&key("site-1")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_keeps_the_contract() {
    check(Arc::new(crate::MemoryStore::new())).await;
}
