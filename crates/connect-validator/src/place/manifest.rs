//! The same for `connectModules` of a Forge manifest: block style only, whose layout is its meaning.

use super::PlaceError;
use crate::Product;
use crate::block::Block;
use crate::json::parse as parse_json;
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
    let module = Block::of(&module, &mut str::to_owned);
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
        return Ok(Some(inserted(source, at, &module.item(dash))));
    }
    let last = object.members.last().unwrap_or(first);
    let at = end_of_block(source, last.key_range.start, margin.len());
    let new = format!("{margin}{name}:\n{}", module.item(&format!("{margin}  ")));
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
