//! Starting, stopping, and what is kept in between.

use std::path::Path;

use connect_core::{Product, keys::RsaPublicKey};
use connect_sandbox::{Sandbox, SandboxError, SandboxOptions};

use crate::{
    app::{App, PATIENCE},
    client::{Upm, get, try_send},
};

fn kept_in(dir: &Path) -> SandboxOptions {
    SandboxOptions {
        state_dir: Some(dir.to_owned()),
        ..SandboxOptions::default()
    }
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let first = Sandbox::start(SandboxOptions::default()).await.unwrap();
    let port = first.url().rsplit(':').next().unwrap().parse().unwrap();
    let options = SandboxOptions {
        port,
        ..SandboxOptions::default()
    };
    let error = Sandbox::start(options).await.unwrap_err();
    assert!(matches!(error, SandboxError::PortTaken { port: taken } if taken == port));
    assert_eq!(error.code(), "sandbox/port-taken");
}

#[tokio::test]
async fn after_shutdown_nobody_answers() {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    let url = sandbox.url().to_owned();
    assert_eq!(get(&url).await.status, 200);
    tokio::time::timeout(PATIENCE, sandbox.shutdown())
        .await
        .unwrap();
    assert!(try_send("GET", &url, &[], "").await.is_err());
}

#[tokio::test]
async fn key_password_and_client_key_survive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mut kept = Vec::new();
    for _ in 0..2 {
        let sandbox = Sandbox::start(kept_in(dir.path())).await.unwrap();
        let app = App::start("").await;
        app.trust(sandbox.keys_url());
        Upm::of(&sandbox, Product::Jira)
            .install(&app.descriptor_url)
            .await
            .unwrap();
        assert!(app.seen()[0].verdict.is_ok());
        let pem = std::fs::read(dir.path().join("host-key.pk8")).unwrap();
        kept.push((
            sandbox.password().expose().to_owned(),
            app.tenant().client_key,
            pem,
        ));
        sandbox.shutdown().await;
    }
    assert_eq!(kept[0], kept[1]);
}

#[cfg(unix)]
#[tokio::test]
async fn secrets_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start(kept_in(dir.path())).await.unwrap();
    let app = App::start("").await;
    app.trust(sandbox.keys_url());
    Upm::of(&sandbox, Product::Jira)
        .install(&app.descriptor_url)
        .await
        .unwrap();
    sandbox.shutdown().await;
    let files: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap())
        .collect();
    // Key, identity, and the site that an app was installed on.
    assert_eq!(files.len(), 3);
    for file in files {
        assert_eq!(
            file.metadata().unwrap().permissions().mode() & 0o777,
            0o600,
            "{file:?}"
        );
    }
}

#[tokio::test]
async fn a_damaged_state_folder_is_an_error_with_its_path() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("identity.json"), "{}").unwrap();
    let error = Sandbox::start(kept_in(dir.path())).await.unwrap_err();
    assert_eq!(error.code(), "sandbox/state");
    assert!(error.to_string().contains("identity.json"));
}

#[tokio::test]
async fn the_key_server_answers_its_own_key_and_no_other() {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    let app = App::start("").await;
    app.trust(sandbox.keys_url());
    Upm::of(&sandbox, Product::Jira)
        .install(&app.descriptor_url)
        .await
        .unwrap();
    for kid in ["other", "sandbox/other", "sandbox", ""] {
        assert_eq!(
            get(&format!("{}/{kid}", sandbox.keys_url())).await.status,
            404,
            "{kid}"
        );
    }
    assert!(RsaPublicKey::from_pem("nothing").is_err());
}

#[tokio::test]
async fn a_state_folder_is_one_sandbox_s_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let first = Sandbox::start(kept_in(dir.path())).await.unwrap();
    let second = Sandbox::start(kept_in(dir.path())).await.unwrap_err();
    assert_eq!(second.code(), "sandbox/state-in-use");
    // Its key is for others too, and with it the trust of apps. It is made by now: else both would
    // look for primes, and the app would ask the one that is not done, within the host's 5 s.
    first.signer().sign(b"{}", None).await.unwrap();
    let options = SandboxOptions {
        key_dir: Some(dir.path().to_owned()),
        ..SandboxOptions::default()
    };
    let beside = Sandbox::start(options).await.unwrap();
    let app = App::start("").await;
    app.trust(first.keys_url());
    let installed = beside.install(Product::Jira, &app.descriptor_url).await;
    installed.unwrap();
    first.shutdown().await;
    Sandbox::start(kept_in(dir.path())).await.unwrap();
}
