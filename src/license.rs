//! `connect license`: shows and sets what the app is told its customer has paid for.

use std::path::PathBuf;

use connect_core::{AppKey, BaseUrl, Secret};
use serde_json::{Value, json};

use crate::context::Context;
use crate::dev::{key_on_disk, left};
use crate::env;
use crate::error::CliError;
use crate::host::{HostError, License, LicenseState, Login, Upm};
use crate::inspect;
use crate::project::{Credentials, Half, half_for, read_text};
use crate::ui::{self, Choice, Verb};

/// What is to be shown or set.
#[derive(Clone, Debug, Default)]
pub(crate) struct LicenseOptions {
    /// The state to set; without one it is shown.
    pub(crate) state: Option<LicenseState>,
    /// This host of credentials.json only.
    pub(crate) host: Option<String>,
    /// The app; none is that of the folder.
    pub(crate) key: Option<String>,
    /// Where the access token is, `-` for stdin.
    pub(crate) token: Option<PathBuf>,
}

/// A site where the app may be installed.
struct Site {
    upm: Upm,
    base_url: BaseUrl,
    /// The app that is meant there.
    key: AppKey,
    is_sandbox: bool,
}

/// Longest access token, in bytes.
const TOKEN: u64 = 16 * 1024;

/// Shows the licence of the app on each site, or sets it.
///
/// # Errors
/// When there is no site, the app is not there, or the site refuses.
pub(crate) async fn license(options: &LicenseOptions, context: &Context) -> Result<(), CliError> {
    let halves = Half::of(&context.cwd);
    let keys = keys(options, &halves, context)?;
    let token = given_token(options, context)?;
    for site in sites(options, &halves, &keys, context).await? {
        let (url, key) = (&site.base_url, &site.key);
        let failed = |error| CliError::host(url, "say what is licensed", &error);
        let found = site.upm.license(key).await.map_err(failed)?;
        let Some(found) = found else {
            return Err(CliError::not_installed(url, key));
        };
        let state = match options.state {
            None => describe(&site, key, &found).await?,
            Some(state) => {
                set(&site, key, state, token.as_ref(), context).await?;
                state.as_upm().to_ascii_lowercase().replace('_', " ")
            }
        };
        tell(&site, key, &found, options.state, &state, context);
    }
    Ok(())
}

/// The key of each descriptor, or that which is asked for; none where another one is.
fn keys(
    options: &LicenseOptions,
    halves: &[Half],
    context: &Context,
) -> Result<Vec<Option<AppKey>>, CliError> {
    let own = halves.iter().map(|half| key_on_disk(&context.cwd, half));
    let Some(key) = &options.key else {
        return own.map(|key| key.map(Some)).collect();
    };
    let key = AppKey::parse(key).map_err(|error| CliError::bad_key(key, &error))?;
    let own: Vec<_> = own.map(Result::ok).collect();
    let wanted = Some(key);
    // The key of one half means its hosts; any other may be on all of them.
    let is_ours = own.contains(&wanted);
    let keys = own.into_iter().map(|own| match is_ours && own != wanted {
        true => None,
        false => wanted.clone(),
    });
    Ok(keys.collect())
}

fn tell(
    site: &Site,
    key: &AppKey,
    found: &License,
    set: Option<LicenseState>,
    state: &str,
    context: &Context,
) {
    let (ui, url) = (&context.ui, &site.base_url);
    let active = set.map_or(found.active, LicenseState::is_active);
    let fields = json!({
        "host": url.as_str(), "key": key.as_str(), "active": active, "state": state,
        "set": set.is_some(),
    });
    ui.event("license", &fields);
    match set {
        Some(_) => ui.status(Verb::Done("Set"), &format!("{key} on {url}: {state}")),
        None if ui.json => {}
        None => ui.data(&format!("{key} on {url}   {state}")),
    }
    if let Some((text, hint)) = found.unheard() {
        ui.note(text, hint);
    } else if set.is_some() {
        ui.more(if site.is_sandbox {
            "pages that are opened from now on are told"
        } else {
            "pages are told within five minutes: the site remembers what it told them"
        });
    }
}

/// The state for people: that of the access token where there is one.
async fn describe(site: &Site, key: &AppKey, found: &License) -> Result<String, CliError> {
    let plain = match (found.active, found.evaluation) {
        (false, _) => "none",
        (true, false) => "active",
        (true, true) => "active trial",
    };
    if site.is_sandbox {
        return Ok(plain.to_owned());
    }
    let failed = |error| CliError::host(&site.base_url, "say what is licensed", &error);
    let token = site.upm.access_token(key).await.map_err(failed)?;
    Ok(match token {
        Some(token) => {
            let state = token.state.to_ascii_lowercase().replace('_', " ");
            format!("{state}, by an access token")
        }
        None => plain.to_owned(),
    })
}

