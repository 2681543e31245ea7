//! Secrets that are sealed before they reach a store.

mod keyring;
mod source;

use std::sync::Arc;

use connect_core::{
    ClientKey, InstallationId, Secret, Tenant,
    store::{ForgeInstallation, PageToken, Store, StoreError, StoreFuture, TenantPage},
    tenant::PreviousSecret,
};
use serde_json::Value;

pub use keyring::Keyring;
pub use source::StoreKeys;

/// A store whose shared secrets and app tokens are sealed: who reads the database, or its backup,
/// learns none. Settings are the app's own and stay as they are.
///
/// What was written before is read as it is and sealed when it is next written. To change the key,
/// put a new one first and keep the old one for what is still sealed with it. ACE cannot read what
/// is sealed.
#[derive(Clone, Debug)]
pub struct SealedStore {
    store: Arc<dyn Store>,
    keys: Arc<Keyring>,
}

impl SealedStore {
    /// Seals what goes into that store.
    pub fn new(store: Arc<dyn Store>, keys: Keyring) -> Self {
        Self {
            store,
            keys: Arc::new(keys),
        }
    }

    /// A tenant whose secrets have gone through `turn`, each with its place.
    fn turned(
        mut tenant: Tenant,
        turn: impl Fn(&str, &Secret) -> Result<Secret, StoreError>,
    ) -> Result<Tenant, StoreError> {
        let place = |what: &str| format!("{what} of {}", tenant.client_key);
        let current = turn(&place("secret"), tenant.shared_secret())?;
        let previous = match tenant.previous_secret() {
            Some(previous) => Some(PreviousSecret {
                secret: turn(&place("previous secret"), &previous.secret)?,
                until: previous.until,
            }),
            None => None,
        };
        tenant.rotate_secret(current, None);
        tenant.set_previous_secret(previous);
        Ok(tenant)
    }

    fn opened(&self, tenant: Tenant) -> Result<Tenant, StoreError> {
        Self::turned(tenant, |place, secret| self.keys.open(place, secret))
    }
}

fn place_of(id: &InstallationId) -> String {
    format!("app token of {id}")
}

/// Methods that the store below answers.
macro_rules! as_it_is {
    ($($method:ident($($name:ident: $type:ty),*) -> $answer:ty;)*) => {$(
        fn $method<'a>(&'a self, $($name: $type),*) -> StoreFuture<'a, $answer> {
            self.store.$method($($name),*)
        }
    )*};
}

impl Store for SealedStore {
    fn tenant<'a>(&'a self, client_key: &'a ClientKey) -> StoreFuture<'a, Option<Tenant>> {
        Box::pin(async move {
            let found = self.store.tenant(client_key).await?;
            found.map(|tenant| self.opened(tenant)).transpose()
        })
    }

