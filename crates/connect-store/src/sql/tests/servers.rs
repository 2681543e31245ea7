use std::{path::Path, sync::Arc, time::Duration};

use super::*;
use crate::{
    StoreSettings, open_within,
    settings::{Server, ServerSettings},
    tests::{
        outages,
        servers::{self, Running},
    },
};

/// How the servers differ.
struct Kind {
    name: &'static str,
    server: Server,
    /// A URL with this user, password and port.
    url: fn(&str, &str, u16) -> String,
    admin: (&'static str, &'static str),
    /// Makes a user `nobody` with the password `pw` and no rights.
    nobody: &'static [&'static str],
    /// A row for each number from 1 to 100,000.
    numbers: &'static str,
    concat: &'static str,
}

async fn check(mut running: Running, kind: Kind) {
    let settings = |user: &str, password: &str, port| {
        ServerSettings::new(kind.server, &(kind.url)(user, password, port))
    };
    let connect = async |settings: ServerSettings| match settings.server {
        #[cfg(feature = "mysql")]
        Server::MySql => server::mysql(&settings).await,
        #[cfg(feature = "postgres")]
        Server::Postgres => server::postgres(&settings).await,
        _ => unreachable!(),
    };
    let (user, password) = kind.admin;
    let admin = settings(user, password, running.port);
    // Several processes start at once: the tables are made once.
    let mut starts = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let admin = StoreSettings::Server(admin.clone());
        starts.spawn(async move { crate::open(&admin).await.map(drop) });
    }
    while let Some(done) = starts.join_next().await {
        done.unwrap().unwrap();
    }
    let store = connect(admin.clone()).await.unwrap();

    contract::check(Arc::new(store.clone())).await;
    aces_rows_are_read_and_healed(&store).await;

    let error = connect(settings(user, "wrong", running.port))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "store/unauthorized", "{error:?}");
    assert!(!format!("{error:?}").contains("wrong"), "{error:?}");
    for step in kind.nobody {
        run(&store, step).await;
    }
    let error = connect(settings("nobody", "pw", running.port))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "store/forbidden", "{error:?}");
    let limit = Duration::from_secs(1);
    let mut nowhere = settings(user, password, servers::free_port());
    nowhere.patience = Some(Duration::from_millis(100));
    let nowhere = StoreSettings::Server(nowhere);
    let mut tries = 0;
    let error = open_within(&nowhere, limit, |_| tries += 1)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "store/unavailable", "{error:?}");
    assert!(tries > 0);

    let seed = format!(
        "INSERT INTO {{settings}} (\"clientKey\", \"key\", \"val\") \
         SELECT {}, 'clientInfo', [json 1] FROM {}",
        kind.concat, kind.numbers
    );
    store
        .write(&[], &[&seed], &[Param::Text(Some(INFO))])
        .await
        .unwrap();
    contract::listing_is_bounded(&store, kind.name).await;
    run(&store, "DELETE FROM {settings}").await;

    outages::survives_a_crash(Arc::new(store.clone()), &mut running, kind.name).await;
    outages::reads_take(&store, kind.name).await;
    // A missing table later on is an outage of the store, not a panic.
    run(&store, "DROP TABLE \"ConnectTenants\"").await;
    let error = store.tenant(&contract::key("site-1")).await.unwrap_err();
    assert_eq!(error.code(), "store/unavailable", "{error:?}");
    assert!(Path::new(&error.to_string()).file_name().is_some());
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_of_postgres_is_an_error_of_its_own() {
    let Some(running) = with_a_small_disk(servers::postgres_with) else {
        return;
    };
    let url = format!(
        "postgres://postgres:hunter2@127.0.0.1:{}/postgres",
        running.port
    );
    let store = server::postgres(&ServerSettings::new(Server::Postgres, &url))
        .await
        .unwrap();
    // Not in a transaction.
    let place = running.disk().display().to_string();
    let statement = format!("CREATE TABLESPACE small LOCATION '{place}'");
    store.fetch(&statement, &[]).await.unwrap();
    run(&store, "ALTER TABLE {settings} SET TABLESPACE small").await;
    outages::a_full_disk_is_an_error_of_its_own(&store).await;
}

#[cfg(feature = "mysql")]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_of_mariadb_is_an_error_of_its_own() {
    let Some(running) = with_a_small_disk(servers::mariadb_with) else {
        return;
    };
    let url = format!("mysql://root@127.0.0.1:{}/mysql", running.port);
    let settings = ServerSettings::new(Server::MySql, &url);
    let store = server::mysql(&settings).await.unwrap();
    let place = running.disk().display().to_string();
    let make = format!(
        "CREATE TABLE \"Small\" (\"id\" INTEGER NOT NULL AUTO_INCREMENT PRIMARY KEY, \
         \"clientKey\" VARCHAR(255), \"key\" VARCHAR(255), \"val\" JSON) DATA DIRECTORY='{place}'"
    );
    for step in [
        "DROP TABLE {settings}",
        &make,
        "RENAME TABLE \"Small\" TO {settings}",
    ] {
        run(&store, step).await;
    }
    outages::a_full_disk_is_an_error_of_its_own(&store).await;
}

fn with_a_small_disk(start: fn(&servers::Extras<'_>) -> Option<Running>) -> Option<Running> {
    let extras = servers::Extras {
        small_disk: true,
        ..servers::Extras::default()
    };
    servers::can_mount().then(|| start(&extras)).flatten()
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_the_contract() {
    let Some(running) = servers::postgres() else {
        return;
    };
    let kind = Kind {
        name: "postgres",
        server: Server::Postgres,
        url: |user, password, port| {
            format!("postgres://{user}:{password}@127.0.0.1:{port}/postgres")
        },
        admin: ("postgres", "hunter2"),
        nobody: &["CREATE ROLE nobody LOGIN PASSWORD 'pw'"],
        numbers: "generate_series(1, 100000) AS g(n)",
        concat: "'site-' || n",
    };
    check(running, kind).await;
}

#[cfg(feature = "mysql")]
#[tokio::test(flavor = "multi_thread")]
async fn mariadb_keeps_the_contract() {
    let Some(running) = servers::mariadb() else {
        return;
    };
    let kind = Kind {
        name: "mariadb",
        server: Server::MySql,
        url: |user, password, port| {
            let colon = if password.is_empty() { "" } else { ":" };
            format!("mysql://{user}{colon}{password}@127.0.0.1:{port}/mysql")
        },
        admin: ("root", ""),
        nobody: &["CREATE USER nobody@'%' IDENTIFIED BY 'pw'"],
        numbers: "seq_1_to_100000",
        concat: "CONCAT('site-', seq)",
    };
    check(running, kind).await;
}
