//! `connect sandbox`: the offline host alone.

mod order;
mod test;

use std::process::ExitCode;

use connect_core::{BaseUrl, Product};
use connect_sandbox::Sandbox as Host;
use serde_json::{Value, json};
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
        let (ready, events, ui) = (Ready::of(&host), host.subscribe(), context.ui);
        // Said when an interrupt can be heard, and not before: who starts us may stop us at once.
        until_interrupt(Box::pin(async move {
            ready.say(&ui);
            tell_events(events, ui).await;
        }))
        .await?;
        sandbox::stop(host).await;
        context.ui.event("stopped", &json!({}));
        Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Where a sandbox is and how to log in.
struct Ready {
    /// The first site.
    url: String,
    lines: Vec<String>,
    event: Value,
}

impl Ready {
    /// The password opens nothing but this sandbox, and whoever drives it from outside needs it.
    fn of(host: &Host) -> Self {
        let (url, user) = (host.site(Product::Jira).to_string(), host.username());
        let (password, keys) = (host.password().expose(), host.keys_url());
        let sites: Vec<&str> = host.sites().map(BaseUrl::as_str).collect();
        let mut lines: Vec<String> = sites
            .iter()
            .skip(1)
            .map(|site| format!("also {site}"))
            .collect();
        lines.push(format!("user {user}, password {password}"));
        lines.push(format!(
            "keys of install tokens: CONNECT_KEYS_CDN_URL={keys}"
        ));
        let event = json!({
            "url": url, "username": user, "password": password, "keys": keys,
            "hostScript": host.host_script_url(), "sandbox": host.url(), "sites": sites,
        });
        Self { url, lines, event }
    }

    fn say(&self, ui: &Ui) {
        ui.status(Verb::Done("Ready"), &self.url);
        for line in &self.lines {
            ui.more(line);
        }
        ui.event("ready", &self.event);
    }
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
