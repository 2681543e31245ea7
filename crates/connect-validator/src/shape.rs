//! Holds a value against the tables: types, required and unknown fields, lengths, forms, closed lists.

use crate::checker::Checker;
use crate::codes;
use crate::finding::Level;
use crate::json::{Member, Node, Object, Range, Value, quoted, shorten};
use crate::rules::{conditions, top, urls};
use crate::suggest::nearest;
use crate::table::{DESCRIPTOR, Field, Others, Shape, Text, TextRule, Type, best_of};

impl<'t> Checker<'t> {
    /// Checks an object against its table. `node` may be of any type.
    pub(crate) fn object(&mut self, node: &'t Node<'t>, shape: &'static Shape) {
        let Some(object) = node.as_object() else {
            self.wrong_type(node, shape.name, "an object");
            return;
        };
        self.fields(node, object, shape);
    }

    fn fields(&mut self, node: &'t Node<'t>, object: &'t Object<'t>, shape: &'static Shape) {
        for member in &object.members {
            let Some(field) = shape.field(&member.key) else {
                if member.key != "key" || self.keyed != Some(node.range) {
                    self.unknown_field(member, shape);
                }
                continue;
            };
            if member.typed.is_some() {
                self.slip(member, field, shape);
            }
            self.member(member.written(), |checker| {
                checker.value(&member.value, &field.kind, field.name);
            });
        }
        if object.damaged {
            return;
        }
        for field in shape.fields.iter().filter(|field| field.required) {
            if object.get(field.name).is_none() {
                let message = format!(
                    "`{}` needs the field `{}`, found none",
                    shape.name, field.name
                );
                self.report(&codes::DESCRIPTOR_MISSING_FIELD, opening(node), message)
                    .label(format!("`{}` is required", field.name))
                    .help(format!("`{}`: {}", field.name, field.doc));
            }
        }
    }

    /// A field whose name is misspelt.
    fn slip(&mut self, member: &'t Member<'t>, field: &Field, shape: &'static Shape) {
        let written = shorten(member.written());
        let edits = vec![(member.key_range, quoted(field.name))];
        if field.required {
            let message = format!(
                "`{}` needs the field `{}`, found `{written}`",
                shape.name, field.name
            );
            self.report(&codes::DESCRIPTOR_MISSING_FIELD, member.key_range, message)
                .did_you_mean(field.name, edits);
            return;
        }
        let message = format!("unknown field `{written}` in `{}`", shape.name);
        self.member(member.written(), |checker| {
            let draft = checker.report(&codes::DESCRIPTOR_UNKNOWN_FIELD, member.key_range, message);
            if shape.others == Others::Refused {
                draft.level(Level::Error);
            }
            draft.did_you_mean(field.name, edits);
        });
    }

    fn unknown_field(&mut self, member: &'t Member<'t>, shape: &'static Shape) {
        // `//note` is how people write comments in JSON.
        if shape.others == Others::Welcome || member.key.starts_with("//") {
            return;
        }
        let message = format!(
            "unknown field `{}` in `{}`",
            shorten(&member.key),
            shape.name
        );
        self.member(&member.key, |checker| {
            if std::ptr::eq(shape, &DESCRIPTOR)
                && top::misplaced(checker, &member.key, member.key_range)
            {
                return;
            }
            let draft = checker.report(&codes::DESCRIPTOR_UNKNOWN_FIELD, member.key_range, message);
            if shape.others == Others::Refused {
                draft.level(Level::Error);
            }
        });
    }

