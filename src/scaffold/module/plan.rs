//! From an app and a module to the files as they are to be.

use connect_validator::{
    Finding, Level, Options, Product, check, check_manifest, descriptor_facts, fix,
    place_in_manifest, place_module,
};
use minijinja::context;

use super::entry::{Module, word};
use super::{AddError, Addition, Answer, DESCRIPTORS, code};
use crate::scaffold::{PlanError, plan::engine, template::module_part};

/// An app: how to read its files, and its descriptors.
pub(crate) struct App<'a> {
    read: &'a dyn Fn(&str) -> Option<String>,
    descriptors: Vec<Descriptor>,
}

/// A descriptor of an app.
struct Descriptor {
    file: &'static str,
    text: String,
    product: Product,
}

/// A file as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Path in the app, with forward slashes.
    pub(crate) path: String,
    /// Its text now; none if there is no such file.
    pub(crate) before: Option<String>,
    /// Its text then.
    pub(crate) after: String,
}

/// A planned module.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Its key; for a webhook its event.
    pub(crate) name: String,
    /// The descriptor it goes into.
    pub(crate) descriptor: &'static str,
    /// What the app must answer, if no code was planned: method and path.
    pub(crate) left: Option<(&'static str, String)>,
    /// Every file that changes, the descriptor first.
    pub(crate) changes: Vec<Change>,
}

impl<'a> App<'a> {
    /// The app whose files `read` has; a descriptor that does not say its product is for `usual`.
    ///
    /// # Errors
    /// When it has no descriptor.
    pub(crate) fn of(
        read: &'a dyn Fn(&str) -> Option<String>,
        usual: Product,
    ) -> Result<Self, AddError> {
        // What `connect new --product both` makes: the second one is Confluence's.
        let both = [Product::Jira, Product::Confluence];
        let is_both = read(DESCRIPTORS[1]).is_some();
        let descriptors: Vec<_> = DESCRIPTORS
            .into_iter()
            .zip(both)
            .filter_map(|(file, half)| {
                let text = read(file)?;
                let product = match is_both {
                    true => half,
                    false => check(&text, &Options::default()).product.unwrap_or(usual),
                };
                Some(Descriptor {
                    file,
                    text,
                    product,
                })
            })
            .collect();
        if descriptors
            .first()
            .is_none_or(|first| first.file != DESCRIPTORS[0])
        {
            return Err(AddError::NoDescriptor);
        }
        Ok(Self { read, descriptors })
    }

    /// The products its descriptors are for: at least one.
    pub(crate) fn products(&self) -> Vec<Product> {
        self.descriptors.iter().map(|found| found.product).collect()
    }

    fn descriptor(&self, product: Product) -> &Descriptor {
        let mut all = self.descriptors.iter();
        let made_for = all.find(|found| found.product == product);
        made_for.unwrap_or(&self.descriptors[0])
    }

    /// Whether there is such a file.
    pub(super) fn has(&self, path: &str) -> bool {
        (self.read)(path).is_some()
    }

    /// A source that must be there, and what a change makes of it.
    fn changed(
        &self,
        file: &'static str,
        expected: &'static str,
        change: impl FnOnce(&str) -> Option<String>,
    ) -> Result<Change, AddError> {
        let before = (self.read)(file);
        let after = before.as_deref().and_then(change);
        let after = after.ok_or(AddError::NotRecognised { file, expected })?;
        Ok(Change {
            path: file.to_owned(),
            before,
            after,
        })
    }
}

/// Every file of the app that changes when the module is added.
///
/// # Errors
/// [`AddError`]; then there is nothing to write.
pub(crate) fn plan(app: &App<'_>, addition: &Addition) -> Result<Plan, AddError> {
    let descriptor = app.descriptor(addition.product);
    let options = Options {
        product: Some(addition.product),
        ..Options::default()
    };
    let facts = descriptor_facts(&descriptor.text, &options);
    let facts = facts.map_err(|findings| AddError::Descriptor {
        file: descriptor.file,
        findings,
        before: true,
    })?;
    let module = Module::of(addition, app, &facts)?;
    let text = placed(descriptor, &module, &options)?;
    let mut changes = vec![Change {
        path: descriptor.file.to_owned(),
        before: Some(descriptor.text.clone()),
        after: text,
    }];
    changes.extend(manifest(app, &module, addition.product, &options)?);
    let answers = module.answer() != Answer::Nothing;
    if answers && addition.with_code {
        changes.extend(sources(app, &module, descriptor.file)?);
    }
    let left = (answers && !addition.with_code).then(|| (module.method(), module.path.clone()));
    let name = match module.answer() {
        Answer::Event => module.event.clone(),
        _ => module.key.clone(),
    };
    Ok(Plan {
        name,
        descriptor: descriptor.file,
        left,
        changes,
    })
}

/// The text of the descriptor with the module in it, which hosts must take as they take it now.
fn placed(descriptor: &Descriptor, module: &Module, options: &Options) -> Result<String, AddError> {
    let kind = module.kind;
    let file = descriptor.file;
    let put = |text: &str, name: &'static str, entry: &str| {
        place_module(text, name, &module.entry(entry)).map_err(|source| AddError::Place {
            kind: name,
            file,
            source,
        })
    };
    let mut text = descriptor.text.clone();
    if let Some((name, entry)) = kind.beside {
        text = put(&text, name, entry)?;
    }
    text = put(&text, kind.name, kind.entry)?;
    let before = check(&descriptor.text, options).findings;
    let new = |text: &str| added(&before, check(text, options).findings);
    let mut scope = new(&text);
    scope.retain(|finding| finding.code == NEEDS_SCOPE);
    (text, _) = fix::apply(&text, &scope);
    let findings = new(&text);
    if findings.is_empty() {
        return Ok(text);
    }
    Err(AddError::Descriptor {
        file,
        findings,
        before: false,
    })
}

