//! `connectModules`: the modules of a descriptor, as a manifest carries them.

use super::{About, missing, one_of, suggest, wrong_type};
use crate::Product;
use crate::checker::Checker;
use crate::codes;
use crate::finding::Level;
use crate::json::{Member, Node, Value, shorten};
use crate::model::Keyed;
use crate::rules::modules;
use crate::slips;
use crate::suggest::nearest;
use crate::table::{
    DESCRIPTOR, Field, MODULE_TYPES, ModuleType, NOT_MODULES, Shape, Type, module_type,
};

/// A member of `connectModules`.
#[derive(Clone, Copy)]
enum Kind {
    Module(&'static ModuleType),
    /// What stands at the top of a descriptor.
    Top(&'static Field),
}

impl Kind {
    fn shape(self) -> Option<&'static Shape> {
        match self {
            Self::Module(module) => Some(module.shape),
            Self::Top(field) => match field.kind {
                Type::Object(shape) => Some(shape),
                _ => None,
            },
        }
    }
}

/// The product and the kind that a name such as `jira:webItems` stands for.
fn kind(name: &str) -> Option<(Product, Kind)> {
    let (product, name) = split(name)?;
    let kind = match TOP.contains(&name) {
        true => Kind::Top(DESCRIPTOR.field(name)?),
        false => Kind::Module(module_type(name, Some(product))?),
    };
    Some((product, kind))
}

fn split(name: &str) -> Option<(Product, &str)> {
    let (product, name) = name.split_once(':')?;
    match product {
        "confluence" => Some((Product::Confluence, name)),
        "jira" => Some((Product::Jira, name)),
        _ => None,
    }
}

/// Takes misspelt names in the bodies for the ones most likely meant.
pub(super) fn resolve_slips(root: &mut Node<'_>) {
    let Value::Object(root) = &mut root.value else {
        return;
    };
    let lists = root
        .members
        .iter_mut()
        .filter(|member| member.key == "connectModules");
    for list in lists {
        let Value::Object(list) = &mut list.value.value else {
            continue;
        };
        for member in &mut list.members {
            let shape = kind(&member.key).and_then(|(_, kind)| kind.shape());
            if let (Some(shape), Value::Array(array)) = (shape, &mut member.value.value) {
                for item in &mut array.items {
                    slips::fields(item, shape);
                }
            }
        }
    }
}

/// Every Connect module with a key, by its type in a descriptor.
pub(super) fn modules<'t>(root: &'t Node<'t>) -> Vec<Keyed<'t>> {
    let mut found = Vec::new();
    let members = root.get("connectModules").and_then(Node::as_object);
    for member in members.iter().flat_map(|object| &object.members) {
        let items = member.value.as_array().unwrap_or_default();
        for (index, item) in items.iter().enumerate() {
            let key = item.get("key");
            if let Some((key, key_range)) = key.and_then(|key| Some((key.as_str()?, key.range))) {
                found.push(Keyed {
                    module_type: split(&member.key).map_or("", |(_, name)| name),
                    key,
                    key_range,
                    index: Some(index),
                });
            }
        }
    }
    found
}

pub(super) fn check<'t>(checker: &mut Checker<'t>, root: &'t Node<'t>, about: &About<'t>) {
    let Some(node) = root.get("connectModules") else {
        return;
    };
    let Some(object) = node.as_object() else {
        return wrong_type(
            checker,
            "/connectModules",
            node,
            "connectModules",
            "a mapping",
        );
    };
    let mut products = Vec::new();
    checker.member("connectModules", |checker| {
        for member in &object.members {
            checker.member(&member.key, |checker| match kind(&member.key) {
                Some((product, kind)) => {
                    if !products.contains(&product) {
                        products.push(product);
                        needs_scope(checker, member, product, about);
                    }
                    checker.model.product = Some(product);
                    list(checker, member, kind);
                    if member.key.ends_with(":webhooks") {
                        needs_read(checker, member, product, about);
                    }
                }
                None => unknown(checker, member),
            });
        }
    });
    checker.model.product = match products[..] {
        [only] => Some(only),
        _ => None,
    };
}

fn list<'t>(checker: &mut Checker<'t>, member: &'t Member<'t>, kind: Kind) {
    let Some(items) = member.value.as_array() else {
        let at = checker.pointer();
        return wrong_type(checker, &at, &member.value, &member.key, "a list");
    };
    if let (Some(second), "jira:lifecycle" | "confluence:lifecycle") =
        (items.get(1), member.key.as_ref())
    {
        checker.item(1, |checker| {
            let message = format!("`{}` takes one entry, found {}", member.key, items.len());
            let range = crate::shape::head(second);
            checker.report(&codes::MANIFEST_SECOND_LIFECYCLE, range, message);
        });
    }
    for (index, item) in items.iter().enumerate() {
        checker.item(index, |checker| entry(checker, item, member, kind));
    }
}

