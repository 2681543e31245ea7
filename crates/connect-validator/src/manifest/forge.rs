//! `modules`: Forge's own, as far as Connect meets them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::names::FORGE_MODULES;
use super::{About, app, connect, escaped, suggest, wrong_type};
use crate::checker::Checker;
use crate::codes;
use crate::finding::Level;
use crate::json::{Member, Node, shorten};
use crate::suggest::nearest;

pub(super) fn check<'t>(checker: &mut Checker<'t>, root: &'t Node<'t>, about: &About<'t>) {
    keys(checker, root);
    tokens(checker, root, about);
    let Some(node) = root.get("modules") else {
        return;
    };
    let Some(object) = node.as_object() else {
        return wrong_type(checker, "/modules", node, "modules", "a mapping");
    };
    for member in &object.members {
        let at = format!("/modules/{}", escaped(&member.key));
        if !FORGE_MODULES.contains(&member.key.as_ref()) {
            unknown(checker, &at, member);
        }
        let items = member.value.as_array().unwrap_or_default();
        for (index, item) in items.iter().enumerate() {
            let at = format!("{at}/{index}");
            match member.key.as_ref() {
                "connectToForgeMigration" => connect::migration(checker, &at, item),
                "endpoint" => endpoint(checker, &at, item, about),
                _ => {}
            }
        }
    }
}

fn unknown<'t>(checker: &mut Checker<'t>, at: &str, member: &'t Member<'t>) {
    let migration = "connectToForgeMigration";
    let bare = member.key.rsplit(':').next().unwrap_or_default();
    let meant = match bare == migration {
        true => Some(migration),
        false => nearest(&member.key, FORGE_MODULES.iter().copied()),
    };
    let message = format!("unknown Forge module `{}`", shorten(&member.key));
    let place = (member.key_range, at);
    let draft = suggest(
        checker,
        &codes::MANIFEST_UNKNOWN_MODULE,
        place,
        message,
        meant,
    );
    // The list is open, but this one is known to be refused under any other name.
    if bare != migration {
        draft.level(Level::Warning);
    }
}

fn endpoint<'t>(checker: &mut Checker<'t>, at: &str, node: &'t Node<'t>, about: &About<'t>) {
    if let Some(remote) = node.get("remote")
        && let Some(key) = remote.as_str()
        && about.remotes.iter().all(|one| one.key != Some(key))
    {
        app::unknown_remote(checker, &format!("{at}/remote"), remote, about);
    }
}

/// A token is handed out only with its scope. Said once, where the first is asked for.
fn tokens<'t>(checker: &mut Checker<'t>, root: &'t Node<'t>, about: &About<'t>) {
    let modules = root
        .get("modules")
        .and_then(|modules| modules.get("endpoint"));
    let lists = [
        ("/remotes", root.get("remotes")),
        ("/modules/endpoint", modules),
    ];
    let entries = lists.iter().flat_map(|(at, list)| {
        let items = list.and_then(Node::as_array).unwrap_or_default();
        items
            .iter()
            .enumerate()
            .map(move |(index, item)| (format!("{at}/{index}"), item))
    });
    let entries: Vec<_> = entries.collect();
    for (token, scope) in TOKENS {
        if about.has_scope(|found| found == *scope) {
            continue;
        }
        let asks = |node: &'t Node<'t>| node.get("auth")?.get(token)?.get("enabled");
        let first = entries.iter().find_map(|(at, node)| {
            let enabled = asks(node).filter(|enabled| enabled.as_bool() == Some(true))?;
            Some((at, enabled))
        });
        if let Some((at, enabled)) = first {
            let message = format!("`{token}` needs the scope `{scope}`, found none");
            let at = format!("{at}/auth/{token}/enabled");
            checker.report_at(&codes::MANIFEST_MISSING_SCOPE, enabled.range, at, message);
        }
    }
}

/// Keys name modules within the app, those of Connect and of Forge together.
fn keys<'t>(checker: &mut Checker<'t>, root: &'t Node<'t>) {
    let mut seen: HashMap<&str, &str> = HashMap::new();
    for part in ["connectModules", "modules"] {
        let members = root.get(part).and_then(Node::as_object);
        for member in members.iter().flat_map(|object| &object.members) {
            let items = member.value.as_array().unwrap_or_default();
            for (index, item) in items.iter().enumerate() {
                let Some((node, key)) = item.get("key").and_then(|key| Some((key, key.as_str()?)))
                else {
                    continue;
                };
                let first = match seen.entry(key) {
                    Entry::Occupied(first) => *first.get(),
                    Entry::Vacant(free) => {
                        free.insert(&member.key);
                        continue;
                    }
                };
                let message = format!(
                    "the key `{}` belongs to another module already",
                    shorten(key)
                );
                let at = format!("/{part}/{}/{index}/key", escaped(&member.key));
                checker
                    .report_at(&codes::MODULE_DOUBLE_KEY, node.range, at, message)
                    .label(format!("first at `{}`", shorten(first)));
            }
        }
    }
}

const TOKENS: &[(&str, &str)] = &[
    ("appSystemToken", "read:app-system-token"),
    ("appUserToken", "read:app-user-token"),
];
