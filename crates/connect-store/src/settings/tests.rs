use serde_json::json;

use super::*;

fn read(store: Value, variables: &[(&str, &str)]) -> Result<StoreSettings, String> {
    let env = |name: &str| {
        let found = variables.iter().find(|(variable, _)| *variable == name)?;
        Some(found.1.to_owned())
    };
    StoreSettings::from_ace(store.as_object().unwrap(), Path::new("/app"), &env).map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        faults.join("; ")
    })
}

fn server(store: Value, variables: &[(&str, &str)]) -> ServerSettings {
    match read(store, variables) {
        Ok(StoreSettings::Server(settings)) => settings,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_object_that_ace_takes_is_understood() {
    let file = |name: &str| StoreSettings::sqlite(name);
    for (store, expected) in [
        (
            json!({"adapter": "sequelize", "type": "memory"}),
            StoreSettings::Memory,
        ),
        (
            json!({"adapter": "sequelize", "dialect": "sqlite3", "logging": false, "type": "memory"}),
            StoreSettings::Memory,
        ),
        (
            json!({"dialect": "sqlite", "storage": ":memory:"}),
            StoreSettings::Memory,
        ),
        (
            json!({"adapter": "sequelize", "dialect": "sqlite", "storage": "store.db"}),
            file("/app/store.db"),
        ),
        (json!({"storage": "/x/store.db"}), file("/x/store.db")),
        (json!({}), file("/app/data/connect.db")),
        (json!({"dialect": "sqlite"}), file("/app/data/connect.db")),
    ] {
        assert_eq!(read(store.clone(), &[]), Ok(expected), "{store}");
    }
    for (store, expected) in [
        (
            json!({"dialect": "postgres", "url": "postgres://u:p@h/d"}),
            Server::Postgres,
        ),
        (
            json!({"adapter": "sequelize", "dialect": "postgresql", "url": "postgresql://h/d"}),
            Server::Postgres,
        ),
        (json!({"url": "postgres://u:p@h/d"}), Server::Postgres),
        (json!({"url": "redis://h"}), Server::Redis),
        (
            json!({"adapter": "sequelize", "storage": "a.db", "url": "mysql://h/d"}),
            Server::MySql,
        ),
        // The URL counts, as in ACE.
        (
            json!({"dialect": "mysql", "url": "postgres://u:p@h/d"}),
            Server::Postgres,
        ),
        (
            json!({"dialect": "mysql", "url": "mysql://h/d"}),
            Server::MySql,
        ),
        (
            json!({"dialect": "mariadb", "url": "mariadb://h/d"}),
            Server::MySql,
        ),
        (
            json!({"adapter": "redis", "url": "redis://h"}),
            Server::Redis,
        ),
        (
            json!({"adapter": "mongodb", "url": "mongodb://a,b/d"}),
            Server::MongoDb,
        ),
        (
            json!({"adapter": "mongodb", "rs": "mongodb+srv://h/d"}),
            Server::MongoDb,
        ),
    ] {
        assert_eq!(server(store.clone(), &[]).server, expected, "{store}");
    }
}

#[test]
fn the_environment_comes_before_the_url_of_the_file() {
    let file = json!({"dialect": "postgres", "url": "postgres://file/d"});
    for variable in ["DB_URL", "DATABASE_URL"] {
        let settings = server(file.clone(), &[(variable, "postgres://env/d")]);
        assert_eq!(settings.url.expose(), "postgres://env/d");
    }
    let mongo = json!({"adapter": "mongodb", "url": "mongodb://file/d"});
    let settings = server(mongo, &[("MONGODB_URI", "mongodb://env/d")]);
    assert_eq!(settings.url.expose(), "mongodb://env/d");
    let settings = server(json!({}), &[("DATABASE_URL", "mysql://env/d")]);
    assert_eq!(settings.server, Server::MySql);
    // A file that is named stays, as in ACE.
    let file = json!({"dialect": "sqlite", "storage": "a.db"});
    let read = read(file, &[("DATABASE_URL", "mysql://env/d")]);
    assert_eq!(read, Ok(StoreSettings::sqlite("/app/a.db")));
}

#[test]
fn options_of_the_adapters_are_understood() {
    let settings = server(
        json!({"url": "postgres://h/d", "table": "TenantEntry", "pool": {"max": 7, "acquire": 1500},
            "dialectOptions": {"ssl": {"require": true, "rejectUnauthorized": false}}}),
        &[],
    );
    assert_eq!(settings.table, "TenantEntries");
    assert_eq!(settings.max_connections, Some(7));
    assert_eq!(settings.patience, Some(Duration::from_millis(1500)));
    assert_eq!(settings.tls, Some(Tls::Unverified));
    let ssl = json!({"url": "postgres://h/d", "dialectOptions": {"ssl": true}});
    assert_eq!(server(ssl, &[]).tls, Some(Tls::Verified { ca: None }));
    let mongo =
        json!({"adapter": "mongodb", "url": "mongodb://h/d", "collection": "C", "database": "D"});
    let settings = server(mongo, &[]);
    assert_eq!(
        (settings.table.as_str(), settings.database.as_deref()),
        ("C", Some("D"))
    );
    let dynamo = json!({"adapter": "dynamodb", "region": "eu-west-1", "table": "T",
        "endpoint": "http://127.0.0.1:1", "credentials": {"accessKeyId": "id", "secretAccessKey": "key"}});
    let Ok(StoreSettings::DynamoDb(settings)) = read(dynamo, &[]) else {
        panic!("not DynamoDB")
    };
    assert_eq!(settings.table, "T");
    assert_eq!(settings.region.as_deref(), Some("eu-west-1"));
    assert_eq!(
        settings.credentials,
        Some(("id".to_owned(), Secret::new("key"), None))
    );
}

#[test]
fn mistakes_name_their_key_and_no_value() {
    for (store, key) in [
        (json!({"adapter": "cassandra"}), "`adapter`"),
        (
            json!({"dialect": "mssql", "url": "mssql://hunter2@h"}),
            "`dialect`",
        ),
        (json!({"dialect": "postgres"}), "`url` is missing"),
        (json!({"adapter": "redis"}), "`url` is missing"),
        (json!({"url": "hunter2"}), "`url`"),
        (json!({"url": "oracle://u:hunter2@h"}), "`url`"),
        (
            json!({"dialect": "sqlite", "storage": "postgres://u:hunter2@h"}),
            "`storage`",
        ),
        (
            json!({"storage": "a.db", "table": "a\"; DROP TABLE b"}),
            "`table`",
        ),
    ] {
        let message = read(store, &[]).unwrap_err();
        assert!(message.starts_with(key), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
}

#[test]
fn a_table_is_a_plain_name() {
    for bad in ["a b", "1a", "a\"b", "a`b", "a;b", "é"] {
        assert!(
            read(json!({"storage": "a.db", "table": bad}), &[]).is_err(),
            "{bad:?}"
        );
    }
}

#[test]
fn a_name_holds_no_credentials() {
    for (url, name) in [
        (
            "postgres://u:hunter2@h:1/d?password=hunter2",
            "postgres://h:1/d",
        ),
        ("postgres://u:hun@ter2@h/d", "postgres://h/d"),
        ("redis://:hunter2@h", "redis://h"),
        (
            "mongodb://u:hunter2@a:1,b:2/d?x=hunter2",
            "mongodb://a:1,b:2/d",
        ),
        ("postgres://h/d#hunter2", "postgres://h/d"),
    ] {
        let settings = StoreSettings::from_url(url, Path::new("/")).unwrap();
        assert_eq!(settings.name(), name);
        assert!(!format!("{settings:?}").contains("ter2"), "{settings:?}");
    }
}
