//! Handler, view and test of a module, and the sources that name them.

use minijinja::context;

use super::entry::{Module, word};
use super::{AddError, Answer, App, Change, DESCRIPTORS, code};
use crate::scaffold::{PlanError, plan::engine, template::module_part};

/// What a module's code is made of.
struct Parts {
    /// The name of its handler and test among the templates.
    name: &'static str,
    /// How the router is told of it; a worker has no route.
    call: Option<String>,
    /// What is shown: the template, and the file in the app.
    shown: Option<(&'static str, String)>,
}

impl Parts {
    /// The parts of a module that something of the app answers.
    fn of(module: &Module) -> Option<Self> {
        let (slug, ident) = (module.names.slug(), module.names.crate_name());
        let path = &module.path;
        let call = |method: &str, name: &str| format!(".{method}(\"{path}\", {ident}::{name})");
        let view = |template| Self {
            name: "view",
            call: Some(call("get", "view")),
            shown: Some((template, format!("views/{slug}.hbs"))),
        };
        let route = |name| Self {
            name,
            call: Some(call("post", name)),
            shown: None,
        };
        Some(match module.answer() {
            Answer::Asked => route("asked"),
            Answer::Called => route("called"),
            Answer::Event => Self {
                name: "event",
                call: None,
                shown: None,
            },
            Answer::Fragment => view("views/fragment.hbs"),
            Answer::Nothing => return None,
            Answer::Page => view("views/page.hbs"),
            Answer::Panel => view("views/panel.hbs"),
            Answer::Script => view("views/script.hbs"),
            Answer::Template => Self {
                name: "template",
                call: Some(call("get", "template")),
                shown: Some(("views/template.xml", format!("public/{slug}.xml"))),
            },
        })
    }
}

/// The files that are new, and those that change.
///
/// # Errors
/// When a file, a name or the route is taken, or a source is not recognised.
pub(super) fn sources(
    app: &App<'_>,
    module: &Module,
    descriptor: &'static str,
) -> Result<Vec<Change>, AddError> {
    let Some(parts) = Parts::of(module) else {
        return Ok(Vec::new());
    };
    if parts.name == "view" && !app.has(LAYOUT) {
        return Err(AddError::NotRecognised {
            file: LAYOUT,
            expected: "the layout of the views",
        });
    }
    let name = parts.name;
    let ident = module.names.crate_name();
    let mut files = vec![
        (format!("src/{name}.rs"), format!("src/app/{ident}.rs")),
        (format!("tests/{name}.rs"), format!("src/tests/{ident}.rs")),
    ];
    let shown = parts.shown.clone();
    files.extend(shown.map(|(template, file)| (template.to_owned(), file)));
    check_free(app, module, &parts, &files)?;
    let values = values(module, descriptor);
    let mut changes = Vec::new();
    for (template, path) in files {
        changes.push(Change {
            path,
            before: None,
            after: rendered(&template, &values)?,
        });
    }
    changes.push(match &parts.call {
        Some(call) => app.changed(APP, ROUTES, |source| {
            code::with_module(&code::with_route(source, call)?, &ident)
        }),
        None => app.changed(APP, SETUP, |source| {
            code::with_module(&code::with_setup(source, &ident)?, &ident)
        }),
    }?);
    changes.push(app.changed(TESTS, KIT, |source| {
        let has_kit = source.lines().any(|line| line == "mod world;");
        has_kit.then(|| code::with_module(source, &ident)).flatten()
    })?);
    Ok(changes)
}

/// Checks that nothing of the app is in the way.
fn check_free(
    app: &App<'_>,
    module: &Module,
    parts: &Parts,
    files: &[(String, String)],
) -> Result<(), AddError> {
    let taken = |what, flag| Err(AddError::Taken { what, flag });
    if let Some((_, file)) = files.iter().find(|(_, file)| app.has(file)) {
        return taken(format!("`{file}`"), "--key");
    }
    let ident = module.names.crate_name();
    let source = (app.read)(APP).unwrap_or_default();
    if source.contains(&format!("{ident}::")) {
        return taken(format!("something called `{ident}` in `{APP}`"), "--key");
    }
    let path = &module.path;
    if parts.call.is_some() && source.contains(&format!("\"{path}\"")) {
        return taken(format!("a route `{path}`"), "--url");
    }
    Ok(())
}

const APP: &str = "src/app.rs";
const TESTS: &str = "src/tests/mod.rs";
const LAYOUT: &str = "views/layout.hbs";
const ROUTES: &str = "`fn routes() -> Routes {`, which ends in a chain of calls";
const SETUP: &str = "`fn setup(builder: Builder) -> Builder {`, which ends in a chain of calls";
const KIT: &str = "`mod world;`, the kit of the tests";

fn values(module: &Module, descriptor: &'static str) -> minijinja::Value {
    let other = descriptor != DESCRIPTORS[0];
    context! {
        key => module.key.as_str(),
        type => module.kind.name,
        slug => module.names.slug(),
        ident => module.names.crate_name(),
        title => for_handlebars(&module.name),
        word => word(&module.names),
        path => module.path.as_str(),
        target => format!("{}?lic=active", module.path),
        event => module.event.as_str(),
        other,
        world => if other { "World::of(Product::Confluence)" } else { "World::new()" },
    }
}

fn rendered(file: &str, values: &minijinja::Value) -> Result<String, PlanError> {
    let file = format!("{file}.tmpl");
    let text = module_part(&file).unwrap_or_default();
    let rendered = engine().render_str(text, values);
    rendered.map_err(|source| PlanError { path: file, source })
}

/// A text that Handlebars and HTML show as it is.
fn for_handlebars(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars() {
        match c {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '{' => shown.push_str("&#123;"),
            c => shown.push(c),
        }
    }
    shown
}
