//! What can be looked at without asking anybody elsewhere.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::time::Duration;

use connect_core::BaseUrl;
use connect_validator::{Finding, Level, Report};

use crate::check::{count, exposure, survey};
use crate::context::Context;
use crate::dev::{APP_PORT, is_told, left};
use crate::doctor::Read;
use crate::doctor::check::Check;
use crate::env;
use crate::error::CliError;
use crate::host::sandbox;
use crate::process::{self, CommandLine, StartError};
use crate::project::{CREDENTIALS, Config, Credentials};

/// Longest wait for a program to say its version.
const VERSION: Duration = Duration::from_secs(5);
/// Longest answer of it.
const LINE: u64 = 4096;

/// The files of the project but credentials.json.
pub(super) fn files(context: &Context) -> Vec<Check> {
    let files = survey(context).into_iter();
    let files = files.filter(|(name, _)| name != CREDENTIALS);
    files.map(|(name, report)| file(name, report)).collect()
}

/// credentials.json, and who can read it.
pub(super) fn credentials(read: &Read, context: &Context) -> Vec<Check> {
    let found = survey(context).into_iter();
    let Some((name, report)) = found.into_iter().find(|(name, _)| name == CREDENTIALS) else {
        let text = "not there: `connect dev` uses the sandbox";
        return vec![Check::aside(CREDENTIALS, text)];
    };
    let mut checks = vec![match (file(name, report), read) {
        (check, Ok(_)) => check,
        (check, Err(_)) if check.error().is_some() => check,
        (_, Err(error)) => Check::problem(CREDENTIALS, error.clone()),
    }];
    let exposed = exposure(CREDENTIALS, &context.cwd, context);
    if exposed.is_empty() {
        let text = "nobody else can read it, and no commit will hold it";
        checks.push(Check::fine(CREDENTIALS, text));
    }
    for finding in exposed {
        let error = CliError::user(finding.code, finding.message);
        let error = finding.help.into_iter().fold(error, CliError::hint);
        let error = error.hint("connect doctor --fix");
        checks.push(Check::problem(CREDENTIALS, error));
    }
    checks
}

/// The first finding stands for all of a file.
fn file(name: String, report: Result<Report, CliError>) -> Check {
    let report = match report {
        Ok(report) => report,
        Err(error) => return Check::problem(name, error),
    };
    let counts = format!(
        "{}, {}",
        count(report.errors(), "error"),
        count(report.warnings(), "warning")
    );
    let error = |finding: &Finding| {
        let line = finding.span.line;
        let message = format!("{counts}; line {line}: {}", finding.message);
        CliError::user(finding.code, message).hint(format!("connect validate {name}"))
    };
    let first = |level| {
        let mut findings = report.findings.iter();
        findings.find(|finding| finding.level == level).map(error)
    };
    match (first(Level::Error), first(Level::Warning)) {
        (Some(error), _) => Check::problem(name, error),
        (None, Some(error)) => Check::warning(name, error),
        (None, None) => {
            let product = report.product;
            let product = product.map_or_else(String::new, |product| format!(", for {product}"));
            Check::fine(name, format!("valid{product}"))
        }
    }
}

/// Whether the app can be built.
pub(super) async fn toolchain(context: &Context) -> Check {
    if !context.cwd.join("Cargo.toml").is_file() {
        let text = "no Cargo.toml here: `connect dev --exec CMD` starts an app in any language";
        return Check::aside("cargo", text);
    }
    let cargo = context.env.text(env::CARGO).unwrap_or("cargo");
    match version(cargo.as_ref(), context).await {
        Ok(version) => Check::fine("cargo", version),
        Err(error) => Check::problem("cargo", CliError::no_cargo(&error)),
    }
}

/// Whether the ports are free that a session would take.
pub(super) fn ports(context: &Context) -> Vec<Check> {
    if let (Some(pid), _) = left::registered(&context.cwd) {
        let text = format!("`connect dev` runs here (pid {pid}) and has them");
        return vec![Check::aside("ports", text)];
    }
    // A file that cannot be used has a line of its own.
    let config = Config::read(&context.cwd, &context.env).unwrap_or_default();
    let app = config.port.unwrap_or(APP_PORT);
    let port = |name: &str, port, flag| match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Check::fine(name, format!("127.0.0.1:{port} is free")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            let error = CliError::port_taken(port, flag, &error);
            let error = match process::listener(port) {
                Some((pid, name)) => error.cause(format!("`{name}` (pid {pid}) listens there")),
                None => error,
            };
            Check::warning(
                name,
                error.hint("without it, `connect dev` takes the next free one"),
            )
        }
        Err(error) => Check::problem(name, CliError::port_taken(port, flag, &error)),
    };
    vec![
        port("port of the app", app, "--port"),
        port("port of the sandbox", sandbox::PORT, "--sandbox-port"),
    ]
}

