//! `connect sandbox`: the offline host alone.

mod order;
mod test;

use std::process::ExitCode;

use connect_core::{BaseUrl, Product};
use connect_sandbox::Sandbox as Host;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;

use crate::cli::{Sandbox, SandboxCommand};
use crate::context::Context;
use crate::dev::until_interrupt;
use crate::error::CliError;
use crate::host::sandbox;
use crate::ui::{Ui, Verb};

pub(super) fn run(flags: &Sandbox, context: &Context) -> Result<ExitCode, CliError> {
    match &flags.command {
        None => host(flags, context),
        Some(SandboxCommand::Fault(flags)) => order::fault(flags, context),
        Some(SandboxCommand::Record(flags)) => order::record(flags, context),
        Some(SandboxCommand::Reset(flags)) => order::reset(flags, context),
        Some(SandboxCommand::Test(flags)) => test::run(flags, context),
    }
}

/// Runs it until it is interrupted.
fn host(flags: &Sandbox, context: &Context) -> Result<ExitCode, CliError> {
    context.block_on(async {
        let state = sandbox::state_folder(&context.cwd)?;
        let keep = sandbox::Keep::Everything(state);
        let order = sandbox::Order {
            port: flags.port,
            keep,
            sites: flags.site.clone(),
            flag: "connect sandbox --port",
        };
        let host = sandbox::start(order, context).await?;
        say_ready(&host, &context.ui);
        until_interrupt(Box::pin(tell_events(host.subscribe(), context.ui))).await?;
        sandbox::stop(host).await;
        context.ui.event("stopped", &json!({}));
        Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Says where it is and how to log in. The password opens nothing but this sandbox, and whoever
/// drives it from outside needs it.
fn say_ready(host: &Host, ui: &Ui) {
    let (jira, user) = (host.site(Product::Jira), host.username());
    let (password, keys) = (host.password().expose(), host.keys_url());
    ui.status(Verb::Done("Ready"), jira.as_str());
    ui.more(&format!("user {user}, password {password}"));
    ui.more(&format!(
        "keys of install tokens: CONNECT_KEYS_CDN_URL={keys}"
    ));
    for site in host.sites().skip(1) {
        ui.more(&format!("also {site}"));
    }
    let script = host.host_script_url();
    let sites: Vec<&str> = host.sites().map(BaseUrl::as_str).collect();
    ui.event(
        "ready",
        &json!({
            "url": jira.as_str(), "username": user, "password": password, "keys": keys,
            "hostScript": script, "sandbox": host.url(), "sites": sites,
        }),
    );
}

async fn tell_events(
    mut events: tokio::sync::broadcast::Receiver<connect_sandbox::SandboxEvent>,
    ui: Ui,
) {
    loop {
        match events.recv().await {
            Ok(event) => ui.event("sandbox.event", &json!({ "data": event })),
            // Whoever falls behind misses some lines, nothing else.
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}