fn entry<'t>(checker: &mut Checker<'t>, node: &'t Node<'t>, member: &'t Member<'t>, kind: Kind) {
    let at = checker.pointer();
    let Some(object) = node.as_object() else {
        return wrong_type(checker, &at, node, "an entry", "a mapping");
    };
    // Where the table requires the key as well, it says so itself.
    let key_field = kind.shape().and_then(|shape| shape.field("key"));
    match object.get("key") {
        None if object.damaged || key_field.is_some_and(|field| field.required) => {}
        None => missing(checker, &at, node, &member.key, "key"),
        Some(key) if key_field.is_none() => {
            super::text(checker, &format!("{at}/key"), key, "key");
        }
        Some(_) => {}
    }
    checker.keyed = Some(node.range);
    match kind {
        Kind::Module(module) => modules::one(checker, node, module),
        Kind::Top(field) => checker.value(node, &field.kind, field.name),
    }
    checker.keyed = None;
}

fn unknown<'t>(checker: &mut Checker<'t>, member: &'t Member<'t>) {
    let message = format!("unknown Connect module `{}`", shorten(&member.key));
    let at = checker.pointer();
    let right = match split(&member.key) {
        Some((product, name)) => {
            let prefix = prefix(product);
            let names = MODULE_TYPES
                .iter()
                .filter(|module| module.products.includes(product))
                .map(|module| module.name);
            let elsewhere = module_type(name, None).and_then(|module| module.products.only());
            match elsewhere {
                Some(other) if other != Product::Bitbucket && other != product => {
                    Some(format!("{}:{name}", self::prefix(other)))
                }
                _ => nearest(name, names.chain(TOP.iter().copied()))
                    .map(|meant| format!("{prefix}:{meant}")),
            }
        }
        None => {
            let only = module_type(&member.key, None).and_then(|module| module.products.only());
            only.map(|product| format!("{}:{}", prefix(product), member.key))
        }
    };
    let place = (member.key_range, at.as_str());
    let draft = suggest(
        checker,
        &codes::MANIFEST_UNKNOWN_MODULE,
        place,
        message,
        right.as_deref(),
    );
    let bare = split(&member.key).map_or(member.key.as_ref(), |(_, name)| name);
    if let Some((_, why)) = NOT_MODULES.iter().find(|(not, _)| *not == bare) {
        draft.label(*why);
    } else if right.is_none() {
        draft.help("expected a module type of a descriptor with `jira:` or `confluence:` in front");
    }
}

/// What stands in front of the colon in names of a product's modules.
pub(crate) fn prefix(product: Product) -> &'static str {
    match product {
        Product::Confluence => "confluence",
        _ => "jira",
    }
}

/// Connect modules of a product without any of its scopes: the app is installed there, and may do nothing.
fn needs_scope(
    checker: &mut Checker<'_>,
    member: &Member<'_>,
    product: Product,
    about: &About<'_>,
) {
    let end = format!(":connect-{}", prefix(product));
    if !about.has_scope(|scope| scope.ends_with(&end)) {
        let message =
            format!("modules of {product} without a scope of {product}, such as `read{end}`");
        checker
            .report(&codes::MANIFEST_MISSING_SCOPE, member.key_range, message)
            .level(Level::Warning);
    }
}

/// Host rule, as for descriptors: whoever is told of events must be allowed to read.
fn needs_read(checker: &mut Checker<'_>, member: &Member<'_>, product: Product, about: &About<'_>) {
    let end = format!(":connect-{}", prefix(product));
    let any = member
        .value
        .as_array()
        .is_some_and(|items| !items.is_empty());
    let reads = |scope: &str| {
        scope
            .strip_suffix(&end)
            .is_some_and(|name| IMPLY_READ.contains(&name))
    };
    if any && !about.has_scope(reads) {
        let message = format!("webhooks need the scope `read{end}`, found none that includes it");
        checker.report(&codes::MANIFEST_MISSING_SCOPE, member.key_range, message);
    }
}

/// `connectToForgeMigration`: what becomes of the app before the end of support.
pub(super) fn migration<'t>(checker: &mut Checker<'t>, at: &str, node: &'t Node<'t>) {
    let what = "connectToForgeMigration";
    for field in ["key", "migrationGuideUrl"] {
        super::required(checker, at, node, what, field);
    }
    let field = "willMigrateToForgeBeforeEOS";
    if let Some(answer) = super::required(checker, at, node, what, field) {
        let at = format!("{at}/{field}");
        one_of(checker, &at, answer, field, &["YES", "NO", "UNDECIDED"]);
    }
}

const IMPLY_READ: &[&str] = &[
    "admin",
    "delete",
    "project-admin",
    "read",
    "space-admin",
    "write",
];

/// Members of a descriptor itself that are modules in a manifest.
const TOP: &[&str] = &["cloudAppMigration", "lifecycle", "translations"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_type_has_a_name_in_manifests() {
        let of = |product| {
            MODULE_TYPES
                .iter()
                .filter(move |module| module.products.includes(product))
                .count()
        };
        // As many names as Forge's manifest checks 13.7 know.
        let all = of(Product::Jira) + of(Product::Confluence) + 2 * TOP.len();
        assert_eq!(all, 83);
        assert!(
            TOP.iter()
                .all(|name| kind(&format!("jira:{name}")).is_some())
        );
    }
}
