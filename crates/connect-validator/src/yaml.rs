//! YAML text to the tree that descriptors are checked as, for `manifest.yml`.
//!
//! Scalars are read by the core schema of YAML 1.2 (section 10.3.2).
//! The size of the tree is bounded, copies made by aliases included, and so is its depth.
//! After a mistake nothing is guessed: there is no tree then.

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use crate::json::{Array, MAX_DEPTH, Member, Node, Object, Range, Value};

/// What [`parse`] answers with.
#[derive(Debug, Default)]
pub(crate) struct Parsed<'a> {
    /// The root of the first document.
    pub(crate) root: Option<Node<'a>>,
    /// What is wrong with the text.
    pub(crate) problem: Option<Problem>,
}

/// Why there is no tree, or not all of it.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) kind: ProblemKind,
    pub(crate) range: Range,
    pub(crate) message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProblemKind {
    Syntax,
    TooLarge,
}

/// Reads the first document of a text.
pub(crate) fn parse(source: &str) -> Parsed<'_> {
    let mut builder = Builder {
        places: Places::new(source),
        source,
        open: Vec::new(),
        anchors: HashMap::new(),
        left: MAX_NODES,
        root: None,
    };
    let problem = builder.run().err();
    Parsed {
        root: builder.root.filter(|_| problem.is_none()),
        problem,
    }
}

struct Builder<'a> {
    source: &'a str,
    places: Places,
    open: Vec<Open<'a>>,
    /// Values that aliases stand for, each with the number of its nodes.
    anchors: HashMap<usize, (Node<'a>, usize)>,
    /// How many nodes may still be made.
    left: usize,
    root: Option<Node<'a>>,
}

/// A list or a mapping whose end is not read yet.
struct Open<'a> {
    start: usize,
    anchor: usize,
    kind: OpenKind<'a>,
}

