//! What sessions left on hosts: `connect status` lists it, `connect clean` removes it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use connect_core::{AppKey, BaseUrl};
use serde_json::json;
use tokio::task::JoinSet;

use crate::context::Context;
use crate::dev::event::HostId;
use crate::dev::journal::{Entry, Journal, StateFolder};
use crate::dev::keys::key_on_disk;
use crate::error::CliError;
use crate::host::{Host as _, Login, Upm, deregister_uncertain};
use crate::project::{Credentials, Half, HostCredentials, half_for};
use crate::ui::{Fatality, Ui, Verb, duration, ms};

/// What `connect clean` is to look at.
#[derive(Clone, Debug, Default)]
pub(crate) struct CleanOptions {
    /// The project.
    pub(crate) folder: PathBuf,
    /// Ask all hosts of credentials.json for the app, whatever the journal says.
    pub(crate) all: bool,
    /// List, and change nothing.
    pub(crate) dry_run: bool,
    /// Look at this host only, and ask it for the app.
    pub(crate) host: Option<String>,
    /// The app to ask for; none is that of the folder.
    pub(crate) key: Option<String>,
}

/// An app that is to be removed from a host.
#[derive(Debug)]
pub(crate) struct Removal {
    host: Upm,
    key: AppKey,
    journal: Option<Arc<Journal>>,
    ui: Ui,
}

/// The number of the session that runs in the folder, if one does, and what is noted to be
/// registered from there.
pub(crate) fn registered(folder: &Path) -> (Option<String>, Vec<Entry>) {
    (StateFolder::holder(folder), StateFolder::entries(folder))
}

/// Lists what may be installed on hosts, by a session that runs or by earlier ones.
pub(crate) fn list(folder: &Path, context: &Context) {
    show(&StateFolder::entries(folder), context);
}

/// Removes what sessions left, and says what could not be removed.
///
/// # Errors
/// When a session runs in the folder, or something stays.
pub(crate) async fn clean(options: &CleanOptions, context: &Context) -> Result<(), CliError> {
    let asks = options.all || options.host.is_some();
    let mut entries = StateFolder::entries(&options.folder);
    if entries.is_empty() && !asks {
        show(&entries, context);
        return Ok(());
    }
    let credentials = Credentials::read(&options.folder, &context.env)?;
    if let Some(host) = &options.host {
        entries.retain(|entry| is_same_site(&entry.host, host));
    }
    if asks {
        ask_hosts(options, &credentials, &mut entries, context).await?;
    }
    if options.dry_run || entries.is_empty() {
        show(&entries, context);
        return Ok(());
    }
    // With the lock nobody else changes the journal or registers anything.
    let state = StateFolder::open(&options.folder).await?;
    let journal = Arc::new(state.journal(Arc::default()));
    let mut work = JoinSet::new();
    for entry in &entries {
        let mut named = credentials.hosts.iter();
        let named = named.find(|host| host.site.as_str() == entry.host);
        let login = match named {
            Some(host) => host.unlock(&options.folder).await.map(Some),
            None => Ok(None),
        };
        let removal = login.map_err(CliError::from).and_then(|host| {
            let journal = Some(Arc::clone(&journal));
            Removal::new(entry, host.as_ref().map(login_of), journal, context)
        });
        let removal = removal.map(Removal::patient);
        work.spawn(async move { remove(&removal?).await });
    }
    let mut left = 0;
    while let Some(ended) = work.join_next().await {
        let result =
            ended.unwrap_or_else(|error| Err(CliError::bug("a removal broke off").cause(error)));
        if let Err(error) = result {
            context.ui.error(&error, Fatality::GoesOn);
            left += 1;
        }
    }
    if left == 0 {
        return Ok(());
    }
    Err(CliError::not_cleaned(left))
}

/// Removes an app from a host, and from the journal once the host confirmed it.
///
/// # Errors
/// When the host did not.
pub(crate) async fn remove(removal: &Removal) -> Result<(), CliError> {
    let began = Instant::now();
    let (ui, key) = (&removal.ui, &removal.key);
    let site = removal.host.site();
    let what = format!("for {site} to remove {key}");
    // A session that was killed may have left an install that is still under way.
    let removed = deregister_uncertain(&removal.host, key);
    ui.wait("Waiting", &what, removed)
        .await
        .map_err(|error| CliError::host(site, "uninstall the app", &error))?;
    if let Some(Err(error)) = removal
        .journal
        .as_ref()
        .map(|journal| journal.removed(site, key))
    {
        let text = format!("the journal cannot be written: {error}");
        ui.warning(&text);
    }
    let took = began.elapsed();
    let what = format!("{key} from {site}   {}", duration(took));
    ui.status(Verb::Done("Deregistered"), &what);
    let fields = json!({ "host": site.as_str(), "key": key.as_str(), "ms": ms(took) });
    ui.event("host.deregistered", &fields);
    Ok(())
}

