//! Puts a module into a descriptor, and leaves everything else of the text as it stands: comments, order, layout.

mod manifest;

use std::fmt;

use crate::Product;
use crate::json::{Array, Member, Node, Object, ProblemKind, Range, Value, parse, quoted};
use crate::suggest::nearest;
use crate::table::{Count, MODULE_TYPES, Products, module_type};
use crate::within_limit;

pub use manifest::place_in_manifest;

/// A type of module that apps of Jira or Confluence can have.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModuleKind {
    /// Its name in `modules`, such as `generalPages`.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub about: &'static str,
    /// The products that have it, by name.
    pub products: Vec<Product>,
}

/// Why a module cannot be put into a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlaceError {
    /// The type stands there as one object and takes no more: the app has its one module of it.
    Full,
    /// What is to be put in is not a JSON object.
    NotAModule,
    /// The text, its `modules`, or the type in it is not what it must be; a check says where.
    NotRead,
    /// Neither Jira nor Confluence has this type of module.
    UnknownType,
}

impl fmt::Display for PlaceError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Full => "the app has its one module of this type already",
            Self::NotAModule => "the module is not a JSON object",
            Self::NotRead => "the descriptor cannot be read",
            Self::UnknownType => "neither Jira nor Confluence has this type of module",
        })
    }
}

impl std::error::Error for PlaceError {}

/// Every type of module of Jira and Confluence, by name.
pub fn module_kinds() -> impl Iterator<Item = ModuleKind> {
    MODULE_TYPES
        .iter()
        .filter(|kind| kind.products != Products::Bitbucket)
        .map(|kind| ModuleKind {
            name: kind.name,
            about: kind.doc,
            products: [Product::Confluence, Product::Jira]
                .into_iter()
                .filter(|product| kind.products.includes(*product))
                .collect(),
        })
}

/// The type of module most likely meant by a name that is none.
pub fn nearest_kind(name: &str) -> Option<&'static str> {
    nearest(name, module_kinds().map(|kind| kind.name))
}

/// The text of a descriptor with one more module: behind those of its type, or in a new list of its type behind
/// the other types. `module` is a JSON object; its fields keep their order.
///
/// # Errors
/// When the text is no descriptor that can be read, or has no room for the module. Whether a host would take the
/// result is for [`crate::check`] to say.
pub fn place_module(source: &str, name: &str, module: &str) -> Result<String, PlaceError> {
    let count = module_type(name, None)
        .filter(|kind| kind.products != Products::Bitbucket)
        .ok_or(PlaceError::UnknownType)?
        .count;
    let module = parse(module).root.filter(|root| root.as_object().is_some());
    let module = module.ok_or(PlaceError::NotAModule)?;
    if !within_limit(source) {
        return Err(PlaceError::NotRead);
    }
    let parsed = parse(source);
    let relaxed = |kind| matches!(kind, ProblemKind::Relaxed(_));
    if parsed.is_template || !parsed.problems.iter().all(|problem| relaxed(problem.kind)) {
        return Err(PlaceError::NotRead);
    }
    let root = parsed.root.ok_or(PlaceError::NotRead)?;
    let text = Text::of(source, &root).ok_or(PlaceError::NotRead)?;
    let entry = match count {
        Count::One => module.clone(),
        Count::Either | Count::Many => list(module.clone()),
    };
    let Some(modules) = root.get("modules") else {
        let modules = object(name, entry);
        return Ok(text.with(&root, &Piece::Member("modules", &modules)));
    };
    if modules.as_object().is_none() {
        return Err(PlaceError::NotRead);
    }
    match modules.get(name).map(|found| (found, &found.value)) {
        None => Ok(text.with(modules, &Piece::Member(name, &entry))),
        Some((found, Value::Array(_))) if count != Count::One => {
            Ok(text.with(found, &Piece::Item(&module)))
        }
        Some((_, Value::Object(_))) => Err(PlaceError::Full),
        Some(_) => Err(PlaceError::NotRead),
    }
}

