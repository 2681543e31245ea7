//! Checks `config.json` and `credentials.json`, the settings of a project.
//!
//! Both have the shapes of atlassian-connect-express 10 and later: JSON5, with `$NAME` for variables of the
//! environment.
//!
//! SECURITY: nothing that a credentials file says is repeated in a finding, save the names of its fields and its
//! hosts [test `tests/it/settings.rs`].

use serde_json::json;

use crate::checker::Checker;
use crate::codes::{self, Code};
use crate::json::{self, Member, Node, Object, Parsed, ProblemKind, Range, Value, shorten};
use crate::suggest::nearest;
use crate::{Options, Report};

/// Checks the text of a `config.json`.
///
/// Only what `connect` and atlassian-connect-express read is judged; an app may have settings of its own.
pub fn check_config(source: &str) -> Report {
    let codes = Common {
        double: &codes::CONFIG_DUPLICATE_KEY,
        syntax: &codes::CONFIG_SYNTAX,
        wrong_type: &codes::CONFIG_WRONG_TYPE,
    };
    run(source, &codes, |checker, root| {
        for member in &root.members {
            checker.member(&member.key, |checker| match member.value.as_object() {
                // What is no setting and has fields is the section of an environment.
                Some(section) if setting(&member.key).is_none() => section_of(checker, section),
                _ => one_setting(checker, member),
            });
        }
    })
}

/// Checks the text of a `credentials.json`.
pub fn check_credentials(source: &str) -> Report {
    let codes = Common {
        double: &codes::CREDENTIALS_DUPLICATE_KEY,
        syntax: &codes::CREDENTIALS_SYNTAX,
        wrong_type: &codes::CREDENTIALS_WRONG_TYPE,
    };
    run(source, &codes, |checker, root| {
        match root.get("hosts") {
            Some(hosts) => checker.member("hosts", |checker| match hosts.as_object() {
                Some(hosts) => hosts
                    .members
                    .iter()
                    .for_each(|member| host(checker, member)),
                None => wrong_type(
                    checker,
                    &codes::CREDENTIALS_WRONG_TYPE,
                    hosts,
                    "hosts",
                    "an object",
                ),
            }),
            // Before version 10 the hosts stood at the top.
            None => {
                let flat = root.members.iter().filter(|m| {
                    !["cloudflared", "ngrok"].contains(&&*m.key) && m.value.as_object().is_some()
                });
                flat.for_each(|member| host(checker, member));
            }
        }
        if let Some(ngrok) = root.get("ngrok")
            && let Some(token) = ngrok.get("authtoken")
            && token.as_str().is_none()
        {
            checker.member("ngrok", |checker| {
                checker.member("authtoken", |checker| {
                    wrong_type(
                        checker,
                        &codes::CREDENTIALS_WRONG_TYPE,
                        token,
                        "authtoken",
                        "a string",
                    );
                });
            });
        }
    })
}

/// The JSON Schema (draft 2020-12) of `config.json`.
pub(crate) fn config_schema() -> serde_json::Value {
    let variable = json!({ "type": "string", "pattern": r"\$[a-zA-Z]" });
    let text = json!({ "type": "string" });
    let mut settings = serde_json::Map::new();
    for (name, takes) in SETTINGS {
        let kind = match takes {
            Takes::Boolean => json!({ "anyOf": [{ "type": "boolean" }, variable] }),
            Takes::Number(least, most) => {
                let number = json!({ "type": "number", "minimum": least, "maximum": most });
                let digits = json!({ "type": "string", "pattern": r"^\s*[0-9.]+\s*$" });
                json!({ "anyOf": [number, digits, variable] })
            }
            Takes::Object => json!({ "type": "object" }),
            Takes::Product => {
                json!({ "anyOf": [{ "enum": ["jira", "confluence", "bitbucket"] }, variable] })
            }
            Takes::Text => text.clone(),
            Takes::Texts => json!({ "anyOf": [{ "type": "array", "items": text }, variable] }),
        };
        settings.insert((*name).to_owned(), kind);
    }
    let section =
        json!({ "anyOf": [{ "$ref": "#/$defs/settings" }, { "not": { "type": "object" } }] });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of an Atlassian Connect app, for all environments and for each",
        "type": "object",
        "properties": settings,
        "additionalProperties": section,
        "$defs": { "settings": { "type": "object", "properties": settings } },
    })
}