impl Removal {
    /// # Errors
    /// When there is no way to log in there.
    pub(crate) fn new(
        entry: &Entry,
        login: Option<Login>,
        journal: Option<Arc<Journal>>,
        context: &Context,
    ) -> Result<Self, CliError> {
        let (site, key) = (BaseUrl::parse(&entry.host), AppKey::parse(&entry.key));
        let (Some(login), Ok(site), Ok(key)) = (login, site, key) else {
            return Err(CliError::no_login(&entry.host, &entry.key));
        };
        Ok(Self {
            host: Upm::new(context.http.clone(), site, login),
            key,
            journal,
            ui: context.ui,
        })
    }

    /// Nobody waits for a deadline: the host may take as long as it waits for a silent app.
    fn patient(self) -> Self {
        Self {
            host: self.host.patient(),
            ..self
        }
    }
}

/// What earlier sessions left on our hosts; says what becomes of that and of the rest.
pub(crate) fn by_others(
    journal: &Journal,
    sites: &[&BaseUrl],
    context: &Context,
) -> Vec<(HostId, AppKey)> {
    let mut left = Vec::new();
    for entry in journal.entries() {
        let (key, host, pid) = (&entry.key, &entry.host, entry.pid);
        let left_by = if entry.kept { "kept by" } else { "left by" };
        let ours = sites.iter().position(|site| site.as_str() == *host);
        match (ours, AppKey::parse(key)) {
            (Some(index), Ok(parsed)) => {
                let text = format!("found {key} on {host}, {left_by} pid {pid}; taking it over");
                context.ui.warning(&text);
                left.push((HostId(index), parsed));
            }
            _ if entry.kept => {}
            _ => {
                let text = format!("{key} may still be registered with {host}, left by pid {pid}");
                context.ui.warning(&text);
            }
        }
    }
    left
}

/// Adds the hosts that say they have the app.
async fn ask_hosts(
    options: &CleanOptions,
    credentials: &Credentials,
    entries: &mut Vec<Entry>,
    context: &Context,
) -> Result<(), CliError> {
    let asked = options.host.as_ref();
    let hosts: Vec<_> = credentials
        .hosts
        .iter()
        .filter(|host| asked.is_none_or(|asked| is_same_site(host.site.as_str(), asked)))
        .collect();
    let halves = Half::of(&options.folder);
    let keys = match &options.key {
        Some(key) => {
            let key = AppKey::parse(key).map_err(|error| CliError::bad_key(key, &error))?;
            vec![key; halves.len()]
        }
        None => {
            let keys = halves.iter().map(|half| key_on_disk(&options.folder, half));
            keys.collect::<Result<_, _>>()?
        }
    };
    if let Some(asked) = asked
        && hosts.is_empty()
        && entries.is_empty()
    {
        return Err(CliError::no_login(asked, keys[0].as_str()));
    }
    for host in hosts {
        let key = &keys[half_for(&halves, host.product.into())];
        let site = host.site.as_str();
        let known = |entry: &Entry| entry.host == site && entry.key == key.as_str();
        if entries.iter().any(known) {
            continue;
        }
        let login = login_of(&host.unlock(&options.folder).await?);
        let upm = Upm::new(context.http.clone(), host.site.clone(), login);
        match upm.has(key).await {
            Ok(false) => {}
            Ok(true) => entries.push(Entry {
                host: site.to_owned(),
                key: key.to_string(),
                url: String::new(),
                at: String::new(),
                pid: 0,
                kept: false,
            }),
            Err(error) => {
                let error = CliError::host(&host.site, "say what is installed", &error);
                context.ui.error(&error, Fatality::GoesOn);
            }
        }
    }
    Ok(())
}

fn show(entries: &[Entry], context: &Context) {
    if entries.is_empty() {
        context.ui.text("nothing is registered with any host\n");
    }
    for entry in entries {
        if context.ui.json {
            context.ui.event("left", entry);
            continue;
        }
        let Entry {
            host,
            key,
            url,
            at,
            pid,
            kept,
        } = entry;
        let how = match (url.as_str(), kept) {
            ("", _) => "the host says so".to_owned(),
            (url, false) => format!("from {url}, since {at}, by pid {pid}"),
            (url, true) => format!("from {url}, since {at}, kept by pid {pid}"),
        };
        context.ui.data(&format!("{key} on {host}   {how}"));
    }
}

/// How to log in at a host.
pub(crate) fn login_of(host: &HostCredentials) -> Login {
    Login {
        username: host.username.clone(),
        password: host.password.clone(),
    }
}

/// Whether a site is meant by what the user typed: with or without scheme and context path.
pub(crate) fn is_same_site(site: &str, typed: &str) -> bool {
    let bare = |text: &str| {
        let text = text.split_once("://").map_or(text, |(_, rest)| rest);
        text.trim_end_matches('/').to_ascii_lowercase()
    };
    let (site, typed) = (bare(site), bare(typed));
    site == typed || site.split('/').next() == Some(&*typed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_may_be_typed_without_scheme_and_path() {
        let site = "https://acme.atlassian.net/wiki";
        for (typed, expected) in [
            ("https://acme.atlassian.net/wiki/", true),
            ("acme.atlassian.net/wiki", true),
            ("Acme.Atlassian.net", true),
            ("acme.atlassian", false),
            ("https://other.atlassian.net", false),
        ] {
            assert_eq!(is_same_site(site, typed), expected, "{typed}");
        }
    }
}