async fn set(
    site: &Site,
    key: &AppKey,
    state: LicenseState,
    given: Option<&Secret>,
    context: &Context,
) -> Result<(), CliError> {
    let url = &site.base_url;
    let failed = |error: HostError| CliError::host(url, "set the licence", &error);
    if site.is_sandbox {
        let switched = site.upm.switch_license(key, state.is_active()).await;
        return switched.map_err(failed);
    }
    let known = site.upm.access_token(key).await.map_err(failed)?;
    let (token, before) = match (given, known) {
        (Some(given), known) => (given.clone(), known.map(|known| known.state)),
        (None, Some(known)) => (known.token, Some(known.state)),
        (None, None) => return Err(CliError::no_access_token(url, key)),
    };
    let before = before.unwrap_or_else(|| "NONE".to_owned());
    confirm(url, key, &before, state, context)?;
    let set = site.upm.simulate_license(key, &token, state).await;
    set.map_err(failed)
}

/// A site that others use too is asked about first.
fn confirm(
    url: &BaseUrl,
    key: &AppKey,
    before: &str,
    state: LicenseState,
    context: &Context,
) -> Result<(), CliError> {
    if context.yes {
        return Ok(());
    }
    let after = state.as_upm();
    if !context.ui.interactive {
        return Err(CliError::license_unconfirmed(url, key, before, after));
    }
    let question = format!("Set the licence of {key} on {url} from {before} to {after}?");
    let choices = [
        Choice {
            name: "No",
            about: "",
        },
        Choice {
            name: "Yes",
            about: "everybody on the site sees the app so",
        },
    ];
    match context.ui.choose(&question, &choices)? {
        1 => Ok(()),
        _ => Err(CliError::license_unconfirmed(url, key, before, after)),
    }
}

/// The access token that the user hands over: never on the command line, where others see it.
fn given_token(options: &LicenseOptions, context: &Context) -> Result<Option<Secret>, CliError> {
    let text = match &options.token {
        None => {
            let text = context.env.text(env::CONNECT_LICENSE_TOKEN);
            return Ok(text.map(Secret::new));
        }
        Some(file) if file.as_os_str() == "-" => ui::read_stdin(TOKEN)
            .map_err(|error| CliError::unreadable("the access token on stdin", &error))?,
        Some(file) => read_text(&context.cwd.join(file))?,
    };
    Ok(Some(Secret::new(text.trim())))
}

/// The sandbox of the session that runs here, or else the hosts of credentials.json.
async fn sites(
    options: &LicenseOptions,
    halves: &[Half],
    keys: &[Option<AppKey>],
    context: &Context,
) -> Result<Vec<Site>, CliError> {
    let folder = &context.cwd;
    if options.host.is_none()
        && let Ok(stage) = inspect::ask(folder, &context.http, "api/sandbox", None).await
        && let Some(sites) = stage["sites"].as_array()
    {
        let text = |name: &str| stage[name].as_str().unwrap_or_default();
        let site = |(site, key): (&Value, &Option<AppKey>)| {
            let base_url = BaseUrl::parse(site.as_str()?).ok()?;
            let login = Login {
                username: text("username").to_owned(),
                password: Secret::new(text("password")),
            };
            Some(Site {
                upm: Upm::new(context.http.clone(), base_url.clone(), login),
                base_url,
                key: key.clone()?,
                is_sandbox: true,
            })
        };
        return Ok(sites.iter().zip(keys).filter_map(site).collect());
    }
    let credentials = Credentials::read(folder, &context.env)?;
    let wanted = |site: &BaseUrl| {
        let host = options.host.as_deref();
        host.is_none_or(|host| left::is_same_site(site.as_str(), host))
    };
    let mut sites = Vec::new();
    for host in credentials.hosts.iter().filter(|host| wanted(&host.site)) {
        let Some(key) = &keys[half_for(halves, host.product.into())] else {
            continue;
        };
        let login = left::login_of(&host.unlock(folder).await?);
        sites.push(Site {
            upm: Upm::new(context.http.clone(), host.site.clone(), login),
            base_url: host.site.clone(),
            key: key.clone(),
            is_sandbox: false,
        });
    }
    match (sites.is_empty(), &options.host) {
        (false, _) => Ok(sites),
        (true, Some(host)) => Err(CliError::no_such_host(host)),
        (true, None) => Err(CliError::nothing_to_license()),
    }
}
