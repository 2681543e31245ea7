//! The same for `connectModules` of a Forge manifest: block style only, whose layout is its meaning.

use super::PlaceError;
use crate::Product;
use crate::json::{Node, Value, parse as parse_json, quoted};
use crate::yaml;

/// The text of a manifest with one more Connect module: behind those of its type, or in a new list of its type
/// behind the other types. `module` is a JSON object with a `key`. None when the manifest has no `connectModules`,
/// so that its app has its Connect modules elsewhere.
///
/// # Errors
/// When the text is no manifest that can be read, or writes its lists in brackets. Whether Forge would take the
/// result is for [`crate::check_manifest`] to say.
pub fn place_in_manifest(
    source: &str,
    product: Product,
    name: &str,
    module: &str,
) -> Result<Option<String>, PlaceError> {
    let module = parse_json(module).root;
    let module = module.filter(|root| root.as_object().is_some());
    let module = module.ok_or(PlaceError::NotAModule)?;
    let parsed = yaml::parse(source);
    let root = parsed.root.ok_or(PlaceError::NotRead)?;
    let Some(modules) = root.get("connectModules") else {
        return Ok(None);
    };
    let object = modules.as_object().ok_or(PlaceError::NotRead)?;
    let name = format!("{}:{name}", product.name().to_lowercase());
    let first = object.members.first().ok_or(PlaceError::NotRead)?;
    let margin = margin(source, first.key_range.start).ok_or(PlaceError::NotRead)?;
    if let Some(list) = object.get(&name) {
        let items = list.as_array().unwrap_or_default();
        let (first, last) = (items.first(), items.last());
        let (first, last) = first.zip(last).ok_or(PlaceError::NotRead)?;
        let dash = dash(source, first.range.start).ok_or(PlaceError::NotRead)?;
        let at = end_of_block(source, last.range.start, dash.len());
        return Ok(Some(inserted(source, at, &item(&module, dash))));
    }
    let last = object.members.last().unwrap_or(first);
    let at = end_of_block(source, last.key_range.start, margin.len());
    let new = format!("{margin}{name}:\n{}", item(&module, &format!("{margin}  ")));
    Ok(Some(inserted(source, at, &new)))
}

fn inserted(source: &str, at: usize, new: &str) -> String {
    let newline = if source[..at].ends_with('\n') {
        ""
    } else {
        "\n"
    };
    format!("{}{newline}{new}{}", &source[..at], &source[at..])
}

/// The blanks before a key, if nothing else stands before it.
fn margin(source: &str, at: usize) -> Option<&str> {
    let line = &source[source[..at].rfind('\n')? + 1..at];
    line.trim().is_empty().then_some(line)
}

/// The blanks before the dash of an item.
fn dash(source: &str, at: usize) -> Option<&str> {
    let line = &source[source[..at].rfind('\n')? + 1..at];
    let blanks = line.trim_end().strip_suffix('-')?;
    blanks.trim().is_empty().then_some(blanks)
}

/// Where the lines end that belong to what begins at a place: before the first one that is indented no deeper and
/// is no item, for lists may stand at the margin of their key. Blank lines and comments in front of it are its own.
fn end_of_block(source: &str, at: usize, margin: usize) -> usize {
    let mut end = source[at..]
        .find('\n')
        .map_or(source.len(), |end| at + end + 1);
    let mut last = end;
    for line in source[end..].split_inclusive('\n') {
        let text = line.trim();
        let depth = line.len() - line.trim_start().len();
        end += line.len();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        if depth < margin || depth == margin && !text.starts_with("- ") {
            break;
        }
        last = end;
    }
    last
}

/// A module as an item of a list.
fn item(module: &Node<'_>, indent: &str) -> String {
    let mut out = String::new();
    write(&mut out, module, &format!("{indent}  "));
    let first = out.trim_start();
    format!("{indent}- {first}")
}

/// The lines of the members of an object.
fn write(out: &mut String, node: &Node<'_>, indent: &str) {
    let Value::Object(object) = &node.value else {
        return;
    };
    for member in &object.members {
        out.extend([indent, &member.key, ":"]);
        let deeper = format!("{indent}  ");
        match &member.value.value {
            Value::Object(inner) if !inner.members.is_empty() => {
                out.push('\n');
                write(out, &member.value, &deeper);
            }
            Value::Array(array) if !array.items.is_empty() => {
                out.push('\n');
                for value in &array.items {
                    match &value.value {
                        Value::Object(_) => out.push_str(&item(value, &deeper)),
                        _ => out.extend([&*deeper, "- ", &*scalar(value), "\n"]),
                    }
                }
            }
            _ => out.extend([" ", &*scalar(&member.value), "\n"]),
        }
    }
}

fn scalar(node: &Node<'_>) -> String {
    match &node.value {
        Value::Array(_) => "[]".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Null | Value::Opaque => "null".to_owned(),
        Value::Number(value) => value.to_string(),
        Value::Object(_) => "{}".to_owned(),
        Value::String(text) if is_plain(text) => text.to_string(),
        // Every JSON string is one of YAML.
        Value::String(text) => quoted(text),
    }
}

/// Whether a text means itself without quotes, to readers of any YAML.
fn is_plain(text: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || " ./_-".contains(c);
    let word = text.to_ascii_lowercase();
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(good)
        && !text.ends_with(' ')
        && !["false", "n", "no", "null", "off", "on", "true", "y", "yes"].contains(&&*word)
}
