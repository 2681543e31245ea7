//! What `connect add module` asks: each question has a flag, and is asked on a terminal alone.

use connect_validator::{ModuleKind, Product, module_kinds};

use crate::cli::AddModule;
use crate::context::Context;
use crate::error::CliError;
use crate::scaffold::module::{self, Answer, App};
use crate::ui::Choice;

/// The type that was named, or asked for.
pub(super) fn kind(flags: &AddModule, context: &Context) -> Result<ModuleKind, CliError> {
    let find = |name: &str| module_kinds().find(|kind| kind.name == name);
    let name = match &flags.kind {
        Some(name) => name.clone(),
        None if context.ui.interactive => {
            context
                .ui
                .ask("Type", "generalPages", &|name| match find(name) {
                    Some(_) => Ok(()),
                    None => Err("no such type; `connect add module --list` shows them".to_owned()),
                })?
        }
        None => {
            let hint = "connect add module --list";
            return Err(CliError::missing_answer(&["TYPE"], hint));
        }
    };
    find(&name).ok_or_else(|| CliError::bug("clap takes known types only"))
}

/// The product that was named; else the one of the app's that has such modules, or the user's
/// choice of them.
pub(super) fn product(
    flags: &AddModule,
    kind: &ModuleKind,
    app: &App<'_>,
    context: &Context,
) -> Result<Product, CliError> {
    if let Some(product) = flags.product {
        return Ok(product);
    }
    let own = app.products();
    let fitting = own.iter().filter(|product| kind.products.contains(product));
    let fitting: Vec<_> = fitting.copied().collect();
    let chosen = match fitting.as_slice() {
        // What is wrong with it is said by the plan.
        [] => return Ok(own[0]),
        [_, _, ..] if context.ui.interactive => {
            let choices: Vec<_> = fitting
                .iter()
                .map(|product| Choice {
                    name: product.name(),
                    about: "",
                })
                .collect();
            context.ui.choose("Product", &choices)?
        }
        _ => 0,
    };
    Ok(fitting[chosen])
}

/// The name for people; asked for because it is worth one, and usual without a terminal.
pub(super) fn name(
    flags: &AddModule,
    kind: &ModuleKind,
    context: &Context,
) -> Result<Option<String>, CliError> {
    // A webhook has none.
    let is_named = module::kind(kind.name).is_some_and(|kind| kind.answer != Answer::Event);
    if flags.name.is_some() || !is_named || !context.ui.interactive {
        return Ok(flags.name.clone());
    }
    let usual = module::usual_name(kind.name);
    let check = |name: &str| module::check_name(name).map_err(|error| error.to_string());
    context.ui.ask("Name", &usual, &check).map(Some)
}