/// The JSON Schema (draft 2020-12) of `credentials.json`.
pub(crate) fn credentials_schema() -> serde_json::Value {
    let host = json!({
        "type": "object",
        "properties": {
            "password": {
                "description": "API token of the user; `$NAME` takes it from the environment.",
                "oneOf": [
                    { "type": "string" },
                    {
                        "type": "object",
                        "properties": { "command": {
                            "type": "array", "minItems": 1, "items": { "type": "string" },
                            "description": "A program that prints the token, and its arguments.",
                        } },
                        "required": ["command"],
                        "additionalProperties": false,
                    },
                    {
                        "type": "object",
                        "properties": { "keyring": {
                            "type": "string", "minLength": 1,
                            "description": "Name of the token in the system's keyring.",
                        } },
                        "required": ["keyring"],
                        "additionalProperties": false,
                    },
                ],
            },
            "product": { "enum": ["jira", "confluence"], "description": "What is to be found at this site." },
            "username": { "type": "string", "description": "E-mail address of an administrator of the site." },
        },
        "required": HOST_FIELDS,
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Development sites of an Atlassian Connect app, and how to log in there",
        "type": "object",
        "properties": {
            "hosts": {
                "type": "object",
                "additionalProperties": host,
                "description": "By the address of the site, such as `acme.atlassian.net`.",
            },
            "ngrok": {
                "type": "object",
                "properties": {
                    "authtoken": { "type": "string", "description": "Token of your ngrok account." },
                    "domain": { "type": "string", "description": "The name to take, one of those reserved for the account." },
                },
                "description": "How to open a tunnel with ngrok.",
            },
            "cloudflared": {
                "type": "object",
                "properties": {
                    "tunnel": { "type": "string", "description": "Name or id of a tunnel made with `cloudflared tunnel create`." },
                    "hostname": { "type": "string", "description": "The name whose DNS route leads to it." },
                },
                "required": ["tunnel", "hostname"],
                "description": "A named tunnel of cloudflared; without one it opens a quick tunnel.",
            },
        },
    })
}

/// The codes of what can be wrong with either file.
struct Common {
    double: &'static Code,
    syntax: &'static Code,
    wrong_type: &'static Code,
}

fn run(
    source: &str,
    codes: &Common,
    check: impl for<'t> FnOnce(&mut Checker<'t>, &'t Object<'t>),
) -> Report {
    let options = Options::default();
    let parsed = if crate::within_limit(source) {
        json::parse(source)
    } else {
        too_large()
    };
    let mut checker = Checker::new(source, &options);
    for problem in &parsed.problems {
        if !matches!(problem.kind, ProblemKind::Relaxed(_)) {
            // The reader's own words quote the text.
            let message = "this cannot be read: look for a comma, a colon, a quote or a bracket that is missing";
            checker.report(codes.syntax, problem.range, message);
        }
    }
    if let Some(root) = &parsed.root {
        doubles(&mut checker, codes.double, root);
        match root.as_object() {
            Some(object) => check(&mut checker, object),
            None => wrong_type(
                &mut checker,
                codes.wrong_type,
                root,
                "the file",
                "an object",
            ),
        }
    }
    checker.finish()
}

fn too_large() -> Parsed<'static> {
    let mut parsed = json::parse("");
    parsed.problems.truncate(1);
    parsed
}

fn doubles<'t>(checker: &mut Checker<'t>, code: &'static Code, node: &'t Node<'t>) {
    for member in node.as_object().iter().flat_map(|object| &object.members) {
        checker.member(unhidden(&member.key), |checker| {
            if member.double_of.is_some() {
                let key = shorten(unhidden(&member.key));
                let message = format!("the key `{key}` stands twice in this object");
                checker.report(code, member.key_range, message);
            }
            doubles(checker, code, &member.value);
        });
    }
}

fn wrong_type<'t>(
    checker: &mut Checker<'t>,
    code: &'static Code,
    node: &'t Node<'t>,
    what: &str,
    expected: &str,
) {
    if !matches!(node.value, Value::Opaque) {
        let message = format!("`{what}` must be {expected}, found {}", node.kind());
        checker.report(code, crate::shape::head(node), message);
    }
}

/// What a setting takes.
#[derive(Clone, Copy)]
enum Takes {
    Boolean,
    /// From the first to the second; a text that is a number counts too, as from a variable.
    Number(f64, f64),
    Object,
    Product,
    Text,
    Texts,
}