    /// Checks a value against its type; `what` names it in messages.
    pub(crate) fn value(&mut self, node: &'t Node<'t>, kind: &'static Type, what: &str) {
        if matches!(node.value, Value::Opaque) {
            return;
        }
        match kind {
            Type::Any => {}
            Type::Boolean => self.boolean(node, what),
            Type::Condition => conditions::check(self, node),
            Type::Enum(values) => self.one_of(node, values, what),
            Type::Integer => match node.value {
                Value::Number(number) if number.fract() == 0.0 => {}
                _ => self.not_a_number(node, what, "a whole number"),
            },
            Type::List(item) => self.list(node, item, what),
            Type::ListOf { item, most } => {
                let length = node.as_array().map_or(0, <[Node<'_>]>::len);
                if length > *most {
                    let message = format!("`{what}` has {length} items, expected at most {most}");
                    self.report(&codes::DESCRIPTOR_OUT_OF_RANGE, head(node), message);
                }
                self.list(node, item, what);
            }
            Type::Map(item) => match node.as_object() {
                Some(object) => {
                    for member in &object.members {
                        self.member(&member.key, |checker| {
                            checker.value(&member.value, item, &member.key);
                        });
                    }
                }
                None => self.wrong_type(node, what, "an object"),
            },
            Type::Number { least, most } => match node.value {
                Value::Number(number) if (*least..=*most).contains(&number) => {}
                Value::Number(number) => {
                    let message = format!("`{what}` is {number}, expected {least} to {most}");
                    self.report(&codes::DESCRIPTOR_OUT_OF_RANGE, node.range, message);
                }
                _ => self.not_a_number(node, what, "a number"),
            },
            Type::Object(shape) => self.object_named(node, shape, what),
            Type::OneOf(shapes) => match node.as_object() {
                Some(object) => self.any_of(node, object, shapes),
                None => self.object_named(node, shapes[0], what),
            },
            Type::Text(text) => self.text(node, *text, what),
        }
    }

    /// A host takes an object that fits any of the shapes; whoever wrote it meant the one it is nearest to.
    fn any_of(
        &mut self,
        node: &'t Node<'t>,
        object: &'t Object<'t>,
        shapes: &'static [&'static Shape],
    ) {
        let best = best_of(object, shapes);
        let mut others = shapes.iter().filter(|shape| !std::ptr::eq(**shape, best));
        self.within(
            |checker| checker.fields(node, object, best),
            |checker| {
                others.any(|shape| checker.takes(|checker| checker.fields(node, object, shape)))
            },
        );
    }

    fn list(&mut self, node: &'t Node<'t>, item: &'static Type, what: &str) {
        let Some(items) = node.as_array() else {
            self.not_a_list(node, what);
            return self.value(node, item, what);
        };
        for (index, node) in items.iter().enumerate() {
            self.item(index, |checker| checker.value(node, item, what));
        }
    }

    /// An object where the field has another name than its shape; a plain text may be meant as its main field.
    fn object_named(&mut self, node: &'t Node<'t>, shape: &'static Shape, what: &str) {
        if let Some(object) = node.as_object() {
            return self.fields(node, object, shape);
        }
        let main = ["value", "url"]
            .into_iter()
            .find(|name| shape.field(name).is_some());
        let (Some(main), Some(text)) = (main, node.as_str()) else {
            return self.wrong_type(node, what, "an object");
        };
        let right = format!("{{ \"{main}\": {} }}", quoted(text));
        let message = format!("`{what}` must be an object, found a string");
        self.report(&codes::DESCRIPTOR_WRONG_TYPE, node.range, message)
            .did_you_mean(&shorten(&right), vec![(node.range, right.clone())]);
        if let Some(field) = shape.field(main) {
            self.value(node, &field.kind, main);
        }
    }

    fn boolean(&mut self, node: &'t Node<'t>, what: &str) {
        let right = match node.as_str() {
            _ if node.as_bool().is_some() => return,
            Some("true") => "true",
            Some("false") => "false",
            _ => return self.wrong_type(node, what, "`true` or `false`"),
        };
        let message = format!("`{what}` must be `true` or `false`, found a string");
        self.report(&codes::DESCRIPTOR_WRONG_TYPE, node.range, message)
            .did_you_mean(right, vec![(node.range, right.to_owned())]);
    }

    fn not_a_number(&mut self, node: &'t Node<'t>, what: &str, expected: &str) {
        let right = node.as_str().filter(|text| text.parse::<i32>().is_ok());
        let Some(right) = right else {
            return self.wrong_type(node, what, expected);
        };
        let right = right.trim_start_matches('+').to_owned();
        let message = format!("`{what}` must be {expected}, found a string");
        self.report(&codes::DESCRIPTOR_WRONG_TYPE, node.range, message)
            .did_you_mean(&right, vec![(node.range, right.clone())]);
    }

    pub(crate) fn not_a_list(&mut self, node: &'t Node<'t>, what: &str) {
        let message = format!("`{what}` must be an array, found {}", node.kind());
        let (open, close) = (
            Range::new(node.range.start, node.range.start),
            Range::new(node.range.end, node.range.end),
        );
        self.report(&codes::DESCRIPTOR_WRONG_TYPE, head(node), message)
            .label("put it into `[` and `]`")
            .fix(
                "put it into an array",
                vec![(open, "[".into()), (close, "]".into())],
            );
    }

    pub(crate) fn wrong_type(&mut self, node: &'t Node<'t>, what: &str, expected: &str) {
        if matches!(node.value, Value::Opaque) {
            return;
        }
        let message = format!("`{what}` must be {expected}, found {}", node.kind());
        self.report(&codes::DESCRIPTOR_WRONG_TYPE, head(node), message);
    }

    fn one_of(&mut self, node: &'t Node<'t>, values: &'static [&'static str], what: &str) {
        let Some(raw) = node.as_str() else {
            return self.wrong_type(node, what, "a string");
        };
        let filled = self.options.placeholders.fill(raw);
        let text = filled.text.as_ref();
        if filled.opaque || is_listed(text, values) {
            return;
        }
        let message = format!("`{}` is not a value of `{what}`", shorten(text));
        let meant = match_case(text, values);
        let draft = self.report(&codes::DESCRIPTOR_UNKNOWN_VALUE, node.range, message);
        draft.help(format!("expected {}", listed(values)));
        if let Some(meant) = meant {
            draft.did_you_mean(&meant, vec![(node.range, quoted(&meant))]);
        }
    }

