//! From what the JSON reader stumbled over to findings.

use std::collections::BTreeMap;

use crate::checker::Checker;
use crate::codes;
use crate::json::{Node, Parsed, Problem, ProblemKind, Range, Relaxed, Value, quoted, shorten};
use crate::placeholder::{Found, Style};
use crate::suggest::nearest;

impl<'t> Checker<'t> {
    /// Reports every problem of the reader; what JSON5 allows once per kind, with all places in the fix.
    pub(crate) fn problems(&mut self, parsed: &mut Parsed<'_>) {
        if !can_be_fixed(self.source, &parsed.problems) {
            // A fix must leave a file that can be read: while one mistake stays, none is offered.
            self.offers_fixes = false;
        }
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

    /// Walks the whole tree for what may be wrong anywhere: keys that stand twice, placeholders without a value.
    pub(crate) fn everywhere(&mut self, node: &'t Node<'t>, is_template: bool) {
        match &node.value {
            Value::Array(array) => {
                for (index, item) in array.items.iter().enumerate() {
                    if !is_plain(item) {
                        self.item(index, |checker| checker.everywhere(item, is_template));
                    }
                }
            }
            Value::Object(object) => {
                for member in &object.members {
                    if is_plain(&member.value) && member.double_of.is_none() {
                        continue;
                    }
                    self.member(member.written(), |checker| {
                        if let Some(first) = member.double_of {
                            checker.duplicate(member.written(), member.key_range, first);
                        }
                        checker.everywhere(&member.value, is_template);
                    });
                }
            }
            Value::String(text) if !is_template => self.placeholders(node, text),
            _ => {}
        }
    }

    /// What the engine of a template fills in we cannot know; in plain JSON it is the tool that serves it.
    fn placeholders(&mut self, node: &'t Node<'t>, text: &'t str) {
        for found in Found::all(text) {
            let known = self.options.placeholders.is_known(found.name);
            let a_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
            let odd = found.style != Style::Braces || !found.name.chars().all(a_name);
            if known || odd || crate::rules::urls::is_parameter(found.name) {
                continue;
            }
            let meant = nearest(found.name, KNOWN_PLACEHOLDERS.iter().copied());
            let message = format!(
                "nothing fills in `{}`",
                shorten(&text[found.start..found.end])
            );
            let draft = self.report(&codes::DESCRIPTOR_UNKNOWN_PLACEHOLDER, node.range, message);
            if let Some(meant) = meant {
                let right = format!(
                    "{}{{{{{meant}}}}}{}",
                    &text[..found.start],
                    &text[found.end..]
                );
                draft.did_you_mean(
                    &format!("{{{{{meant}}}}}"),
                    vec![(node.range, quoted(&right))],
                );
            }
            return;
        }
    }

    fn duplicate(&mut self, key: &str, range: Range, first: Range) {
        let message = format!("the key `{}` stands twice in this object", shorten(key));
        let line = self.lines.span(first.start, first.end).line;
        self.report(&codes::DESCRIPTOR_DUPLICATE_KEY, range, message)
            .label(format!("first in line {line}"));
    }
}

/// Whether the file can be read once the syntax is put right as suggested.
fn can_be_fixed(source: &str, problems: &[Problem]) -> bool {
    let syntax = || problems.iter().filter(|p| p.kind == ProblemKind::Syntax);
    if syntax().next().is_none() {
        return true;
    }
    if syntax().any(|problem| problem.edits.is_empty()) {
        return false;
    }
    let mut edits: Vec<_> = problems.iter().flat_map(|problem| &problem.edits).collect();
    edits.sort();
    let mut text = String::with_capacity(source.len());
    let mut copied = 0;
    for (range, replacement) in edits {
        if range.start < copied {
            return false;
        }
        text.push_str(&source[copied..range.start]);
        text.push_str(replacement);
        copied = range.end;
    }
    text.push_str(&source[copied..]);
    let again = crate::json::parse(&text);
    again
        .problems
        .iter()
        .all(|problem| problem.kind != ProblemKind::Syntax)
}

/// Whether there is nothing to say about the value by itself.
fn is_plain(node: &Node<'_>) -> bool {
    match &node.value {
        Value::Array(_) | Value::Object(_) => false,
        Value::String(text) => !text.contains("{{"),
        _ => true,
    }
}

/// What atlassian-connect-express and `connect` fill in.
const KNOWN_PLACEHOLDERS: &[&str] = &["appKey", "environment", "localBaseUrl"];
