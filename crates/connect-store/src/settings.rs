//! Which store, as people write it: ACE's `store` object, or one URL.

use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use connect_core::{Secret, store::StoreError};
use serde_json::{Map, Value};
use url::Url;

/// How to open a store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreSettings {
    /// Tables of DynamoDB.
    DynamoDb(DynamoDbSettings),
    /// In memory: for tests, or when the host installs the app at every start.
    Memory,
    /// A database server that is named by a URL.
    Server(ServerSettings),
    /// One SQLite file.
    Sqlite {
        /// The file.
        file: PathBuf,
        /// The table of the tenants' records: `AddonSettings` unless ACE was told another name.
        table: String,
    },
}

/// A kind of database server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Server {
    /// MongoDB.
    MongoDb,
    /// MySQL or MariaDB.
    MySql,
    /// PostgreSQL, or what speaks its protocol.
    Postgres,
    /// Redis or Valkey.
    Redis,
}

/// How to open a store on a server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerSettings {
    /// Which kind.
    pub server: Server,
    /// Where it is, and as whom to go there.
    pub url: Secret,
    /// The table or collection of the tenants' records; `AddonSettings` unless ACE was told
    /// another name.
    pub table: String,
    /// The database, for MongoDB; else the URL names it.
    pub database: Option<String>,
    /// Whether the connection is encrypted, when the URL does not say.
    pub tls: Option<Tls>,
    /// Most connections at a time.
    pub max_connections: Option<u32>,
    /// How long a request waits for a connection.
    pub patience: Option<Duration>,
}

/// How a connection is encrypted (`dialectOptions.ssl` of ACE).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tls {
    /// Encrypted, without a look at who the server is (`rejectUnauthorized: false`).
    Unverified,
    /// Encrypted, with a server whose certificate is good; `ca` is a PEM text that is trusted
    /// instead of the system's authorities.
    Verified {
        /// The authority.
        ca: Option<String>,
    },
}

/// How to open a store in DynamoDB. What is not said comes from the SDK's chain: environment,
/// profile, container or instance.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DynamoDbSettings {
    /// The table of the tenants' records; `AddonSettings` unless ACE was told another name.
    pub table: String,
    /// The region.
    pub region: Option<String>,
    /// Another address than the region's: of a local stand-in.
    pub endpoint: Option<String>,
    /// Access key and secret key, and a session token if there is one.
    pub credentials: Option<(String, Secret, Option<Secret>)>,
}

/// A mistake in a `store` object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsFault {
    /// The member, or the environment variable; empty for the whole object.
    pub key: String,
    /// What is wrong with it.
    pub message: String,
}

impl StoreSettings {
    /// A SQLite file.
    pub fn sqlite(file: impl Into<PathBuf>) -> Self {
        Self::Sqlite {
            file: file.into(),
            table: TABLE.to_owned(),
        }
    }

    /// The store that a URL names: `postgres://`, `mysql://`, `mariadb://`, `redis://`,
    /// `rediss://`, `mongodb://`, `mongodb+srv://`, `dynamodb://REGION/TABLE`, `sqlite:FILE` or
    /// `memory:`. A relative file is in `folder`.
    ///
    /// # Errors
    /// Says what is wrong with it; never repeats it, because a URL may hold a password.
    pub fn from_url(url: &str, folder: &Path) -> Result<Self, StoreError> {
        let fault = |problem: &str| StoreError::Settings {
            problem: problem.to_owned(),
        };
        let Some((scheme, rest)) = url.split_once(':') else {
            return Err(fault("the URL has no scheme such as `postgres:`"));
        };
        match scheme {
            "memory" => Ok(Self::Memory),
            "sqlite" | "file" => {
                let file = rest.strip_prefix("//").unwrap_or(rest);
                let file = file.split('?').next().unwrap_or_default();
                if file.is_empty() {
                    return Err(fault("the URL names no file"));
                }
                Ok(match file {
                    ":memory:" => Self::Memory,
                    _ => Self::sqlite(folder.join(file)),
                })
            }
            "dynamodb" => {
                let url = Url::parse(url).map_err(|_| fault("the URL cannot be read"))?;
                let endpoint = url.query_pairs().find(|(name, _)| name == "endpoint");
                Ok(Self::DynamoDb(DynamoDbSettings {
                    table: match url.path().trim_matches('/') {
                        "" => TABLE.to_owned(),
                        table => table.to_owned(),
                    },
                    region: url.host_str().map(str::to_owned),
                    endpoint: endpoint.map(|(_, value)| value.into_owned()),
                    credentials: None,
                }))
            }
            _ => {
                let server = Server::of_scheme(scheme).ok_or_else(|| {
                    fault("the URL names a kind of database that cannot be used here")
                })?;
                Ok(Self::Server(ServerSettings::new(server, url)))
            }
        }
    }

    /// The store that ACE's `store` object names. `env` is asked for `DB_URL`, `MONGODB_URI` and
    /// `DATABASE_URL`, which come before `url`, as in ACE; a relative file is in `folder`.
    ///
    /// # Errors
    /// Everything that is wrong, each with its key. No message repeats a value.
    pub fn from_ace(
        store: &Map<String, Value>,
        folder: &Path,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Vec<SettingsFault>> {
        let mut reader = Reader {
            store,
            folder,
            env,
            faults: Vec::new(),
        };
        let settings = reader.settings();
        match settings {
            Some(settings) if reader.faults.is_empty() => Ok(settings),
            _ => Err(reader.faults),
        }
    }

    /// Which store this is, without credentials.
    pub fn name(&self) -> String {
        match self {
            Self::DynamoDb(settings) => format!("dynamodb table {}", settings.table),
            Self::Memory => "memory".to_owned(),
            Self::Server(settings) => settings.name(),
            Self::Sqlite { file, .. } => file.display().to_string(),
        }
    }
}

impl Server {
    fn of_scheme(scheme: &str) -> Option<Self> {
        match scheme {
            "mariadb" | "mysql" => Some(Self::MySql),
            "mongodb" | "mongodb+srv" => Some(Self::MongoDb),
            "postgres" | "postgresql" => Some(Self::Postgres),
            "redis" | "rediss" | "valkey" | "valkeys" => Some(Self::Redis),
            _ => None,
        }
    }
}

impl ServerSettings {
    /// A server by its URL, everything else as usual.
    pub fn new(server: Server, url: &str) -> Self {
        Self {
            server,
            url: Secret::new(url),
            table: TABLE.to_owned(),
            database: None,
            tls: None,
            max_connections: None,
            patience: None,
        }
    }

    /// Scheme, host, port and database: what may be shown.
    pub fn name(&self) -> String {
        // SECURITY: user, password and options stay out. Test: a_name_holds_no_credentials.
        let url = self.url.expose();
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
        if rest.len() == place.len() && Url::parse(url).is_err() && scheme != "mongodb" {
            return scheme.to_owned();
        }
        format!("{scheme}://{place}")
    }
}

impl fmt::Display for SettingsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "`{}` {}", self.key, self.message)
        }
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
            None => storage.is_some(),
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

/// ACE's name for the table of the tenants' records.
const TABLE: &str = "AddonSettings";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(store: Value, variables: &[(&str, &str)]) -> Result<StoreSettings, String> {
        let env = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name)?;
            Some(found.1.to_owned())
        };
        StoreSettings::from_ace(store.as_object().unwrap(), Path::new("/app"), &env).map_err(
            |faults| {
                let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
                faults.join("; ")
            },
        )
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
        let mongo = json!({"adapter": "mongodb", "url": "mongodb://h/d", "collection": "C", "database": "D"});
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
}
