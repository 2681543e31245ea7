//! What a descriptor may contain, as data.
//!
//! The facts follow Atlassian's published descriptor schemas and documentation; names, texts and structure are
//! ours. One table serves the checks ([`crate::shape`]) and the JSON Schema that editors use.

pub(crate) mod lists;
mod modules;
mod text;
mod top;

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
