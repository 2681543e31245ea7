//! Tenants of a store: to look at, to move to another store, to forget.

mod transfer;

use std::sync::Arc;

use connect_core::{
    ClientKey, InstallationId, Secret, Tenant, TenantState,
    store::{PageToken, Store, StoreError},
};
use connect_store::{
    SealedStore, StoreKeys, StoreSettings,
    transfer::{Secrets, describe, take},
};

pub(crate) use transfer::{ExportOptions, ImportError, ImportOptions, export, import};

use crate::context::Context;
use crate::env;
use crate::error::CliError;
use crate::project::Config;
use crate::ui::{Choice, Verb};

/// Something around tenants went wrong that is not the store's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TenantError {
    /// It is no client key.
    #[error("`{given}` is no client key: {source}")]
    Key {
        /// What was given.
        given: String,
        /// Why not.
        source: connect_core::NameError,
    },
    /// No tenant has it.
    #[error("the store `{store}` has no tenant `{key}`")]
    Unknown {
        /// The client key.
        key: ClientKey,
        /// Which store.
        store: String,
    },
    /// Records of the list cannot be read.
    #[error("{0} records cannot be read")]
    Unreadable(usize),
    /// Nobody confirmed what cannot be undone.
    #[error("nothing was forgotten")]
    NotConfirmed,
}

/// An open store and how to call it.
pub(crate) struct Opened {
    store: Arc<dyn Store>,
    name: String,
}

/// Opens the store of that URL, or else the one that config.json or the environment names.
///
/// # Errors
/// When there is no such store, or it cannot be opened.
pub(crate) async fn open(url: Option<&str>, context: &Context) -> Result<Opened, CliError> {
    let place = place(url, context)?;
    if let (StoreSettings::Sqlite { file, .. }, _) = &place
        && !file.exists()
    {
        // Opening would make it.
        let message = format!("`{}` does not exist", context.shown(file));
        return Err(CliError::user("file/missing", message)
            .hint("name the store: --store postgres://..., or --store sqlite:FILE"));
    }
    connect(place, context).await
}

/// Opens a store to write into, making what is missing.
///
/// # Errors
/// As [`open`].
pub(crate) async fn open_to_write(
    url: Option<&str>,
    context: &Context,
) -> Result<Opened, CliError> {
    connect(place(url, context)?, context).await
}

/// A store, and where the keys of its secrets come from. Those of config.json are for its own store
/// alone, so that an import into another one can be in plain text.
type Place = (StoreSettings, Option<StoreKeys>);

fn place(url: Option<&str>, context: &Context) -> Result<Place, CliError> {
    let (settings, keys) = match url {
        Some(url) => (StoreSettings::from_url(url, &context.cwd)?, None),
        None => {
            let store = Config::store(&context.cwd, &context.env)?;
            (store.settings, store.keys)
        }
    };
    let given = context.env.text(env::CONNECT_STORE_KEYS);
    let given = given.map(|keys| StoreKeys::Given(Secret::new(keys)));
    Ok((settings, given.or(keys)))
}

async fn connect((settings, keys): Place, context: &Context) -> Result<Opened, CliError> {
    let name = settings.name();
    // Boxed, because it holds every driver's way of connecting.
    let opening = Box::pin(connect_store::open(&settings));
    let store = context.ui.wait("Opening", &name, opening).await?;
    let store = match keys {
        Some(keys) => {
            let unlocking = keys.keyring();
            let keys = context.ui.wait("Unlocking", &name, unlocking).await?;
            Arc::new(SealedStore::new(store, keys))
        }
        None => store,
    };
    Ok(Opened { store, name })
}

/// Says every tenant, one line each.
///
/// # Errors
/// Those of the store; [`TenantError::Unreadable`] after the list when some cannot be read.
pub(crate) async fn list(opened: &Opened, context: &Context) -> Result<(), CliError> {
    let mut pages = Pages::of(opened);
    let (mut count, mut unreadable) = (0, 0);
    while let Some((tenants, broken)) = pages.next().await? {
        if count == 0 && !tenants.is_empty() && !context.ui.json {
            context
                .ui
                .data(&row("CLIENT KEY", "PRODUCT", "STATE", "SITE"));
        }
        for tenant in &tenants {
            context.ui.data(&if context.ui.json {
                describe(tenant, Secrets::Hidden).to_string()
            } else {
                let (product, site) = (tenant.product.as_str(), tenant.base_url.as_str());
                row(tenant.client_key.as_str(), product, state(tenant), site)
            });
        }
        count += tenants.len();
        unreadable += broken.len();
        for error in broken {
            context.ui.warning(&format!("[{}] {error}", error.code()));
        }
    }
    let summary = format!("{} in {}", counted(count), opened.name);
    context.ui.status(Verb::Done("Listed"), &summary);
    if unreadable > 0 {
        return Err(TenantError::Unreadable(unreadable).into());
    }
    Ok(())
}

