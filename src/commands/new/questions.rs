//! What `connect new` asks: each question has a flag, and is asked on a terminal alone, where
//! there is a choice.

use crate::cli::New;
use crate::context::Context;
use crate::error::CliError;
use crate::scaffold::{self, AppName, Template};
use crate::ui::Choice;

/// Names every answer that is missing when there is nobody to ask, and refuses what no answer
/// would help.
pub(super) fn check_answerable(flags: &New, context: &Context) -> Result<(), CliError> {
    if flags.product.as_deref() == Some("bitbucket") {
        return Err(CliError::no_bitbucket());
    }
    if context.ui.interactive {
        return Ok(());
    }
    let ambiguous = |given: &Option<String>, count: usize| given.is_none() && count > 1;
    let mut missing = Vec::new();
    if flags.name.is_none() {
        missing.push("NAME");
    }
    if !context.yes && ambiguous(&flags.product, products(flags).len()) {
        missing.push("--product");
    }
    if !context.yes && ambiguous(&flags.template, scaffold::templates().len()) {
        missing.push("--template");
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(CliError::missing_answer(&missing))
}

/// The name of the app.
pub(super) fn name(flags: &New, context: &Context) -> Result<AppName, CliError> {
    let name = match &flags.name {
        Some(name) => name.clone(),
        None => context.ui.ask("Name", "hello", &|name| {
            let parsed = AppName::parse(name);
            parsed
                .map(|_| ())
                .map_err(|problem| format!("`{name}` is no name for an app: {problem}"))
        })?,
    };
    AppName::parse(&name).map_err(|problem| CliError::bad_name(&name, &problem))
}

/// The product the app is for.
pub(super) fn product(flags: &New, context: &Context) -> Result<String, CliError> {
    if let Some(product) = &flags.product {
        return Ok(product.clone());
    }
    let choices: Vec<_> = products(flags)
        .into_iter()
        .map(|name| Choice {
            name,
            about: scaffold::called(name),
        })
        .collect();
    Ok(choose("Product", &choices, context)?.to_owned())
}

/// The template the app starts from: one for the product.
pub(super) fn template(
    product: &str,
    flags: &New,
    context: &Context,
) -> Result<&'static Template, CliError> {
    let made_for = |template: &&Template| template.products.iter().any(|name| name == product);
    if let Some(template) = named(flags) {
        let found = Some(template).filter(made_for);
        return found.ok_or_else(|| CliError::no_such_product(product, Some(template)));
    }
    let choices: Vec<_> = scaffold::templates()
        .iter()
        .filter(made_for)
        .map(|template| Choice {
            name: &template.name,
            about: &template.description,
        })
        .collect();
    if choices.is_empty() {
        return Err(CliError::no_such_product(product, None));
    }
    let name = choose("Template", &choices, context)?;
    scaffold::find(name).ok_or_else(|| CliError::bug(format!("no template `{name}`")))
}

/// Where tenants are kept in production; asked on a terminal only, because there is a default.
pub(super) fn store(flags: &New, context: &Context) -> Result<String, CliError> {
    if let Some(store) = &flags.store {
        return Ok(store.clone());
    }
    let choices = scaffold::STORES.map(|name| Choice {
        name,
        about: match name {
            "sqlite" => "a file, for one server",
            _ => "a database, for any number of servers",
        },
    });
    Ok(choose("Store in production", &choices, context)?.to_owned())
}

/// The one there is, the first with `--yes`, or the user's choice.
fn choose<'a>(
    question: &str,
    choices: &[Choice<'a>],
    context: &Context,
) -> Result<&'a str, CliError> {
    let chosen = match choices {
        [_, _, ..] if context.ui.interactive => context.ui.choose(question, choices)?,
        _ => 0,
    };
    match choices.get(chosen) {
        Some(choice) => Ok(choice.name),
        None => Err(CliError::bug("this program was built without templates")),
    }
}

/// The template that was named.
pub(super) fn named(flags: &New) -> Option<&'static Template> {
    flags.template.as_deref().and_then(scaffold::find)
}

/// The products there are templates for, or those of the template that was named.
fn products(flags: &New) -> Vec<&'static str> {
    scaffold::products(named(flags))
}
