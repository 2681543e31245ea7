//! One error of a schema as a finding: in our words, at its place, with what was meant.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::types::JsonType;
use serde_json::Value;

use crate::checker::Checker;
use crate::codes::SCHEMA_VIOLATION;
use crate::json::{Node, Range, Value as Read, shorten};
use crate::shape::head;
use crate::suggest::nearest;

/// Reports an error of the schema `text` about the file `root`.
pub(super) fn report(
    checker: &mut Checker<'_>,
    root: &Node<'_>,
    error: &ValidationError<'_>,
    text: &Value,
) {
    let place = Place::new(root, error.instance_path().as_str());
    if is_open(checker, &place, error.kind()) {
        return;
    }
    match error.kind() {
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            match nearest_branch(context, &place.pointer) {
                Some(branch) => {
                    (branch.iter()).for_each(|error| report(checker, root, error, text));
                }
                None => say(checker, &place, error, no_branch(&place, context)),
            }
        }
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            let known = siblings(text, error.schema_path().as_str());
            for key in unexpected {
                unknown_field(checker, &place, error, key, &known);
            }
        }
        Kind::Enum { options } => {
            let options = options.as_array().map_or(&[][..], Vec::as_slice);
            let message = match place.node.and_then(Node::as_str) {
                Some(text) => format!("`{}` is not a value of {}", shorten(text), place.what),
                None => format!("{} has none of its values", place.what),
            };
            let typed = place.node.and_then(Node::as_str).unwrap_or_default();
            let meant = nearest(typed, options.iter().filter_map(Value::as_str));
            let draft = checker.report_at(
                &SCHEMA_VIOLATION,
                place.range,
                place.pointer.clone(),
                message,
            );
            draft.help(format!("expected {}", listed(options)));
            if let Some(meant) = meant {
                draft.label(format!("did you mean `{meant}`?"));
            }
        }
        kind => say(checker, &place, error, message(&place, kind)),
    }
}

/// Where an error is: the value that it is about.
struct Place<'n, 'a> {
    node: Option<&'n Node<'a>>,
    pointer: String,
    range: Range,
    /// The value as a message names it.
    what: String,
}

impl<'n, 'a> Place<'n, 'a> {
    fn new(root: &'n Node<'a>, pointer: &str) -> Self {
        let mut node = Some(root);
        let mut what = "the file".to_owned();
        let mut name = String::new();
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            node = match node.map(|node| &node.value) {
                Some(Read::Array(array)) => {
                    what = format!("`{}[{step}]`", shorten(&name));
                    step.parse().ok().and_then(|at: usize| array.items.get(at))
                }
                Some(Read::Object(object)) => {
                    what = format!("`{}`", shorten(&step));
                    name = step.clone();
                    object.get(&step)
                }
                _ => None,
            };
        }
        Self {
            range: node.map_or(Range::default(), head),
            node,
            pointer: pointer.to_owned(),
            what,
        }
    }
}

fn say(
    checker: &mut Checker<'_>,
    place: &Place<'_, '_>,
    error: &ValidationError<'_>,
    said: String,
) {
    checker
        .report_at(&SCHEMA_VIOLATION, place.range, place.pointer.clone(), said)
        .help(format!("the schema says so at `#{}`", error.schema_path()));
}

fn unknown_field(
    checker: &mut Checker<'_>,
    place: &Place<'_, '_>,
    error: &ValidationError<'_>,
    key: &str,
    known: &[&str],
) {
    let object = place.node.and_then(Node::as_object);
    let range = object.and_then(|object| object.member(key));
    let range = range.map_or(place.range, |member| member.key_range);
    let step = key.replace('~', "~0").replace('/', "~1");
    let pointer = format!("{}/{step}", place.pointer);
    let message = format!("unknown field `{}` in {}", shorten(key), place.what);
    let free = known
        .iter()
        .copied()
        .filter(|name| object.is_none_or(|o| o.get(name).is_none()));
    let draft = checker.report_at(&SCHEMA_VIOLATION, range, pointer, message);
    draft.help(format!("the schema says so at `#{}`", error.schema_path()));
    if let Some(meant) = nearest(key, free) {
        draft.label(format!("did you mean `{meant}`?"));
    }
}

/// Whether the value, or one in it that the error may be about, is still to be filled in.
fn is_open(checker: &Checker<'_>, place: &Place<'_, '_>, kind: &Kind) -> bool {
    let reaches_in = matches!(
        kind,
        Kind::AnyOf { .. }
            | Kind::Contains
            | Kind::Not { .. }
            | Kind::OneOfMultipleValid { .. }
            | Kind::OneOfNotValid { .. }
            | Kind::UniqueItems
    );
    place
        .node
        .is_some_and(|node| is_unfilled(checker, node, reaches_in))
}

fn is_unfilled(checker: &Checker<'_>, node: &Node<'_>, reaches_in: bool) -> bool {
    match &node.value {
        Read::Array(array) if reaches_in => {
            (array.items.iter()).any(|item| is_unfilled(checker, item, true))
        }
        Read::Object(object) if reaches_in => {
            (object.members.iter()).any(|m| is_unfilled(checker, &m.value, true))
        }
        Read::Opaque => true,
        Read::String(text) => checker.options.placeholders.fill(text).opaque,
        _ => false,
    }
}

