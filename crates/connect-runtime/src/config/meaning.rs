//! What the values mean: each setting, its variable, its key, its default.

use std::path::Path;

use connect_core::{
    AllowedHosts, AppKey, BaseUrl, ConfigError, Product, Secret, forge::KeySource,
    impersonation::AuthorizationServers, install_keys::KeyHosts, store::StoreError, time::Seconds,
};
use connect_store::{Keyring, StoreKeys, StoreSettings, settings::SettingsFault};
use serde_json::{Map, Value};

use super::{
    Config, ErrorView, Options,
    reader::{Origin, Reader},
};

impl Reader<'_> {
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
