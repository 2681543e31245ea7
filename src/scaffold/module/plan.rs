//! From an app and a module to the files as they are to be.

use connect_validator::{
    Finding, Level, Options, Product, check, check_manifest, descriptor_facts, fix,
    place_in_manifest, place_module,
};

use super::entry::Module;
use super::sources::sources;
use super::{AddError, Addition, Answer, DESCRIPTORS};

/// An app: how to read its files, and its descriptors.
pub(crate) struct App<'a> {
    pub(super) read: &'a dyn Fn(&str) -> Option<String>,
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
    pub(super) fn changed(
        &self,
        file: &'static str,
        expected: &'static str,
        change: impl FnOnce(&str) -> Option<String>,
    ) -> Result<Change, AddError> {
        let before = (self.read)(file);
        let after = before.as_deref().and_then(|source| {
            // Lines that end as on Windows do so afterwards.
            let lines = source.matches('\n').count();
            if lines == 0 || source.matches("\r\n").count() < lines {
                return change(source);
            }
            let changed = change(&source.replace("\r\n", "\n"))?;
            Some(changed.replace('\n', "\r\n"))
        });
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

/// The one finding that is put right in passing: a webhook needs a scope that the app may not have
/// asked for yet.
const NEEDS_SCOPE: &str = "webhook/needs-read";

const MANIFEST: &str = "manifest.yml";
