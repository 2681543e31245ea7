//! `connect new`: makes an app from a template.

mod fetch;
mod questions;

use std::path::Path;
use std::process::ExitCode;

use connect_core::AppKey;
use serde_json::json;

use crate::cli::{Dev, New, Vcs};
use crate::context::Context;
use crate::error::CliError;
use crate::project::read_text;
use crate::scaffold::{self, Answers, AppName, RuntimeSource, Target};
use crate::ui::Verb;

pub(super) fn run(flags: New, context: &Context) -> Result<ExitCode, CliError> {
    if flags.list {
        list(context);
        return Ok(ExitCode::SUCCESS);
    }
    questions::check_answerable(&flags, context)?;
    let name = questions::name(&flags, context)?;
    let folder = flags.path.as_deref().unwrap_or(Path::new(name.slug()));
    // What cannot work is said before the other questions.
    let may_merge = |folder: &Path| flags.force && scaffold::is_clean(folder, context);
    let target = Target::check(context.cwd.join(folder), may_merge)?;
    let workspace = scaffold::workspace_around(target.folder(), |path| read_text(path).ok());
    if let Some(outer) = workspace.as_ref().filter(|outer| outer.claims)
        && !flags
            .template
            .as_deref()
            .is_some_and(scaffold::is_elsewhere)
    {
        return Err(CliError::in_workspace(outer));
    }
    let (key, runtime) = (key(&name, &flags)?, runtime(&flags, context)?);
    let named = questions::named(&flags, &target, context)?;
    let product = questions::product(named.as_deref(), &flags, context)?;
    let template = questions::template(named, &product, context)?;
    let store = questions::store(&flags, context)?;
    let answers = Answers {
        name,
        key,
        product,
        store,
        runtime,
    };

    let files = scaffold::plan(&template, &answers)?;
    let staged = target.stage(&files)?;
    // Where git has every file as it is, there is a repository.
    let wanted = flags.vcs == Vcs::Git && !staged.merges();
    let git = wanted && scaffold::git_init(staged.staging(), context);
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
    if let Some(outer) = workspace {
        let text = format!(
            "the app is a workspace of its own, apart from {}",
            context.shown(&outer.manifest)
        );
        let hint = "build and test it in its folder; `cargo` in the other one leaves it out";
        context.ui.note(&text, hint);
    }
    context.ui.event(
        "created",
        &json!({
            "path": app, "name": answers.name.slug(), "key": answers.key.as_str(),
            "template": template.name, "product": answers.product, "store": answers.store,
            "git": git,
            "files": files.iter().map(|file| &file.path).collect::<Vec<_>>(),
        }),
    );
    if flags.fetch {
        fetch::fetch(&app, context)?;
    }
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
        let (name, products) = (&template.name, template.products.join(", "));
        if context.ui.json {
            let fields = json!({
                "name": name, "description": template.description, "products": template.products,
            });
            context.ui.event("template", &fields);
        } else {
            let text = format!("{name:<18} {} ({products})", template.description);
            context.ui.data(&text);
        }
    }
}

fn key(name: &AppName, flags: &New) -> Result<AppKey, CliError> {
    let key = match &flags.key {
        Some(key) => key.clone(),
        None => format!("com.example.{}", name.slug()),
    };
    AppKey::parse(&key).map_err(|error| CliError::bad_key(&key, &error))
}

fn runtime(flags: &New, context: &Context) -> Result<RuntimeSource, CliError> {
    let mut runtime = flags.runtime.clone().unwrap_or_default();
    if let RuntimeSource::Path(folder) = &mut runtime {
        *folder = context.cwd.join(&*folder);
    }
    scaffold::check_runtime(&runtime)?;
    Ok(runtime)
}
