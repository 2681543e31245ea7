//! config.json and credentials.json while a session runs: what changed, and what stays in force.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::context::Env;
use crate::dev::effects::{HostEntry, World, lock};
use crate::dev::event::{HalfId, HostId, SettingsChange};
use crate::dev::left::login_of;
use crate::dev::reaper::Reaper;
use crate::error::CliError;
use crate::host::Upm;
use crate::http::Http;
use crate::project::{CONFIG, Config, Credentials, HostCredentials, half_for, read_text};
use crate::ui::Fatality;

/// What the two files said when they were last read without a problem.
#[derive(Debug)]
pub(crate) struct Settings {
    /// What their variables stand for.
    env: Env,
    /// The hosts of credentials.json are those of the session.
    watches_hosts: bool,
    seen: Mutex<Seen>,
}

#[derive(Debug)]
struct Seen {
    config: Option<String>,
    /// At the index of their id; none for one that is gone.
    hosts: Vec<Option<HostCredentials>>,
}

impl Settings {
    /// As they are at the start; `hosts` are those of the session, if they come from
    /// credentials.json.
    pub(crate) fn new(folder: &Path, env: &Env, hosts: Vec<HostCredentials>) -> Self {
        Self {
            env: env.clone(),
            watches_hosts: !hosts.is_empty(),
            seen: Mutex::new(Seen {
                config: read_text(&folder.join(CONFIG)).ok(),
                hosts: hosts.into_iter().map(Some).collect(),
            }),
        }
    }
}

/// Reads both again, and exchanges the log-ins of the session.
///
/// # Errors
/// When one cannot be used; then nothing has changed.
pub(crate) async fn read(world: &World) -> Result<SettingsChange, CliError> {
    let settings = &world.settings;
    Config::read(&world.folder, &settings.env)?;
    let config = read_text(&world.folder.join(CONFIG)).ok();
    let named = if settings.watches_hosts {
        Some(unlocked(world).await?)
    } else {
        None
    };
    let mut seen = lock(&settings.seen);
    let mut change = SettingsChange {
        restart: config != seen.config,
        ..SettingsChange::default()
    };
    seen.config = config;
    if let Some(named) = named {
        compare(&mut seen.hosts, named, world, &mut change);
    }
    Ok(change)
}

/// The hosts of credentials.json that can be logged in to. One whose token cannot be had is said
/// and stays as it was.
async fn unlocked(world: &World) -> Result<Vec<HostCredentials>, CliError> {
    let settings = &world.settings;
    let credentials = Credentials::read(&world.folder, &settings.env)?;
    let mut named = Vec::new();
    for host in &credentials.hosts {
        match host.unlock(&world.folder).await {
            Ok(host) => named.push(host),
            Err(error) => {
                world.ui.error(&error.into(), Fatality::GoesOn);
                let seen = lock(&settings.seen);
                let known = seen.hosts.iter().flatten();
                named.extend(known.filter(|known| known.site == host.site).cloned());
            }
        }
    }
    Ok(named)
}

fn compare(
    seen: &mut Vec<Option<HostCredentials>>,
    named: Vec<HostCredentials>,
    world: &World,
    change: &mut SettingsChange,
) {
    let half_of = |host: &HostCredentials| HalfId(half_for(&world.halves, host.product.into()));
    let mut hosts = world.hosts.write().unwrap_or_else(PoisonError::into_inner);
    for (index, known) in seen.iter_mut().enumerate() {
        let site = hosts[index].host.site().clone();
        let now = named.iter().find(|host| host.site == site);
        if known.as_ref() == now {
            continue;
        }
        match now {
            None => change.gone.push(HostId(index)),
            Some(now) => {
                hosts[index] = Arc::new(entry(now, &world.http, &world.reaper));
                change.renewed.push((HostId(index), half_of(now)));
            }
        }
        *known = now.cloned();
    }
    for host in named {
        if hosts.iter().any(|entry| *entry.host.site() == host.site) {
            continue;
        }
        if !host.site.is_loopback() && !world.address.get().is_https() {
            let error = CliError::no_tunnel(&host.site);
            world.ui.error(&error, Fatality::GoesOn);
            continue;
        }
        hosts.push(Arc::new(entry(&host, &world.http, &world.reaper)));
        change.added.push(half_of(&host));
        seen.push(Some(host));
    }
}

/// A host of credentials.json as the session has it; the reaper is told how to log in there.
pub(crate) fn entry(host: &HostCredentials, http: &Http, reaper: &Reaper) -> HostEntry {
    let login = login_of(host);
    reaper.host(&host.site, &login);
    HostEntry {
        label: format!("{} ({})", host.site, host.product),
        host: Box::new(Upm::new(http.clone(), host.site.clone(), login)),
        lasts: true,
    }
}
