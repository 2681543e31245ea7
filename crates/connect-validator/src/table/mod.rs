//! What a descriptor may contain, as data.
//!
//! The facts follow Atlassian's published descriptor schemas and documentation; names, texts and structure are
//! ours. One table serves the checks ([`crate::shape`]) and the JSON Schema that editors use.

pub(crate) mod lists;
mod modules;
mod text;
mod top;

use crate::json::{Node, Object};
use crate::shape::is_listed;

pub(crate) use modules::{Count, MODULE_TYPES, ModuleType, NOT_MODULES, Products, module_type};
pub(crate) use text::{NO_LIMIT, Text, TextRule};
pub(crate) use top::DESCRIPTOR;

/// An object and its fields.
#[derive(Debug)]
pub(crate) struct Shape {
    /// The noun that messages use: `the icon`.
    pub(crate) name: &'static str,
    pub(crate) fields: &'static [Field],
    pub(crate) others: Others,
}

/// What becomes of fields that a [`Shape`] does not list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Others {
    /// The host refuses them.
    Refused,
    /// The host ignores them.
    Ignored,
    /// Anything goes here.
    Welcome,
}

/// A field of an object.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Type,
    pub(crate) required: bool,
    /// What the host takes if the field is absent, as JSON.
    pub(crate) default: Option<&'static str>,
    /// What it is for: shown by editors.
    pub(crate) doc: &'static str,
}

/// What a field takes.
#[derive(Debug)]
pub(crate) enum Type {
    Any,
    Boolean,
    /// A condition, or several joined by `and` and `or`.
    Condition,
    /// One of these, all in lower or all in upper case.
    Enum(&'static [&'static str]),
    Integer,
    List(&'static Self),
    /// A list with a greatest length.
    ListOf {
        item: &'static Self,
        most: usize,
    },
    /// Free keys, values of one type.
    Map(&'static Self),
    Number {
        least: f64,
        most: f64,
    },
    Object(&'static Shape),
    /// Any of several objects, told apart by their fields.
    OneOf(&'static [&'static Shape]),
    Text(Text),
}

impl Shape {
    pub(crate) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// An object whose other fields hosts ignore, as those of nearly all.
pub(crate) const fn shape(name: &'static str, fields: &'static [Field]) -> Shape {
    Shape {
        name,
        fields,
        others: Others::Ignored,
    }
}

pub(crate) const fn required(name: &'static str, kind: Type, doc: &'static str) -> Field {
    Field {
        name,
        kind,
        required: true,
        default: None,
        doc,
    }
}

pub(crate) const fn optional(name: &'static str, kind: Type, doc: &'static str) -> Field {
    Field {
        name,
        kind,
        required: false,
        default: None,
        doc,
    }
}

impl Field {
    /// The same field with a default, given as JSON.
    pub(crate) const fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }
}

/// The shape that an object was most likely meant to have: by its `type`, then by its other fields.
pub(crate) fn best_of(object: &Object<'_>, shapes: &'static [&'static Shape]) -> &'static Shape {
    let kind = object.get("type").and_then(Node::as_str);
    let score = |shape: &Shape| {
        let same_kind = match (shape.field("type").map(|field| &field.kind), kind) {
            (Some(Type::Enum(values)), Some(kind)) => is_listed(kind, values),
            _ => false,
        };
        let known = object
            .members
            .iter()
            .filter(|m| shape.field(&m.key).is_some());
        let missing = (shape.fields.iter()).filter(|f| f.required && object.get(f.name).is_none());
        (
            same_kind,
            2 * known.count() + 100 - missing.count().min(100),
        )
    };
    let mut best = shapes[0];
    for shape in shapes {
        if score(shape) > score(best) {
            best = shape;
        }
    }
    best
}
