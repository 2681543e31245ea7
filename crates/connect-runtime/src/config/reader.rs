//! Looking values up in the environment and the file, and collecting what is wrong with them.

use std::path::Path;

use connect_core::{
    AllowedHosts, AppKey, BaseUrl, ConfigError, Product, Secret, forge::KeySource,
    impersonation::AuthorizationServers, install_keys::KeyHosts, redact::redact, store::StoreError,
    time::Seconds,
};
use connect_store::{Keyring, StoreKeys, StoreSettings, settings::SettingsFault};
use serde_json::{Map, Value};

use super::{Config, Document, Env, ErrorView, Finding, Options};

/// Looks values up and collects what is wrong with them.
pub(super) struct Reader<'a> {
    document: Document,
    environment: String,
    env: &'a Env,
    pub(super) findings: Vec<Finding>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(document: Document, environment: String, env: &'a Env) -> Self {
        Self {
            document,
            environment,
            env,
            findings: Vec::new(),
        }
    }

    pub(super) fn config(&mut self, folder: &Path) -> Config {
        self.report_unknown_keys();
        let development = self.environment == "development";
        let port = self.number("PORT", "port", 3000, u16::MAX.into());
        let port = u16::try_from(port).unwrap_or(3000);
        let default_url = format!("http://localhost:{port}");
        let local_base_url = self
            .text("AC_LOCAL_BASE_URL", "localBaseUrl")
            .map(|(text, origin)| (text.replace("$port", &port.to_string()), origin))
            .and_then(|(text, origin)| self.check(&origin, BaseUrl::parse(&text)))
            .or_else(|| BaseUrl::parse(&default_url).ok());
        let allowed_base_urls = self
            .list("AC_ALLOWED_BASE_URLS", "allowedBaseUrls")
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(text, origin)| self.check(&origin, BaseUrl::parse(&text)))
            .collect();
        let key_hosts = self
            .env_text("CONNECT_KEYS_CDN_URL")
            .and_then(|(text, origin)| self.check(&origin, key_server(&text)))
            .map(KeyHosts::Custom)
            .or_else(|| self.cloud())
            .unwrap_or_default();
        let authorization_servers = self
            .text("CONNECT_AUTHORIZATION_SERVER", "authorizationServer")
            .and_then(|(text, origin)| self.check(&origin, key_server(&text)))
            .map(AuthorizationServers::Custom)
            .unwrap_or_default();
        let forge_keys = self.forge_keys(&key_hosts);
        let app_ids = self.list("AC_APP_ID", "appId").unwrap_or_default();
        let app_key = self
            .text("AC_APP_KEY", "appKey")
            .and_then(|(text, origin)| self.check(&origin, AppKey::parse(&text)));
        let options = self.options(development);
        let product = self
            .text("AC_PRODUCT", "product")
            .and_then(|(text, origin)| {
                Product::parse(&text)
                    .or_else(|| self.wrong(&origin, "must be `jira`, `confluence` or `bitbucket`"))
            });
        let agent = concat!("connect-runtime/", env!("CARGO_PKG_VERSION"));
        let (store, store_keys) = self.store(folder);
        Config {
            allowed_hosts: self.allowed_hosts(development),
            store,
            store_keys,
            folder: folder.to_owned(),
            port,
            address: self.env_text("HOST").map_or_else(
                || if development { "127.0.0.1" } else { "0.0.0.0" }.to_owned(),
                |(text, _)| text,
            ),
            // The default always parses: it is a literal with a number in it.
            local_base_url: local_base_url.expect("`http://localhost:<number>` is a base URL"),
            allowed_base_urls,
            key_hosts,
            authorization_servers,
            forge_keys,
            host_script_url: self
                .text("AC_HOST_SCRIPT_URL", "hostScriptUrl")
                .map_or_else(|| DEFAULT_HOST_SCRIPT.to_owned(), |(text, _)| text),
            token_life: Seconds(60 * self.nested_number("jwt", "validityInMinutes", 3, 60)),
            max_token_age: Seconds(self.number("", "maxTokenAge", 15 * 60, 24 * 60 * 60)),
            secret_grace: Seconds(5 * 60),
            user_agent: self
                .text("", "userAgent")
                .map_or_else(|| agent.to_owned(), |(text, _)| text),
            app_key,
            product,
            app_ids: app_ids
                .iter()
                .filter(|(text, _)| !text.is_empty())
                .map(|(text, _)| app_id(text))
                .collect(),
            setup_install_route: self.flag("setupInstallRoute", true),
            error_view: self.error_view(),
            license_override: self
                .text("CONNECT_LICENSE", "license")
                .map(|(text, _)| text)
                .filter(|_| development),
            legacy_session_tokens: self.flag("legacySessionTokens", false),
            options,
            environment: self.environment.clone(),
        }
    }

    /// Whose install keys are trusted (`cloud`): the configuration says it, never a call.
    fn cloud(&mut self) -> Option<KeyHosts> {
        let (text, origin) = self.text("CONNECT_CLOUD", "cloud")?;
        match text.as_str() {
            "production" => Some(KeyHosts::Production),
            "staging" => Some(KeyHosts::Staging),
            "government" => Some(KeyHosts::Government),
            "government-staging" => Some(KeyHosts::GovernmentStaging),
            _ => self.wrong(
                &origin,
                "must be `production`, `staging`, `government` or `government-staging`",
            ),
        }
    }

    /// Whose invocation tokens are trusted: those of the same cloud, unless the configuration names
    /// a place of its own.
    fn forge_keys(&mut self, key_hosts: &KeyHosts) -> KeySource {
        let own = self
            .text("CONNECT_FORGE_KEYS_URL", "forgeKeysUrl")
            .and_then(|(text, origin)| {
                let source = KeySource::custom(&text).ok();
                source
                    .or_else(|| self.wrong(&origin, "is neither an https URL nor on this machine"))
            });
        own.unwrap_or(match key_hosts {
            KeyHosts::Staging | KeyHosts::GovernmentStaging => KeySource::Staging,
            _ => KeySource::Production,
        })
    }

    fn options(&mut self, development: bool) -> Options {
        let mut options = Options::default();
        let Some((text, origin)) = self.env_text("AC_OPTS") else {
            return options;
        };
        for word in text.split([',', ' ']).filter(|word| !word.is_empty()) {
            match word {
                "no-auth" if development => options.no_auth = true,
                // SECURITY: a production app that starts with it would serve everybody.
                // Test: no_auth_is_for_development.
                "no-auth" => {
                    self.wrong::<()>(&origin, "has `no-auth`, which works in development only");
                }
                // These concern the development loop, which is `connect dev` here.
                "force-dereg" | "force-reg" | "no-reg" => {}
                _ => {
                    let message = format!("has the unknown option `{word}`");
                    self.wrong::<()>(&origin, &message);
                }
            }
        }
        options
    }

    fn error_view(&mut self) -> Option<ErrorView> {
        if !self.flag("errorTemplate", false) {
            return None;
        }
        let values = self.value("errorTemplateObject").map(|(value, _)| value);
        Some(ErrorView {
            name: self
                .text("", "errorTemplateName")
                .map_or_else(|| "unauthorized".to_owned(), |(text, _)| text),
            values: values
                .as_ref()
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default(),
        })
    }

    fn flag(&mut self, key: &str, default: bool) -> bool {
        match self.value(key) {
            None => default,
            Some((Value::Bool(flag), _)) => flag,
            Some((_, pointer)) => self
                .wrong(&Origin::File(pointer), "must be true or false")
                .unwrap_or(default),
        }
    }

    /// A value of the file: the section of the environment first, then the top level.
    fn value(&self, key: &str) -> Option<(Value, String)> {
        let in_section = self
            .section()
            .and_then(|(name, section)| Some((section.get(key)?.clone(), format!("{name}/{key}"))));
        in_section.or_else(|| Some((self.document.root.get(key)?.clone(), key.to_owned())))
    }

    /// ACE falls back to `development` when there is no section of the environment's name.
    fn section(&self) -> Option<(&str, &Map<String, Value>)> {
        [self.environment.as_str(), "development"]
            .into_iter()
            .find_map(|name| Some((name, self.document.root.get(name)?.as_object()?)))
    }

    fn env_text(&self, variable: &str) -> Option<(String, Origin)> {
        let text = self.env.get(variable).filter(|text| !text.is_empty())?;
        Some((text.to_owned(), Origin::Variable(variable.to_owned())))
    }

    fn text(&mut self, variable: &str, key: &str) -> Option<(String, Origin)> {
        if let Some(found) = self.env_text(variable) {
            return Some(found);
        }
        let (value, pointer) = self.value(key)?;
        let origin = Origin::File(pointer);
        match value {
            Value::String(text) => Some((self.expand(&text, &origin), origin)),
            Value::Number(number) => Some((number.to_string(), origin)),
            Value::Null => None,
            _ => self.wrong(&origin, "must be a text"),
        }
    }

    fn number(&mut self, variable: &str, key: &str, default: i64, highest: i64) -> i64 {
        let Some((text, origin)) = self.text(variable, key) else {
            return default;
        };
        match text.trim().parse() {
            Ok(number @ 0..) if number <= highest => number,
            _ => self
                .wrong(&origin, &format!("must be a number from 0 to {highest}"))
                .unwrap_or(default),
        }
    }

    fn nested_number(&mut self, key: &str, name: &str, default: i64, highest: i64) -> i64 {
        let Some((value, pointer)) = self.value(key) else {
            return default;
        };
        match value.get(name) {
            None => default,
            Some(number) => match number.as_i64() {
                Some(number @ 1..) if number <= highest => number,
                _ => self
                    .wrong(
                        &Origin::File(format!("{pointer}/{name}")),
                        &format!("must be a number from 1 to {highest}"),
                    )
                    .unwrap_or(default),
            },
        }
    }

    /// A list in the file, or one text with commas.
    fn list(&mut self, variable: &str, key: &str) -> Option<Vec<(String, Origin)>> {
        let split = |text: &str, origin: &Origin| {
            text.split(',')
                .map(|part| (part.trim().to_owned(), origin.clone()))
                .collect()
        };
        if let Some((text, origin)) = self.env_text(variable) {
            return Some(split(&text, &origin));
        }
        let (value, pointer) = self.value(key)?;
        match value {
            Value::String(text) => {
                let origin = Origin::File(pointer);
                Some(split(&self.expand(&text, &origin), &origin))
            }
            Value::Array(items) => Some(
                items
                    .into_iter()
                    .enumerate()
                    .filter_map(|(index, item)| {
                        let origin = Origin::File(format!("{pointer}/{index}"));
                        match item {
                            Value::String(text) => Some((self.expand(&text, &origin), origin)),
                            _ => self.wrong(&origin, "must be a text"),
                        }
                    })
                    .collect(),
            ),
            _ => self.wrong(&Origin::File(pointer), "must be a text or a list of texts"),
        }
    }

    fn allowed_hosts(&mut self, development: bool) -> AllowedHosts {
        let listed = self.list("AC_HOST_WHITELIST", "whitelist");
        let mut hosts = AllowedHosts::atlassian();
        if let Some(patterns) = listed {
            let mut good = Vec::new();
            for (pattern, origin) in patterns {
                if self
                    .check(&origin, AllowedHosts::parse([&pattern]))
                    .is_some()
                {
                    good.push(pattern);
                }
            }
            hosts = AllowedHosts::parse(good).unwrap_or(hosts);
        }
        // The sandbox is a site on this machine.
        if development {
            hosts.with_loopback()
        } else {
            hosts
        }
    }

    /// Where tenants are kept, and the keys that their secrets are sealed with.
    fn store(&mut self, folder: &Path) -> (StoreSettings, Option<StoreKeys>) {
        let found = self.value("store");
        let (value, pointer) = found.unwrap_or_else(|| (Value::Null, "store".to_owned()));
        let store = match self.expand_deep(value, &pointer) {
            Value::Null => Map::new(),
            Value::Object(store) => store,
            _ => self
                .wrong(&Origin::File(pointer.clone()), "must be an object")
                .unwrap_or_default(),
        };
        let env = self.env;
        let variable = |name: &str| env.get(name).map(str::to_owned);
        let settings = StoreSettings::from_ace(&store, folder, &variable);
        let settings = settings.unwrap_or_else(|faults| {
            for fault in faults {
                self.wrong_store::<()>(fault, &store, &pointer);
            }
            StoreSettings::Memory
        });
        let keys = self.store_keys().or_else(|| {
            let named = StoreKeys::from_store(&store, folder);
            named.unwrap_or_else(|fault| self.wrong_store(fault, &store, &pointer))
        });
        (settings, keys)
    }

    fn wrong_store<T>(
        &mut self,
        fault: SettingsFault,
        store: &Map<String, Value>,
        pointer: &str,
    ) -> Option<T> {
        let origin = match fault.key.as_str() {
            key if self.env.get(key).is_some() => Origin::Variable(fault.key),
            key if store.contains_key(key) => Origin::File(format!("{pointer}/{key}")),
            "" => Origin::File(pointer.to_owned()),
            key => {
                let message = format!("has a `{key}` that {}", fault.message);
                return self.wrong(&Origin::File(pointer.to_owned()), &message);
            }
        };
        self.wrong(&origin, &fault.message)
    }

    /// The keys themselves come from the environment alone: in the file they would be kept with
    /// what they lock.
    fn store_keys(&mut self) -> Option<StoreKeys> {
        let (text, origin) = self.env_text("CONNECT_STORE_KEYS")?;
        match Keyring::parse(&text) {
            Ok(_) => Some(StoreKeys::Given(Secret::new(text))),
            Err(StoreError::Settings { problem }) => self.wrong(&origin, &problem),
            Err(error) => self.wrong(&origin, &error.to_string()),
        }
    }

    /// Replaces `$NAME` in every text below a value.
    fn expand_deep(&mut self, value: Value, pointer: &str) -> Value {
        match value {
            Value::String(text) => {
                Value::String(self.expand(&text, &Origin::File(pointer.to_owned())))
            }
            Value::Array(items) => items
                .into_iter()
                .enumerate()
                .map(|(at, item)| self.expand_deep(item, &format!("{pointer}/{at}")))
                .collect(),
            Value::Object(members) => members
                .into_iter()
                .map(|(name, value)| {
                    let value = self.expand_deep(value, &format!("{pointer}/{name}"));
                    (name, value)
                })
                .collect(),
            other => other,
        }
    }

    /// Replaces `$NAME` by the environment's value. ACE leaves the text when there is none; we
    /// say so, because a URL with a `$` in it is never what was meant.
    fn expand(&mut self, text: &str, origin: &Origin) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            let starts = after.starts_with(|c: char| c.is_ascii_alphabetic());
            let end = after
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                .unwrap_or(after.len());
            let name = &after[..end];
            // `$port` is ACE's own placeholder in `localBaseUrl`.
            if !starts || name == "port" {
                out.push('$');
                rest = after;
                continue;
            }
            match self.env.get(name).filter(|value| !value.is_empty()) {
                Some(value) => out.push_str(value),
                None => {
                    self.wrong::<()>(
                        origin,
                        &format!("names the variable `{name}`, which is not set"),
                    );
                }
            }
            rest = &after[end..];
        }
        out.push_str(rest);
        out
    }

    fn check<T, E: Into<ConfigError>>(
        &mut self,
        origin: &Origin,
        result: Result<T, E>,
    ) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => self.wrong(origin, &error.into().to_string()),
        }
    }

    /// A message may repeat a value, and a URL in the wrong place has a password in it.
    fn wrong<T>(&mut self, origin: &Origin, message: &str) -> Option<T> {
        let message = redact(message);
        let finding = match origin {
            Origin::File(pointer) => Finding {
                file: "config.json".to_owned(),
                line: self.document.line(&format!("/{pointer}")),
                key: pointer.replace('/', "."),
                message,
            },
            Origin::Variable(name) => Finding {
                file: name.clone(),
                line: 0,
                key: String::new(),
                message,
            },
        };
        self.findings.push(finding);
        None
    }

    /// An unknown key is reported in the log, not refused: ACE hands every key to the app, so an
    /// app may have keys of its own.
    fn report_unknown_keys(&self) {
        for (name, value) in &self.document.root {
            let Some(section) = value
                .as_object()
                .filter(|_| !KNOWN_KEYS.contains(&name.as_str()))
            else {
                self.report_unknown("", name);
                continue;
            };
            for key in section.keys() {
                self.report_unknown(&format!("{name}/"), key);
            }
        }
    }

    fn report_unknown(&self, section: &str, key: &str) {
        if !KNOWN_KEYS.contains(&key) {
            let line = self.document.line(&format!("/{section}{key}"));
            tracing::info!("config.json:{line}: `{key}` is not a key of the runtime");
        }
    }
}

