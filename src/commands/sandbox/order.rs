//! Orders to a sandbox that runs: faults, a fresh start, a recording.

use std::process::ExitCode;
use std::time::Duration;

use connect_sandbox::Fixture;
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use crate::cli::{SandboxAt, SandboxFault, SandboxRecord};
use crate::context::Context;
use crate::error::CliError;
use crate::http::{self, is_loopback};
use crate::ui::Verb;

/// Longest wait: it is on this machine.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn fault(flags: &SandboxFault, context: &Context) -> Result<ExitCode, CliError> {
    let said = context.block_on(async {
        let path = "_sandbox/faults";
        if flags.clear {
            ask(&flags.at, Method::DELETE, path, None, context).await?;
        }
        let times = (!flags.always).then_some(flags.times);
        for fault in &flags.faults {
            let order = json!({ "fault": fault, "times": times });
            ask(&flags.at, Method::POST, path, Some(&order), context).await?;
        }
        ask(&flags.at, Method::GET, path, None, context).await
    })?;
    if context.ui.json {
        context.ui.data(&said.to_string());
        return Ok(ExitCode::SUCCESS);
    }
    let ordered = said["ordered"].as_array().map_or(&[][..], Vec::as_slice);
    for one in ordered {
        let times = match one["times"].as_u64() {
            None => "always".to_owned(),
            Some(1) => "once".to_owned(),
            Some(times) => format!("{times} times"),
        };
        let fault = one["fault"].as_str().unwrap_or_default();
        context.ui.data(&format!("{fault:<40} {times}"));
    }
    if ordered.is_empty() {
        context.ui.text("nothing is on order; there are:\n");
        for form in said["forms"].as_array().into_iter().flatten() {
            let form = form.as_str().unwrap_or_default();
            context.ui.text(&format!("  {form}\n"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn record(flags: &SandboxRecord, context: &Context) -> Result<ExitCode, CliError> {
    let mut path = "_sandbox/recording".to_owned();
    if let Some(app) = &flags.app {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        path.push('?');
        path.push_str(&query.append_pair("app", app).finish());
    }
    let said = context.block_on(ask(&flags.at, Method::GET, &path, None, context))?;
    let fixture = Fixture::parse(&said.to_string())
        .map_err(|error| CliError::bug("the sandbox gave no fixture").cause(error))?;
    let Some(file) = &flags.file else {
        context.ui.data(fixture.to_json().trim_end());
        return Ok(ExitCode::SUCCESS);
    };
    let file = context.cwd.join(file);
    std::fs::write(&file, fixture.to_json())
        .map_err(|error| CliError::unwritable(context.shown(&file), &error))?;
    let text = format!("{} steps to {}", fixture.len(), file.display());
    context.ui.status(Verb::Done("Recorded"), &text);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn reset(flags: &SandboxAt, context: &Context) -> Result<ExitCode, CliError> {
    context.block_on(ask(flags, Method::POST, "_sandbox/reset", None, context))?;
    context.ui.status(Verb::Done("Reset"), &flags.at);
    Ok(ExitCode::SUCCESS)
}

/// Asks the sandbox; it answers on this machine only, and so is it asked.
async fn ask(
    at: &SandboxAt,
    method: Method,
    path: &str,
    body: Option<&Value>,
    context: &Context,
) -> Result<Value, CliError> {
    let gone = |cause: &dyn std::fmt::Display| CliError::sandbox_not_running(&at.at, cause);
    let url = Url::parse(&format!("{}/{path}", at.at.trim_end_matches('/')));
    let url = url.ok().filter(is_loopback);
    let url = url.ok_or_else(|| gone(&"it is not on this machine"))?;
    let client = context.http.client(&url).map_err(|error| gone(&error))?;
    let mut request = client.request(method, url).header("x-sandbox", "1");
    if let Some(body) = body {
        request = request.body(body.to_string());
    }
    let answer = http::send(request, PATIENCE)
        .await
        .map_err(|error| gone(&error))?;
    let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if answer.status.is_success() {
        return Ok(said);
    }
    let why = said["message"].as_str().unwrap_or("it gave no reason");
    Err(CliError::sandbox_refused(
        &at.at,
        answer.status.as_u16(),
        why,
    ))
}
