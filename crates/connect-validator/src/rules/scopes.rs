//! Rules for `scopes`.

use crate::Product;
use crate::checker::Checker;
use crate::codes;
use crate::finding::Level;
use crate::json::{Node, Object, quoted, shorten};
use crate::shape::{is_listed, listed, match_case};
use crate::table::lists::{BITBUCKET_SCOPES, SCOPES};

pub(super) fn check<'t>(checker: &mut Checker<'t>, root: &'t Node<'t>) {
    let Some(scopes) = root.get("scopes") else {
        return;
    };
    // One scope without its array is a finding already; what it says is checked all the same.
    let scopes = match scopes.as_array() {
        Some(scopes) => scopes,
        None if scopes.as_str().is_some() => std::slice::from_ref(scopes),
        None => return,
    };
    let has_secret = may_have_secret(root);
    let is_alone = scopes.len() == 1;
    checker.member("scopes", |checker| {
        let mut seen: Vec<String> = Vec::new();
        for (index, node) in scopes.iter().enumerate() {
            checker.item(index, |checker| {
                let Some(raw) = node.as_str() else {
                    return checker.wrong_type(node, "scope", "a string");
                };
                let filled = checker.options.placeholders.fill(raw);
                if filled.opaque {
                    return;
                }
                scope(checker, node, &filled.text);
                unused(checker, node, &filled.text, has_secret, is_alone);
                let scope = filled.text.to_ascii_lowercase();
                // A file of nothing but scopes must not take quadratic time.
                if seen.len() < 100 {
                    if seen.contains(&scope) {
                        let message = format!("the scope `{}` stands twice", shorten(raw));
                        checker.report(&codes::SCOPE_DOUBLE, node.range, message);
                    }
                    seen.push(scope);
                }
            });
        }
    });
}

fn scope<'t>(checker: &mut Checker<'t>, node: &'t Node<'t>, scope: &str) {
    let product = checker.model.product;
    if product == Some(Product::Bitbucket) {
        if !BITBUCKET_SCOPES.contains(&scope) {
            let meant = match_case(scope, BITBUCKET_SCOPES);
            let message = format!("unknown scope `{}`", shorten(scope));
            let draft = checker.report(&codes::SCOPE_UNKNOWN, node.range, message);
            draft.level(Level::Warning);
            if let Some(meant) = meant {
                draft.did_you_mean(&meant, vec![(node.range, quoted(&meant))]);
            }
        }
        return;
    }
    if !is_listed(scope, SCOPES) {
        let meant = match_case(scope, SCOPES);
        let message = format!("unknown scope `{}`", shorten(scope));
        let draft = checker.report(&codes::SCOPE_UNKNOWN, node.range, message);
        draft.help(format!(
            "expected {}, all in lower or all in upper case",
            listed(SCOPES)
        ));
        if let Some(meant) = meant {
            draft.did_you_mean(&meant, vec![(node.range, quoted(&meant))]);
        }
        return;
    }
    let (wrong, right) = match scope.to_ascii_lowercase().as_str() {
        "project_admin" if product == Some(Product::Confluence) => ("Confluence", "SPACE_ADMIN"),
        "space_admin" if product == Some(Product::Jira) => ("Jira", "PROJECT_ADMIN"),
        _ => return,
    };
    let message = format!("{wrong} has no scope `{scope}`");
    checker
        .report(&codes::SCOPE_WRONG_PRODUCT, node.range, message)
        .label(format!("did you mean `{right}`?"));
}

/// Whether the host may give the app a secret to sign calls with: it gives none with authentication `none`.
fn may_have_secret(root: &Node<'_>) -> bool {
    let Some(authentication) = root.get("authentication").and_then(Node::as_object) else {
        return true;
    };
    let kind = authentication.get("type").and_then(Node::as_str);
    let has_own_key = authentication.get("publicKey").is_some();
    let is_damaged = |node: &Node<'_>| node.as_object().is_some_and(|o: &Object<'_>| o.damaged);
    has_own_key
        || is_damaged(root)
        || authentication.damaged
        || !kind.is_some_and(|kind| kind.eq_ignore_ascii_case("none"))
}

/// A scope that cannot matter, whatever the code of the app does.
///
/// Most scopes are for calls that a descriptor does not show, so only what is certain is said.
fn unused<'t>(
    checker: &mut Checker<'t>,
    node: &'t Node<'t>,
    scope: &str,
    has_secret: bool,
    is_alone: bool,
) {
    if checker.model.product == Some(Product::Bitbucket) {
        return;
    }
    let (why, label) = match scope.to_ascii_lowercase().as_str() {
        "act_as_user" if !has_secret => (
            "is requested but no module or call can use it",
            "needs a shared secret, and authentication `none` has none",
        ),
        "none" if !is_alone => ("means nothing beside others", "it stands for no scope"),
        _ => return,
    };
    let message = format!("scope `{scope}` {why}");
    checker
        .report(&codes::SCOPE_UNUSED, node.range, message)
        .label(label);
}

/// Whether the scopes let the app read, or cannot be judged.
pub(super) fn may_read(checker: &Checker<'_>, root: &Node<'_>) -> bool {
    let Some(scopes) = root.get("scopes") else {
        return false;
    };
    let Some(scopes) = scopes.as_array() else {
        return true;
    };
    scopes.iter().any(|scope| {
        let Some(raw) = scope.as_str() else {
            return true;
        };
        let filled = checker.options.placeholders.fill(raw);
        // A misspelt scope counts as the one meant: putting it right must bring up nothing new.
        let meant = match is_listed(&filled.text, SCOPES) {
            true => Some(filled.text.to_ascii_lowercase()),
            false => match_case(&filled.text, SCOPES).map(|meant| meant.to_ascii_lowercase()),
        };
        filled.opaque || meant.is_none_or(|scope| IMPLY_READ.contains(&scope.as_str()))
    })
}

/// READ, and the scopes that include it.
const IMPLY_READ: &[&str] = &[
    "admin",
    "delete",
    "project_admin",
    "read",
    "space_admin",
    "write",
];
