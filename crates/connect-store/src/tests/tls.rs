//! Encrypted connections to real servers, which have their certificates from an authority of the
//! test and take no others.

use std::sync::Arc;

use connect_core::store::{Store, StoreError};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use super::{
    servers::{Extras, Identity, Running},
    tenant,
};
use crate::{
    StoreSettings,
    settings::{Server, ServerSettings, Tls},
};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server that is `127.0.0.1` and has no other name.
fn identity(authority: &Authority) -> Identity {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    Identity {
        certificate: params.signed_by(&key, authority).unwrap().pem(),
        key: key.serialize_pem(),
    }
}

fn verified(authority: Option<&Authority>) -> Option<Tls> {
    Some(Tls::Verified {
        ca: authority.map(|authority| authority.pem()),
    })
}

/// How the servers differ.
struct Kind {
    server: Server,
    start: fn(&Extras<'_>) -> Option<Running>,
    /// Without encryption, and with `HOST` and `PORT` in it.
    url: &'static str,
    /// What to put behind it for a connection without encryption.
    plain: &'static str,
    /// What to put behind it for the authority in `FILE`; nothing where the URL cannot say it.
    by_url: &'static str,
    /// What comes of encryption without a look at the certificate.
    unverified: Result<(), &'static str>,
}

/// Opens a store and uses it.
async fn use_it(settings: ServerSettings) -> Result<(), StoreError> {
    let store: Arc<dyn Store> = crate::open(&StoreSettings::Server(settings)).await?;
    let tenant = tenant("site-1");
    store.save_tenant(&tenant).await?;
    assert_eq!(store.tenant(&tenant.client_key).await?, Some(tenant));
    Ok(())
}

async fn a_server_is_believed_by_its_certificate_only(kind: Kind) {
    let (ours, another) = (authority(), authority());
    let extras = Extras {
        identity: Some(&identity(&ours)),
        ..Extras::default()
    };
    let Some(running) = (kind.start)(&extras) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authority.pem");
    std::fs::write(&file, ours.pem()).unwrap();
    let check = async |host: &str, options: &str, tls, expected: Result<(), &str>| {
        let port = running.port.to_string();
        let options = options.replace("FILE", &file.display().to_string());
        let url = kind.url.replace("HOST", host).replace("PORT", &port) + &options;
        let mut settings = ServerSettings::new(kind.server, &url);
        settings.tls = tls;
        let result = use_it(settings.clone()).await;
        let code = result.as_ref().map_err(StoreError::code).copied();
        assert_eq!(
            code, expected,
            "{host} {options} {:?}: {result:?}",
            settings.tls
        );
    };
    let refused = Err("store/untrusted");
    check("127.0.0.1", "", verified(Some(&ours)), Ok(())).await;
    if !kind.by_url.is_empty() {
        check("127.0.0.1", kind.by_url, None, Ok(())).await;
        check("localhost", kind.by_url, None, refused).await;
    }
    check("127.0.0.1", "", verified(Some(&another)), refused).await;
    check("127.0.0.1", "", verified(None), refused).await;
    check("localhost", "", verified(Some(&ours)), refused).await;
    check("127.0.0.1", "", Some(Tls::Unverified), kind.unverified).await;
    // The server takes no other connections, so those above were encrypted.
    let mut settings = ServerSettings::new(
        kind.server,
        &(kind
            .url
            .replace("HOST", "127.0.0.1")
            .replace("PORT", &running.port.to_string())
            + kind.plain),
    );
    settings.patience = Some(std::time::Duration::from_secs(2));
    assert!(use_it(settings).await.is_err());
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_believed_by_its_certificate_only() {
    a_server_is_believed_by_its_certificate_only(Kind {
        server: Server::Postgres,
        start: super::servers::postgres_with,
        url: "postgres://postgres:hunter2@HOST:PORT/postgres",
        plain: "?sslmode=disable",
        by_url: "?sslmode=verify-full&sslrootcert=FILE",
        unverified: Ok(()),
    })
    .await;
}

#[cfg(feature = "mysql")]
#[tokio::test(flavor = "multi_thread")]
async fn mariadb_is_believed_by_its_certificate_only() {
    a_server_is_believed_by_its_certificate_only(Kind {
        server: Server::MySql,
        start: super::servers::mariadb_with,
        url: "mysql://root@HOST:PORT/mysql",
        plain: "?ssl-mode=DISABLED",
        by_url: "?ssl-mode=VERIFY_IDENTITY&ssl-ca=FILE",
        unverified: Ok(()),
    })
    .await;
}

#[cfg(feature = "redis")]
#[tokio::test(flavor = "multi_thread")]
async fn redis_is_believed_by_its_certificate_only() {
    a_server_is_believed_by_its_certificate_only(Kind {
        server: Server::Redis,
        start: super::servers::redis_with,
        url: "redis://HOST:PORT",
        plain: "",
        by_url: "",
        unverified: Err("store/settings"),
    })
    .await;
}
