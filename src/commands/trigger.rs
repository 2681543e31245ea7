//! `connect trigger`: sends the app what a host would send, signed or deliberately wrong.

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use connect_core::BaseUrl;
use serde_json::{Value, json};

use crate::cli::Trigger;
use crate::commands::inspect::session;
use crate::commands::token::sign;
use crate::context::Context;
use crate::error::CliError;
use crate::inspect::fire::{Shot, body, head, set, shots};
use crate::inspect::{Order, TokenKind};
use crate::project::{DESCRIPTOR, read_json};
use crate::ui::Verb;

pub(super) fn run(flags: &Trigger, context: &Context) -> Result<ExitCode, CliError> {
    let all = shots(&read_json(&context.cwd.join(DESCRIPTOR))?);
    let Some(event) = &flags.event else {
        for shot in all {
            context.ui.data(&match context.ui.json {
                true => json!({ "name": shot.name, "method": shot.method, "path": shot.path })
                    .to_string(),
                false => format!("{:<32} {:<5} {}", shot.name, shot.method, shot.path),
            });
        }
        return Ok(ExitCode::SUCCESS);
    };
    let named = all.into_iter().find(|shot| shot.name == *event);
    let shot = named.ok_or_else(|| CliError::nothing_to_trigger(event))?;
    let text = match shot.method {
        "POST" => text(flags, &shot, context)?,
        _ => String::new(),
    };
    let status = context.block_on(send(flags, &shot, &text, context))?;
    let path = &shot.path;
    context.ui.status(
        Verb::Done("Sent"),
        &format!("{} {path} -> {status}", shot.method),
    );
    context.ui.event(
        "triggered",
        &json!({ "name": shot.name, "path": path, "status": status }),
    );
    // A token with a flaw must be refused, and one without must not.
    let problem = match (flags.flaw, status) {
        (Some(_), 401) => return Ok(ExitCode::SUCCESS),
        (Some(_), _) => {
            "the app let in a token that proves nothing: a hole, unless the route is public"
        }
        (None, 401) => "the app refused a token that holds: see `connect inspect`",
        (None, _) => return Ok(ExitCode::SUCCESS),
    };
    context.ui.warning(problem);
    Ok(ExitCode::FAILURE)
}

/// The body of a webhook.
fn text(flags: &Trigger, shot: &Shot, context: &Context) -> Result<String, CliError> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let mut value = match &flags.body {
        Some(file) => read_json(&context.cwd.join(file))?,
        None => body(&shot.name, now.as_millis()),
    };
    for assignment in &flags.set {
        set(&mut value, assignment).map_err(CliError::trigger_body)?;
    }
    Ok(value.to_string())
}

/// Signs and sends it, through the proxy of the session, so that it is on the inspector's list.
async fn send(
    flags: &Trigger,
    shot: &Shot,
    text: &str,
    context: &Context,
) -> Result<u64, CliError> {
    let order = Order {
        method: shot.method.to_owned(),
        target: shot.path.clone(),
        tenant: flags.tenant.clone(),
        user: flags.user.clone(),
        kind: TokenKind::Host,
        flaw: flags.flaw,
    };
    let signed = sign(&order, context).await?;
    let address = signed["app"]
        .as_str()
        .and_then(|url| BaseUrl::parse(url).ok());
    let Some(address) = address else {
        return Err(CliError::bug("the session has no address"));
    };
    let head = head(shot, &address, signed["token"].as_str(), text);
    let sent: Value = session(
        "api/send",
        Some(&json!({ "head": head, "body": text })),
        context,
    )
    .await?;
    Ok(sent["status"].as_u64().unwrap_or_default())
}
