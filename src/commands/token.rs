//! `connect token`: reads, explains and makes tokens.

use std::process::ExitCode;

use serde_json::json;

use crate::cli::{Token, TokenMint, TokenRead};
use crate::commands::inspect::session;
use crate::context::Context;
use crate::error::CliError;
use crate::inspect::{Auth, Order, folder, read_one, show};
use crate::ui;

/// Longest text on stdin.
const TOKEN: u64 = 64 * 1024;

pub(super) fn run(command: &Token, context: &Context) -> Result<ExitCode, CliError> {
    match command {
        Token::Decode(flags) => read(flags, context),
        Token::Mint(flags) => mint(flags, context),
    }
}

/// Says what a token says, and what it is worth where that can be known.
fn read(flags: &TokenRead, context: &Context) -> Result<ExitCode, CliError> {
    let auth = match flags.from_request {
        Some(id) => {
            let entry = read_one(&folder(&context.cwd), id);
            entry.ok_or_else(|| CliError::no_such_request(id))?.auth
        }
        None => from_stdin(flags, context)?,
    };
    let refused = auth.verdict == crate::inspect::Verdict::Refused;
    let text = match context.ui.json {
        true => json!(auth).to_string(),
        false => show::token(&auth),
    };
    context.ui.data(text.trim_end());
    Ok(ExitCode::from(u8::from(refused)))
}

fn from_stdin(flags: &TokenRead, context: &Context) -> Result<Auth, CliError> {
    if ui::on_terminal() {
        context.ui.text("paste the token, then Enter and Ctrl-D\n");
    }
    let token = ui::read_stdin(TOKEN).map_err(|error| CliError::no_token(&error))?;
    let token = token.trim().trim_start_matches("JWT ").to_owned();
    let question = json!({ "token": token, "method": flags.method, "target": flags.path });
    let asked = context.block_on(session("api/judge", Some(&question), context));
    match asked {
        Ok(auth) => serde_json::from_value(auth)
            .map_err(|error| CliError::bug("the session gave no verdict").cause(error)),
        // What it says can be read without a session; what it is worth cannot.
        Err(_) => Ok(Auth::unchecked(&token)),
    }
}

/// Makes a token with the secret that the running session knows.
fn mint(flags: &TokenMint, context: &Context) -> Result<ExitCode, CliError> {
    // A token on a screen is a token in a screenshot.
    if ui::stdout_is_terminal() && !flags.show && !context.ui.json {
        return Err(CliError::token_on_terminal());
    }
    let order = Order {
        method: flags.method.clone(),
        target: flags.path.clone(),
        tenant: flags.tenant.clone(),
        product: flags.product,
        user: flags.user.clone(),
        kind: flags.kind,
        flaw: None,
    };
    let signed = context.block_on(session("api/sign", Some(&json!(order)), context))?;
    match context.ui.json {
        true => context.ui.data(&signed.to_string()),
        false => context
            .ui
            .data(signed["token"].as_str().unwrap_or_default()),
    }
    Ok(ExitCode::SUCCESS)
}
