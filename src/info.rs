//! `connect info`: the settings that are in force here, and where each of them comes from.
//!
//! Secrets are named, never shown.

use connect_core::redact::redact;
use connect_validator::{Options, descriptor_facts};
use serde_json::{Value, json};

use crate::context::Context;
use crate::dev::APP_PORT;
use crate::env;
use crate::error::CliError;
use crate::project::{
    CREDENTIALS, Config, Credentials, DEVELOPMENT, Half, ListedHost, Origin, TokenSource, read_text,
};

/// A setting that is in force.
struct Setting {
    name: String,
    value: String,
    origin: Origin,
}

/// Prints the settings; with `origin`, where each comes from.
///
/// # Errors
/// When a file of the project cannot be used.
pub(crate) fn info(origin: bool, context: &Context) -> Result<(), CliError> {
    let settings = settings(context)?;
    if context.ui.json {
        let all: Vec<_> = settings.iter().map(Setting::fields).collect();
        let text = json!({ "version": 1, "settings": all });
        context.ui.data(&text.to_string());
        return Ok(());
    }
    let line = |setting: &Setting| format!("{} = {}", setting.name, setting.value);
    let lengths = settings.iter().map(|setting| line(setting).chars().count());
    let width = lengths.max().unwrap_or_default().min(WIDEST);
    for setting in &settings {
        let line = line(setting);
        context.ui.data(&match origin {
            true => format!("{line:<width$}   ({})", setting.origin),
            false => line,
        });
    }
    Ok(())
}

/// Origins stand below each other unless a value is longer than this.
const WIDEST: usize = 72;

fn settings(context: &Context) -> Result<Vec<Setting>, CliError> {
    let (folder, environment) = (&context.cwd, &context.env);
    let config = Config::read(folder, environment)?;
    let credentials = Credentials::read(folder, environment)?;
    let halves = Half::of(folder);
    let described = halves.iter().flat_map(|half| descriptor(half, context));
    let mut all: Vec<_> = described.collect();
    let names = [env::CONNECT_ENV, env::NODE_ENV];
    let section = names
        .iter()
        .find_map(|name| variable("environment", name, context));
    let usual = || Setting::new("environment", DEVELOPMENT, Origin::Default);
    all.push(section.unwrap_or_else(usual));
    let port = config.port.unwrap_or(APP_PORT);
    all.push(Setting::new("port", port, config.port_origin));
    all.extend(variable("localBaseUrl", env::AC_LOCAL_BASE_URL, context));
    all.extend(variable("options", env::AC_OPTS, context));
    all.extend(variable("keys", env::CONNECT_KEYS_CDN_URL, context));
    let store = Config::store(folder, environment)?;
    all.push(Setting::new("store", store.settings.name(), store.origin));
    for host in &credentials.hosts {
        all.extend(of_host(host, context));
    }
    all.extend(tunnels(&credentials, context));
    Ok(all)
}

/// What a descriptor says, as far as it can be read: `connect validate` says the rest.
fn descriptor(half: &Half, context: &Context) -> Vec<Setting> {
    let Ok(text) = read_text(&context.cwd.join(half.file)) else {
        return Vec::new();
    };
    let Ok(facts) = descriptor_facts(&text, &Options::default()) else {
        return Vec::new();
    };
    let at = |key| Origin::in_file(&context.cwd, half.file, &[key]);
    let app = format!("app{}", half.below.replace('/', "."));
    vec![
        Setting::new(format!("{app}.key"), facts.key, at("key")),
        Setting::new(format!("{app}.name"), facts.name, at("name")),
        Setting::new(format!("{app}.modules"), facts.modules.len(), at("modules")),
    ]
}

/// The setting that a variable of the environment is.
fn variable(name: &str, variable: &str, context: &Context) -> Option<Setting> {
    let value = context.env.text(variable)?;
    let origin = Origin::Variable(variable.to_owned());
    // An address may hold a log-in.
    Some(Setting::new(name, redact(value), origin))
}

fn of_host(host: &ListedHost, context: &Context) -> Vec<Setting> {
    let at = |key| in_credentials(&[&host.name, key], context);
    let (token, origin) = match (&host.token_variable, &host.token) {
        (Some(variable), _) => ("set".to_owned(), Origin::Variable(variable.clone())),
        (None, TokenSource::Given(_)) => ("set".to_owned(), at("password")),
        (None, TokenSource::Command(words)) => {
            // Its arguments may be as secret as what it prints.
            let program = words.first().map_or("", String::as_str);
            (format!("printed by `{program}`"), at("password"))
        }
        (None, TokenSource::Keyring(name)) => {
            (format!("`{name}` of the system's keyring"), at("password"))
        }
    };
    let site = &host.site;
    vec![
        Setting::new(format!("hosts.{site}"), host.product, at("product")),
        Setting::new(
            format!("hosts.{site}.username"),
            &host.username,
            at("username"),
        ),
        Setting::new(format!("hosts.{site}.password"), token, origin),
    ]
}

fn tunnels(credentials: &Credentials, context: &Context) -> Vec<Setting> {
    let (tunnels, mut all) = (&credentials.tunnels, Vec::new());
    let ngrok = |key| in_file(&["ngrok", key], context);
    let variable = context.env.text(env::NGROK_AUTHTOKEN);
    let token = match (&tunnels.ngrok.authtoken, variable) {
        (Some(_), _) => Some(ngrok("authtoken")),
        (None, Some(_)) => Some(Origin::Variable(env::NGROK_AUTHTOKEN.to_owned())),
        (None, None) => None,
    };
    all.extend(token.map(|origin| Setting::new("ngrok.authtoken", "set", origin)));
    if let Some(domain) = &tunnels.ngrok.domain {
        all.push(Setting::new("ngrok.domain", domain, ngrok("domain")));
    }
    if tunnels.named.is_some() {
        let origin = in_file(&["cloudflared"], context);
        all.push(Setting::new("cloudflared", "a named tunnel", origin));
    }
    if let Some(program) = context.program("cloudflared") {
        let origin = Origin::Variable(env::PATH.to_owned());
        all.push(Setting::new(
            "cloudflared.program",
            program.display(),
            origin,
        ));
    }
    all
}

/// A place in the entry of a host, which is below `hosts` or, in the old shape, on the top level.
fn in_credentials(path: &[&str], context: &Context) -> Origin {
    let nested = in_file(&[&["hosts"], path].concat(), context);
    match nested {
        Origin::File { line: None, .. } => in_file(path, context),
        found => found,
    }
}

fn in_file(path: &[&str], context: &Context) -> Origin {
    Origin::in_file(&context.cwd, CREDENTIALS, path)
}

impl Setting {
    fn new(name: impl Into<String>, value: impl ToString, origin: Origin) -> Self {
        Self {
            name: name.into(),
            value: value.to_string(),
            origin,
        }
    }

    fn fields(&self) -> Value {
        let from = match &self.origin {
            Origin::Default => json!({ "kind": "default" }),
            Origin::File { name, line, filled } => {
                json!({ "kind": "file", "file": name, "line": line, "variables": filled })
            }
            Origin::Variable(name) => json!({ "kind": "env", "variable": name }),
        };
        json!({ "name": self.name, "value": self.value, "origin": from })
    }
}
