//! `connect new`: makes an app from a template.

use std::path::Path;
use std::process::ExitCode;

use connect_core::AppKey;
use serde_json::json;

use crate::cli::{Dev, New, Vcs};
use crate::context::Context;
use crate::error::CliError;
use crate::scaffold::{self, Answers, AppName, Target};
use crate::ui::Verb;

pub(super) fn run(flags: New, context: &Context) -> Result<ExitCode, CliError> {
    if flags.list {
        list(context);
        return Ok(ExitCode::SUCCESS);
    }
    let name = match &flags.name {
        Some(name) => name.clone(),
        None if context.ui.interactive => ask(context, "Name of the app", "hello")?,
        None => return Err(CliError::missing_answer(&["NAME"])),
    };
    let name = AppName::parse(&name).map_err(|problem| CliError::bad_name(&name, &problem))?;
    let folder = flags.path.as_deref().unwrap_or(Path::new(name.slug()));
    // What cannot work is said before the first question.
    let target = Target::check(context.cwd.join(folder))?;
    let answers = answers(name, &flags, context)?;
    let template = template(&flags, context)?;
    let product = product(&flags, template, context)?;
    let answers = Answers { product, ..answers };

    let files = scaffold::plan(template, &answers)?;
    let staged = target.stage(&files)?;
    let git = flags.vcs == Vcs::Git && scaffold::git_init(staged.staging(), context);
    let app = staged.publish()?;

    let shown = context.shown(&app).to_string();
    let what = format!(
        "{shown} ({} files, template {})",
        files.len(),
        template.name
    );
    context.ui.status(Verb::Done("Created"), &what);
    if git {
        let what = "git repository on branch main";
        context.ui.status(Verb::Done("Initialised"), what);
    }
    context.ui.event(
        "created",
        &json!({
            "path": app, "name": answers.name.slug(), "key": answers.key.as_str(),
            "template": template.name, "product": answers.product, "git": git,
            "files": files.iter().map(|file| &file.path).collect::<Vec<_>>(),
        }),
    );
    if flags.dev {
        return super::dev::run_in(&app, Dev::default(), context);
    }
    context.ui.text(&format!(
        "\nNext:\n  cd {shown}\n  connect dev    runs on the built-in sandbox, nothing to sign up for\n"
    ));
    Ok(ExitCode::SUCCESS)
}

fn list(context: &Context) {
    for template in scaffold::templates() {
        let (name, products) = (template.name, template.products.join(", "));
        if context.ui.json {
            let fields = json!({
                "name": name, "description": template.description, "products": template.products,
            });
            context.ui.event("template", &fields);
        } else {
            let text = format!("{name:<12} {} ({products})", template.description);
            context.ui.data(&text);
        }
    }
}

fn answers(name: AppName, flags: &New, context: &Context) -> Result<Answers, CliError> {
    let key = match &flags.key {
        Some(key) => key.clone(),
        None => format!("com.example.{}", name.slug()),
    };
    let key = AppKey::parse(&key).map_err(|error| CliError::bad_key(&key, &error))?;
    let mut runtime = flags.runtime.clone().unwrap_or_default();
    if let scaffold::RuntimeSource::Path(folder) = &mut runtime {
        *folder = context.cwd.join(&*folder);
    }
    scaffold::check_runtime(&runtime)?;
    Ok(Answers {
        name,
        key,
        product: String::new(),
        runtime,
    })
}

/// The template named, or the answer to a question when there is a choice.
fn template(flags: &New, context: &Context) -> Result<&'static scaffold::Template, CliError> {
    let names = scaffold::template_names();
    let name = choose(&flags.template, "Template", "--template", &names, context)?;
    scaffold::find(&name).ok_or_else(|| CliError::bug(format!("no template `{name}`")))
}

fn product(
    flags: &New,
    template: &scaffold::Template,
    context: &Context,
) -> Result<String, CliError> {
    let names: Vec<_> = template.products.iter().map(String::as_str).collect();
    let product = choose(&flags.product, "Product", "--product", &names, context)?;
    if names.contains(&product.as_str()) {
        return Ok(product);
    }
    Err(CliError::no_such_product(&product, template))
}

fn choose(
    flag: &Option<String>,
    question: &str,
    flag_name: &str,
    names: &[&str],
    context: &Context,
) -> Result<String, CliError> {
    match (flag, names) {
        (Some(name), _) => Ok(name.clone()),
        (None, []) => Err(CliError::bug("this program was built without templates")),
        (None, [only]) => Ok((*only).to_owned()),
        (None, [first, ..]) if context.yes => Ok((*first).to_owned()),
        (None, [first, ..]) if context.ui.interactive => {
            let question = format!("{question} ({})", names.join(", "));
            ask(context, &question, first)
        }
        (None, _) => Err(CliError::missing_answer(&[flag_name])),
    }
}

fn ask(context: &Context, question: &str, default: &str) -> Result<String, CliError> {
    context
        .ui
        .ask(question, default)
        .map_err(|error| CliError::user("cli/no-answer", "cannot read the answer").cause(error))
}
