//! What each host says: reachable, its clock, our user, and whether it installs from a descriptor.

use std::time::Duration;

use connect_core::BaseUrl;

use crate::context::Context;
use crate::dev::{key_on_disk, left};
use crate::doctor::check::Check;
use crate::error::CliError;
use crate::host::{HostError, Login, Look, Upm};
use crate::http::HttpError;
use crate::project::{Half, ListedHost, half_for};
use crate::ui::duration;

/// Longest wait for all that a host is asked.
const HOST: Duration = Duration::from_secs(5);
/// Longest wait for an install that cannot succeed: the host looks for the descriptor.
const TRY: Duration = Duration::from_secs(20);
/// Clocks this many seconds apart may surprise; tokens live for 180.
const ODD: i64 = 10;
/// Clocks this many seconds apart stop something: it is what a check of a token forgives.
const WRONG: i64 = 30;

/// All that is to be said of a host.
pub(super) async fn host(listed: &ListedHost, try_install: bool, context: &Context) -> Vec<Check> {
    let mut checks = look(listed, try_install, context).await;
    for check in &mut checks {
        check.host = Some(listed.site.to_string());
    }
    checks
}

async fn look(listed: &ListedHost, try_install: bool, context: &Context) -> Vec<Check> {
    let site = &listed.site;
    let login = match listed.unlock(&context.cwd).await {
        Ok(host) => Login {
            username: host.username,
            password: host.password,
        },
        Err(error) => return vec![Check::problem(site.as_str(), error)],
    };
    let upm = Upm::new(context.http.clone(), site.clone(), login);
    let mut checks = Vec::new();
    let asked = ask(&upm, listed, &mut checks, context);
    if tokio::time::timeout(HOST, asked).await.is_err() {
        let error = HostError::Http(HttpError::Timeout(HOST));
        let error = CliError::host(site, "look at everything", &error);
        let name = if checks.is_empty() {
            site.as_str()
        } else {
            "  more"
        };
        checks.push(Check::problem(name, error));
    }
    let reached = checks.first().is_some_and(|check| check.error().is_none());
    if reached {
        checks.push(installs(&upm, site, try_install).await);
    }
    checks
}

async fn ask(upm: &Upm, listed: &ListedHost, checks: &mut Vec<Check>, context: &Context) {
    let (site, user) = (&listed.site, &listed.username);
    let look = match upm.look().await {
        Ok(look) => look,
        Err(error) => {
            let error = CliError::host(site, "read the settings", &error);
            checks.push(Check::problem(site.as_str(), error));
            return;
        }
    };
    let took = duration(look.took);
    checks.push(Check::fine(site.as_str(), format!("answers in {took}")));
    checks.push(clock(site, &look));
    checks.push(match upm.may_install().await {
        Ok(()) => Check::fine("  user", format!("{user} may install apps")),
        Err(error) => Check::problem("  user", CliError::host(site, "install apps", &error)),
    });
    checks.push(match look.development_mode {
        Some(true) => Check::fine("  development mode", "on"),
        Some(false) => {
            let error = CliError::host(site, "install apps", &HostError::DevModeOff);
            Check::problem("  development mode", error)
        }
        None => Check::aside("  development mode", "the site has no such setting"),
    });
    if let Some(check) = app(upm, listed, context).await {
        checks.push(check);
    }
}

fn clock(site: &BaseUrl, look: &Look) -> Check {
    let name = "  clock";
    match look.ahead {
        None => Check::aside(name, "the site does not say what time it is"),
        Some(ahead) if ahead.abs() <= 2 => Check::fine(name, "agrees with ours"),
        Some(ahead) if ahead.abs() < ODD => {
            Check::fine(name, format!("{} s from ours", ahead.abs()))
        }
        Some(ahead) if ahead.abs() < WRONG => {
            Check::warning(name, CliError::clock_skew(site, ahead))
        }
        Some(ahead) => Check::problem(name, CliError::clock_skew(site, ahead)),
    }
}

/// Whether the app is there already; nothing without a descriptor.
async fn app(upm: &Upm, listed: &ListedHost, context: &Context) -> Option<Check> {
    let site = &listed.site;
    let halves = Half::of(&context.cwd);
    let half = &halves[half_for(&halves, listed.product.into())];
    let key = key_on_disk(&context.cwd, half).ok()?;
    let name = format!("  {key}");
    Some(match upm.has(&key).await {
        Ok(false) => Check::fine(name, "not installed"),
        Ok(true) => {
            let (_, noted) = left::registered(&context.cwd);
            let mut noted = noted.iter();
            if noted.any(|entry| entry.host == site.as_str() && entry.key == key.as_str()) {
                Check::fine(name, "installed from this folder")
            } else {
                Check::warning(name, CliError::installed_by_others(site, &key))
            }
        }
        Err(error) => Check::warning(name, CliError::host(site, "say what is installed", &error)),
    })
}

/// Whether it installs from a descriptor. Only an install shows: the settings of a site whose
/// installs were closed by CHANGE-3096 need not say so.
async fn installs(upm: &Upm, site: &BaseUrl, try_install: bool) -> Check {
    let name = "  descriptor installs";
    if !try_install {
        let text = "not tried, and closed on many sites: connect doctor --try-install";
        return Check::aside(name, text);
    }
    let tried = tokio::time::timeout(TRY, upm.try_install()).await;
    match tried.unwrap_or(Err(HostError::Timeout(TRY))) {
        Ok(()) => Check::fine(name, "open: the site tried one that cannot succeed"),
        Err(error) => {
            let error = CliError::host(site, "try an install", &error);
            Check::problem(name, error)
        }
    }
}
