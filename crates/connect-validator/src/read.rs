//! From what the JSON reader stumbled over to findings.

use std::collections::BTreeMap;

use crate::checker::Checker;
use crate::codes;
use crate::json::{Node, Parsed, Problem, ProblemKind, Range, Relaxed, Value, shorten};

impl<'t> Checker<'t> {
    /// Reports every problem of the reader; what JSON5 allows once per kind, with all places in the fix.
    pub(crate) fn problems(&mut self, parsed: &mut Parsed<'_>) {
        let mut relaxed: BTreeMap<Relaxed, Vec<Problem>> = BTreeMap::new();
        for problem in std::mem::take(&mut parsed.problems) {
            match problem.kind {
                ProblemKind::Relaxed(kind) => relaxed.entry(kind).or_default().push(problem),
                ProblemKind::Syntax => self.problem(&codes::DESCRIPTOR_SYNTAX, problem),
                ProblemKind::TooDeep => self.problem(&codes::DESCRIPTOR_TOO_DEEP, problem),
            }
        }
        for (kind, mut problems) in relaxed {
            problems.sort_by_key(|problem| problem.range);
            self.relaxed(kind, problems);
        }
    }

    fn problem(&mut self, code: &'static codes::Code, problem: Problem) {
        let draft = self.report(code, problem.range, problem.message);
        if let Some(label) = problem.label {
            draft.label(label);
        }
        draft.fix("put the syntax right", problem.edits);
    }

    fn relaxed(&mut self, kind: Relaxed, problems: Vec<Problem>) {
        let Some(first) = problems.first() else {
            return;
        };
        let range = first.range;
        let more = match problems.len() - 1 {
            0 => String::new(),
            1 => " (and one more)".into(),
            n => format!(" (and {n} more)"),
        };
        let message = match kind {
            Relaxed::Comment => "comments are not JSON",
            Relaxed::Number => "this form of number is not JSON",
            Relaxed::Quotes => "strings in single quotes are not JSON",
            Relaxed::Template => "template tag outside of a string: the file is not JSON",
            Relaxed::TrailingComma => "a comma after the last entry is not JSON",
            Relaxed::UnquotedKey => "keys without quotes are not JSON",
        };
        let message = format!("{message}{more}");
        if kind == Relaxed::Template {
            self.report(&codes::DESCRIPTOR_TEMPLATE, range, message)
                .help("check what the app serves instead: connect validate http://localhost:3000/atlassian-connect.json");
            return;
        }
        let edits = problems.into_iter().flat_map(|p| p.edits).collect();
        self.report(&codes::DESCRIPTOR_NOT_STRICT_JSON, range, message)
            .fix("write strict JSON", edits);
    }

    /// Reports keys that stand twice in one object, anywhere in the tree.
    pub(crate) fn duplicates(&mut self, node: &'t Node<'t>) {
        match &node.value {
            Value::Array(array) => {
                for (index, item) in array.items.iter().enumerate() {
                    if matches!(item.value, Value::Array(_) | Value::Object(_)) {
                        self.item(index, |checker| checker.duplicates(item));
                    }
                }
            }
            Value::Object(object) => {
                for member in &object.members {
                    self.member(&member.key, |checker| {
                        if let Some(first) = member.double_of {
                            checker.duplicate(&member.key, member.key_range, first);
                        }
                        checker.duplicates(&member.value);
                    });
                }
            }
            _ => {}
        }
    }

    fn duplicate(&mut self, key: &str, range: Range, first: Range) {
        let line = 1 + self.source[..first.start]
            .bytes()
            .filter(|b| *b == b'\n')
            .count();
        let message = format!("the key `{}` stands twice in this object", shorten(key));
        self.report(&codes::DESCRIPTOR_DUPLICATE_KEY, range, message)
            .label(format!("first in line {line}"));
    }
}