enum OpenKind<'a> {
    List(Vec<Node<'a>>),
    Mapping {
        members: Vec<Member<'a>>,
        /// Where each key stands first.
        seen: HashMap<String, Range>,
        key: Option<(Cow<'a, str>, Range)>,
        merges: bool,
    },
}

impl<'a> Builder<'a> {
    fn run(&mut self) -> Result<(), Problem> {
        let mut documents = 0;
        for event in Parser::new_from_str(self.source) {
            let (event, span) = event.map_err(|error| {
                let at = self.places.byte(error.marker().index());
                Problem {
                    kind: ProblemKind::Syntax,
                    range: self.character(at),
                    message: format!("this is not YAML: {}", error.info()),
                }
            })?;
            let range = self.range(span);
            match event {
                Event::DocumentStart(_) => {
                    documents += 1;
                    if documents > 1 {
                        return Err(Problem {
                            kind: ProblemKind::Syntax,
                            range,
                            message: "a second document begins here, expected one only".into(),
                        });
                    }
                }
                Event::Alias(anchor) => self.alias(anchor, range)?,
                Event::Scalar(text, style, anchor, tag) => {
                    let plain = style == ScalarStyle::Plain && tag.is_none();
                    let value = if plain {
                        scalar(text)
                    } else {
                        Value::String(text)
                    };
                    self.put(Node { range, value }, anchor)?;
                }
                Event::SequenceStart(anchor, _) => {
                    self.open(range, anchor, OpenKind::List(Vec::new()))?;
                }
                Event::MappingStart(anchor, _) => {
                    let kind = OpenKind::Mapping {
                        members: Vec::new(),
                        seen: HashMap::new(),
                        key: None,
                        merges: false,
                    };
                    self.open(range, anchor, kind)?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.close(range)?,
                Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            }
        }
        Ok(())
    }

    fn open(&mut self, range: Range, anchor: usize, kind: OpenKind<'a>) -> Result<(), Problem> {
        if self.open.len() >= MAX_DEPTH {
            let message = format!("more than {MAX_DEPTH} levels are not read");
            return Err(too_large(range, message));
        }
        self.open.push(Open {
            start: range.start,
            anchor,
            kind,
        });
        Ok(())
    }

    fn close(&mut self, range: Range) -> Result<(), Problem> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let (value, end) = match open.kind {
            OpenKind::List(items) => {
                let end = items.last().map(|item| item.range.end);
                (Value::Array(Array { items }), end)
            }
            OpenKind::Mapping {
                members, merges, ..
            } => {
                let end = members.last().map(|member| member.value.range.end);
                // What is merged in may bring any member.
                let object = Object {
                    members,
                    damaged: merges,
                };
                (Value::Object(object), end)
            }
        };
        // A block ends where the next thing begins, a flow at its bracket: the bracket has a width.
        let end = match range.end > range.start {
            true => range.end,
            false => end.unwrap_or(open.start + 1),
        };
        let range = Range::new(open.start, end.max(open.start));
        self.put(Node { range, value }, open.anchor)
    }

    fn alias(&mut self, anchor: usize, range: Range) -> Result<(), Problem> {
        let Some((node, size)) = self.anchors.get(&anchor) else {
            // Only a value that contains itself is not there yet.
            return Err(Problem {
                kind: ProblemKind::Syntax,
                range,
                message: "this alias stands within the value it repeats".into(),
            });
        };
        if *size > self.left {
            return Err(too_large(range, ALIASES.to_owned()));
        }
        self.left -= size;
        let node = Node {
            range,
            value: node.value.clone(),
        };
        self.put(node, 0)
    }

    /// Puts a finished value where it belongs.
    fn put(&mut self, node: Node<'a>, anchor: usize) -> Result<(), Problem> {
        let mut cost = 1;
        let size = if anchor == 0 { 0 } else { size(&node) };
        cost += size;
        if cost > self.left {
            return Err(too_large(node.range, ALIASES.to_owned()));
        }
        self.left -= cost;
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut open.kind {
            OpenKind::List(items) => items.push(node),
            OpenKind::Mapping {
                members,
                seen,
                key,
                merges,
            } => match key.take() {
                None => {
                    *key = Some((key_of(self.source, node.value, node.range), node.range));
                }
                Some((name, _)) if name == "<<" => *merges = true,
                Some((key, key_range)) => {
                    let double_of = seen.get(key.as_ref()).copied();
                    seen.entry(key.as_ref().to_owned()).or_insert(key_range);
                    members.push(Member {
                        key,
                        typed: None,
                        key_range,
                        value: node,
                        double_of,
                    });
                }
            },
        }
        Ok(())
    }

    fn range(&self, span: Span) -> Range {
        let start = self.places.byte(span.start.index());
        let end = self.places.byte(span.end.index());
        Range::new(start, end.max(start))
    }

    /// The one character at a place.
    fn character(&self, at: usize) -> Range {
        let width = self.source[at..].chars().next().map_or(0, char::len_utf8);
        Range::new(at, at + width)
    }
}

fn too_large(range: Range, message: String) -> Problem {
    Problem {
        kind: ProblemKind::TooLarge,
        range,
        message,
    }
}

/// The name that a key stands for; what is no plain text is named as it is written.
fn key_of<'a>(source: &'a str, value: Value<'a>, range: Range) -> Cow<'a, str> {
    match value {
        Value::String(text) => text,
        _ => Cow::Borrowed(&source[range.start..range.end]),
    }
}

fn size(node: &Node<'_>) -> usize {
    match &node.value {
        Value::Array(array) => 1 + array.items.iter().map(size).sum::<usize>(),
        Value::Object(object) => 1 + object.members.iter().map(|m| size(&m.value)).sum::<usize>(),
        _ => 1,
    }
}

/// A plain scalar, by the core schema.
fn scalar(text: Cow<'_, str>) -> Value<'_> {
    match text.as_ref() {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    // `parse` also takes `inf` and `nan`, which are words here.
    let numeric = text
        .bytes()
        .all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    match text.parse() {
        Ok(number) if numeric => Value::Number(number),
        _ => Value::String(text),
    }
}

/// From characters, which the reader counts, to bytes.
struct Places {
    /// Where each character begins; empty if all are ASCII.
    starts: Vec<usize>,
    length: usize,
}

impl Places {
    fn new(source: &str) -> Self {
        let starts = match source.is_ascii() {
            true => Vec::new(),
            false => source.char_indices().map(|(at, _)| at).collect(),
        };
        Self {
            starts,
            length: source.len(),
        }
    }

    fn byte(&self, character: usize) -> usize {
        match self.starts.is_empty() {
            true => character.min(self.length),
            false => self.starts.get(character).copied().unwrap_or(self.length),
        }
    }
}

/// Real manifests have some hundred nodes.
const MAX_NODES: usize = 100_000;

const ALIASES: &str = "the file has too many values, counting each as often as aliases repeat it";

#[cfg(test)]
mod tests {
    use super::*;

    fn at<'s>(source: &'s str, node: &Node<'_>) -> &'s str {
        &source[node.range.start..node.range.end]
    }

    #[test]
    fn every_value_knows_its_place() {
        let source = "# ü\r\nkey: 'ö'\r\nlist:\r\n  - a: 1\r\n    b: [x, \"y\"]\r\n  - *none\r\n";
        assert!(parse(source).problem.is_some());
        let source = source.replace("*none", "{ c: ~ }");
        let root = parse(&source).root.expect("a tree");
        assert_eq!(at(&source, root.get("key").expect("key")), "'ö'");
        let list = root.get("list").and_then(Node::as_array).expect("a list");
        assert_eq!(at(&source, &list[0]), "a: 1\r\n    b: [x, \"y\"]");
        assert_eq!(at(&source, list[0].get("b").expect("b")), "[x, \"y\"]");
        assert_eq!(at(&source, &list[1]), "{ c: ~ }");
        let key = &root.as_object().expect("a mapping").members[1];
        assert_eq!(&source[key.key_range.start..key.key_range.end], "list");
    }

    #[test]
    fn aliases_repeat_values_and_do_not_explode() {
        let source = "a: &a [x]\nb: *a\n";
        let root = parse(source).root.expect("a tree");
        let b = root.get("b").expect("b");
        assert_eq!(b.as_array().map(<[_]>::len), Some(1));
        assert_eq!(at(source, b), "*a");

        let mut bomb = String::from("l0: &l0 [x, x, x, x, x, x, x, x, x]\n");
        for level in 1..20 {
            let items = vec![format!("*l{}", level - 1); 9].join(", ");
            bomb += &format!("l{level}: &l{level} [{items}]\n");
        }
        let problem = parse(&bomb).problem.expect("a bomb");
        assert_eq!(problem.kind, ProblemKind::TooLarge);
        let problem = parse("a: &a [*a]\n").problem.expect("a loop");
        assert_eq!(problem.kind, ProblemKind::Syntax);
    }

    #[test]
    fn depth_is_bounded() {
        for source in [
            "[".repeat(50_000),
            "- ".repeat(50_000),
            "a: {".repeat(5_000),
        ] {
            assert!(parse(&source).problem.is_some());
        }
    }

    #[test]
    fn words_and_numbers_are_told_apart() {
        for (text, kind) in [
            ("yes", "a string"),
            ("True", "a boolean"),
            ("1.5", "a number"),
            ("inf", "a string"),
            ("~", "null"),
            ("'1'", "a string"),
            ("1.2.3", "a string"),
        ] {
            assert_eq!(parse(text).root.expect("a value").kind(), kind, "{text}");
        }
    }
}