/// The Forge manifest with the module in it, if the app has one that stands for its descriptor.
fn manifest(
    app: &App<'_>,
    module: &Module,
    product: Product,
    options: &Options,
) -> Result<Option<Change>, AddError> {
    let Some(source) = (app.read)(MANIFEST) else {
        return Ok(None);
    };
    let mut text = None;
    let beside = module.kind.beside;
    for (name, entry) in beside
        .into_iter()
        .chain([(module.kind.name, module.kind.entry)])
    {
        let entry = match entry.contains("$KEY") {
            true => module.entry(entry),
            // Here webhooks have keys too.
            false => module.entry(&entry.replacen('{', r#"{"key":"$KEY","#, 1)),
        };
        let before = text.as_ref().unwrap_or(&source);
        let placed = place_in_manifest(before, product, name, &entry);
        let after = placed.map_err(|source| AddError::Place {
            kind: name,
            file: MANIFEST,
            source,
        })?;
        let Some(after) = after else {
            return Ok(None);
        };
        text = Some(after);
    }
    let after = text.unwrap_or_default();
    let before = check_manifest(&source, options).findings;
    let findings = added(&before, check_manifest(&after, options).findings);
    if !findings.is_empty() {
        return Err(AddError::Descriptor {
            file: MANIFEST,
            findings,
            before: false,
        });
    }
    Ok(Some(Change {
        path: MANIFEST.to_owned(),
        before: Some(source),
        after,
    }))
}

/// The findings that were not there before, but for those that are merely worth knowing.
fn added(before: &[Finding], mut after: Vec<Finding>) -> Vec<Finding> {
    after.retain(|finding| {
        let same = |known: &Finding| known.code == finding.code && known.pointer == finding.pointer;
        finding.level != Level::Info && !before.iter().any(same)
    });
    after
}

/// Handler, view and test, and the sources that name them.
fn sources(
    app: &App<'_>,
    module: &Module,
    descriptor: &'static str,
) -> Result<Vec<Change>, AddError> {
    let (slug, ident) = (module.names.slug(), module.names.crate_name());
    let path = &module.path;
    let (part, call, shown) = match module.answer() {
        Answer::Asked => ("asked", format!(".post(\"{path}\", {ident}::asked)"), None),
        Answer::Called => (
            "called",
            format!(".post(\"{path}\", {ident}::called)"),
            None,
        ),
        Answer::Event => ("event", String::new(), None),
        Answer::Nothing => return Ok(Vec::new()),
        Answer::Template => (
            "template",
            format!(".get(\"{path}\", {ident}::template)"),
            Some(("views/template.xml", format!("public/{slug}.xml"))),
        ),
        view @ (Answer::Fragment | Answer::Page | Answer::Panel | Answer::Script) => {
            let file = match view {
                Answer::Fragment => "views/fragment.hbs",
                Answer::Panel => "views/panel.hbs",
                Answer::Script => "views/script.hbs",
                _ => "views/page.hbs",
            };
            (
                "view",
                format!(".get(\"{path}\", {ident}::view)"),
                Some((file, format!("views/{slug}.hbs"))),
            )
        }
    };
    let values = values(module, descriptor);
    let mut new = vec![
        (format!("src/{part}.rs"), format!("src/app/{ident}.rs")),
        (format!("tests/{part}.rs"), format!("src/tests/{ident}.rs")),
    ];
    new.extend(shown.map(|(template, file)| (template.to_owned(), file)));
    if part == "view" && !app.has(LAYOUT) {
        return Err(AddError::NotRecognised {
            file: LAYOUT,
            expected: "the layout of the views",
        });
    }
    let mut changes = Vec::new();
    for (template, file) in new {
        if app.has(&file) {
            let what = format!("`{file}`");
            return Err(AddError::Taken {
                what,
                flag: "--key",
            });
        }
        changes.push(Change {
            path: file,
            before: None,
            after: rendered(&template, &values)?,
        });
    }
    let source = (app.read)(APP).unwrap_or_default();
    if source.contains(&format!("{ident}::")) {
        let what = format!("something called `{ident}` in `{APP}`");
        return Err(AddError::Taken {
            what,
            flag: "--key",
        });
    }
    if !call.is_empty() && source.contains(&format!("\"{path}\"")) {
        let what = format!("a route `{path}`");
        return Err(AddError::Taken {
            what,
            flag: "--url",
        });
    }
    let (expected, is_event) = match call.is_empty() {
        true => (SETUP, true),
        false => (ROUTES, false),
    };
    changes.push(app.changed(APP, expected, |source| {
        let source = match is_event {
            true => code::with_setup(source, &ident)?,
            false => code::with_route(source, &call)?,
        };
        code::with_module(&source, &ident)
    })?);
    changes.push(
        app.changed(TESTS, "`mod world;`, the kit of the tests", |source| {
            let kit = source.lines().any(|line| line == "mod world;");
            kit.then(|| code::with_module(source, &ident)).flatten()
        })?,
    );
    Ok(changes)
}

/// The one finding that is put right in passing: a webhook needs a scope that the app may not have
/// asked for yet.
const NEEDS_SCOPE: &str = "webhook/needs-read";

const MANIFEST: &str = "manifest.yml";
const APP: &str = "src/app.rs";
const TESTS: &str = "src/tests/mod.rs";
const LAYOUT: &str = "views/layout.hbs";
const ROUTES: &str = "`fn routes() -> Routes {`, which ends in a chain of calls";
const SETUP: &str = "`fn setup(builder: Builder) -> Builder {`, which ends in a chain of calls";

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
