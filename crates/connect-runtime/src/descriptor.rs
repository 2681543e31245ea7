//! The descriptor as it is served: placeholders filled in.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::SystemTime,
};

use connect_core::{AppKey, BaseUrl, lifecycle::LifecycleEvent};
use serde_json::{Map, Value};

use crate::config::{Config, Document};

/// The app's descriptor: a JSON object with at least `key` and `baseUrl`.
#[derive(Clone, Debug, PartialEq)]
pub struct Descriptor {
    root: Map<String, Value>,
    key: AppKey,
    base_url: BaseUrl,
}

/// The descriptor cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DescriptorError {
    /// It is not JSON, or a member that must be there is not.
    #[error("{file}:{line}: {problem}")]
    Invalid {
        /// The file.
        file: String,
        /// The line, 1 for the first.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// The file cannot be read.
    #[error("cannot read {file}")]
    Unreadable {
        /// The file.
        file: String,
        /// What the operating system says.
        #[source]
        source: std::io::Error,
    },
}

/// A descriptor file and its last good version.
pub(crate) struct DescriptorFile {
    path: PathBuf,
    values: Placeholders,
    transform: Box<Filled>,
    /// In development the file is read again whenever it has changed.
    follow: bool,
    current: RwLock<(Option<SystemTime>, Arc<Descriptor>)>,
}

/// Changes the descriptor before it is served.
#[derive(Default)]
pub(crate) struct Transformer(pub(crate) Option<Box<Transform>>);

type Transform = dyn Fn(&mut Map<String, Value>, &Config) + Send + Sync;

/// A transformation whose configuration is already given.
type Filled = dyn Fn(&mut Map<String, Value>) + Send + Sync;

#[derive(Clone, Debug)]
struct Placeholders {
    local_base_url: String,
    environment: String,
    app_key: Option<String>,
}

impl Descriptor {
    /// The app's key.
    pub fn key(&self) -> &AppKey {
        &self.key
    }

    /// The app's base URL.
    pub fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    /// The whole descriptor.
    pub fn as_json(&self) -> &Map<String, Value> {
        &self.root
    }

    /// The lifecycle event whose call goes to this path, which is relative to the base URL.
    pub fn lifecycle_event(&self, path: &str) -> Option<LifecycleEvent> {
        use LifecycleEvent::{Disabled, Enabled, Installed, Uninstalled};
        [Disabled, Enabled, Installed, Uninstalled]
            .into_iter()
            .find(|event| {
                let configured = self
                    .root
                    .get("lifecycle")
                    .and_then(|all| all.get(event.as_str()));
                configured.and_then(Value::as_str).map(path_of) == Some(path)
            })
    }

    /// The event of the webhook whose calls go to this path, which is relative to the base URL.
    pub fn webhook_event(&self, path: &str) -> Option<&str> {
        let webhooks = self.root.get("modules")?.get("webhooks")?;
        let all = match webhooks {
            Value::Array(all) => all.as_slice(),
            one => std::slice::from_ref(one),
        };
        let found = all.iter().find(|webhook| {
            let url = webhook.get("url").and_then(Value::as_str);
            url.map(path_of) == Some(path)
        })?;
        found.get("event")?.as_str()
    }

    fn parse(
        file: &str,
        text: &str,
        values: &Placeholders,
        transform: &dyn Fn(&mut Map<String, Value>),
    ) -> Result<Self, DescriptorError> {
        let invalid = |line, problem: &str| DescriptorError::Invalid {
            file: file.to_owned(),
            line,
            problem: problem.to_owned(),
        };
        let mut document = Document::parse(file, text)
            .map_err(|finding| invalid(finding.line, &finding.message))?;
        for value in document.root.values_mut() {
            values.fill(value);
        }
        transform(&mut document.root);
        let text = |name: &str| document.root.get(name).and_then(Value::as_str);
        let key = text("key")
            .ok_or_else(|| invalid(1, "`key` is missing"))
            .and_then(|key| {
                AppKey::parse(key)
                    .map_err(|error| invalid(document.line("/key"), &error.to_string()))
            })?;
        let base_url = text("baseUrl")
            .ok_or_else(|| invalid(1, "`baseUrl` is missing"))
            .and_then(|url| {
                BaseUrl::parse(url)
                    .map_err(|error| invalid(document.line("/baseUrl"), &error.to_string()))
            })?;
        Ok(Self {
            key,
            base_url,
            root: document.root,
        })
    }
}

impl DescriptorFile {
    /// That of an app that Connect does not know: there is nothing to serve.
    pub(crate) fn none(key: AppKey, config: &Config) -> Self {
        let nothing = Descriptor {
            root: Map::new(),
            key,
            base_url: config.local_base_url.clone(),
        };
        Self {
            path: PathBuf::new(),
            values: Placeholders::of(config),
            transform: Box::new(|_| {}),
            follow: false,
            current: RwLock::new((None, Arc::new(nothing))),
        }
    }

    pub(crate) fn open(
        path: &Path,
        config: &Config,
        transformer: Transformer,
    ) -> Result<Self, DescriptorError> {
        let settings = config.clone();
        let transform = Box::new(move |root: &mut Map<String, Value>| {
            if let Some(transform) = &transformer.0 {
                transform(root, &settings);
            }
        });
        let values = Placeholders::of(config);
        let (changed, descriptor) = read(path, &values, &*transform)?;
        Ok(Self {
            path: path.to_owned(),
            values,
            transform,
            follow: config.is_development(),
            current: RwLock::new((changed, Arc::new(descriptor))),
        })
    }