/// Whether changes of files are noticed at once.
pub(super) fn watching(context: &Context) -> Check {
    match is_told(&context.cwd) {
        Ok(()) => Check::fine("watching", "the system tells of changes in this folder"),
        Err(error) => Check::warning("watching", error),
    }
}

/// What can open a way to this machine, and whether anybody needs one.
pub(super) async fn tunnels(credentials: &Credentials, context: &Context) -> Vec<Check> {
    let far = credentials.hosts.iter().map(|host| &host.site);
    let far = far.into_iter().find(|site| !site.is_loopback());
    let ngrok = &credentials.tunnels.ngrok;
    let token = match (&ngrok.authtoken, context.env.text(env::NGROK_AUTHTOKEN)) {
        (Some(_), _) => Some("credentials.json"),
        (None, Some(_)) => Some(env::NGROK_AUTHTOKEN),
        (None, None) => None,
    };
    let mut checks = Vec::new();
    let own = context.env.text(env::AC_LOCAL_BASE_URL);
    if let Some(own) = own {
        checks.push(own_address(own, far));
    }
    checks.push(match token {
        None => Check::aside("ngrok", "no authtoken"),
        Some(place) => {
            let domain = ngrok.domain.as_deref();
            let text = format!(
                "authtoken from {place}, {}",
                match domain {
                    Some(domain) => format!("domain {domain}"),
                    None => "no domain of its own: the address may change".to_owned(),
                }
            );
            match domain {
                Some(domain) if !domain.contains("ngrok-free") => Check::fine("ngrok", text),
                _ if far.is_none() => Check::fine("ngrok", text),
                _ => Check::warning("ngrok", CliError::free_ngrok(&text)),
            }
        }
    });
    let cloudflared = context.program("cloudflared");
    checks.push(match &cloudflared {
        None => Check::aside("cloudflared", "not installed"),
        Some(program) => match version(program, context).await {
            Ok(version) => Check::fine("cloudflared", version),
            Err(error) => Check::warning(
                "cloudflared",
                CliError::user("tunnel/no-cloudflared", error.to_string()).cause(error.source),
            ),
        },
    });
    match far {
        None => checks.push(Check::aside("needed", "no: no host is elsewhere")),
        Some(site) if own.is_none() && token.is_none() && cloudflared.is_none() => {
            checks.push(Check::problem("needed", CliError::no_provider(site)));
        }
        Some(site) => checks.push(Check::fine("needed", format!("yes: {site} is elsewhere"))),
    }
    checks
}

fn own_address(own: &str, far: Option<&BaseUrl>) -> Check {
    let name = env::AC_LOCAL_BASE_URL;
    match (BaseUrl::parse(own), far) {
        (Err(error), _) => Check::problem(name, CliError::bad_url(own, &error)),
        (Ok(own), Some(site)) if !own.is_https() => {
            Check::problem(name, CliError::url_not_https(&own, site))
        }
        (Ok(own), _) => Check::fine(name, format!("hosts reach the app at {own}")),
    }
}

/// What sessions of this folder registered.
pub(super) fn sessions(context: &Context) -> Vec<Check> {
    let (holder, entries) = left::registered(&context.cwd);
    let mut checks = Vec::new();
    if let Some(pid) = &holder {
        let text = format!("`connect dev` runs here (pid {pid})");
        checks.push(Check::fine("session", text));
    }
    for entry in &entries {
        let text = format!("registered with {} by pid {}", entry.host, entry.pid);
        checks.push(match (&holder, entry.kept) {
            (Some(pid), _) if *pid == entry.pid.to_string() => Check::fine(&entry.key, text),
            (_, true) => Check::aside(&entry.key, format!("{text}, which was to keep it")),
            _ => Check::warning(
                &entry.key,
                CliError::left_by(&entry.host, &entry.key, entry.pid),
            ),
        });
    }
    if checks.is_empty() {
        checks.push(Check::fine("journal", "nothing was left on any host"));
    }
    checks
}

/// The first line of what a program says of its version.
pub(super) async fn version(program: &Path, context: &Context) -> Result<String, StartError> {
    let command = CommandLine {
        program: program.into(),
        arguments: vec!["--version".into()],
        folder: context.cwd.clone(),
        variables: context.withheld(),
        without: Vec::new(),
    };
    let (status, text) = process::printed(&command, LINE, VERSION).await?;
    if !status.success() {
        return Err(StartError {
            program: program.display().to_string(),
            source: io::Error::other(format!("`--version` ended with {status}")),
        });
    }
    let text = String::from_utf8_lossy(&text);
    let line = text.lines().next().unwrap_or_default();
    let plain = line.chars().filter(|c| !c.is_control());
    Ok(plain.take(80).collect())
}
