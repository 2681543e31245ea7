//! An app's descriptor, as far as a host needs it.

use std::collections::BTreeSet;

use connect_core::{AppKey, BaseUrl, Product};
use serde_json::Value;
use url::Url;

/// A descriptor that a host accepts.
#[derive(Debug)]
pub(crate) struct Descriptor {
    pub(crate) key: AppKey,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) vendor: Option<String>,
    pub(crate) base_url: BaseUrl,
    /// `baseUrl` as the descriptor spells it: the audience of install tokens.
    pub(crate) audience: String,
    /// False for `authentication.type` `none`.
    pub(crate) jwt: bool,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) licensing: bool,
    pub(crate) scopes: BTreeSet<Scope>,
    pub(crate) modules: Vec<Module>,
    pub(crate) version: String,
}

/// Where lifecycle calls go.
#[derive(Debug, Default)]
pub(crate) struct Lifecycle {
    pub(crate) installed: Option<Url>,
    pub(crate) enabled: Option<Url>,
    pub(crate) disabled: Option<Url>,
    pub(crate) uninstalled: Option<Url>,
}

/// One module, with everything the descriptor says of it.
#[derive(Clone, Debug)]
pub(crate) struct Module {
    pub(crate) kind: String,
    pub(crate) key: String,
    pub(crate) name: String,
    /// As written: variables not filled in, relative to the base URL.
    pub(crate) url: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) weight: i64,
    /// Shown without token and parameters, so that it can be cached.
    pub(crate) cacheable: bool,
    /// Everything else.
    pub(crate) raw: Value,
}

/// What an app may do (Atlassian, "Scopes for Connect apps").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    Read,
    Write,
    Delete,
    ProjectAdmin,
    SpaceAdmin,
    Admin,
    ActAsUser,
    AccessEmailAddresses,
}

/// Why a host does not take a descriptor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// UPM's code.
    pub(crate) sub_code: &'static str,
    pub(crate) message: String,
}

impl Descriptor {
    /// Reads and checks a descriptor for a product.
    pub(crate) fn parse(text: &[u8], product: Product) -> Result<Self, Refused> {
        let malformed =
            |message: String| refused("connect.invalid.descriptor.malformed.json", message);
        let text = str::from_utf8(text)
            .map_err(|_| malformed("the descriptor is not UTF-8".to_owned()))?;
        let json: Value = serde_json::from_str(text)
            .map_err(|error| malformed(format!("the descriptor is not JSON: {error}")))?;
        check_by_hand(&json)?;
        check(text, product)?;

        let invalid = |message: &str| refused(VALIDATION, message.to_owned());
        let key = json["key"].as_str().unwrap_or_default();
        let key = AppKey::parse(key).map_err(|problem| invalid(&format!("`key`: {problem}")))?;
        let audience = json["baseUrl"].as_str().unwrap_or_default().to_owned();
        let base_url = base_url(&audience)?;
        let callback = |name: &str| match json["lifecycle"][name].as_str() {
            None => Ok(None),
            Some(path) => resolve(&base_url, path)
                .filter(|url| url.origin().ascii_serialization() == base_url.origin())
                .map(Some)
                .ok_or_else(|| invalid(&format!("`lifecycle.{name}` leaves the base URL"))),
        };
        let lifecycle = Lifecycle {
            installed: callback("installed")?,
            enabled: callback("enabled")?,
            disabled: callback("disabled")?,
            uninstalled: callback("uninstalled")?,
        };
        let words = json["scopes"].as_array().map_or(&[][..], Vec::as_slice);
        Ok(Self {
            name: json["name"].as_str().unwrap_or(key.as_str()).to_owned(),
            description: json["description"].as_str().unwrap_or_default().to_owned(),
            vendor: json["vendor"]["name"].as_str().map(str::to_owned),
            licensing: json["enableLicensing"].as_bool().unwrap_or(false),
            scopes: words
                .iter()
                .filter_map(|word| Scope::parse(word.as_str()?))
                .collect(),
            modules: modules(&json["modules"]),
            version: json["version"].as_str().unwrap_or("1.0.0-AC").to_owned(),
            audience,
            base_url,
            jwt: is_jwt(&json),
            key,
            lifecycle,
        })
    }

    pub(crate) fn module(&self, key: &str) -> Option<&Module> {
        self.modules.iter().find(|module| module.key == key)
    }