    fn text(&mut self, node: &'t Node<'t>, rule: Text, what: &str) {
        let raw = match &node.value {
            Value::String(text) => text.as_ref(),
            Value::Number(_) => {
                let written = &self.source[node.range.start..node.range.end];
                let right = quoted(written);
                let message = format!("`{what}` must be a string, found a number");
                self.report(&codes::DESCRIPTOR_WRONG_TYPE, node.range, message)
                    .did_you_mean(&right, vec![(node.range, right.clone())]);
                written
            }
            _ => return self.wrong_type(node, what, "a string"),
        };
        let filled = self.options.placeholders.fill(raw);
        if filled.opaque {
            return;
        }
        let text = filled.text.as_ref();
        let length = text.chars().count();
        if length > rule.most {
            let message = format!(
                "`{what}` has {length} characters, expected at most {}",
                rule.most
            );
            self.report(&codes::DESCRIPTOR_TOO_LONG, node.range, message);
        }
        if !rule.rule.accepts(text) {
            let code = match rule.rule {
                TextRule::BaseUrl => &codes::BASE_URL_INVALID,
                _ => &codes::DESCRIPTOR_FORMAT,
            };
            let message = format!(
                "`{}` cannot be a `{what}`: expected {}",
                shorten(text),
                rule.rule.says()
            );
            self.report(code, node.range, message);
        }
        if matches!(
            rule.rule,
            TextRule::AnyUrl | TextRule::AppUrl | TextRule::Callback
        ) {
            urls::check(self, node, rule.rule);
        }
    }
}

/// Whether the value is in the list, all in lower or all in upper case.
pub(crate) fn is_listed(text: &str, values: &[&str]) -> bool {
    values.iter().any(|value| {
        text == *value || (text.eq_ignore_ascii_case(value) && text == text.to_ascii_uppercase())
    })
}

/// The listed value that was most likely meant, in the case that the author writes.
pub(crate) fn match_case(text: &str, values: &[&'static str]) -> Option<String> {
    let same = values.iter().find(|value| value.eq_ignore_ascii_case(text));
    let meant = same
        .copied()
        .or_else(|| nearest(text, values.iter().copied()))?;
    let upper = text.starts_with(|c: char| c.is_ascii_uppercase());
    Some(if upper {
        meant.to_ascii_uppercase()
    } else {
        meant.to_owned()
    })
}

/// ``one of `a`, `b`, `c` ``, cut after a dozen.
pub(crate) fn listed(values: &[&str]) -> String {
    let shown: Vec<String> = values.iter().take(12).map(|v| format!("`{v}`")).collect();
    let more = values.len().saturating_sub(shown.len());
    let begin = if values.len() == 1 { "" } else { "one of " };
    match more {
        0 => format!("{begin}{}", shown.join(", ")),
        more => format!("{begin}{} and {more} others", shown.join(", ")),
    }
}

/// The bracket that opens an object or array; all of any other value. Marking a whole module says nothing.
pub(crate) fn head(node: &Node<'_>) -> Range {
    match node.value {
        Value::Object(_) | Value::Array(_) => opening(node),
        _ => node.range,
    }
}

fn opening(node: &Node<'_>) -> Range {
    // A mapping of YAML without brackets begins with its first key.
    let first = node.as_object().and_then(|object| object.members.first());
    if let Some(first) = first
        && first.key_range.start == node.range.start
    {
        return first.key_range;
    }
    let end = node.range.end.min(node.range.start + 1);
    Range::new(node.range.start, end)
}