fn list(item: Node<'_>) -> Node<'_> {
    Node {
        range: Range::default(),
        value: Value::Array(Array { items: vec![item] }),
    }
}

fn object<'a>(name: &'a str, value: Node<'a>) -> Node<'a> {
    let member = Member {
        key: name.into(),
        typed: None,
        key_range: Range::default(),
        value,
        double_of: None,
    };
    Node {
        range: Range::default(),
        value: Value::Object(Object {
            members: vec![member],
            damaged: false,
        }),
    }
}

/// What is put in.
enum Piece<'p, 'a> {
    Item(&'p Node<'a>),
    Member(&'p str, &'p Node<'a>),
}

/// A text and how it is laid out.
struct Text<'s> {
    source: &'s str,
    /// One step of indentation.
    step: &'s str,
    newline: &'static str,
}

impl<'s> Text<'s> {
    /// The text around a root object.
    fn of(source: &'s str, root: &Node<'_>) -> Option<Self> {
        let members = &root.as_object()?.members;
        let steps = members
            .iter()
            .find_map(|member| before(source, member.key_range.start));
        Some(Self {
            source,
            step: steps.filter(|step| !step.is_empty()).unwrap_or("  "),
            newline: if source.contains("\r\n") {
                "\r\n"
            } else {
                "\n"
            },
        })
    }

    /// The text with a piece more at the end of an array or object.
    fn with(&self, container: &Node<'_>, piece: &Piece<'_, '_>) -> String {
        let children = match &container.value {
            Value::Array(array) => ends(array.items.iter().map(|item| (item.range, item.range))),
            Value::Object(object) => {
                let members = object.members.iter();
                ends(members.map(|member| (member.key_range, member.value.range)))
            }
            _ => None,
        };
        let (open, close) = (container.range.start, container.range.end - 1);
        match children {
            None => self.alone(open + 1, close, piece),
            Some((first, last)) => self.behind(first, last, close, piece),
        }
    }

    /// The text with a piece as the only one between two brackets. A comment between them stays in front.
    fn alone(&self, open: usize, close: usize, piece: &Piece<'_, '_>) -> String {
        let kept = open + self.source[open..close].trim_end().len();
        if !self.source.contains('\n') {
            let piece = self.laid_out(piece, None);
            return self.replaced(kept, close, &format!(" {piece} "));
        }
        let outer = indentation(self.source, open);
        let inner = format!("{outer}{}", self.step);
        let piece = self.laid_out(piece, Some(&inner));
        let newline = self.newline;
        let new = format!("{newline}{inner}{piece}{newline}{outer}");
        self.replaced(kept, close, &new)
    }

    /// The text with a piece behind the last child, in the way the children stand: each on lines of its own, one
    /// around the other's bracket, or all in a line.
    fn behind(&self, first: usize, last: usize, close: usize, piece: &Piece<'_, '_>) -> String {
        let rest = &self.source[last..close];
        // Behind a comment on the line of the last child, or below it.
        let at = last + rest.trim_end().len();
        let (comma, commented) = punctuation(rest);
        let own = before(self.source, first);
        let on_lines = self.source[first..last].contains('\n');
        let indent = own.unwrap_or_else(|| indentation(self.source, last));
        let piece = self.laid_out(piece, (own.is_some() || on_lines).then_some(indent));
        let mut new = String::new();
        if own.is_some() || commented {
            new.push_str(self.newline);
            new.push_str(indent);
        } else {
            new.push(' ');
        }
        new.push_str(&piece);
        if comma {
            new.push(',');
        }
        let with_piece = self.replaced(at, at, &new);
        match comma {
            true => with_piece,
            false => format!("{},{}", &with_piece[..last], &with_piece[last..]),
        }
    }

    fn replaced(&self, start: usize, end: usize, new: &str) -> String {
        format!("{}{new}{}", &self.source[..start], &self.source[end..])
    }

    /// The text of a piece: on several lines where its own is indented, else on one.
    fn laid_out(&self, piece: &Piece<'_, '_>, indent: Option<&str>) -> String {
        let mut out = String::new();
        let value = match piece {
            Piece::Item(value) => value,
            Piece::Member(name, value) => {
                out.push_str(&quoted(name));
                out.push_str(": ");
                value
            }
        };
        self.write(&mut out, value, indent);
        out
    }

    fn write(&self, out: &mut String, node: &Node<'_>, indent: Option<&str>) {
        match &node.value {
            Value::Array(array) => {
                let nested = |item: &Node<'_>| !matches!(item.value, Value::String(_));
                // A list of words is one line.
                let indent = indent.filter(|_| array.items.iter().any(nested));
                let items = array.items.iter().map(|item| (None, item));
                self.enclose(out, ['[', ']'], items, indent);
            }
            Value::Bool(value) => out.push_str(&value.to_string()),
            Value::Null | Value::Opaque => out.push_str("null"),
            Value::Number(value) => out.push_str(&value.to_string()),
            Value::Object(object) => {
                let members = object.members.iter();
                let members = members.map(|member| (Some(&*member.key), &member.value));
                self.enclose(out, ['{', '}'], members, indent);
            }
            Value::String(text) => out.push_str(&quoted(text)),
        }
    }

    fn enclose<'n, 'a: 'n>(
        &self,
        out: &mut String,
        [open, close]: [char; 2],
        children: impl Iterator<Item = (Option<&'n str>, &'n Node<'a>)>,
        indent: Option<&str>,
    ) {
        let inner = indent.map(|indent| format!("{indent}{}", self.step));
        let mut is_empty = true;
        out.push(open);
        for (name, value) in children {
            if !is_empty {
                out.push(',');
            }
            match &inner {
                Some(inner) => out.extend([self.newline, inner]),
                None if is_empty && open == '[' => {}
                None => out.push(' '),
            }
            if let Some(name) = name {
                out.push_str(&quoted(name));
                out.push_str(": ");
            }
            self.write(out, value, inner.as_deref());
            is_empty = false;
        }
        match indent {
            _ if is_empty => {}
            Some(indent) => out.extend([self.newline, indent]),
            None if open == '{' => out.push(' '),
            None => {}
        }
        out.push(close);
    }
}

/// Where the first of the children begins and the last one ends.
fn ends(mut children: impl DoubleEndedIterator<Item = (Range, Range)>) -> Option<(usize, usize)> {
    let (head, tail) = children.next()?;
    let (_, last) = children.next_back().unwrap_or((head, tail));
    Some((head.start, last.end))
}

/// The blanks before a place, if nothing else stands before it on its line.
fn before(source: &str, at: usize) -> Option<&str> {
    let line = source[..at].rfind('\n')? + 1;
    let blanks = &source[line..at];
    blanks.trim().is_empty().then_some(blanks)
}

/// The blanks at the beginning of the line of a place.
fn indentation(source: &str, at: usize) -> &str {
    let line = source[..at].rfind('\n').map_or(0, |end| end + 1);
    let text = &source[line..];
    &text[..text.len() - text.trim_start_matches([' ', '\t']).len()]
}

/// Whether there is a comma, and whether there is a comment, in what stands behind a value.
fn punctuation(mut rest: &str) -> (bool, bool) {
    let (mut comma, mut commented) = (false, false);
    loop {
        rest = rest.trim_start();
        let end = match rest.get(..2) {
            Some("//") => rest.find('\n'),
            Some("/*") => rest.find("*/").map(|end| end + 2),
            _ => {
                let Some(more) = rest.strip_prefix(',') else {
                    return (comma, commented);
                };
                (comma, rest) = (true, more);
                continue;
            }
        };
        commented = true;
        let Some(end) = end else {
            return (comma, commented);
        };
        rest = &rest[end..];
    }
}
