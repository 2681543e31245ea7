//! What `connect new` asks: each question has a flag, and is asked on a terminal alone, where
//! there is a choice.

use std::borrow::Cow;

use crate::cli::New;
use crate::context::Context;
use crate::error::CliError;
use crate::scaffold::{self, AppName, Target, Template};
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
    let named = flags.template.as_deref();
    let known = named.and_then(scaffold::find);
    // What a template from elsewhere is made for is not known yet.
    let elsewhere = named.is_some() && known.is_none();
    let products = scaffold::products(known).len();
    if !context.yes && !elsewhere && ambiguous(&flags.product, products) {
        missing.push("--product");
    }
    if !context.yes && ambiguous(&flags.template, scaffold::templates().len()) {
        missing.push("--template");
    }
    if missing.is_empty() {
        return Ok(());
    }
    let hint = "connect new hello --product jira --template page";
    Err(CliError::missing_answer(&missing, hint))
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

/// The product the app is for: one of the template's, if that was named.
pub(super) fn product(
    named: Option<&Template>,
    flags: &New,
    context: &Context,
) -> Result<String, CliError> {
    if let Some(product) = &flags.product {
        return Ok(product.clone());
    }
    let choices: Vec<_> = scaffold::products(named)
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
    named: Option<Cow<'static, Template>>,
    product: &str,
    context: &Context,
) -> Result<Cow<'static, Template>, CliError> {
    let made_for = |template: &&Template| template.products.iter().any(|name| name == product);
    if let Some(template) = named {
        return match made_for(&&*template) {
            true => Ok(template),
            false => Err(CliError::no_such_product(product, Some(&template))),
        };
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
    let found = scaffold::find(name).map(Cow::Borrowed);
    found.ok_or_else(|| CliError::bug(format!("no template `{name}`")))
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

/// The template that was named: one of ours, or fetched from where it is.
pub(super) fn named(
    flags: &New,
    target: &Target,
    context: &Context,
) -> Result<Option<Cow<'static, Template>>, CliError> {
    let Some(name) = flags.template.as_deref() else {
        return Ok(None);
    };
    if let Some(ours) = scaffold::find(name) {
        return Ok(Some(Cow::Borrowed(ours)));
    }
    let fetched = scaffold::fetch(name, target.beside(), context);
    let fetched = fetched.map_err(|error| CliError::bad_template(name, &error))?;
    Ok(Some(Cow::Owned(fetched)))
}