    /// The descriptor, read again first if the file has changed and we follow it. A version that
    /// cannot be served is logged and the last good one kept.
    pub(crate) fn current(&self) -> Arc<Descriptor> {
        let lock = || self.current.read().unwrap_or_else(PoisonError::into_inner);
        if self.follow {
            let changed = modified(&self.path);
            if changed != lock().0 {
                match read(&self.path, &self.values, &*self.transform) {
                    Ok((changed, descriptor)) => {
                        let mut current =
                            self.current.write().unwrap_or_else(PoisonError::into_inner);
                        *current = (changed, Arc::new(descriptor));
                    }
                    Err(error) => tracing::warn!(%error, "the last good descriptor stays"),
                }
            }
        }
        Arc::clone(&lock().1)
    }
}

impl std::fmt::Debug for DescriptorFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DescriptorFile")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Transformer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Transformer")
    }
}

impl Placeholders {
    fn of(config: &Config) -> Self {
        Self {
            local_base_url: config.local_base_url.to_string(),
            environment: config.environment.clone(),
            app_key: config.app_key.as_ref().map(ToString::to_string),
        }
    }

    /// Fills in every occurrence in every text.
    fn fill(&self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.fill(item)),
            Value::Object(members) => members.values_mut().for_each(|item| self.fill(item)),
            Value::String(text) if text.contains("{{") => {
                *text = text
                    .replace("{{localBaseUrl}}", &self.local_base_url)
                    .replace("{{environment}}", &self.environment);
                if let Some(key) = &self.app_key {
                    *text = text.replace("{{appKey}}", key);
                }
            }
            _ => {}
        }
    }
}

fn read(
    path: &Path,
    values: &Placeholders,
    transform: &dyn Fn(&mut Map<String, Value>),
) -> Result<(Option<SystemTime>, Descriptor), DescriptorError> {
    let changed = modified(path);
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|source| DescriptorError::Unreadable {
        file: file.clone(),
        source,
    })?;
    Ok((changed, Descriptor::parse(&file, &text, values, transform)?))
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}

/// The path of a URL that may carry a query of its own.
fn path_of(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Placeholders {
        Placeholders {
            local_base_url: "https://x.example".to_owned(),
            environment: "development".to_owned(),
            app_key: Some("com.example.$&".to_owned()),
        }
    }

    #[test]
    fn every_occurrence_is_filled_in() {
        let mut value = serde_json::json!({
            "a": ["{{localBaseUrl}}/a {{localBaseUrl}}/b", {"b": "{{environment}}-{{appKey}}-{{appKey}}"}],
            "c": "{{other}} {issue.key}",
        });
        values().fill(&mut value);
        assert_eq!(
            value,
            serde_json::json!({
                "a": ["https://x.example/a https://x.example/b", {"b": "development-com.example.$&-com.example.$&"}],
                "c": "{{other}} {issue.key}",
            })
        );
    }

    #[test]
    fn lifecycle_paths_are_found() {
        let text = r#"{"key":"k","baseUrl":"{{localBaseUrl}}","lifecycle":{"installed":"/in?x=1","enabled":"/on"}}"#;
        let descriptor = Descriptor::parse("d", text, &values(), &|_| {}).unwrap();
        assert_eq!(
            descriptor.lifecycle_event("/in"),
            Some(LifecycleEvent::Installed)
        );
        assert_eq!(
            descriptor.lifecycle_event("/on"),
            Some(LifecycleEvent::Enabled)
        );
        assert_eq!(descriptor.lifecycle_event("/out"), None);
        assert_eq!(descriptor.base_url().as_str(), "https://x.example");
    }

    #[test]
    fn webhook_paths_are_found_in_a_list_and_alone() {
        for webhooks in [
            r#"[{"event":"a","url":"/a"},{"event":"b","url":"/b?x"}]"#,
            r#"{"event":"b","url":"/b"}"#,
        ] {
            let text = format!(
                r#"{{"key":"k","baseUrl":"{{{{localBaseUrl}}}}","modules":{{"webhooks":{webhooks}}}}}"#
            );
            let descriptor = Descriptor::parse("d", &text, &values(), &|_| {}).unwrap();
            assert_eq!(descriptor.webhook_event("/b"), Some("b"));
            assert_eq!(descriptor.webhook_event("/c"), None);
        }
    }

    #[test]
    fn a_transformer_has_the_last_word() {
        let text = r#"{"key":"k","baseUrl":"{{localBaseUrl}}"}"#;
        let rename = |root: &mut Map<String, Value>| {
            root.insert("key".to_owned(), "other".into());
        };
        assert_eq!(
            Descriptor::parse("d", text, &values(), &rename)
                .unwrap()
                .key()
                .as_str(),
            "other"
        );
    }

    #[test]
    fn what_cannot_be_served_says_where() {
        let error = |text: &str| {
            Descriptor::parse("d.json", text, &values(), &|_| {})
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            error("{\n\"key\": \"a b\",\n\"baseUrl\": \"x\"}"),
            "d.json:2: app key is holding a character that is not allowed"
        );
        assert_eq!(
            error("{\"key\": \"a\",\n\"baseUrl\": \"x\"}"),
            "d.json:2: base URL is not a URL"
        );
        assert_eq!(error("{}"), "d.json:1: `key` is missing");
        assert!(error("{\n\n\"key\" 1}").starts_with("d.json:3: "));
    }
}