fn setting(name: &str) -> Option<Takes> {
    SETTINGS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, takes)| *takes)
}

fn section_of<'t>(checker: &mut Checker<'t>, section: &'t Object<'t>) {
    for member in &section.members {
        checker.member(&member.key, |checker| one_setting(checker, member));
    }
}

fn one_setting<'t>(checker: &mut Checker<'t>, member: &'t Member<'t>) {
    let (name, node) = (member.key.as_ref(), &member.value);
    let Some(takes) = setting(name) else {
        if let Some(meant) = nearest(name, SETTINGS.iter().map(|(known, _)| *known)) {
            let message = format!("unknown setting `{}`", shorten(name));
            let edits = vec![(member.key_range, json::quoted(meant))];
            checker
                .report(&codes::CONFIG_UNKNOWN_SETTING, member.key_range, message)
                .did_you_mean(meant, edits);
        }
        return;
    };
    // A variable of the environment stands for a value that is not known here.
    if node.as_str().is_some_and(|text| text.contains('$')) {
        return;
    }
    let code = &codes::CONFIG_WRONG_TYPE;
    match takes {
        Takes::Boolean if node.as_bool().is_none() => {
            wrong_type(checker, code, node, name, "`true` or `false`")
        }
        Takes::Number(least, most) => number(checker, node, name, least, most),
        Takes::Object if node.as_object().is_none() => {
            wrong_type(checker, code, node, name, "an object")
        }
        Takes::Product => match node.as_str() {
            Some("bitbucket" | "confluence" | "jira") => {}
            Some(other) => {
                let message = format!("`{}` is not a product", shorten(other));
                let draft = checker.report(&codes::CONFIG_UNKNOWN_VALUE, node.range, message);
                draft.help("expected `jira`, `confluence` or `bitbucket`");
                if let Some(meant) = nearest(other, ["bitbucket", "confluence", "jira"]) {
                    draft.did_you_mean(meant, vec![(node.range, json::quoted(meant))]);
                }
            }
            None => wrong_type(checker, code, node, name, "a string"),
        },
        Takes::Text if node.as_str().is_none() => wrong_type(checker, code, node, name, "a string"),
        Takes::Texts => match node.as_array() {
            Some(items) => {
                for (index, item) in items
                    .iter()
                    .enumerate()
                    .filter(|(_, item)| item.as_str().is_none())
                {
                    checker.item(index, |checker| {
                        wrong_type(checker, code, item, name, "a string")
                    });
                }
            }
            None => wrong_type(checker, code, node, name, "an array of strings"),
        },
        Takes::Boolean | Takes::Object | Takes::Text => {}
    }
}

fn number<'t>(checker: &mut Checker<'t>, node: &'t Node<'t>, name: &str, least: f64, most: f64) {
    let number = match &node.value {
        Value::Number(number) => Some(*number),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match number {
        Some(number) if (least..=most).contains(&number) => {}
        Some(number) => {
            let message = format!("`{name}` is {number}, expected {least} to {most}");
            checker.report(&codes::CONFIG_OUT_OF_RANGE, node.range, message);
        }
        None => wrong_type(checker, &codes::CONFIG_WRONG_TYPE, node, name, "a number"),
    }
}

/// A name as findings may show it: an address with a user may have a password behind it.
fn unhidden(key: &str) -> &str {
    if key.contains('@') { "…" } else { key }
}

fn host<'t>(checker: &mut Checker<'t>, member: &'t Member<'t>) {
    checker.member(unhidden(&member.key), |checker| {
        address(checker, &member.key, member.key_range);
        let Some(entry) = member.value.as_object() else {
            let code = &codes::CREDENTIALS_WRONG_TYPE;
            return wrong_type(checker, code, &member.value, "a host", "an object");
        };
        for name in HOST_FIELDS {
            match entry.get(name) {
                None if entry.damaged => {}
                None => {
                    let message = format!("the host has no `{name}`");
                    checker.report(&codes::CREDENTIALS_MISSING_FIELD, member.key_range, message);
                }
                Some(node) => checker.member(name, |checker| field(checker, node, name)),
            }
        }
        for unknown in entry
            .members
            .iter()
            .filter(|m| !HOST_FIELDS.contains(&m.key.as_ref()))
        {
            let message = format!("unknown field `{}`", shorten(&unknown.key));
            let meant = nearest(&unknown.key, HOST_FIELDS);
            checker.member(&unknown.key, |checker| {
                let draft = checker.report(
                    &codes::CREDENTIALS_UNKNOWN_FIELD,
                    unknown.key_range,
                    message,
                );
                if let Some(meant) = meant {
                    draft.did_you_mean(meant, vec![(unknown.key_range, json::quoted(meant))]);
                }
            });
        }
    });
}