/// Says all that is known of one tenant, as JSON.
///
/// # Errors
/// When there is none, or the store fails.
pub(crate) async fn show(
    opened: &Opened,
    key: &str,
    secrets: Secrets,
    context: &Context,
) -> Result<(), CliError> {
    let tenant = find(opened, key).await?;
    let record = take(&*opened.store, &tenant, secrets).await?;
    let text = if context.ui.json {
        record.to_string()
    } else {
        format!("{record:#}")
    };
    context.ui.data(&text);
    Ok(())
}

/// Removes tenants for good, with their settings and installations.
///
/// # Errors
/// When one of them does not exist (nothing is removed then), nobody confirms, or the store fails.
pub(crate) async fn forget(
    opened: &Opened,
    keys: &[String],
    context: &Context,
) -> Result<(), CliError> {
    let mut tenants = Vec::new();
    for key in keys {
        tenants.push(find(opened, key).await?);
    }
    confirm(&tenants, opened, context)?;
    for tenant in &tenants {
        let id = tenant.installation_id.as_deref();
        let id = id.and_then(|id| InstallationId::parse(id).ok());
        if let Some(id) = id
            && let Some(found) = opened.store.installation(&id).await?
            && found.client_key.as_ref() == Some(&tenant.client_key)
        {
            opened.store.purge_installation(&id).await?;
        }
        opened.store.purge_tenant(&tenant.client_key).await?;
        let object = format!("{} ({})", tenant.client_key, tenant.base_url);
        context.ui.status(Verb::Done("Forgot"), &object);
    }
    Ok(())
}

fn confirm(tenants: &[Tenant], opened: &Opened, context: &Context) -> Result<(), CliError> {
    if context.yes {
        return Ok(());
    }
    if !context.ui.interactive {
        let message = "cannot ask without a terminal: --yes";
        return Err(CliError::usage("cli/missing-answer", message)
            .hint("connect tenants forget KEY --yes, which cannot be undone"));
    }
    let sites: Vec<&str> = tenants
        .iter()
        .map(|tenant| tenant.base_url.as_str())
        .collect();
    let question = format!("Forget {} in {}?", sites.join(", "), opened.name);
    let choices = [
        Choice {
            name: "No",
            about: "",
        },
        Choice {
            name: "Yes",
            about: "secrets, settings and all; a site must install the app again",
        },
    ];
    match context.ui.choose(&question, &choices)? {
        1 => Ok(()),
        _ => Err(TenantError::NotConfirmed.into()),
    }
}

async fn find(opened: &Opened, key: &str) -> Result<Tenant, CliError> {
    let key = ClientKey::parse(key).map_err(|source| TenantError::Key {
        given: key.to_owned(),
        source,
    })?;
    let found = opened.store.tenant(&key).await?;
    Ok(found.ok_or_else(|| TenantError::Unknown {
        key,
        store: opened.name.clone(),
    })?)
}

/// The list of all tenants, page by page.
struct Pages<'a> {
    store: &'a dyn Store,
    /// Where the next page begins; none at the end.
    next: Option<Option<PageToken>>,
}

impl<'a> Pages<'a> {
    fn of(opened: &'a Opened) -> Self {
        Self {
            store: &*opened.store,
            next: Some(None),
        }
    }

    async fn next(&mut self) -> Result<Option<(Vec<Tenant>, Vec<StoreError>)>, StoreError> {
        let Some(from) = self.next.take() else {
            return Ok(None);
        };
        let page = self.store.tenants(from.as_ref(), PAGE).await?;
        self.next = page.next.map(Some);
        Ok(Some((page.tenants, page.unreadable)))
    }
}

fn state(tenant: &Tenant) -> &'static str {
    match tenant.state {
        TenantState::Disabled => "disabled",
        TenantState::Enabled => "enabled",
        TenantState::Uninstalled { .. } => "uninstalled",
    }
}

fn row(key: &str, product: &str, state: &str, site: &str) -> String {
    format!("{key:<36}  {product:<10}  {state:<11}  {site}")
}

fn counted(tenants: usize) -> String {
    match tenants {
        1 => "1 tenant".to_owned(),
        _ => format!("{tenants} tenants"),
    }
}

/// Tenants that are in memory at a time.
const PAGE: usize = 500;
