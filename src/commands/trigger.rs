//! `connect trigger`: sends the app what a host would send, signed or deliberately wrong.

use std::process::ExitCode;

use connect_core::lifecycle::LifecycleEvent;
use serde_json::{Value, json};

use crate::cli::Trigger;
use crate::commands::inspect::session;
use crate::context::Context;
use crate::editor;
use crate::error::CliError;
use crate::inspect::fire::{Shot, Source, Volley, read_shots};
use crate::inspect::{Flaw, TokenKind, folder, read_one};
use crate::project::{Half, Product, half_for, read_json, read_text};
use crate::ui::Verb;

pub(super) fn run(flags: &Trigger, context: &Context) -> Result<ExitCode, CliError> {
    let source = match (flags.from, &flags.event) {
        (Some(id), _) => match read_one(&folder(&context.cwd), id) {
            Some(_) => Source::Request(id),
            None => return Err(CliError::no_such_request(id)),
        },
        (None, Some(event)) => Source::Shot(named(event, flags.product, context)?),
        (None, None) => return list(flags.product, context),
    };
    let mut volley = Volley {
        set: flags.set.clone(),
        tenant: flags.tenant.clone(),
        product: flags.product,
        user: flags.user.clone(),
        flaw: flags.flaw,
        ..Volley::of(source)
    };
    if let Some(file) = &flags.body {
        volley.body = Some(read_json(&context.cwd.join(file))?.to_string());
    }
    if let Source::Shot(shot) = &volley.source
        && shot.kind() == TokenKind::Install
        && !flags.flaw.is_some_and(Flaw::needs_no_key)
    {
        let sandbox = context.block_on(session("api/sandbox", None, context))?;
        if sandbox.is_null() {
            return Err(CliError::no_install_key(&shot.name));
        }
    }
    if flags.edit {
        let draft = context.block_on(session("api/draft", Some(&json!(volley)), context))?;
        let draft = draft["body"].as_str().unwrap_or_default();
        volley.body = Some(context.block_on(editor::edit(draft, context))?);
        // They are in the draft already.
        volley.set = Vec::new();
    }
    let sent = context.block_on(session("api/fire", Some(&json!(volley)), context))?;
    conclude(&volley, &sent, context)
}

fn list(product: Option<Product>, context: &Context) -> Result<ExitCode, CliError> {
    for shot in all(product, context)? {
        context.ui.data(&match context.ui.json {
            true => json!(shot).to_string(),
            false => format!("{:<32} {:<5} {}", shot.name, shot.method, shot.path),
        });
    }
    Ok(ExitCode::SUCCESS)
}

/// Everything in the descriptor of the folder that can be sent; that for this product, where there
/// are two.
fn all(product: Option<Product>, context: &Context) -> Result<Vec<Shot>, CliError> {
    let halves = Half::of(&context.cwd);
    let half = product.map_or(0, |product| half_for(&halves, product.into()));
    let text = read_text(&context.cwd.join(halves[half].file))?;
    read_shots(&text).map_err(|findings| CliError::unreadable_descriptor(&findings))
}

fn named(event: &str, product: Option<Product>, context: &Context) -> Result<Shot, CliError> {
    let mut all = all(product, context)?.into_iter();
    all.find(|shot| shot.name == event)
        .ok_or_else(|| CliError::nothing_to_trigger(event))
}

/// Says what the app made of it. A token with a flaw must be refused, and one without must not.
fn conclude(volley: &Volley, sent: &Value, context: &Context) -> Result<ExitCode, CliError> {
    let status = sent["status"].as_u64().unwrap_or_default();
    let (name, what, lifecycle) = match &volley.source {
        Source::Request(id) => (format!("#{id}"), format!("request #{id} again"), None),
        Source::Shot(shot) => {
            let what = format!("{} {}", shot.method, shot.path);
            (shot.name.clone(), what, shot.lifecycle())
        }
    };
    let (took, algorithm) = (&sent["ms"], &sent["algorithm"]);
    let signed = algorithm.as_str().unwrap_or("no token");
    let line = format!("{what} -> {status}   {took} ms   {signed}");
    context.ui.status(Verb::Done("Sent"), &line);
    let path = match &volley.source {
        Source::Request(_) => "",
        Source::Shot(shot) => &shot.path,
    };
    let fields = json!({
        "name": name, "path": path, "status": status, "ms": took, "algorithm": algorithm,
    });
    context.ui.event("triggered", &fields);
    let problem = match (volley.flaw, lifecycle, status) {
        (Some(_), _, 401) => return Ok(ExitCode::SUCCESS),
        (Some(_), ..) => {
            "the app let in a token that proves nothing: a hole, unless the route is public"
        }
        (None, _, 401) => "the app refused a token that holds: see `connect inspect`",
        (None, Some(_), 200 | 201 | 204) => return Ok(told(lifecycle, context)),
        (None, Some(_), _) => "a host takes 200, 201 and 204 only: see `connect inspect`",
        (None, ..) => return Ok(ExitCode::SUCCESS),
    };
    context.ui.warning(problem);
    Ok(ExitCode::FAILURE)
}

/// What else there is to know: the host itself has done nothing.
fn told(lifecycle: Option<LifecycleEvent>, context: &Context) -> ExitCode {
    if lifecycle == Some(LifecycleEvent::Uninstalled) {
        let text = "the app takes itself for uninstalled now, and its host does not";
        context.ui.note(text, "connect trigger installed");
    }
    ExitCode::SUCCESS
}