    /// Whether an address is the app's own: what is signed with the secret of a tenant goes there
    /// alone.
    pub(crate) fn owns(&self, url: &Url) -> bool {
        url.origin().ascii_serialization() == self.base_url.origin()
    }

    /// An address of the app: relative to its base URL unless it is a URL of its own.
    pub(crate) fn url(&self, path: &str) -> Option<Url> {
        resolve(&self.base_url, path)
    }
}

impl Scope {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word.to_ascii_uppercase().as_str() {
            "ACCESS_EMAIL_ADDRESSES" => Self::AccessEmailAddresses,
            "ACT_AS_USER" => Self::ActAsUser,
            "ADMIN" => Self::Admin,
            "DELETE" => Self::Delete,
            "PROJECT_ADMIN" => Self::ProjectAdmin,
            "READ" => Self::Read,
            "SPACE_ADMIN" => Self::SpaceAdmin,
            "WRITE" => Self::Write,
            _ => return None,
        })
    }

    /// The word of the descriptor.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::AccessEmailAddresses => "ACCESS_EMAIL_ADDRESSES",
            Self::ActAsUser => "ACT_AS_USER",
            Self::Admin => "ADMIN",
            Self::Delete => "DELETE",
            Self::ProjectAdmin => "PROJECT_ADMIN",
            Self::Read => "READ",
            Self::SpaceAdmin => "SPACE_ADMIN",
            Self::Write => "WRITE",
        }
    }

    /// Whether having this scope means having the other one too.
    pub(crate) fn implies(self, other: Self) -> bool {
        let ladder = |scope| match scope {
            Self::Read => Some(1),
            Self::Write => Some(2),
            Self::Delete => Some(3),
            Self::ProjectAdmin | Self::SpaceAdmin => Some(4),
            Self::Admin => Some(5),
            Self::AccessEmailAddresses | Self::ActAsUser => None,
        };
        match (ladder(self), ladder(other)) {
            (Some(mine), Some(theirs)) => mine > theirs || self == other,
            _ => self == other,
        }
    }
}

/// What a host has codes of its own for, before the schema says the same less clearly.
fn check_by_hand(json: &Value) -> Result<(), Refused> {
    if let Some(text) = json["baseUrl"].as_str() {
        base_url(text)?;
    }
    if is_jwt(json) && json["key"].is_string() && json["lifecycle"]["installed"].is_null() {
        return Err(refused(
            "connect.install.error.auth.with.no.installed.callback",
            "an app that is authenticated by JWT needs `lifecycle.installed`, or it never learns its shared secret".to_owned(),
        ));
    }
    Ok(())
}

fn is_jwt(json: &Value) -> bool {
    let kind = json["authentication"]["type"].as_str();
    kind.is_none_or(|kind| !kind.eq_ignore_ascii_case("none"))
}

fn check(text: &str, product: Product) -> Result<(), Refused> {
    let product = match product {
        Product::Bitbucket => connect_validator::Product::Bitbucket,
        Product::Confluence => connect_validator::Product::Confluence,
        Product::Jira => connect_validator::Product::Jira,
    };
    let options = connect_validator::Options {
        product: Some(product),
        ..connect_validator::Options::default()
    };
    let report = connect_validator::check(text, &options);
    let errors: Vec<String> = report
        .findings
        .iter()
        .filter(|finding| finding.level == connect_validator::Level::Error)
        .take(MOST_FINDINGS)
        .map(|finding| format!("line {}: {}", finding.span.line, finding.message))
        .collect();
    if errors.is_empty() {
        Ok(())
    } else {
        Err(refused(
            VALIDATION,
            format!(
                "the descriptor does not fit the schema: {}",
                errors.join("; ")
            ),
        ))
    }
}

fn base_url(text: &str) -> Result<BaseUrl, Refused> {
    if !text.contains("://") {
        return Err(refused(
            "connect.install.error.base_url.no_scheme",
            "`baseUrl` must begin with https:// (or http:// on this machine)".to_owned(),
        ));
    }
    let url = BaseUrl::parse(text)
        .map_err(|problem| refused(VALIDATION, format!("`baseUrl`: {problem}")))?;
    // A real host refuses every http address; the sandbox takes those that stay on this machine.
    if !url.is_https() && !url.is_loopback() {
        return Err(refused(
            "connect.install.error.base_url.no_tls",
            "`baseUrl` must use https unless the app is on this machine".to_owned(),
        ));
    }
    Ok(url)
}

