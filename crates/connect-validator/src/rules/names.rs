//! Rules for the key and the name of the app.

use crate::checker::Checker;
use crate::codes;
use crate::json::{Node, Range, shorten};

pub(super) fn check<'t>(checker: &mut Checker<'t>, root: &'t Node<'t>) {
    key(checker, root);
    name(checker, root);
}

fn key<'t>(checker: &mut Checker<'t>, root: &'t Node<'t>) {
    let Some(node) = root.get("key") else {
        return;
    };
    let Some(raw) = node.as_str() else {
        return;
    };
    let filled = checker.options.placeholders.fill(raw);
    let length = filled.text.chars().count();
    if !filled.opaque && (65..=80).contains(&length) {
        let message = format!("the key has {length} characters, current documents allow 64");
        checker.report_at(&codes::APP_KEY_LONG, node.range, "/key".into(), message);
    }
    if SAMPLE_KEYS.contains(&raw) {
        let message = format!("`{raw}` is the key of a sample: another app may have it already");
        checker
            .report_at(&codes::APP_KEY_SAMPLE, node.range, "/key".into(), message)
            .help("use the reverse of a domain you own, such as `com.acme.my-app`");
    }
}

fn name<'t>(checker: &mut Checker<'t>, root: &'t Node<'t>) {
    let Some(node) = root.get("name") else {
        if root.as_object().is_some_and(|object| !object.damaged) {
            let range = Range::new(root.range.start, root.range.start + 1);
            checker
                .report_at(
                    &codes::APP_NAME_MISSING,
                    range,
                    String::new(),
                    "the app has no `name`",
                )
                .help("people and the Marketplace see it: add `\"name\": \"…\"`");
        }
        return;
    };
    let Some(name) = node.as_str() else {
        return;
    };
    let first = name.split_whitespace().next().unwrap_or_default();
    let mark = TRADEMARKS
        .iter()
        .find(|mark| first.eq_ignore_ascii_case(mark));
    let mark = mark.or_else(|| {
        let words = name.split(|c: char| !c.is_alphanumeric());
        words
            .into_iter()
            .any(|word| word.eq_ignore_ascii_case("atlassian"))
            .then_some(&"Atlassian")
    });
    if let Some(mark) = mark {
        let message = format!("the Marketplace refuses the name `{}`", shorten(name));
        checker
            .report_at(
                &codes::APP_NAME_TRADEMARK,
                node.range,
                "/name".into(),
                message,
            )
            .help(format!("put the product last: `… for {mark}`"));
    }
}

/// Keys of templates and tutorials.
const SAMPLE_KEYS: &[&str] = &[
    "com.example.myapp",
    "com.example.my-app",
    "my-add-on",
    "my-addon",
    "my-app",
    "my-app-key",
    "myapp",
];

/// A name must not begin with these (Marketplace brand guidelines for app names).
const TRADEMARKS: &[&str] = &["Atlassian", "Bitbucket", "Confluence", "Jira"];