    fn save_tenant<'a>(&'a self, tenant: &'a Tenant) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let seal = |place: &str, secret: &Secret| self.keys.seal(place, secret);
            let sealed = Self::turned(tenant.clone(), seal)?;
            self.store.save_tenant(&sealed).await
        })
    }

    fn tenants<'a>(
        &'a self,
        from: Option<&'a PageToken>,
        limit: usize,
    ) -> StoreFuture<'a, TenantPage> {
        Box::pin(async move {
            let mut page = self.store.tenants(from, limit).await?;
            for tenant in std::mem::take(&mut page.tenants) {
                match self.opened(tenant) {
                    Ok(tenant) => page.tenants.push(tenant),
                    Err(error) => page.unreadable.push(error),
                }
            }
            Ok(page)
        })
    }

    fn installation<'a>(
        &'a self,
        id: &'a InstallationId,
    ) -> StoreFuture<'a, Option<ForgeInstallation>> {
        Box::pin(async move {
            let mut found = self.store.installation(id).await?;
            let known = found.as_mut().and_then(|found| found.app_token.as_mut());
            if let Some(token) = known {
                token.token = self.keys.open(&place_of(id), &token.token)?;
            }
            Ok(found)
        })
    }

    fn save_installation<'a>(&'a self, installation: &'a ForgeInstallation) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let mut sealed = installation.clone();
            if let Some(token) = &mut sealed.app_token {
                token.token = self.keys.seal(&place_of(&installation.id), &token.token)?;
            }
            self.store.save_installation(&sealed).await
        })
    }

    // Nothing in these is a secret of the store's.
    as_it_is! {
        purge_tenant(client_key: &'a ClientKey) -> bool;
        settings(client_key: &'a ClientKey) -> Vec<(String, Value)>;
        setting(client_key: &'a ClientKey, name: &'a str) -> Option<Value>;
        save_setting(client_key: &'a ClientKey, name: &'a str, value: &'a Value) -> ();
        remove_setting(client_key: &'a ClientKey, name: &'a str) -> bool;
        purge_installation(id: &'a InstallationId) -> bool;
        associate(id: &'a InstallationId, client_key: &'a ClientKey) -> ();
        dissociate(id: &'a InstallationId) -> bool;
        forge_settings(id: &'a InstallationId) -> Vec<(String, Value)>;
        forge_setting(id: &'a InstallationId, name: &'a str) -> Option<Value>;
        save_forge_setting(id: &'a InstallationId, name: &'a str, value: &'a Value) -> ();
        remove_forge_setting(id: &'a InstallationId, name: &'a str) -> bool;
    }
}

#[cfg(test)]
mod tests {
    use connect_core::{Timestamp, store::AppToken};

    use super::*;
    use crate::{MemoryStore, tests as contract};

    const ONE: &str = "one:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    const TWO: &str = "two:ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";

    fn sealed(inner: &Arc<dyn Store>, keys: &str) -> SealedStore {
        SealedStore::new(Arc::clone(inner), Keyring::parse(keys).unwrap())
    }

    fn inner() -> Arc<dyn Store> {
        Arc::new(MemoryStore::new())
    }

    fn tenant(name: &str) -> Tenant {
        let mut tenant = contract::tenant(name);
        let next = "hunter2hunter2hunter2hunter2hunter2";
        tenant.rotate_secret(Secret::new(next), Some(Timestamp::from_unix(9)));
        tenant
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_sealed_store_keeps_the_contract() {
        contract::check(Arc::new(sealed(&inner(), ONE))).await;
    }

    #[tokio::test]
    async fn the_store_below_holds_no_secret() {
        let inner = inner();
        let store = sealed(&inner, ONE);
        let tenant = tenant("site-1");
        store.save_tenant(&tenant).await.unwrap();
        let below = inner.tenant(&tenant.client_key).await.unwrap().unwrap();
        let previous = below.previous_secret().unwrap();
        for secret in [below.shared_secret(), &previous.secret] {
            assert!(secret.expose().starts_with("sealed:1:one:"));
            assert!(!secret.expose().contains("hunter2"));
        }
        // Sealed twice, it is another text: nobody learns that a secret has not changed.
        store.save_tenant(&tenant).await.unwrap();
        let again = inner.tenant(&tenant.client_key).await.unwrap().unwrap();
        assert_ne!(again.shared_secret(), below.shared_secret());

        let id = InstallationId::parse("ari:x").unwrap();
        let mut known = ForgeInstallation::new(id.clone());
        known.app_token = Some(AppToken {
            token: Secret::new("hunter2 the token"),
            expires_at: Timestamp::from_unix(7),
        });
        store.save_installation(&known).await.unwrap();
        let below = inner.installation(&id).await.unwrap().unwrap();
        let token = below.app_token.unwrap().token;
        assert!(token.expose().starts_with("sealed:1:one:"));
        assert_eq!(store.installation(&id).await.unwrap(), Some(known));
    }

    #[tokio::test]
    async fn keys_are_changed_without_a_pause() {
        let inner = inner();
        let (plain, first, second) = (tenant("plain"), tenant("first"), tenant("second"));
        inner.save_tenant(&plain).await.unwrap();
        sealed(&inner, ONE).save_tenant(&first).await.unwrap();
        let both = sealed(&inner, &format!("{TWO}, {ONE}"));
        both.save_tenant(&second).await.unwrap();
        for tenant in [&plain, &first, &second] {
            let found = both.tenant(&tenant.client_key).await.unwrap();
            assert_eq!(found.as_ref(), Some(tenant));
            both.save_tenant(tenant).await.unwrap();
        }
        // All is sealed anew, so the old key may go.
        let new = sealed(&inner, TWO);
        assert_eq!(new.tenants(None, 9).await.unwrap().tenants.len(), 3);
        let error = sealed(&inner, ONE).tenant(&first.client_key).await;
        let error = error.unwrap_err();
        assert!(matches!(&error, StoreError::Sealed { key_id, .. } if key_id == "two"));
        assert_eq!(
            sealed(&inner, ONE)
                .tenants(None, 9)
                .await
                .unwrap()
                .unreadable
                .len(),
            3
        );
    }

    #[tokio::test]
    async fn a_sealed_secret_opens_only_where_it_was_sealed_and_unchanged() {
        let inner = inner();
        let store = sealed(&inner, ONE);
        let (mine, mut other) = (tenant("mine"), tenant("other"));
        store.save_tenant(&mine).await.unwrap();
        let below = inner.tenant(&mine.client_key).await.unwrap().unwrap();
        let text = below.shared_secret().expose().to_owned();
        let mut broken = vec![
            text.clone(),
            "sealed:1:one".to_owned(),
            "sealed:1:one:a:b".to_owned(),
        ];
        broken.extend((13..text.len()).step_by(7).map(|at| {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            String::from_utf8(bytes).unwrap()
        }));
        for text in broken {
            other.rotate_secret(Secret::new(text), None);
            inner.save_tenant(&other).await.unwrap();
            let error = store.tenant(&other.client_key).await.unwrap_err();
            assert_eq!(error.code(), "store/corrupt");
        }
    }

    #[test]
    fn what_is_no_ring_of_keys_is_refused_without_being_repeated() {
        for bad in [
            "",
            "hunter2",
            "one:hunter2",
            "a b:MDEy",
            &format!("{ONE},{ONE}"),
            &format!("{ONE},"),
        ] {
            let error = Keyring::parse(bad).unwrap_err();
            assert_eq!(error.code(), "store/settings");
            assert!(!format!("{error:?}").contains("hunter2"));
        }
        let ring = Keyring::parse(ONE).unwrap();
        assert_eq!(format!("{ring:?}"), "[\"one\"]");
    }
}
