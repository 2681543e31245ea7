//! JSON text to a tree that knows where everything stands.
//!
//! Reads strict JSON, and what people put into descriptors besides: comments, trailing commas,
//! the rest of JSON5, and template tags. After a mistake it goes on where it can, so that one
//! missing comma does not hide ten other findings. It never panics, its recursion and the number of
//! its problems are bounded, and its time is linear in the length of the text.

mod lexer;
mod parser;

use std::borrow::Cow;

pub(crate) use lexer::{quoted, shorten};
pub(crate) use parser::parse;

/// A stretch of bytes of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Range {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Range {
    pub(crate) const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }
}

/// One value and its place.
#[derive(Debug, Clone)]
pub(crate) struct Node<'a> {
    pub(crate) range: Range,
    pub(crate) value: Value<'a>,
}

/// A JSON value.
#[derive(Debug, Clone)]
pub(crate) enum Value<'a> {
    Array(Array<'a>),
    Bool(bool),
    Null,
    Number(f64),
    Object(Object<'a>),
    /// Something stands here that only a template engine or a mistake can explain.
    Opaque,
    String(Cow<'a, str>),
}

/// The items of an array.
#[derive(Debug, Clone, Default)]
pub(crate) struct Array<'a> {
    pub(crate) items: Vec<Node<'a>>,
}

/// The members of an object, in the order of the source, doubles included.
#[derive(Debug, Clone, Default)]
pub(crate) struct Object<'a> {
    pub(crate) members: Vec<Member<'a>>,
    /// A mistake in here may have swallowed members: do not complain of missing ones.
    pub(crate) damaged: bool,
}

/// One member of an object.
#[derive(Debug, Clone)]
pub(crate) struct Member<'a> {
    /// The key; the one most likely meant if it was misspelt.
    pub(crate) key: Cow<'a, str>,
    /// The key as written, if it was taken for another.
    pub(crate) typed: Option<Cow<'a, str>>,
    /// The key with its quotes.
    pub(crate) key_range: Range,
    pub(crate) value: Node<'a>,
    /// An earlier member has the same key; readers keep the last one.
    pub(crate) double_of: Option<Range>,
}

/// What the reader stumbled over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) kind: ProblemKind,
    pub(crate) range: Range,
    pub(crate) message: String,
    pub(crate) label: Option<String>,
    /// Replacements (range, text) that put it right.
    pub(crate) edits: Vec<(Range, String)>,
}

/// The kinds of [`Problem`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ProblemKind {
    /// Not JSON in any dialect.
    Syntax,
    /// Nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// Fine in JSON5, not in JSON.
    Relaxed(Relaxed),
}

/// The ways in which JSON5 is wider than JSON, and template tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Relaxed {
    Comment,
    Number,
    Quotes,
    Template,
    TrailingComma,
    UnquotedKey,
}

/// What [`parse`] answers with.
#[derive(Debug)]
pub(crate) struct Parsed<'a> {
    /// The root value, if there is any.
    pub(crate) root: Option<Node<'a>>,
    /// Template tags stand outside of strings.
    pub(crate) is_template: bool,
    pub(crate) problems: Vec<Problem>,
}

impl<'a> Node<'a> {
    pub(crate) fn as_object(&self) -> Option<&Object<'a>> {
        match &self.value {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }

    pub(crate) fn as_array(&self) -> Option<&[Self]> {
        match &self.value {
            Value::Array(array) => Some(&array.items),
            _ => None,
        }
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The member of this name, if this is an object that has it.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        self.as_object()?.get(name)
    }

    /// The kind of value with its article, for messages: `a string`, `an object`.
    pub(crate) fn kind(&self) -> &'static str {
        match self.value {
            Value::Array(_) => "an array",
            Value::Bool(_) => "a boolean",
            Value::Null => "null",
            Value::Number(_) => "a number",
            Value::Object(_) => "an object",
            Value::Opaque => "a template tag",
            Value::String(_) => "a string",
        }
    }
}

impl Member<'_> {
    /// The key as the source has it.
    pub(crate) fn written(&self) -> &str {
        self.typed.as_ref().unwrap_or(&self.key)
    }
}

impl<'a> Object<'a> {
    /// The value of the last member of this name, which is the one that readers keep.
    pub(crate) fn get(&self, name: &str) -> Option<&Node<'a>> {
        self.member(name).map(|member| &member.value)
    }

    /// The last member of this name.
    pub(crate) fn member(&self, name: &str) -> Option<&Member<'a>> {
        self.members.iter().rev().find(|member| member.key == name)
    }
}

/// Deepest nesting that is read. Real descriptors stay below 15; a host's reader has a limit too.
pub(crate) const MAX_DEPTH: usize = 100;

/// After so many mistakes the rest of the file is not worth guessing at.
const MAX_SYNTAX_ERRORS: usize = 20;
