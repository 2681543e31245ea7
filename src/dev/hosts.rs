//! Which hosts a session installs the app on, and which of its descriptors each gets.

use std::path::Path;

use connect_core::Product;
use connect_sandbox::Sandbox;

use crate::context::Context;
use crate::dev::effects::HostEntry;
use crate::dev::event::HalfId;
use crate::dev::reaper::Reaper;
use crate::dev::settings;
use crate::dev::setup::{DevOptions, HostChoice};
use crate::dev::switches::Switches;
use crate::error::CliError;
use crate::host::sandbox::Keep;
use crate::host::{self, Login, Upm};
use crate::project::{Config, Credentials, Half, HostCredentials, half_for};
use crate::ui::Fatality;

/// The hosts of credentials.json with their log-ins, if the app is to be installed there. A host
/// whose log-in cannot be had does not spoil the others.
pub(crate) async fn unlock(
    options: &DevOptions,
    credentials: &Credentials,
    switches: &Switches,
    context: &Context,
) -> Result<Vec<HostCredentials>, CliError> {
    let wanted = match options.hosts {
        HostChoice::Auto => !switches.no_reg,
        HostChoice::None | HostChoice::Sandbox => false,
        HostChoice::Upm => true,
    };
    let mut unlocked = Vec::new();
    let mut problem = None;
    for host in credentials.hosts.iter().filter(|_| wanted) {
        match host.unlock(&options.folder).await {
            Ok(host) => unlocked.push(host),
            Err(error) => {
                let before = problem.replace(CliError::from(error));
                before.inspect(|error| context.ui.error(error, Fatality::GoesOn));
            }
        }
    }
    match problem {
        Some(error) if unlocked.is_empty() => Err(error),
        problem => {
            problem.inspect(|error| context.ui.error(error, Fatality::GoesOn));
            Ok(unlocked)
        }
    }
}

/// What the choice of the hosts depends on.
pub(crate) struct Place<'a> {
    /// The descriptors.
    pub(crate) halves: &'a [Half],
    /// The hosts of credentials.json.
    pub(crate) named: &'a [HostCredentials],
    /// What `AC_OPTS` says.
    pub(crate) switches: &'a Switches,
    /// Who is told how to log in there.
    pub(crate) reaper: &'a Reaper,
}

/// The hosts of a session.
#[derive(Default)]
pub(crate) struct Hosts {
    /// Each of them.
    pub(crate) entries: Vec<HostEntry>,
    /// Which descriptor each gets.
    pub(crate) of: Vec<HalfId>,
    /// The sandbox, if it is the host.
    pub(crate) sandbox: Option<Sandbox>,
}

/// Chooses the hosts, starts the sandbox if it is one of them, and names a descriptor that none of
/// them gets.
///
/// # Errors
/// When there are none where there must be, or the sandbox does not start.
pub(crate) async fn choose(
    options: &DevOptions,
    place: &Place<'_>,
    context: &Context,
) -> Result<Hosts, CliError> {
    let Place {
        halves,
        named,
        switches,
        reaper,
    } = *place;
    match options.hosts {
        HostChoice::Auto if switches.no_reg => {
            context
                .ui
                .text("AC_OPTS has `no-reg`: the app is not installed anywhere\n");
            Ok(Hosts::default())
        }
        HostChoice::Auto | HostChoice::Upm if !named.is_empty() => {
            let entry = |host| settings::entry(host, &context.http, reaper);
            let of = |host: &HostCredentials| HalfId(half_for(halves, host.product.into()));
            let hosts = Hosts {
                entries: named.iter().map(entry).collect(),
                of: named.iter().map(of).collect(),
                sandbox: None,
            };
            tell_of_unhosted(halves, &hosts.of, context);
            Ok(hosts)
        }
        HostChoice::None => Ok(Hosts::default()),
        HostChoice::Upm => Err(CliError::no_hosts()),
        HostChoice::Auto | HostChoice::Sandbox => {
            if options.hosts == HostChoice::Auto {
                let text = "credentials.json names no hosts: using the sandbox, which is offline\n";
                context.ui.text(text);
            }
            let keep = Keep::Everything(host::sandbox::state_folder(&options.folder)?);
            let port = options.sandbox_port;
            let order = host::sandbox::Order {
                port,
                keep,
                sites: Vec::new(),
                flag: "connect dev --sandbox-port",
            };
            let sandbox = host::sandbox::start(order, context).await?;
            let products = sandbox_products(halves, &options.folder, context);
            let entry = |product: &Product| sandbox_entry(&sandbox, *product, context);
            Ok(Hosts {
                entries: products.iter().map(entry).collect(),
                of: (0..halves.len()).map(HalfId).collect(),
                sandbox: Some(sandbox),
            })
        }
    }
}

/// Says which descriptors no host is to have.
fn tell_of_unhosted(halves: &[Half], of_hosts: &[HalfId], context: &Context) {
    for (index, half) in halves.iter().enumerate() {
        if let Some(product) = half.product
            && !of_hosts.contains(&HalfId(index))
        {
            let text = format!(
                "{} is installed nowhere: there is no {product} for it",
                half.file
            );
            let word = product.to_string().to_ascii_lowercase();
            let hint = format!("add a host with `\"product\": \"{word}\"` to credentials.json");
            context.ui.note(&text, &hint);
        }
    }
}

/// The product of the sandbox that gets each descriptor.
pub(crate) fn sandbox_products(halves: &[Half], folder: &Path, context: &Context) -> Vec<Product> {
    let usual = || Config::product(folder, &context.env);
    let products = halves.iter().map(|half| half.product);
    products
        .map(|product| product.map_or_else(usual, Product::from))
        .collect()
}

/// The sandbox's UPM for each descriptor.
pub(crate) fn sandbox_upms(
    sandbox: &Sandbox,
    halves: &[Half],
    folder: &Path,
    context: &Context,
) -> Vec<Upm> {
    let products = sandbox_products(halves, folder, context).into_iter();
    products
        .map(|product| sandbox_upm(sandbox, product, context))
        .collect()
}

/// The sandbox as a host like any other.
fn sandbox_entry(sandbox: &Sandbox, product: Product, context: &Context) -> HostEntry {
    let name = match product {
        Product::Confluence => "Confluence",
        _ => "Jira",
    };
    HostEntry {
        host: Box::new(sandbox_upm(sandbox, product, context)),
        label: format!("the sandbox ({name})"),
        lasts: false,
    }
}

/// Its UPM, which is driven over loopback.
fn sandbox_upm(sandbox: &Sandbox, product: Product, context: &Context) -> Upm {
    let login = Login {
        username: sandbox.username().to_owned(),
        password: sandbox.password().clone(),
    };
    Upm::new(context.http.clone(), sandbox.site(product), login)
}
