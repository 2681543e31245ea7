//! What the tools need to know of a descriptor besides whether it is right.

use serde::Serialize;

use crate::checker::Checker;
use crate::finding::{Finding, Level};
use crate::json::{Node, parse};
use crate::{Options, Placeholders, within_limit};

/// What a descriptor says, with placeholders filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Summary {
    /// `key`.
    pub key: String,
    /// `name`; the key if there is none.
    pub name: String,
    /// `baseUrl`, empty if there is none.
    pub base_url: String,
    /// `authentication.type` in lower case: `jwt` or `none`.
    pub authentication: String,
    /// The scopes in upper case.
    pub scopes: Vec<String>,
    /// The lifecycle callbacks, as written.
    pub lifecycle: Lifecycle,
    /// Every module, in the order of the file.
    pub modules: Vec<Module>,
}

/// Paths of the lifecycle callbacks; `None` where the app does not ask to be told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Lifecycle {
    /// Told with the shared secret when the app is installed.
    pub installed: Option<String>,
    /// Told before the app is removed.
    pub uninstalled: Option<String>,
    /// Told after the app was switched on.
    pub enabled: Option<String>,
    /// Told after the app was switched off.
    pub disabled: Option<String>,
}

/// One module of a descriptor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Module {
    /// Its type, such as `generalPages`.
    pub module_type: String,
    /// Its key; `None` for modules without one, such as webhooks.
    pub key: Option<String>,
    /// Its URL as written, usually relative to the base URL; that of its `target` where it has none of its own.
    pub url: Option<String>,
    /// Its name in the default language.
    pub name: Option<String>,
    /// Where it stands in the product.
    pub location: Option<String>,
    /// The event, for webhooks.
    pub event: Option<String>,
}

impl Module {
    /// Whether the host shows it as a page of its own, under `/plugins/servlet/ac/{app}/{module}`.
    pub fn is_page(&self) -> bool {
        PAGE_TYPES.contains(&self.module_type.as_str()) && self.key.is_some() && self.url.is_some()
    }
}

impl Summary {
    /// The modules that the host shows as pages of their own.
    pub fn pages(&self) -> impl Iterator<Item = &Module> {
        self.modules.iter().filter(|module| module.is_page())
    }
}

/// Reads what a descriptor says, as far as it can be read.
///
/// # Errors
/// The findings of level error that keep it from being read: it is not JSON, not an object, or has no key.
pub fn descriptor_facts(source: &str, options: &Options) -> Result<Summary, Vec<Finding>> {
    let errors = |mut findings: Vec<Finding>| {
        findings.retain(|finding| finding.level == Level::Error);
        findings
    };
    if !within_limit(source) {
        return Err(errors(crate::check(source, options).findings));
    }
    let mut parsed = parse(source);
    let mut checker = Checker::new(source, options);
    checker.problems(&mut parsed);
    let problems = errors(checker.finish().findings);
    let summary = parsed
        .root
        .as_ref()
        .and_then(|root| summary(root, &options.placeholders));
    match summary {
        Some(summary) if problems.is_empty() => Ok(summary),
        _ if !problems.is_empty() => Err(problems),
        _ => Err(errors(crate::check(source, options).findings)),
    }
}

fn summary(root: &Node<'_>, values: &Placeholders) -> Option<Summary> {
    let text = |node: &Node<'_>, name: &str| -> Option<String> {
        let text = node.get(name)?.as_str()?;
        Some(values.fill(text).text.into_owned())
    };
    let key = text(root, "key").filter(|key| !key.is_empty())?;
    let lifecycle = root.get("lifecycle");
    let path = |name| lifecycle.and_then(|node| text(node, name));
    Some(Summary {
        name: text(root, "name").unwrap_or_else(|| key.clone()),
        base_url: text(root, "baseUrl").unwrap_or_default(),
        authentication: root
            .get("authentication")
            .and_then(|node| text(node, "type"))
            .map_or_else(|| "jwt".to_owned(), |kind| kind.to_ascii_lowercase()),
        scopes: root
            .get("scopes")
            .and_then(Node::as_array)
            .unwrap_or_default()
            .iter()
            .filter_map(|scope| Some(scope.as_str()?.to_ascii_uppercase()))
            .collect(),
        lifecycle: Lifecycle {
            installed: path("installed"),
            uninstalled: path("uninstalled"),
            enabled: path("enabled"),
            disabled: path("disabled"),
        },
        modules: modules(root, &text),
        key,
    })
}

fn modules(root: &Node<'_>, text: &dyn Fn(&Node<'_>, &str) -> Option<String>) -> Vec<Module> {
    let members = root.get("modules").and_then(Node::as_object);
    let mut modules = Vec::new();
    for member in members.iter().flat_map(|object| &object.members) {
        let one = std::slice::from_ref(&member.value);
        for node in member.value.as_array().unwrap_or(one) {
            if node.as_object().is_none() {
                continue;
            }
            modules.push(Module {
                module_type: member.key.clone().into_owned(),
                key: text(node, "key"),
                url: text(node, "url")
                    .or_else(|| node.get("target").and_then(|target| text(target, "url"))),
                name: text(node, "name")
                    .or_else(|| node.get("name").and_then(|name| text(name, "value"))),
                location: text(node, "location"),
                event: text(node, "event"),
            });
        }
    }
    modules
}

/// Module types with a page of their own.
const PAGE_TYPES: &[&str] = &[
    "adminPages",
    "configurePage",
    "generalPages",
    "jiraProjectPages",
    "postInstallPage",
];
