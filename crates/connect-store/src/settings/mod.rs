//! Which store, as people write it: ACE's `store` object, or one URL.

use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use connect_core::{Secret, store::StoreError};
use serde_json::{Map, Value};
use url::Url;

mod ace;

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
    /// Encrypted, with a server whose certificate is good.
    Verified {
        /// An authority as a PEM text, which is trusted beside the system's (Redis: instead of
        /// them).
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
        ace::read(store, folder, env)
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

/// ACE's name for the table of the tenants' records.
const TABLE: &str = "AddonSettings";

#[cfg(test)]
mod tests;
