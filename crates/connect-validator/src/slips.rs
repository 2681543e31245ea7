//! Takes misspelt names for the ones most likely meant, before anything is checked.
//!
//! So what stands below a misspelt name is checked like the rest, and putting the name right brings up nothing
//! new. The original spelling is kept in [`Member::typed`] for the finding about it.

use std::borrow::Cow;

use crate::Product;
use crate::codes;
use crate::finding::{Finding, Level, Report};
use crate::json::{Member, Node, Object, Value};
use crate::rules::conditions;
use crate::suggest::nearest;
use crate::table::{MODULE_TYPES, NOT_MODULES, Shape, Type, best_of, module_type};

/// Renames slips of the hand in the whole descriptor, and says whether there was any.
pub(crate) fn resolve(
    root: &mut Node<'_>,
    shape: &'static Shape,
    product: Option<Product>,
) -> bool {
    let mut any = fields(root, shape);
    let Value::Object(root) = &mut root.value else {
        return any;
    };
    let modules = root.members.iter_mut().rev().find(|m| m.key == "modules");
    if let Some(Value::Object(modules)) = modules.map(|member| &mut member.value.value) {
        let names = MODULE_TYPES.iter();
        let names = names.filter(|m| product.is_none_or(|p| m.products.includes(p)));
        let names = names.map(|module| module.name);
        let is_known = |name: &str| {
            module_type(name, None).is_some() || NOT_MODULES.iter().any(|(not, _)| *not == name)
        };
        any |= rename(modules, names, is_known);
        for member in &mut modules.members {
            if let Some(module_type) = module_type(&member.key, product) {
                each(&mut member.value, |node| {
                    any |= fields(node, module_type.shape)
                });
            }
        }
    }
    any
}

/// Calls for each item of an array, or for the one value that should have been in an array.
fn each<'a>(node: &mut Node<'a>, mut call: impl FnMut(&mut Node<'a>)) {
    match &mut node.value {
        Value::Array(array) => array.items.iter_mut().for_each(call),
        _ => call(node),
    }
}

/// Renames slips of the hand in one object and what is in it, and says whether there was any.
pub(crate) fn fields(node: &mut Node<'_>, shape: &'static Shape) -> bool {
    let Value::Object(object) = &mut node.value else {
        return false;
    };
    let names = shape.fields.iter().map(|field| field.name);
    let mut any = rename(object, names, |name| shape.field(name).is_some());
    for member in &mut object.members {
        if let Some(field) = shape.field(&member.key) {
            any |= value(&mut member.value, &field.kind);
        }
    }
    any
}

fn value(node: &mut Node<'_>, kind: &'static Type) -> bool {
    let mut any = false;
    match kind {
        Type::Condition => {
            if let Value::Object(object) = &mut node.value {
                let is_known = |name: &str| conditions::names().any(|known| known == name);
                any |= rename(object, conditions::names(), is_known);
                let shape = conditions::form_of(object);
                any |= fields(node, shape);
            }
        }
        Type::List(item) | Type::ListOf { item, .. } => {
            each(node, |node| any |= value(node, item));
        }
        Type::Object(shape) => any |= fields(node, shape),
        Type::OneOf(shapes) => {
            if let Value::Object(object) = &node.value {
                let shape = best_of(object, shapes);
                any |= fields(node, shape);
            }
        }
        _ => {}
    }
    any
}

/// Gives each unknown member the nearest name that no other member has.
fn rename(
    object: &mut Object<'_>,
    names: impl Iterator<Item = &'static str> + Clone,
    is_known: impl Fn(&str) -> bool,
) -> bool {
    let unknown = |member: &Member<'_>| !is_known(&member.key) && !member.key.starts_with("//");
    if !object.members.iter().any(unknown) {
        return false;
    }
    // Each look-up goes through all members, so it is done once for each name and not for each slip.
    let mut free: Vec<&str> = names.filter(|name| object.get(name).is_none()).collect();
    let mut any = false;
    for member in object
        .members
        .iter_mut()
        .filter(|member| unknown(member))
        .take(MOST_SLIPS)
    {
        if let Some(meant) = nearest(&member.key, free.iter().copied()) {
            free.retain(|name| *name != meant);
            member.typed = Some(std::mem::replace(&mut member.key, Cow::Borrowed(meant)));
            any = true;
        }
    }
    any
}

/// Gives the findings about what was meant the levels that follow from what is written.
///
/// A host does not guess: below a misspelt name nothing is an error to it, and what it misses there may be one.
pub(crate) fn reconcile(meant: &mut Report, written: Report) {
    let same = |a: &Finding, b: &Finding| {
        let missing = a.code == codes::DESCRIPTOR_MISSING_FIELD.id;
        a.code == b.code
            && if missing {
                a.pointer == b.pointer
            } else {
                a.span == b.span
            }
    };
    for finding in meant
        .findings
        .iter_mut()
        .filter(|f| f.level == Level::Error)
    {
        if !written.findings.iter().any(|other| same(finding, other)) {
            finding.level = Level::Warning;
        }
    }
    let errors = written
        .findings
        .into_iter()
        .filter(|f| f.level == Level::Error);
    // A field that is refused under its wrong name is one mistake with the right name that is missed.
    let is_slip = |finding: &Finding| {
        finding.code == codes::DESCRIPTOR_UNKNOWN_FIELD.id
            && (meant.findings.iter()).any(|other| {
                other.code == codes::DESCRIPTOR_MISSING_FIELD.id && other.span == finding.span
            })
    };
    let mut more: Vec<Finding> = errors
        .filter(|f| !is_slip(f) && !meant.findings.iter().any(|other| same(f, other)))
        .collect();
    let callback = more
        .iter_mut()
        .find(|f| f.code == codes::AUTH_INSTALLED_MISSING.id);
    if let Some(callback) = callback {
        name_slip(callback, &mut meant.findings);
    }
    meant.findings.extend(more);
    meant
        .findings
        .sort_by_key(|finding| (finding.span, finding.code));
}

/// Where the callback is there under a wrong name, that is what is wrong: one finding says so, with the fix.
fn name_slip(callback: &mut Finding, findings: &mut Vec<Finding>) {
    let at = findings.iter().position(|finding| {
        finding.code == codes::DESCRIPTOR_UNKNOWN_FIELD.id
            && finding.pointer.starts_with("/lifecycle/")
            && finding.label.as_deref() == Some("did you mean `installed`?")
    });
    if let Some(at) = at {
        let slip = findings.remove(at);
        callback.help = None;
        (callback.pointer, callback.span) = (slip.pointer, slip.span);
        (callback.label, callback.fix) = (slip.label, slip.fix);
    }
}

/// Nobody misspells more names in one object; each costs a comparison with all known names.
const MOST_SLIPS: usize = 100;
