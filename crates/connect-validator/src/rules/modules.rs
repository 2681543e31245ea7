//! Rules for `modules`: their types, their keys, and each module by itself.

use super::{conditions, locations, macros, references, webhooks};
use crate::checker::Checker;
use crate::codes;
use crate::finding::Level;
use crate::json::{Member, Node, Object, Range, quoted, shorten};
use crate::shape::head;
use crate::table::{Count, ModuleType, NOT_MODULES, module_type};

pub(super) fn check<'t>(checker: &mut Checker<'t>, root: &'t Node<'t>) {
    let Some(modules) = root.get("modules") else {
        if root.as_object().is_some_and(|object| !object.damaged) {
            empty(checker, Range::new(root.range.start, root.range.start + 1));
        }
        return;
    };
    checker.member("modules", |checker| {
        let Some(object) = modules.as_object() else {
            return checker.wrong_type(modules, "modules", "an object");
        };
        if object.members.is_empty() && !object.damaged {
            empty(checker, modules.range);
        }
        for member in &object.members {
            checker.member(member.written(), |checker| {
                if member.typed.is_some() {
                    slip(checker, member);
                }
                match module_type(&member.key, checker.model.product) {
                    Some(module_type) => one_type(checker, &member.value, module_type),
                    None => unknown_type(checker, member),
                }
            });
        }
        mixed(checker, object);
    });
    keys(checker);
}

fn empty(checker: &mut Checker<'_>, range: Range) {
    let message = "the app has no modules: it adds nothing to the product";
    checker.report(&codes::MODULE_NONE, range, message);
}

/// Host rule: types that the host does not know refuse the whole app.
fn unknown_type<'t>(checker: &mut Checker<'t>, member: &'t Member<'t>) {
    // `//webPanels` is how people write comments in JSON. A host takes it for a type all the same.
    let name = member.key.as_ref();
    if let (Some(product), Some(elsewhere)) = (checker.model.product, module_type(name, None)) {
        let whose = elsewhere
            .products
            .only()
            .map_or("another product", |only| only.name());
        let message = format!("{product} has no module type `{name}`: {whose} does");
        let level = if checker.options.product.is_some() {
            Level::Error
        } else {
            Level::Warning
        };
        checker
            .report(&codes::MODULE_WRONG_PRODUCT, member.key_range, message)
            .level(level);
        return;
    }
    let message = format!("unknown module type `{}`", shorten(name));
    let why = NOT_MODULES.iter().find(|(not, _)| *not == name);
    let why = why.map_or("no product has it", |(_, why)| *why);
    checker
        .report(&codes::MODULE_UNKNOWN_TYPE, member.key_range, message)
        .label(why);
}

fn slip<'t>(checker: &mut Checker<'t>, member: &'t Member<'t>) {
    let message = format!("unknown module type `{}`", shorten(member.written()));
    let edits = vec![(member.key_range, quoted(&member.key))];
    checker
        .report(&codes::MODULE_UNKNOWN_TYPE, member.key_range, message)
        .did_you_mean(&member.key, edits);
}

/// A host refuses what only the other product has, so a descriptor for both can be installed in neither.
fn mixed<'t>(checker: &mut Checker<'t>, object: &'t Object<'t>) {
    if checker.model.product.is_some() {
        return;
    }
    let mut first: Option<(&str, crate::Product)> = None;
    for member in &object.members {
        let Some(product) = module_type(&member.key, None).and_then(|m| m.products.only()) else {
            continue;
        };
        match first {
            None => first = Some((&member.key, product)),
            Some((before, other)) if other != product => {
                let message = format!(
                    "`{}` is a module type of {product}, but `{before}` is one of {other}",
                    member.key
                );
                checker
                    .member(&member.key, |checker| {
                        checker.report(&codes::MODULE_WRONG_PRODUCT, member.key_range, message).level(Level::Warning)
                            .help("a host refuses types of the other product: serve one descriptor for each");
                    });
                return;
            }
            Some(_) => {}
        }
    }
}

