//! `connect call`: calls the product's REST interface as the app.

use std::process::ExitCode;
use std::time::Duration;

use connect_core::BaseUrl;
use reqwest::Method;
use serde_json::{Map, Value};
use url::Url;

use crate::cli::Call;
use crate::commands::token::sign;
use crate::context::Context;
use crate::error::CliError;
use crate::http;
use crate::inspect::{Order, TokenKind};
use crate::project::read_json;
use crate::ui;

/// Longest wait for the host.
const HOST: Duration = Duration::from_secs(30);

pub(super) fn run(flags: &Call, context: &Context) -> Result<ExitCode, CliError> {
    context.block_on(call(flags, context))
}

async fn call(flags: &Call, context: &Context) -> Result<ExitCode, CliError> {
    let method = flags.method.to_ascii_uppercase();
    let method: Method = method.parse().map_err(CliError::call_arguments)?;
    // Fields are the query of what has no body (hosts refuse a GET with one: CHANGE-2328).
    let has_body = !matches!(method, Method::GET | Method::HEAD | Method::DELETE);
    let mut target = format!("/{}", flags.path.trim_start_matches('/'));
    if !has_body && !flags.field.is_empty() {
        let pairs = flags.field.iter().filter_map(|field| field.split_once('='));
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        let between = if target.contains('?') { '&' } else { '?' };
        target = format!("{target}{between}{query}");
    }
    let order = Order {
        method: method.to_string(),
        target: target.clone(),
        tenant: flags.tenant.clone(),
        user: None,
        kind: TokenKind::App,
        flaw: None,
    };
    let signed = sign(&order, context).await?;
    let text = |name: &str| signed[name].as_str().unwrap_or_default();
    let site = BaseUrl::parse(text("baseUrl")).map_err(CliError::call_arguments)?;
    let url = Url::parse(&format!("{site}{target}")).map_err(CliError::call_arguments)?;
    let client = context.http.client(&url).map_err(CliError::call_failed)?;
    let mut request = client
        .request(method, url)
        .header("Authorization", format!("JWT {}", text("token")))
        .header("Accept", "application/json");
    if has_body && let Some(body) = body(flags, context)? {
        request = request.header("Content-Type", "application/json");
        request = request.body(body.to_string());
    }
    let answer = http::send(request, HOST)
        .await
        .map_err(CliError::call_failed)?;
    if flags.include {
        context.ui.data(&format!("HTTP {}", answer.status));
        for (name, value) in &answer.headers {
            context
                .ui
                .data(&format!("{name}: {}", value.to_str().unwrap_or_default()));
        }
        context.ui.data("");
    }
    let body = String::from_utf8_lossy(&answer.body);
    context.ui.data(&pretty(&body));
    if answer.status.is_success() {
        return Ok(ExitCode::SUCCESS);
    }
    Err(CliError::call_refused(answer.status.as_u16()))
}

/// The body, from a file, stdin or fields.
fn body(flags: &Call, context: &Context) -> Result<Option<Value>, CliError> {
    match flags.input.as_deref() {
        Some("-") => {
            let text = ui::read_stdin(http::MAX_BODY as u64).map_err(CliError::call_arguments)?;
            serde_json::from_str(&text)
                .map(Some)
                .map_err(CliError::call_arguments)
        }
        Some(file) => Ok(Some(read_json(&context.cwd.join(file))?)),
        None if flags.field.is_empty() => Ok(None),
        None => {
            let pairs = flags.field.iter().filter_map(|field| field.split_once('='));
            // What reads as JSON is JSON: `-f maxResults=5` is a number.
            let value = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| text.into());
            let all: Map<_, _> = pairs
                .map(|(name, text)| (name.to_owned(), value(text)))
                .collect();
            Ok(Some(all.into()))
        }
    }
}

/// Indented on a terminal, as it came for programs.
fn pretty(body: &str) -> String {
    match serde_json::from_str::<Value>(body) {
        Ok(value) if ui::stdout_is_terminal() => format!("{value:#}"),
        _ => body.trim_end().to_owned(),
    }
}
