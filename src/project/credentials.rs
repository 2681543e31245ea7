//! credentials.json: the development hosts and how to log in there, as in
//! atlassian-connect-express (version 10 on, and the flat shape before it).

use std::fmt;
use std::path::Path;

use connect_core::{BaseUrl, Secret};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::context::Env;
use crate::env::CONNECT_TOKEN;
use crate::project::token::{TokenError, TokenSource};
use crate::project::{CREDENTIALS, FileError, Tunnels, read_settings};

/// The hosts of credentials.json.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Credentials {
    /// The hosts, in the order of their names.
    pub(crate) hosts: Vec<ListedHost>,
    /// How to open a tunnel to this machine.
    pub(crate) tunnels: Tunnels,
}

/// A host and where the way to log in there is to be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListedHost {
    /// As the file names it.
    pub(crate) name: String,
    /// Where the product's REST API begins; ends in `/wiki` for Confluence.
    pub(crate) site: BaseUrl,
    /// What runs there.
    pub(crate) product: Product,
    /// E-mail address of an administrator.
    pub(crate) username: String,
    /// The administrator's API token, or how to get it.
    pub(crate) token: TokenSource,
    /// The variable that the token is from, if it is from one.
    pub(crate) token_variable: Option<String>,
}

/// A host and how to log in there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostCredentials {
    /// Where the product's REST API begins; ends in `/wiki` for Confluence.
    pub(crate) site: BaseUrl,
    /// What runs there.
    pub(crate) product: Product,
    /// E-mail address of an administrator.
    pub(crate) username: String,
    /// The administrator's API token.
    pub(crate) password: Secret,
}

/// A product a host can be.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Product {
    /// Confluence, whose REST API begins at `/wiki`
    Confluence,
    /// Jira
    Jira,
}

impl Credentials {
    /// Reads credentials.json of a folder; a missing file names no hosts.
    ///
    /// # Errors
    /// When it is unreadable, not JSON, or values are missing or of the wrong kind: all of these
    /// are named together.
    pub(crate) fn read(folder: &Path, env: &Env) -> Result<Self, FileError> {
        let path = folder.join(CREDENTIALS);
        let Some(file) = read_settings(&path, env)? else {
            return Ok(Self::default());
        };
        let mut problems = Vec::new();
        let mut hosts = Vec::new();
        let tunnels = Tunnels::read(&file, folder, &mut problems);
        match host_table(&file) {
            None => problems.push("`hosts` must be an object".to_owned()),
            Some(table) => {
                for (name, entry) in table {
                    match host(&name, &entry, env) {
                        Ok(host) => hosts.push(host),
                        Err(mut found) => problems.append(&mut found),
                    }
                }
            }
        }
        if problems.is_empty() {
            Ok(Self { hosts, tunnels })
        } else {
            Err(FileError::Values { path, problems })
        }
    }
}

impl ListedHost {
    /// Gets the token; commands run in the folder.
    ///
    /// # Errors
    /// When it cannot be had.
    pub(crate) async fn unlock(&self, folder: &Path) -> Result<HostCredentials, TokenError> {
        Ok(HostCredentials {
            site: self.site.clone(),
            product: self.product,
            username: self.username.clone(),
            password: self.token.read(folder, &self.site).await?,
        })
    }
}

impl From<Product> for connect_core::Product {
    fn from(product: Product) -> Self {
        match product {
            Product::Confluence => Self::Confluence,
            Product::Jira => Self::Jira,
        }
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Confluence => "Confluence",
            Self::Jira => "Jira",
        })
    }
}

/// The table of hosts: `hosts`, or the whole file in the flat shape.
fn host_table(file: &Value) -> Option<Map<String, Value>> {
    match file.get("hosts") {
        Some(Value::Object(hosts)) => Some(hosts.clone()),
        Some(Value::Null) => Some(Map::new()),
        Some(_) => None,
        None => {
            let mut flat = file.as_object()?.clone();
            let others = ["cloudflared", "ngrok"];
            flat.retain(|name, entry| !others.contains(&&**name) && entry.is_object());
            Some(flat)
        }
    }
}

fn host(name: &str, entry: &Value, env: &Env) -> Result<ListedHost, Vec<String>> {
    let mut problems = Vec::new();
    let mut token_variable = None;
    let token = match from_environment(name, env) {
        Some((variable, token)) => {
            token_variable = Some(variable);
            Some(TokenSource::Given(token))
        }
        None => TokenSource::parse(entry.get("password"))
            .map_err(|problem| problems.push(format!("host `{name}`{problem}")))
            .ok(),
    };
    let mut text = |key: &str| match entry.get(key) {
        Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
        Some(Value::String(_)) | None => {
            problems.push(format!("host `{name}` has no `{key}`"));
            None
        }
        Some(_) => {
            problems.push(format!("host `{name}`: `{key}` must be a text"));
            None
        }
    };
    let username = text("username");
    let product = text("product").and_then(|text| {
        let product = product(&text);
        if product.is_none() {
            problems.push(format!(
                "host `{name}`: `product` is `{text}`, expected `jira` or `confluence`"
            ));
        }
        product
    });
    // Without a product the rest of the address cannot be known, but can be checked.
    let site = site(name, product.unwrap_or(Product::Jira))
        .map_err(|problem| problems.push(format!("host `{name}`: {problem}")))
        .ok();
    match (site, product, username, token) {
        (Some(site), Some(product), Some(username), Some(token)) => Ok(ListedHost {
            name: name.to_owned(),
            site,
            product,
            username,
            token,
            token_variable,
        }),
        _ => Err(problems),
    }
}