fn one_type<'t>(checker: &mut Checker<'t>, node: &'t Node<'t>, module_type: &'static ModuleType) {
    match (module_type.count, node.as_array()) {
        (Count::One | Count::Either, None) => one(checker, node, module_type),
        (Count::Many | Count::Either, Some(items)) => {
            for (index, item) in items.iter().enumerate() {
                checker.item(index, |checker| one(checker, item, module_type));
            }
        }
        (Count::Many, None) => {
            if node.as_object().is_some() {
                checker.not_a_list(node, module_type.name);
                one(checker, node, module_type);
            } else {
                checker.wrong_type(node, module_type.name, "an array");
            }
        }
        (Count::One, Some(items)) => {
            let message = format!("`{}` must be one object, found an array", module_type.name);
            let draft = checker.report(&codes::DESCRIPTOR_WRONG_TYPE, head(node), message);
            draft.label("an app has only one of these");
            if let [only] = items {
                let front = Range::new(node.range.start, only.range.start);
                let back = Range::new(only.range.end, node.range.end);
                draft.fix(
                    "take it out of the array",
                    vec![(front, String::new()), (back, String::new())],
                );
            }
            for (index, item) in items.iter().enumerate() {
                checker.item(index, |checker| one(checker, item, module_type));
            }
        }
    }
}

/// One module; the walk is at it.
pub(crate) fn one<'t>(
    checker: &mut Checker<'t>,
    node: &'t Node<'t>,
    module_type: &'static ModuleType,
) {
    checker.object(node, module_type.shape);
    let Some(object) = node.as_object() else {
        return;
    };
    let name = module_type.name;
    if module_type.products != crate::table::Products::Bitbucket {
        locations::check(checker, name, node);
        references::check(checker, name, node);
        cacheable(checker, object);
    }
    if name == "webhooks" {
        webhooks::check(checker, node);
    }
    if PAGES.contains(&name)
        && let Some(list) = node.get("conditions").and_then(Node::as_array)
    {
        checker.member("conditions", |checker| {
            for (index, node) in list.iter().enumerate() {
                checker.item(index, |checker| conditions::context_free(checker, node));
            }
        });
    }
    if matches!(name, "dynamicContentMacros" | "staticContentMacros") {
        macros::check(checker, name, node);
    }
}

/// A page that browsers may keep is loaded without token and context, whatever its address asks for.
fn cacheable<'t>(checker: &mut Checker<'t>, object: &'t Object<'t>) {
    let on = object.get("cacheable").and_then(Node::as_bool) == Some(true);
    let Some(url) = object.get("url").filter(|_| on) else {
        return;
    };
    let text = url.as_str().unwrap_or_default();
    let parameter = text
        .split('{')
        .skip(1)
        .find_map(|rest| rest.split_once('}').map(|(name, _)| name));
    if let Some(name) = parameter.filter(|name| name.contains('.') && !name.contains("ase-url")) {
        let message = format!(
            "a cacheable page gets no context: `{{{}}}` stays empty",
            shorten(name)
        );
        checker.member("url", |checker| {
            checker.report(&codes::URL_CACHEABLE, url.range, message)
                .help("ask for it in the browser with `AP.context.getContext()`, or leave `cacheable` out");
        });
    }
}

/// Keys name modules within the app, across all types.
fn keys(checker: &mut Checker<'_>) {
    for index in 0..checker.model.modules.len() {
        let module = checker.model.modules[index];
        let first = checker.model.modules[checker.model.by_key[module.key]];
        if first.key_range == module.key_range
            || checker.options.placeholders.fill(module.key).opaque
        {
            continue;
        }
        let pointer = match module.index {
            Some(index) => format!("/modules/{}/{index}/key", module.module_type),
            None => format!("/modules/{}/key", module.module_type),
        };
        let message = format!(
            "the key `{}` belongs to another module already",
            shorten(module.key)
        );
        let label = match first.index {
            Some(index) => format!("first at `{}` {}", first.module_type, index + 1),
            None => format!("first at `{}`", first.module_type),
        };
        checker
            .report_at(
                &codes::MODULE_DOUBLE_KEY,
                module.key_range,
                pointer,
                message,
            )
            .label(label);
    }
}

/// Pages that stand in no issue, project or space.
const PAGES: &[&str] = &[
    "adminPages",
    "configurePage",
    "generalPages",
    "postInstallPage",
];
