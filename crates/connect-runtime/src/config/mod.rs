//! The app's configuration: ACE's `config.json` and ACE's environment variables.
//!
//! Precedence is ACE's: environment variable, then the section of the current environment, then
//! the top level of the file, then the default. `$NAME` in a text is replaced by the variable of
//! that name. Mistakes are collected and reported together, each with its line.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use connect_core::{
    AllowedHosts, AppKey, BaseUrl, Product, forge::KeySource, impersonation::AuthorizationServers,
    install_keys::KeyHosts, time::Seconds,
};
use connect_store::{StoreKeys, StoreSettings};
use serde_json::{Map, Value};

mod document;
mod env;
mod meaning;
mod reader;

pub(crate) use document::Document;
pub use env::Env;

/// What an app is told from outside.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Folder that relative paths are relative to.
    pub folder: PathBuf,
    /// Name of the environment: `development`, `production`, or another.
    pub environment: String,
    /// The app's own key, if the environment or the file sets it; else the descriptor's counts.
    pub app_key: Option<AppKey>,
    /// Port to listen on.
    pub port: u16,
    /// Address to listen on: loopback in development, all interfaces elsewhere.
    pub address: String,
    /// Where the world reaches the app.
    pub local_base_url: BaseUrl,
    /// Further base URLs that the app answers to, for tokens made for another host name.
    pub allowed_base_urls: Vec<BaseUrl>,
    /// Sites that may install the app.
    pub allowed_hosts: AllowedHosts,
    /// Where the host's install keys come from.
    pub key_hosts: KeyHosts,
    /// Who gives the tokens with which the app acts as a user.
    pub authorization_servers: AuthorizationServers,
    /// Where the keys of Forge's invocation tokens come from.
    pub forge_keys: KeySource,
    /// The browser's bridge script.
    pub host_script_url: String,
    /// Life of the tokens we sign calls with.
    pub token_life: Seconds,
    /// Longest life of a session token, and the life of those we make.
    pub max_token_age: Seconds,
    /// How long a replaced shared secret stays good.
    pub secret_grace: Seconds,
    /// Sent with every call to a host.
    pub user_agent: String,
    /// Where tenants are kept.
    pub store: StoreSettings,
    /// Where the keys come from that secrets are sealed with before they reach the store:
    /// `CONNECT_STORE_KEYS`, or else the command that `store.keys` names.
    pub store_keys: Option<StoreKeys>,
    /// Product the app is for, if it is for one only.
    pub product: Option<Product>,
    /// Ids of the app as a Forge app (`ari:cloud:ecosystem::app/…`): the one that is deployed, or
    /// one for each that the server is the remote of.
    pub app_ids: Vec<String>,
    /// Whether the runtime answers the lifecycle calls itself. Off, the app has a route of its own
    /// that takes an [`InstallRequest`](crate::InstallRequest).
    pub setup_install_route: bool,
    /// View that shows a refusal to a browser, and the values it gets besides `message`.
    pub error_view: Option<ErrorView>,
    /// Licence that every page sees, whatever the host says: in development only.
    pub license_override: Option<String>,
    /// Whether session tokens of ACE are taken as well, and from ACE's places (`acpt`, `X-acpt`):
    /// for the first minutes after a move from ACE.
    pub legacy_session_tokens: bool,
    /// Options of `AC_OPTS`.
    pub options: Options,
}

/// View that shows a refusal (`errorTemplate`, `errorTemplateName`, `errorTemplateObject`).
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorView {
    /// Its name.
    pub name: String,
    /// Values for it.
    pub values: Map<String, Value>,
}

/// What `AC_OPTS` asks for: words with commas or blanks between them, each exactly one of ACE's.
/// (ACE looks for them anywhere in the text, so that `x-no-authx` turns authentication off there.)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// `no-auth`: requests without a token are let in, in development only.
    pub no_auth: bool,
}

/// A mistake in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file, or the environment variable.
    pub file: String,
    /// The line, 1 for the first; 0 for what has none.
    pub line: usize,
    /// The key, as a path (`development.port`).
    pub key: String,
    /// What is wrong.
    pub message: String,
}

/// The configuration cannot be used; says everything that is wrong with it.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the configuration cannot be used{}", list(findings))]
pub struct InvalidConfig {
    /// Every mistake.
    pub findings: Vec<Finding>,
}

impl Config {
    /// Reads `config.json` of a folder and the process's environment.
    ///
    /// # Errors
    /// Everything that is wrong, at once. A missing file is an empty one.
    pub fn load(folder: &Path) -> Result<Self, InvalidConfig> {
        let file = folder.join("config.json");
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => {
                return Err(InvalidConfig {
                    findings: vec![Finding {
                        file: file.display().to_string(),
                        line: 0,
                        key: String::new(),
                        message: error.to_string(),
                    }],
                });
            }
        };
        Self::parse(folder, &text, &Env::process())
    }

    /// The configuration that this text and this environment make.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn parse(folder: &Path, text: &str, env: &Env) -> Result<Self, InvalidConfig> {
        let document = Document::parse("config.json", text).map_err(|finding| InvalidConfig {
            findings: vec![finding],
        })?;
        let environment = env
            .get("CONNECT_ENV")
            .or_else(|| env.get("NODE_ENV"))
            .unwrap_or("development")
            .to_owned();
        let mut reader = reader::Reader::new(document, environment, env);
        let config = reader.config(folder);
        if reader.findings.is_empty() {
            Ok(config)
        } else {
            Err(InvalidConfig {
                findings: reader.findings,
            })
        }
    }

    /// True in the environment `development`.
    pub fn is_development(&self) -> bool {
        self.environment == "development"
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        f.write_str(": ")?;
        if !self.key.is_empty() {
            write!(f, "`{}` ", self.key)?;
        }
        f.write_str(&self.message)
    }
}

fn list(findings: &[Finding]) -> String {
    findings
        .iter()
        .map(|finding| format!("\n  {finding}"))
        .collect()
}

#[cfg(test)]
mod tests;