fn field<'t>(checker: &mut Checker<'t>, node: &'t Node<'t>, name: &str) {
    if name == "password" && is_source(node) {
        return;
    }
    let Some(text) = node.as_str() else {
        return wrong_type(
            checker,
            &codes::CREDENTIALS_WRONG_TYPE,
            node,
            name,
            "a string",
        );
    };
    if text.contains('$') {
        return;
    }
    if name == "product" {
        let known = ["confluence", "jira"]
            .iter()
            .any(|known| text.eq_ignore_ascii_case(known));
        if !known {
            let message =
                "this is not a product whose sites install apps: expected `jira` or `confluence`";
            checker.report(&codes::CREDENTIALS_UNKNOWN_VALUE, node.range, message);
        }
    } else if text.trim().is_empty() || is_sample(text) {
        let message = format!("`{name}` is still the value of a sample");
        let draft = checker.report(&codes::CREDENTIALS_SAMPLE, node.range, message);
        if name == "password" {
            draft.help("make an API token at id.atlassian.com, Security, API tokens");
        }
    }
}

/// True for `{"command": ["program", ...]}` and `{"keyring": "name"}`, by which `connect` gets a token.
fn is_source(node: &Node<'_>) -> bool {
    let Some([member]) = node.as_object().map(|source| &source.members[..]) else {
        return false;
    };
    match member.key.as_ref() {
        "command" => member.value.as_array().is_some_and(|words| {
            !words.is_empty() && words.iter().all(|word| word.as_str().is_some())
        }),
        "keyring" => member.value.as_str().is_some_and(|name| !name.is_empty()),
        _ => false,
    }
}

/// Hosts are named with or without `https://`; a path is at most `/wiki`.
fn address<'t>(checker: &mut Checker<'t>, key: &'t str, range: Range) {
    let rest = key
        .strip_prefix("https://")
        .or_else(|| key.strip_prefix("http://"))
        .unwrap_or(key);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if key.contains('@') {
        let message = "a host is named without user and password: they have fields of their own";
        checker.report(&codes::CREDENTIALS_HOST, range, message);
    } else if host.is_empty() || key.contains([' ', '?', '#']) {
        let message = format!("`{}` is not the address of a site", shorten(key));
        checker.report(&codes::CREDENTIALS_HOST, range, message);
    } else if !matches!(path.trim_end_matches('/'), "" | "jira" | "wiki") {
        let message = format!(
            "`{}` leads into the site: expected its address alone",
            shorten(key)
        );
        checker
            .report(&codes::CREDENTIALS_HOST, range, message)
            .help(format!("write `{host}`"));
    }
    if is_sample(key) {
        let message = format!("`{}` is still the value of a sample", shorten(key));
        checker.report(&codes::CREDENTIALS_SAMPLE, range, message);
    }
}

fn is_sample(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let marks = [
        "your-",
        "your_",
        "<",
        "an api token",
        "api-token-here",
        "example.com",
        "changeme",
    ];
    marks.iter().any(|mark| text.contains(mark))
}

const HOST_FIELDS: [&str; 3] = ["password", "product", "username"];

/// What atlassian-connect-express and `connect` read.
const SETTINGS: &[(&str, Takes)] = &[
    ("allowedBaseUrls", Takes::Texts),
    ("environment", Takes::Text),
    ("errorTemplateName", Takes::Text),
    ("errorTemplateObject", Takes::Object),
    ("expressErrorHandling", Takes::Boolean),
    ("hosts", Takes::Texts),
    ("jwt", Takes::Object),
    ("localBaseUrl", Takes::Text),
    ("maxTokenAge", Takes::Number(0.0, 1e9)),
    ("port", Takes::Number(0.0, 65_535.0)),
    ("product", Takes::Product),
    ("setupInstallRoute", Takes::Boolean),
    ("store", Takes::Object),
    ("userAgent", Takes::Text),
    ("validateDescriptor", Takes::Boolean),
    ("watch", Takes::Boolean),
    ("whitelist", Takes::Texts),
];
