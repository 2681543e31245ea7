//! Rules for the fields of the descriptor itself.

use crate::checker::Checker;
use crate::codes;
use crate::json::{Node, Range};

pub(super) fn check<'t>(checker: &mut Checker<'t>, root: &'t Node<'t>) {
    installed_callback(checker, root);
}

/// Host rule: signing needs a secret, and the secret comes with the `installed` callback.
fn installed_callback<'t>(checker: &mut Checker<'t>, root: &'t Node<'t>) {
    if root.as_object().is_none_or(|object| object.damaged) {
        return;
    }
    let authentication = root.get("authentication");
    let kind = authentication.and_then(|node| node.get("type"));
    let is_jwt = match kind {
        None => true,
        Some(kind) => kind
            .as_str()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("jwt")),
    };
    let lifecycle = root.get("lifecycle");
    if !is_jwt || lifecycle.is_some_and(|node| node.as_object().is_none_or(|o| o.damaged)) {
        return;
    }
    if lifecycle.is_some_and(|node| node.get("installed").is_some()) {
        return;
    }
    let start = root.range.start;
    let range = match (kind, authentication, lifecycle) {
        (_, _, Some(lifecycle)) => crate::shape::head(lifecycle),
        (Some(kind), ..) => kind.range,
        (None, Some(node), None) => crate::shape::head(node),
        (None, None, None) => Range::new(start, start + 1),
    };
    checker
        .report_at(
            &codes::AUTH_INSTALLED_MISSING,
            range,
            if lifecycle.is_some() { "/lifecycle" } else { "/authentication" }.to_owned(),
            "authentication `jwt` needs the `installed` callback, found none",
        )
        .help("add `\"installed\": \"/installed\"` to `lifecycle`, or set `authentication.type` to `none`");
}
