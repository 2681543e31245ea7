//! What every back-end must do: one test for all.

use std::{sync::Arc, time::Instant};

use connect_core::{
    AppKey, BaseUrl, ClientKey, InstallationId, Product, Secret, Tenant, TenantState, Timestamp,
    store::{AppToken, ForgeInstallation, Store, StoreError},
    time::Seconds,
};
use serde_json::json;

#[cfg(all(
    unix,
    any(
        feature = "dynamodb",
        feature = "mysql",
        feature = "postgres",
        feature = "redis"
    )
))]
#[allow(dead_code, reason = "not every back-end is put to each test")]
pub(crate) mod outages;
#[cfg(all(
    unix,
    any(
        feature = "dynamodb",
        feature = "mysql",
        feature = "postgres",
        feature = "redis"
    )
))]
#[allow(dead_code, reason = "each back-end has a server of its own")]
pub(crate) mod servers;
#[cfg(all(unix, any(feature = "mysql", feature = "postgres", feature = "redis")))]
mod tls;

pub(crate) fn key(name: &str) -> ClientKey {
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

/// Every tenant's client key, by pages of that size; each once, sorted.
async fn names_of(store: &dyn Store, size: usize) -> Vec<String> {
    let mut names = Vec::new();
    let mut from = None;
    loop {
        let page = store.tenants(from.as_ref(), size).await.unwrap();
        assert!(page.unreadable.is_empty(), "{:?}", page.unreadable);
        let keys = page.tenants.iter().map(|tenant| &tenant.client_key);
        names.extend(keys.map(ToString::to_string));
        match page.next {
            Some(next) => from = Some(next),
            None => break,
        }
    }
    names.sort();
    names
}

/// The contract. `store` is empty.
pub(crate) async fn check(store: Arc<dyn Store>) {
    a_tenant_comes_back_as_it_went(&*store).await;
    settings_belong_to_a_tenant(&*store).await;
    installations_keep_what_their_tokens_say(&*store).await;
    an_association_moves_on_reinstall(&*store).await;
    forge_settings_belong_to_an_installation(&*store).await;
    a_purge_leaves_nothing(&*store).await;
    names_differ_by_case(&*store).await;
    pages_cover_the_list(&*store).await;
    concurrent_installs_leave_one_record(&store).await;
    a_reader_never_sees_half_a_record(&store).await;
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
    assert_eq!(store.tenants(None, 10).await.unwrap().tenants, [tenant]);
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
    store
        .save_setting(&one, "é/%_*[]", &json!(1))
        .await
        .unwrap();
    assert_eq!(
        store.settings(&one).await.unwrap(),
        [
            ("colour".to_owned(), value.clone()),
            ("é/%_*[]".to_owned(), json!(1))
        ]
    );
    assert!(store.remove_setting(&one, "é/%_*[]").await.unwrap());
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
    store.associate(&installation("1"), &one).await.unwrap();
    assert!(store.purge_tenant(&one).await.unwrap());
    assert_eq!(store.installation(&installation("1")).await.unwrap(), None);
    assert!(!store.purge_tenant(&one).await.unwrap());
    assert!(store.tenant(&one).await.unwrap().is_none());
    assert!(store.setting(&one, "colour").await.unwrap().is_none());
}

fn installation(name: &str) -> InstallationId {
    InstallationId::parse(&format!("ari:cloud:ecosystem::installation/{name}")).unwrap()
}

async fn installations_keep_what_their_tokens_say(store: &dyn Store) {
    let id = installation("1");
    assert_eq!(store.installation(&id).await.unwrap(), None);
    let mut known = ForgeInstallation::new(id.clone());
    known.api_base_url = Some(BaseUrl::parse("https://api.atlassian.com/ex/jira/1").unwrap());
    known.app_token = Some(AppToken {
        token: Secret::new("an app token"),
        expires_at: Timestamp::from_unix(1_767_225_600),
    });
    for _ in 0..2 {
        store.save_installation(&known).await.unwrap();
        let found = store.installation(&id).await.unwrap();
        assert_eq!(found.as_ref(), Some(&known));
    }
    store.associate(&id, &key("site-1")).await.unwrap();
    // The association is not a token's to change.
    store.save_installation(&known).await.unwrap();
    known.client_key = Some(key("site-1"));
    assert_eq!(store.installation(&id).await.unwrap(), Some(known));
    assert!(store.purge_installation(&id).await.unwrap());
    assert!(!store.purge_installation(&id).await.unwrap());
    assert_eq!(store.installation(&id).await.unwrap(), None);
}

async fn an_association_moves_on_reinstall(store: &dyn Store) {
    let (first, second) = (installation("1"), installation("2"));
    let of = async |id| {
        let found = store.installation(id).await.unwrap();
        found.and_then(|found| found.client_key)
    };
    store.associate(&first, &key("site-1")).await.unwrap();
    store.associate(&first, &key("site-1")).await.unwrap();
    assert_eq!(of(&first).await, Some(key("site-1")));
    // The tenant is installed again, as another installation.
    store.associate(&second, &key("site-1")).await.unwrap();
    assert_eq!(of(&first).await, None);
    assert_eq!(of(&second).await, Some(key("site-1")));
    // The installation gets another tenant: a site was imported.
    store.associate(&second, &key("site-2")).await.unwrap();
    assert_eq!(of(&second).await, Some(key("site-2")));
    store.associate(&first, &key("site-1")).await.unwrap();
    assert_eq!(of(&second).await, Some(key("site-2")));
    assert!(store.dissociate(&second).await.unwrap());
    assert!(!store.dissociate(&second).await.unwrap());
    assert_eq!(of(&second).await, None);
    assert_eq!(of(&first).await, Some(key("site-1")));
    assert!(store.dissociate(&first).await.unwrap());
}

async fn forge_settings_belong_to_an_installation(store: &dyn Store) {
    let (one, two) = (installation("1"), installation("2"));
    let value = json!({"n": 1.5});
    store
        .save_forge_setting(&one, "colour", &json!("red"))
        .await
        .unwrap();
    store
        .save_forge_setting(&one, "colour", &value)
        .await
        .unwrap();
    store
        .save_installation(&ForgeInstallation::new(one.clone()))
        .await
        .unwrap();
    let found = store.forge_setting(&one, "colour").await.unwrap();
    assert_eq!(found.as_ref(), Some(&value));
    assert!(store.forge_setting(&two, "colour").await.unwrap().is_none());
    assert_eq!(
        store.forge_settings(&one).await.unwrap(),
        [("colour".to_owned(), value.clone())]
    );
    assert!(store.remove_forge_setting(&one, "colour").await.unwrap());
    assert!(!store.remove_forge_setting(&one, "colour").await.unwrap());
    for reserved in ["", "appToken"] {
        let result = store.save_forge_setting(&one, reserved, &value).await;
        assert!(
            matches!(result, Err(StoreError::ReservedName { .. })),
            "{reserved:?}"
        );
    }
    store
        .save_forge_setting(&one, "size", &value)
        .await
        .unwrap();
    store.purge_installation(&one).await.unwrap();
    assert!(store.forge_settings(&one).await.unwrap().is_empty());
}

async fn names_differ_by_case(store: &dyn Store) {
    let (small, large) = (tenant("site-a"), tenant("site-A"));
    for tenant in [&small, &large] {
        store.save_tenant(tenant).await.unwrap();
        store
            .save_setting(&tenant.client_key, "n", &json!(tenant.client_key.as_str()))
            .await
            .unwrap();
    }
    for tenant in [&small, &large] {
        let found = store.tenant(&tenant.client_key).await.unwrap();
        assert_eq!(found.as_ref(), Some(tenant));
        assert_eq!(
            store.settings(&tenant.client_key).await.unwrap(),
            [("n".to_owned(), json!(tenant.client_key.as_str()))]
        );
    }
    assert!(store.purge_tenant(&small.client_key).await.unwrap());
    assert!(store.tenant(&large.client_key).await.unwrap().is_some());
    assert!(store.purge_tenant(&large.client_key).await.unwrap());
}

async fn pages_cover_the_list(store: &dyn Store) {
    let names: Vec<String> = (0..25).map(|n| format!("site-{n:02}")).collect();
    for name in &names {
        store.save_tenant(&tenant(name)).await.unwrap();
    }
    for size in [1, 10, 100] {
        assert_eq!(names_of(store, size).await, names, "pages of {size}");
    }
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
    assert_eq!(names_of(&**store, 10).await, ["site-1"]);
    store.purge_tenant(&key("site-1")).await.unwrap();
}

/// A rotation changes both of a tenant's records; whoever reads meanwhile finds the new secret
/// with the old one as its previous, or nothing of it.
async fn a_reader_never_sees_half_a_record(store: &Arc<dyn Store>) {
    const ROUNDS: i64 = 30;
    let secret = |n: i64| Secret::new(format!("shared secret {n}, which is long enough"));
    let mut tenant = tenant("site-1");
    tenant.rotate_secret(secret(0), None);
    store.save_tenant(&tenant).await.unwrap();
    let mut reader = tokio::task::JoinSet::new();
    let reading = Arc::clone(store);
    reader.spawn(async move {
        loop {
            let found = reading.tenant(&key("site-1")).await.unwrap().unwrap();
            let n = found.installed_at.unix();
            let expected = (n < 1_000_000).then(|| secret(n - 1));
            if let Some(expected) = expected {
                let previous = found.previous_secret().map(|previous| &previous.secret);
                assert_eq!(previous.map(Secret::expose), Some(expected.expose()));
                assert_eq!(found.shared_secret().expose(), secret(n).expose());
                if n == ROUNDS {
                    return;
                }
            }
        }
    });
    for n in 1..=ROUNDS {
        tenant.rotate_secret(secret(n), Some(Timestamp::from_unix(n)));
        tenant.installed_at = Timestamp::from_unix(n);
        store.save_tenant(&tenant).await.unwrap();
    }
    while let Some(done) = reader.join_next().await {
        done.unwrap();
    }
    store.purge_tenant(&key("site-1")).await.unwrap();
}

/// Lists 100,000 tenants that are there already, without holding them.
#[cfg(all(unix, feature = "ace"))]
pub(crate) async fn listing_is_bounded(store: &dyn Store, name: &str) {
    const EXPECTED: usize = 100_000;
    let pages = |pages: &str| pages.split(' ').nth(1)?.parse::<u64>().ok();
    // Resident memory in pages of 4 KiB; the numbers are of the whole process, whose other tests
    // take some, too.
    let resident = || pages(&std::fs::read_to_string("/proc/self/statm").unwrap_or_default());
    let (started, before) = (Instant::now(), resident());
    let (mut count, mut from, mut most) = (0, None, before);
    loop {
        let page = store.tenants(from.as_ref(), 1000).await.unwrap();
        assert!(page.unreadable.is_empty(), "{:?}", page.unreadable[0]);
        count += page.tenants.len();
        most = most.max(resident());
        match page.next {
            Some(next) => from = Some(next),
            None => break,
        }
    }
    assert_eq!(count, EXPECTED);
    let grown = most
        .zip(before)
        .map(|(most, before)| (most - before) * 4 / 1024);
    println!(
        "{name}: {count} tenants listed in {:?}, {grown:?} MiB more",
        started.elapsed()
    );
    // Held at once they would take about 200 MiB.
    assert!(grown.is_none_or(|grown| grown < 64), "{grown:?} MiB more");
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_keeps_the_contract() {
    check(Arc::new(crate::MemoryStore::new())).await;
}
