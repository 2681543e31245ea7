//! Rules for webhooks.

use super::{known, scopes};
use crate::Product;
use crate::checker::Checker;
use crate::codes;
use crate::json::{Node, Range, quoted, shorten};
use crate::suggest::nearest;
use crate::table::lists::{BITBUCKET_EVENTS, CONFLUENCE_EVENTS, JIRA_EVENTS};

/// Host rule: whoever is told of events must be allowed to read.
pub(super) fn scope<'t>(checker: &mut Checker<'t>, root: &'t Node<'t>) {
    if checker.model.product == Some(Product::Bitbucket) {
        return;
    }
    let Some(modules) = root.get("modules").and_then(Node::as_object) else {
        return;
    };
    let Some(webhooks) = modules.member("webhooks") else {
        return;
    };
    let any = webhooks
        .value
        .as_array()
        .is_some_and(|items| !items.is_empty());
    if !any || scopes::may_read(checker, root) || root.as_object().is_some_and(|o| o.damaged) {
        return;
    }
    let edits = read_scope(root);
    checker
        .report_at(
            &codes::WEBHOOK_NEEDS_READ,
            webhooks.key_range,
            "/modules/webhooks".into(),
            "webhooks need the scope `READ`, found none that includes it",
        )
        .fix("add `READ` to `scopes`", edits);
}

/// The edit that adds READ to the scopes, in the case that stands there already.
fn read_scope(root: &Node<'_>) -> Vec<(Range, String)> {
    let Some(node) = root.get("scopes") else {
        let Some(modules) = root.as_object().and_then(|object| object.member("modules")) else {
            return Vec::new();
        };
        let at = modules.key_range.start;
        return vec![(Range::new(at, at), "\"scopes\": [\"READ\"], ".into())];
    };
    let scopes = node.as_array().unwrap_or_default();
    match scopes.last() {
        None => vec![(node.range, "[\"READ\"]".into())],
        Some(only)
            if scopes.len() == 1
                && only
                    .as_str()
                    .is_some_and(|s| s.eq_ignore_ascii_case("none")) =>
        {
            let lower = only.as_str() == Some("none");
            vec![(only.range, quoted(if lower { "read" } else { "READ" }))]
        }
        Some(last) => {
            let lower = last
                .as_str()
                .is_some_and(|s| s.starts_with(|c: char| c.is_ascii_lowercase()));
            let text = if lower { ", \"read\"" } else { ", \"READ\"" };
            vec![(Range::new(last.range.end, last.range.end), text.into())]
        }
    }
}

/// One webhook; the walk is at it.
pub(super) fn check<'t>(checker: &mut Checker<'t>, node: &'t Node<'t>) {
    let product = checker.model.product;
    if let Some(event) = node.get("event")
        && let Some(name) = event.as_str()
        && !checker.options.placeholders.fill(name).opaque
    {
        let names = known(product, BITBUCKET_EVENTS, CONFLUENCE_EVENTS, JIRA_EVENTS);
        if !names.clone().any(|known| known == name) {
            unknown_event(checker, event, name, nearest(name, names));
        }
    }
    if product == Some(Product::Confluence)
        && let Some(keys) = node
            .as_object()
            .and_then(|object| object.member("propertyKeys"))
    {
        checker.member("propertyKeys", |checker| {
            let message = "Confluence sends no properties with events: only Jira does";
            checker.report(&codes::WEBHOOK_PROPERTY_KEYS, keys.key_range, message);
        });
    }
}

fn unknown_event<'t>(
    checker: &mut Checker<'t>,
    node: &'t Node<'t>,
    name: &str,
    meant: Option<&str>,
) {
    let elsewhere =
        known(None, BITBUCKET_EVENTS, CONFLUENCE_EVENTS, JIRA_EVENTS).any(|known| known == name);
    let message = match checker.model.product {
        Some(product) if elsewhere => format!(
            "{product} has no event `{}`: another product does",
            shorten(name)
        ),
        _ => format!("unknown event `{}`", shorten(name)),
    };
    checker.member("event", |checker| {
        let draft = checker.report(&codes::WEBHOOK_UNKNOWN_EVENT, node.range, message);
        if let Some(meant) = meant {
            draft.did_you_mean(meant, vec![(node.range, quoted(meant))]);
        }
    });
}
