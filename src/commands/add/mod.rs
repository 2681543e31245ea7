//! `connect add`: puts a module into an app that is there.

mod questions;

use std::process::ExitCode;

use connect_validator::{ModuleKind, Product, module_kinds};
use serde_json::json;

use crate::check::diff;
use crate::cli::{Add, AddCommand, AddModule};
use crate::context::Context;
use crate::error::CliError;
use crate::project::{Config, FileError, read_text};
use crate::scaffold::module::{self, Addition, App, Change, Plan};
use crate::ui::Verb;

pub(super) fn run(flags: Add, context: &Context) -> Result<ExitCode, CliError> {
    match flags.command {
        AddCommand::Module(flags) if flags.list => list(&flags, context),
        AddCommand::Module(flags) => add(flags, context)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn add(flags: AddModule, context: &Context) -> Result<(), CliError> {
    let read = |path: &str| match read_text(&context.cwd.join(path)) {
        Ok(text) => Some(text),
        // What is there and cannot be read is no free place.
        Err(FileError::Missing(_)) => None,
        Err(_) => Some(String::new()),
    };
    let usual = match Config::product(&context.cwd, &context.env) {
        connect_core::Product::Confluence => Product::Confluence,
        _ => Product::Jira,
    };
    let app = App::of(&read, usual)?;
    let kind = questions::kind(&flags, context)?;
    let addition = Addition {
        kind: module::kind(kind.name).ok_or_else(|| CliError::bug("a type without a row"))?,
        product: questions::product(&flags, &kind, &app, context)?,
        name: questions::name(&flags, &kind, context)?,
        key: flags.key,
        url: flags.url,
        location: flags.location,
        event: flags.event,
        with_code: !flags.descriptor_only,
    };
    let plan = module::plan(&app, &addition)?;
    if !flags.dry_run {
        module::write(&context.cwd, &plan.changes)?;
        tell(kind.name, &plan, context);
    } else if !context.ui.json {
        preview(&plan, context);
    }
    context.ui.event(
        "added",
        &json!({
            "type": kind.name, "name": plan.name, "product": addition.product,
            "files": plan.changes.iter().map(|change| &change.path).collect::<Vec<_>>(),
            "written": !flags.dry_run,
        }),
    );
    Ok(())
}

/// Shows every line that would change.
fn preview(plan: &Plan, context: &Context) {
    for change in &plan.changes {
        let (before, note) = match &change.before {
            Some(before) => (before.as_str(), "with the module"),
            None => ("", "new"),
        };
        let text = diff(&change.path, note, before, &change.after);
        context.ui.data(text.trim_end());
    }
}

/// Says what was done, and what is left to do.
fn tell(kind: &str, plan: &Plan, context: &Context) {
    let what = format!("{kind} `{}` to {}", plan.name, plan.descriptor);
    context.ui.status(Verb::Done("Added"), &what);
    let names = |wanted: &dyn Fn(&Change) -> bool| -> Vec<&str> {
        let changes = plan.changes.iter().skip(1).filter(|change| wanted(change));
        changes.map(|change| change.path.as_str()).collect()
    };
    for (verb, files) in [
        ("Created", names(&|change| change.before.is_none())),
        ("Changed", names(&|change| change.before.is_some())),
    ] {
        if !files.is_empty() {
            context.ui.status(Verb::Done(verb), &files.join(", "));
        }
    }
    if let Some((method, path)) = &plan.left {
        let hint = format!("let the app answer {method} {path}, which the product signs");
        context.ui.note("the code is left to you", &hint);
    }
}

fn list(flags: &AddModule, context: &Context) {
    let wanted = |kind: &ModuleKind| match flags.product {
        Some(product) => kind.products.contains(&product),
        None => true,
    };
    for kind in module_kinds().filter(wanted) {
        if context.ui.json {
            let fields =
                json!({ "name": kind.name, "about": kind.about, "products": kind.products });
            context.ui.event("module.type", &fields);
        } else {
            let products: Vec<_> = kind.products.iter().map(|product| product.name()).collect();
            let text = format!("{:<44} {} ({})", kind.name, kind.about, products.join(", "));
            context.ui.data(&text);
        }
    }
}