/// Of several forms the one that the value was most likely meant to have: of its type, of its kind, then the one
/// with the fewest errors. None if the value has the type of no form.
fn nearest_branch<'e>(
    context: &'e [Vec<ValidationError<'static>>],
    pointer: &str,
) -> Option<&'e [ValidationError<'static>]> {
    let of_other_type = |branch: &[ValidationError<'_>]| {
        branch.iter().any(|error| {
            matches!(error.kind(), Kind::Type { .. }) && error.instance_path().as_str() == pointer
        })
    };
    let of_other_kind = |branch: &[ValidationError<'_>]| {
        let at = format!("{pointer}/type");
        branch.iter().any(|error| {
            matches!(error.kind(), Kind::Constant { .. } | Kind::Enum { .. })
                && error.instance_path().as_str() == at
        })
    };
    let right_type = context.iter().filter(|branch| !of_other_type(branch));
    right_type
        .min_by_key(|branch| (of_other_kind(branch), branch.len()))
        .filter(|branch| !branch.is_empty())
        .map(Vec::as_slice)
}

fn no_branch(place: &Place<'_, '_>, context: &[Vec<ValidationError<'static>>]) -> String {
    let mut types: Vec<JsonType> = Vec::new();
    for error in context.iter().flatten() {
        if let Kind::Type { kind } = error.kind()
            && error.instance_path().as_str() == place.pointer
        {
            types.extend(of_kind(kind));
        }
    }
    types.dedup();
    wrong_type(place, &types)
}

fn of_kind(kind: &TypeKind) -> Vec<JsonType> {
    match kind {
        TypeKind::Multiple(types) => types.iter().collect(),
        TypeKind::Single(only) => vec![*only],
    }
}

fn wrong_type(place: &Place<'_, '_>, types: &[JsonType]) -> String {
    let words = types.iter().map(|kind| match kind {
        JsonType::Array => "an array",
        JsonType::Boolean => "a boolean",
        JsonType::Integer => "a whole number",
        JsonType::Null => "null",
        JsonType::Number => "a number",
        JsonType::Object => "an object",
        JsonType::String => "a string",
    });
    let words: Vec<_> = words.collect();
    let found = place.node.map_or("nothing", Node::kind);
    format!(
        "{} must be {}, found {found}",
        place.what,
        words.join(" or ")
    )
}

fn message(place: &Place<'_, '_>, kind: &Kind) -> String {
    let what = &place.what;
    let counted = |counts: &str, limit: &dyn std::fmt::Display, most: bool| {
        let bound = if most { "most" } else { "least" };
        format!("{what} has {counts}, expected at {bound} {limit}")
    };
    let size = || match place.node.map(|node| &node.value) {
        Some(Read::Array(array)) => format!("{} items", array.items.len()),
        Some(Read::Object(object)) => format!("{} fields", object.members.len()),
        Some(Read::String(text)) => format!("{} characters", text.chars().count()),
        _ => "another size".to_owned(),
    };
    let number = || match place.node.map(|node| &node.value) {
        Some(Read::Number(number)) => number.to_string(),
        _ => "another number".to_owned(),
    };
    match kind {
        Kind::AdditionalItems { limit } => counted(&size(), limit, true),
        Kind::Constant { expected_value } => format!("{what} must be `{expected_value}`"),
        Kind::Contains => format!("{what} lacks an item that the schema wants"),
        Kind::ExclusiveMaximum { limit } => {
            format!("{what} is {}, expected less than {limit}", number())
        }
        Kind::ExclusiveMinimum { limit } => {
            format!("{what} is {}, expected more than {limit}", number())
        }
        Kind::FalseSchema => format!("{what} must not be here"),
        Kind::Format { format } => format!("{what} does not have the format `{format}`"),
        Kind::MaxItems { limit } | Kind::MaxLength { limit } | Kind::MaxProperties { limit } => {
            counted(&size(), limit, true)
        }
        Kind::Maximum { limit } => format!("{what} is {}, expected at most {limit}", number()),
        Kind::MinItems { limit } | Kind::MinLength { limit } | Kind::MinProperties { limit } => {
            counted(&size(), limit, false)
        }
        Kind::Minimum { limit } => format!("{what} is {}, expected at least {limit}", number()),
        Kind::MultipleOf { multiple_of } => {
            format!(
                "{what} is {}, expected a multiple of {multiple_of}",
                number()
            )
        }
        Kind::Not { .. } => format!("{what} is what the schema excludes"),
        Kind::OneOfMultipleValid { .. } => {
            format!("{what} fits several forms of which it must have one")
        }
        Kind::Pattern { pattern } => {
            format!("{what} does not have the form `{}`", shorten(pattern))
        }
        Kind::PropertyNames { .. } => format!("a field of {what} has a name that is not allowed"),
        Kind::Required { property } => {
            let field = property.as_str().unwrap_or_default();
            format!("{what} needs the field `{field}`, found none")
        }
        Kind::Type { kind } => wrong_type(place, &of_kind(kind)),
        Kind::UniqueItems => format!("{what} has the same item twice"),
        other => format!("{what} breaks the rule `{}`", other.keyword()),
    }
}

/// The fields that the schema knows where it forbids all others.
fn siblings<'s>(schema: &'s Value, at: &str) -> Vec<&'s str> {
    let parent = at.rsplit_once('/').map_or("", |(parent, _)| parent);
    let fields = schema.pointer(&format!("{parent}/properties"));
    let fields = fields.and_then(Value::as_object);
    fields
        .into_iter()
        .flat_map(|fields| fields.keys())
        .map(String::as_str)
        .collect()
}

fn listed(options: &[Value]) -> String {
    let words: Vec<String> = options
        .iter()
        .map(|option| {
            option
                .as_str()
                .map_or_else(|| option.to_string(), str::to_owned)
        })
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    crate::shape::listed(&words)
}
