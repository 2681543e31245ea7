//! Rules for Confluence macros.

use std::collections::HashSet;

use crate::checker::Checker;
use crate::codes;
use crate::json::{Node, Range, shorten};

/// Checks one macro; the walk is at it.
pub(super) fn check<'t>(checker: &mut Checker<'t>, module_type: &str, node: &'t Node<'t>) {
    let parameters = node
        .get("parameters")
        .and_then(Node::as_array)
        .unwrap_or_default();
    let url = node.get("url").and_then(Node::as_str);
    let in_url: Option<HashSet<&str>> = url.map(|url| {
        let behind = url.split('{').skip(1);
        behind
            .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
            .collect()
    });
    checker.member("parameters", |checker| {
        for (index, parameter) in parameters.iter().enumerate() {
            checker.item(index, |checker| {
                let identifier = parameter.get("identifier");
                if let (Some(identifier), Some(name)) =
                    (identifier, identifier.and_then(Node::as_str))
                {
                    identified(checker, identifier, name, module_type, in_url.as_ref());
                }
                values(checker, parameter);
            });
        }
    });
    let body = node.get("bodyType").map_or(Some("none"), Node::as_str);
    if let (Some(placeholder), Some(body)) = (
        node.as_object().and_then(|o| o.member("imagePlaceholder")),
        body,
    ) && !body.eq_ignore_ascii_case("none")
    {
        let message = "only a macro without a body shows a picture in the editor";
        checker.member("imagePlaceholder", |checker| {
            checker.report(&codes::MACRO_PLACEHOLDER, placeholder.key_range, message);
        });
    }
    if let (Some(autoconvert), true) = (node.get("autoconvert"), !parameters.is_empty())
        && let Some(target) = autoconvert.get("urlParameter")
        && let Some(name) = target.as_str()
    {
        let mut declared = parameters
            .iter()
            .filter_map(|p| p.get("identifier")?.as_str());
        if !declared.any(|declared| declared == name) {
            let message = format!("the macro has no parameter `{}`", shorten(name));
            checker.member("autoconvert", |checker| {
                checker.member("urlParameter", |checker| {
                    checker.report(&codes::MODULE_UNKNOWN_REFERENCE, target.range, message);
                });
            });
        }
    }
}

fn identified<'t>(
    checker: &mut Checker<'t>,
    node: &'t Node<'t>,
    name: &str,
    module_type: &str,
    in_url: Option<&HashSet<&str>>,
) {
    let good =
        |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.');
    if name.bytes().any(good) && !name.bytes().all(good) {
        let message = format!(
            "`{}` is not only lower-case letters, digits, `-`, `_` and `.`",
            shorten(name)
        );
        checker.member("identifier", |checker| {
            checker.report(&codes::MACRO_IDENTIFIER, node.range, message);
        });
    }
    let Some(in_url) = in_url.filter(|_| module_type == "dynamicContentMacros") else {
        return;
    };
    if !in_url.contains(name) {
        let message = format!(
            "the parameter `{}` never reaches the app: it is not in the address of the macro",
            shorten(name)
        );
        checker.member("identifier", |checker| {
            checker
                .report(&codes::MACRO_UNUSED_PARAMETER, node.range, message)
                .help(format!("add `{name}={{{name}}}` to the query of `url`"));
        });
    }
}

fn values<'t>(checker: &mut Checker<'t>, parameter: &'t Node<'t>) {
    let Some(kind) = parameter.get("type").and_then(Node::as_str) else {
        return;
    };
    let Some(object) = parameter.as_object() else {
        return;
    };
    let is_enum = kind.eq_ignore_ascii_case("enum");
    match object.member("values") {
        Some(values) if !is_enum => {
            let message = format!(
                "`values` is for parameters of type `enum`, found `{}`",
                shorten(kind)
            );
            checker.member("values", |checker| {
                checker.report(&codes::MACRO_VALUES, values.key_range, message);
            });
        }
        None if is_enum && !object.damaged => {
            let range = Range::new(parameter.range.start, parameter.range.start + 1);
            let message = "a parameter of type `enum` needs `values` to choose from";
            checker.report(&codes::MACRO_VALUES, range, message);
        }
        _ => {}
    }
}