/// Where a value came from.
#[derive(Clone, Debug)]
enum Origin {
    /// A pointer into config.json, without its leading slash.
    File(String),
    /// An environment variable.
    Variable(String),
}

/// A key server must be out of an eavesdropper's reach: https, or this machine.
fn key_server(text: &str) -> Result<BaseUrl, ConfigError> {
    let url = BaseUrl::parse(text)?;
    if url.is_https() || url.is_loopback() {
        Ok(url)
    } else {
        Err(ConfigError::KeyServer {
            url: url.to_string(),
        })
    }
}

const DEFAULT_HOST_SCRIPT: &str = "https://connect-cdn.atl-paas.net/all.js";

/// ACE takes the id with and without its prefix.
fn app_id(text: &str) -> String {
    const PREFIX: &str = "ari:cloud:ecosystem::app/";
    if text.starts_with(PREFIX) {
        text.to_owned()
    } else {
        format!("{PREFIX}{text}")
    }
}

/// Every key that ACE or we read.
const KNOWN_KEYS: &[&str] = &[
    "allowedBaseUrls",
    "appId",
    "appKey",
    "authorizationServer",
    "cloud",
    "errorTemplate",
    "errorTemplateName",
    "errorTemplateObject",
    "expressErrorHandling",
    "forgeKeysUrl",
    "hostScriptUrl",
    "hosts",
    "jwt",
    "legacySessionTokens",
    "license",
    "localBaseUrl",
    "maxTokenAge",
    "port",
    "product",
    "setupInstallRoute",
    "store",
    "userAgent",
    "validateDescriptor",
    "watch",
    "whitelist",
];
