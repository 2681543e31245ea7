//! Looking values up in the environment and the file, and collecting what is wrong with them.

use connect_core::{ConfigError, redact::redact};
use serde_json::{Map, Value};

use super::{Document, Env, Finding};

/// Looks values up and collects what is wrong with them.
pub(super) struct Reader<'a> {
    document: Document,
    pub(super) environment: String,
    pub(super) env: &'a Env,
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

    pub(super) fn flag(&mut self, key: &str, default: bool) -> bool {
        match self.value(key) {
            None => default,
            Some((Value::Bool(flag), _)) => flag,
            Some((_, pointer)) => self
                .wrong(&Origin::File(pointer), "must be true or false")
                .unwrap_or(default),
        }
    }

    /// A value of the file: the section of the environment first, then the top level.
    pub(super) fn value(&self, key: &str) -> Option<(Value, String)> {
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

    pub(super) fn env_text(&self, variable: &str) -> Option<(String, Origin)> {
        let text = self.env.get(variable).filter(|text| !text.is_empty())?;
        Some((text.to_owned(), Origin::Variable(variable.to_owned())))
    }

    pub(super) fn text(&mut self, variable: &str, key: &str) -> Option<(String, Origin)> {
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

    pub(super) fn number(&mut self, variable: &str, key: &str, default: i64, highest: i64) -> i64 {
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

    pub(super) fn nested_number(
        &mut self,
        key: &str,
        name: &str,
        default: i64,
        highest: i64,
    ) -> i64 {
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
    pub(super) fn list(&mut self, variable: &str, key: &str) -> Option<Vec<(String, Origin)>> {
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

    /// Replaces `$NAME` in every text below a value.
    pub(super) fn expand_deep(&mut self, value: Value, pointer: &str) -> Value {
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

    pub(super) fn check<T, E: Into<ConfigError>>(
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
    pub(super) fn wrong<T>(&mut self, origin: &Origin, message: &str) -> Option<T> {
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
    pub(super) fn report_unknown_keys(&self) {
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
pub(super) enum Origin {
    /// A pointer into config.json, without its leading slash.
    File(String),
    /// An environment variable.
    Variable(String),
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