/// `CONNECT_TOKEN_` and the host's name in capitals, else `CONNECT_TOKEN`; which, and its value.
fn from_environment(name: &str, env: &Env) -> Option<(String, Secret)> {
    let bare = name.split_once("://").map_or(name, |(_, rest)| rest);
    let host = bare.split(['/', ':']).next().unwrap_or_default();
    let capitals = host.chars().map(|c| match c {
        c if c.is_ascii_alphanumeric() => c.to_ascii_uppercase(),
        _ => '_',
    });
    let own = format!("{CONNECT_TOKEN}_{}", capitals.collect::<String>());
    [&*own, CONNECT_TOKEN]
        .into_iter()
        .find_map(|name| Some((name.to_owned(), Secret::new(env.text(name)?))))
}

fn product(text: &str) -> Option<Product> {
    match text.to_ascii_lowercase().as_str() {
        "confluence" => Some(Product::Confluence),
        "jira" => Some(Product::Jira),
        _ => None,
    }
}

/// The site of a host's name: with or without scheme, with or without `/wiki`.
fn site(name: &str, product: Product) -> Result<BaseUrl, String> {
    let written = if name.contains("://") {
        name.to_owned()
    } else {
        format!("https://{name}")
    };
    let site = BaseUrl::parse(&written).map_err(|error| error.to_string())?;
    if !site.is_https() && !site.is_loopback() {
        return Err("must be https: the API token would travel in the open".to_owned());
    }
    if product == Product::Confluence && !site.path().ends_with("/wiki") {
        return BaseUrl::parse(&format!("{site}/wiki")).map_err(|error| error.to_string());
    }
    Ok(site)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::tests::env;

    fn check(file: &str) -> Result<Vec<(String, Product, String)>, Vec<String>> {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join(CREDENTIALS), file).unwrap();
        match Credentials::read(home.path(), &env(&[("TOKEN", "from the environment")])) {
            Ok(credentials) => Ok(credentials
                .hosts
                .iter()
                .map(|host| {
                    let TokenSource::Given(token) = &host.token else {
                        panic!("{host:?}")
                    };
                    (
                        host.site.to_string(),
                        host.product,
                        token.expose().to_owned(),
                    )
                })
                .collect()),
            Err(FileError::Values { problems, .. }) => Err(problems),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn both_shapes_and_every_spelling_of_a_host_are_read() {
        let entry =
            |product| format!("{{product: '{product}', username: 'a', password: '$TOKEN'}}");
        let (jira, confluence) = (entry("jira"), entry("confluence"));
        let token = || "from the environment".to_owned();
        for (file, site, product) in [
            (
                format!("{{hosts: {{'https://a.atlassian.net': {jira}}}, ngrok: {{}}}}"),
                "https://a.atlassian.net",
                Product::Jira,
            ),
            (
                format!("{{'a.atlassian.net': {confluence}, ngrok: {{authtoken: 'x'}}}}"),
                "https://a.atlassian.net/wiki",
                Product::Confluence,
            ),
            (
                format!("{{hosts: {{'https://a.atlassian.net/wiki/': {confluence}}}}}"),
                "https://a.atlassian.net/wiki",
                Product::Confluence,
            ),
            (
                format!("{{hosts: {{'http://127.0.0.1:2990/jira': {jira}}}}}"),
                "http://127.0.0.1:2990/jira",
                Product::Jira,
            ),
        ] {
            assert_eq!(check(&file), Ok(vec![(site.to_owned(), product, token())]));
        }
        assert_eq!(check("{}"), Ok(Vec::new()));
        assert_eq!(check("{hosts: {}}"), Ok(Vec::new()));
    }

    #[test]
    fn everything_wrong_is_named_together() {
        let file = "{hosts: {
            'b.example': {product: 'trello', password: 1},
            'http://far.example': {product: 'jira', username: 'a', password: {keyring: 'b'}},
        }}";
        assert_eq!(
            check(file),
            Err(vec![
                "host `b.example`: `password` must be a text, or an object with `command` or `keyring`"
                    .to_owned(),
                "host `b.example` has no `username`".to_owned(),
                "host `b.example`: `product` is `trello`, expected `jira` or `confluence`"
                    .to_owned(),
                "host `http://far.example`: must be https: the API token would travel in the open"
                    .to_owned(),
            ])
        );
    }

    #[test]
    fn the_environment_is_stronger_than_the_file() {
        let home = tempfile::tempdir().unwrap();
        let file = "{hosts: {
            'a-b.atlassian.net': {product: 'jira', username: 'a', password: 'of the file'},
            'https://c.atlassian.net/wiki': {product: 'confluence', username: 'a'},
        }}";
        std::fs::write(home.path().join(CREDENTIALS), file).unwrap();
        let tokens = |pairs: &[(&str, &str)]| -> Result<Vec<TokenSource>, FileError> {
            let credentials = Credentials::read(home.path(), &env(pairs))?;
            Ok(credentials
                .hosts
                .into_iter()
                .map(|host| host.token)
                .collect())
        };
        let given = |token: &str| TokenSource::Given(Secret::new(token));
        let own = ("CONNECT_TOKEN_C_ATLASSIAN_NET", "of c");
        assert_eq!(
            tokens(&[own]),
            Ok(vec![given("of the file"), given("of c")])
        );
        let all = ("CONNECT_TOKEN", "of all");
        assert_eq!(
            tokens(&[own, all]),
            Ok(vec![given("of all"), given("of c")])
        );
        assert!(tokens(&[]).is_err());
    }
}