fn resolve(base: &BaseUrl, path: &str) -> Option<Url> {
    let url = if path.starts_with("http://") || path.starts_with("https://") {
        Url::parse(path).ok()?
    } else {
        let slash = if path.starts_with('/') { "" } else { "/" };
        Url::parse(&format!("{base}{slash}{path}")).ok()?
    };
    (url.username().is_empty() && url.password().is_none()).then_some(url)
}

fn modules(modules: &Value) -> Vec<Module> {
    let Some(kinds) = modules.as_object() else {
        return Vec::new();
    };
    let one = |kind: &str, raw: &Value| {
        let name = raw["name"]["value"].as_str().or(raw["name"].as_str());
        let key = raw["key"].as_str().unwrap_or_default();
        Module {
            kind: kind.to_owned(),
            key: key.to_owned(),
            name: name.unwrap_or(key).to_owned(),
            url: raw["url"].as_str().map(str::to_owned),
            location: raw["location"].as_str().map(str::to_owned),
            weight: raw["weight"].as_i64().unwrap_or(100),
            cacheable: raw["cacheable"].as_bool().unwrap_or(false),
            raw: raw.clone(),
        }
    };
    kinds
        .iter()
        .flat_map(|(kind, value)| match value {
            Value::Array(many) => many.iter().map(|raw| one(kind, raw)).collect(),
            Value::Object(_) => vec![one(kind, value)],
            _ => Vec::new(),
        })
        .take(MOST_MODULES)
        .collect()
}

fn refused(sub_code: &'static str, message: String) -> Refused {
    Refused { sub_code, message }
}

const VALIDATION: &str = "connect.install.error.remote.descriptor.validation.dev";

/// Messages in one refusal; the rest is for `connect validate`.
const MOST_FINDINGS: usize = 10;

/// Far more than any real app has.
const MOST_MODULES: usize = 1_000;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn minimal() -> Value {
        json!({
            "key": "com.example.app",
            "name": "Example",
            "baseUrl": "http://127.0.0.1:3000/",
            "authentication": { "type": "jwt" },
            "lifecycle": { "installed": "/installed" },
            "scopes": ["READ"],
            "apiVersion": 1,
            "modules": { "generalPages": [{ "key": "hello", "url": "/hello", "name": { "value": "Hello" } }] },
        })
    }

    fn parse(json: &Value) -> Result<Descriptor, Refused> {
        Descriptor::parse(json.to_string().as_bytes(), Product::Jira)
    }

    #[test]
    fn a_descriptor_is_read() {
        let descriptor = parse(&minimal()).unwrap();
        assert_eq!(descriptor.key.as_str(), "com.example.app");
        assert_eq!(descriptor.audience, "http://127.0.0.1:3000/");
        let installed = descriptor.lifecycle.installed.as_ref().unwrap();
        assert_eq!(installed.as_str(), "http://127.0.0.1:3000/installed");
        let page = descriptor.module("hello").unwrap();
        assert!(page.is_page());
        assert_eq!(page.name, "Hello");
    }

    #[test]
    fn what_a_host_refuses_is_refused_with_its_code() {
        let with = |pointer: &str, value: Value| {
            let mut json = minimal();
            *json.pointer_mut(pointer).unwrap() = value;
            parse(&json).unwrap_err().sub_code
        };
        assert_eq!(
            with("/baseUrl", json!("http://app.example")),
            "connect.install.error.base_url.no_tls"
        );
        assert_eq!(
            with("/lifecycle", json!({})),
            "connect.install.error.auth.with.no.installed.callback"
        );
        assert_eq!(
            with("/lifecycle/installed", json!("https://evil.example/x")),
            VALIDATION
        );
        assert_eq!(with("/key", json!("no blanks")), VALIDATION);
        let refused = Descriptor::parse(b"{\"key\":", Product::Jira).unwrap_err();
        assert_eq!(
            refused.sub_code,
            "connect.invalid.descriptor.malformed.json"
        );
    }

    #[test]
    fn scopes_imply_smaller_ones() {
        assert!(Scope::Write.implies(Scope::Read));
        assert!(!Scope::Read.implies(Scope::Write));
        assert!(!Scope::Admin.implies(Scope::ActAsUser));
        assert!(!Scope::ProjectAdmin.implies(Scope::SpaceAdmin));
    }
}
