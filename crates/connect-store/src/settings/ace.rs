//! ACE's `store` object, read.

use std::{path::Path, time::Duration};

use connect_core::{Secret, store::StoreError};
use serde_json::{Map, Value};

use super::{DynamoDbSettings, Server, SettingsFault, StoreSettings, TABLE, Tls};

pub(super) fn read(
    store: &Map<String, Value>,
    folder: &Path,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<StoreSettings, Vec<SettingsFault>> {
    let mut reader = Reader {
        store,
        folder,
        env,
        faults: Vec::new(),
    };
    match reader.settings() {
        Some(settings) if reader.faults.is_empty() => Ok(settings),
        _ => Err(reader.faults),
    }
}

struct Reader<'a> {
    store: &'a Map<String, Value>,
    folder: &'a Path,
    env: &'a dyn Fn(&str) -> Option<String>,
    faults: Vec<SettingsFault>,
}

impl Reader<'_> {
    fn settings(&mut self) -> Option<StoreSettings> {
        let dialect = self.text("type").or_else(|| self.text("dialect"));
        let adapter = self.text("adapter");
        match (adapter.as_deref(), dialect.as_deref()) {
            (Some("dynamodb"), _) => Some(StoreSettings::DynamoDb(self.dynamodb())),
            (Some("mongodb" | "mongo"), _) => self.named(&["MONGODB_URI", "DB_URL"], "mongodb"),
            (Some("redis" | "valkey"), _) => self.named(&["DB_URL"], "redis"),
            (None | Some("sequelize" | "sqlite" | "memory" | "postgres" | "mysql"), dialect) => {
                let named = adapter.as_deref().filter(|adapter| *adapter != "sequelize");
                self.sql(dialect.or(named).map(str::to_owned).as_deref())
            }
            (Some(_), _) => self.wrong("adapter", "names a store that cannot be used here"),
        }
    }

    /// ACE's SQL adapter: memory, a file, or a server by its URL.
    fn sql(&mut self, dialect: Option<&str>) -> Option<StoreSettings> {
        let storage = self.text("storage");
        let is_file = match dialect {
            Some("memory") => return Some(StoreSettings::Memory),
            Some("sqlite" | "sqlite3") => true,
            Some("mariadb" | "mysql" | "postgres" | "postgresql") => false,
            Some(_) => {
                return self.wrong("dialect", "names a database that cannot be used here");
            }
            // A scheme says which database it is, as in ACE, which looks at `storage` only when the
            // dialect is SQLite's.
            None => storage.is_some() && self.text("url").is_none(),
        };
        if is_file && (storage.is_some() || self.url(&["DB_URL"]).is_none()) {
            return match storage.as_deref() {
                Some(":memory:") => Some(StoreSettings::Memory),
                // SECURITY: a URL has a password in it, and a path is shown in errors.
                // Test: canary, no_secret_leaves.
                Some(url) if url.contains("://") => {
                    self.wrong("storage", "is a URL, where the path of a file belongs")
                }
                Some(file) => self.file(file),
                None => self.file("data/connect.db"),
            };
        }
        if dialect.is_none() && self.url(&["DB_URL"]).is_none() {
            return self.file("data/connect.db");
        }
        self.named(&["DB_URL"], "postgres")
    }

    fn file(&mut self, file: &str) -> Option<StoreSettings> {
        Some(StoreSettings::Sqlite {
            file: self.folder.join(file),
            table: self.sql_table()?,
        })
    }

    /// A store that is named by its URL, of the family that `example` stands for.
    fn named(&mut self, variables: &[&str], example: &str) -> Option<StoreSettings> {
        let Some((key, url)) = self.url(variables) else {
            return self.wrong(
                "url",
                &format!("is missing; write `{example}://...`, or set DATABASE_URL"),
            );
        };
        let settings = match StoreSettings::from_url(&url, self.folder) {
            Ok(settings) => settings,
            Err(StoreError::Settings { problem }) => return self.wrong(&key, &problem),
            Err(_) => return self.wrong(&key, "cannot be read"),
        };
        match settings {
            StoreSettings::Server(mut server) => {
                server.table = match server.server {
                    Server::MongoDb => self.text("collection").unwrap_or(server.table),
                    Server::MySql | Server::Postgres => self.sql_table()?,
                    Server::Redis => server.table,
                };
                server.database = self.text("database");
                server.tls = self.tls();
                let pool = |name: &str| self.store.get("pool")?.get(name)?.as_u64();
                server.max_connections = pool("max").and_then(|most| most.try_into().ok());
                server.patience = pool("acquire").map(Duration::from_millis);
                Some(StoreSettings::Server(server))
            }
            StoreSettings::Sqlite { file, .. } => Some(StoreSettings::Sqlite {
                file,
                table: self.sql_table()?,
            }),
            other => Some(other),
        }
    }

    /// The URL, and where it is from.
    fn url(&self, variables: &[&str]) -> Option<(String, String)> {
        let variable = |name: &str| {
            let value = (self.env)(name).filter(|value| !value.is_empty())?;
            Some((name.to_owned(), value))
        };
        let from_env = variables.iter().find_map(|name| variable(name));
        from_env
            .or_else(|| variable("DATABASE_URL"))
            .or_else(|| Some(("url".to_owned(), self.text("url")?)))
            .or_else(|| Some(("rs".to_owned(), self.text("rs")?)))
    }

    fn dynamodb(&mut self) -> DynamoDbSettings {
        let credentials = self.store.get("credentials");
        let text = |name: &str| Some(credentials?.get(name)?.as_str()?.to_owned());
        DynamoDbSettings {
            table: self.text("table").unwrap_or_else(|| TABLE.to_owned()),
            region: self.text("region"),
            endpoint: self.text("endpoint"),
            credentials: text("accessKeyId")
                .zip(text("secretAccessKey"))
                .map(|(id, secret)| {
                    let session = text("sessionToken").map(Secret::new);
                    (id, Secret::new(secret), session)
                }),
        }
    }

    /// The table that ACE's mapper makes of the option `table`: its plural.
    fn sql_table(&mut self) -> Option<String> {
        let Some(name) = self.text("table") else {
            return Some(TABLE.to_owned());
        };
        let good = name.len() <= 60
            && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !good {
            // SECURITY: the name becomes part of a statement. Test: a_table_is_a_plain_name.
            return self.wrong("table", "must be letters, digits and `_`, at most 60");
        }
        Some(plural(&name))
    }

    fn tls(&self) -> Option<Tls> {
        let ssl = self.store.get("dialectOptions")?.get("ssl")?;
        match ssl {
            Value::Null | Value::Bool(false) => None,
            _ if ssl.get("rejectUnauthorized") == Some(&Value::Bool(false)) => {
                Some(Tls::Unverified)
            }
            _ => Some(Tls::Verified {
                ca: ssl.get("ca").and_then(Value::as_str).map(str::to_owned),
            }),
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        let text = self.store.get(name)?.as_str()?;
        Some(text.to_owned()).filter(|text| !text.is_empty())
    }

    fn wrong<T>(&mut self, key: &str, message: &str) -> Option<T> {
        self.faults.push(SettingsFault {
            key: key.to_owned(),
            message: message.to_owned(),
        });
        None
    }
}

/// The plural that Sequelize makes of a model's name, as far as names of tables go.
fn plural(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let before = lower.chars().rev().nth(1).unwrap_or(' ');
    if ["ch", "sh", "x", "ss"]
        .iter()
        .any(|end| lower.ends_with(end))
    {
        format!("{name}es")
    } else if lower.ends_with('s') || lower.ends_with("data") {
        name.to_owned()
    } else if lower.ends_with('y') && !"aeiou".contains(before) {
        format!("{}ies", &name[..name.len() - 1])
    } else {
        format!("{name}s")
    }
}
