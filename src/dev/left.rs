//! What sessions of a project left on hosts: `connect status` lists it, `connect clean` removes it.

use std::path::Path;
use std::time::Instant;

use connect_core::{AppKey, BaseUrl};
use serde_json::json;

use crate::context::Context;
use crate::dev::journal::{Entry, Journal, StateFolder};
use crate::error::CliError;
use crate::host::{Host as _, Login, Upm};
use crate::project::Credentials;
use crate::ui::{Fatality, Verb, duration};

/// Lists what may be installed on hosts, by a session that runs or by earlier ones.
pub(crate) fn list(folder: &Path, context: &Context) {
    let entries = StateFolder::entries(folder);
    if entries.is_empty() {
        context.ui.text("nothing is registered with any host\n");
    }
    for entry in entries {
        let Entry {
            host,
            key,
            url,
            at,
            pid,
        } = &entry;
        if context.ui.json {
            context.ui.event("left", &entry);
        } else {
            let text = format!("{key} on {host}   from {url}, since {at}, by pid {pid}");
            context.ui.data(&text);
        }
    }
}

/// Removes what earlier sessions left, and says what could not be removed.
///
/// # Errors
/// When a session runs in the folder, or something stays.
pub(crate) async fn clean(folder: &Path, context: &Context) -> Result<(), CliError> {
    if StateFolder::entries(folder).is_empty() {
        list(folder, context);
        return Ok(());
    }
    // With the lock nobody else changes the journal or registers anything.
    let state = StateFolder::open(folder)?;
    let journal = state.journal();
    let credentials = Credentials::read(folder, &context.env)?;
    let mut left = 0;
    for entry in journal.entries() {
        if let Err(error) = remove(&entry, &journal, &credentials, context).await {
            context.ui.error(&error, Fatality::GoesOn);
            left += 1;
        }
    }
    if left == 0 {
        return Ok(());
    }
    Err(CliError::not_cleaned(left))
}

async fn remove(
    entry: &Entry,
    journal: &Journal,
    credentials: &Credentials,
    context: &Context,
) -> Result<(), CliError> {
    let began = Instant::now();
    let login = credentials
        .hosts
        .iter()
        .find(|host| host.site.as_str() == entry.host);
    let (Some(login), Ok(key)) = (login, AppKey::parse(&entry.key)) else {
        return Err(CliError::no_login(&entry.host, &entry.key));
    };
    let site: BaseUrl = login.site.clone();
    let host = Upm::new(
        context.http.clone(),
        site.clone(),
        Login {
            username: login.username.clone(),
            password: login.password.clone(),
        },
    );
    let what = format!("for {site} to remove {key}");
    let removed = context.ui.wait("Waiting", &what, host.deregister(&key));
    removed
        .await
        .map_err(|error| CliError::host(&site, "uninstall the app", &error))?;
    if let Err(error) = journal.removed(&site, &key) {
        let text = format!("the journal cannot be written: {error}");
        context.ui.warning(&text);
    }
    let took = began.elapsed();
    let what = format!("{key} from {site}   {}", duration(took));
    context.ui.status(Verb::Done("Deregistered"), &what);
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let fields = json!({ "host": site.as_str(), "key": key.as_str(), "ms": ms });
    context.ui.event("host.deregistered", &fields);
    Ok(())
}
