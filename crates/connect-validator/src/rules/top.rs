//! Rules for authentication, lifecycle, regions and fields in the wrong place.

use crate::checker::Checker;
use crate::codes;
use crate::json::{Node, Object, Range, quoted};
use crate::shape::{head, match_case};
use crate::table::{DESCRIPTOR, module_type};

pub(super) fn check<'t>(checker: &mut Checker<'t>, root: &'t Node<'t>) {
    let Some(object) = root.as_object() else {
        return;
    };
    if !object.damaged {
        callbacks(checker, root);
        regions(checker, root);
    }
    for name in IGNORED {
        if let Some(member) = object.member(name) {
            let message = format!("`{name}` has no effect: hosts ignore it");
            checker.member(&member.key, |checker| {
                checker.report(&codes::DESCRIPTOR_IGNORED_FIELD, member.key_range, message);
            });
        }
    }
}

/// Says where a field of the root belongs that stands there by mistake; whether it said so.
pub(crate) fn misplaced<'t>(checker: &mut Checker<'t>, key: &'t str, range: Range) -> bool {
    let home = if module_type(key, None).is_some() {
        "modules"
    } else {
        let inner = DESCRIPTOR.fields.iter().find_map(|field| match field.kind {
            crate::table::Type::Object(shape) if shape.field(key).is_some() => Some(field.name),
            _ => None,
        });
        match inner {
            Some(home) => home,
            None => return false,
        }
    };
    checker
        .report(
            &codes::DESCRIPTOR_MISPLACED_FIELD,
            range,
            format!("`{key}` does not belong here: hosts ignore it"),
        )
        .label(format!("belongs into `{home}`"));
    true
}

fn callbacks<'t>(checker: &mut Checker<'t>, root: &'t Node<'t>) {
    let authentication = root.get("authentication");
    let kind = authentication.and_then(|node| node.get("type"));
    let meant = kind
        .and_then(Node::as_str)
        .map(|text| match_case(text, &["jwt", "none"]).unwrap_or_default());
    let is = |name: &str| {
        meant
            .as_ref()
            .is_some_and(|meant| meant.eq_ignore_ascii_case(name))
    };
    let lifecycle = root.get("lifecycle");
    if lifecycle.is_some_and(|node| node.as_object().is_none_or(|object| object.damaged)) {
        return;
    }
    let installed = lifecycle.and_then(|node| node.get("installed"));
    let place = kind
        .or(authentication)
        .map_or(Range::new(root.range.start, root.range.start + 1), head);
    match installed {
        None if kind.is_none() || is("jwt") => not_installed(checker, root, lifecycle, place),
        Some(installed) if is("none") => {
            let message = "the `installed` callback is not signed with authentication `none`";
            checker
                .report_at(
                    &codes::AUTH_UNSIGNED_CALLBACK,
                    installed.range,
                    "/lifecycle/installed".into(),
                    message,
                )
                .help("set `authentication.type` to `jwt`, or remove the callback: anyone can call it");
        }
        Some(_) if kind.is_none() || is("jwt") => signed_install(checker, root),
        _ => {}
    }
}

/// Host rule: signing needs a secret, and the secret comes with the `installed` callback.
fn not_installed<'t>(
    checker: &mut Checker<'t>,
    root: &'t Node<'t>,
    lifecycle: Option<&'t Node<'t>>,
    place: Range,
) {
    let (range, pointer) = match lifecycle {
        Some(lifecycle) => (head(lifecycle), "/lifecycle"),
        None if root.get("authentication").is_some() => (place, "/authentication"),
        None => (place, ""),
    };
    let message = "authentication `jwt` needs the `installed` callback, found none";
    let typed = lifecycle
        .and_then(Node::as_object)
        .and_then(|object: &Object<'_>| {
            let keys = object.members.iter().map(|member| member.key.as_ref());
            crate::suggest::nearest("installed", keys.filter(|key| *key != "uninstalled"))
        });
    let help = match typed {
        Some(typed) => format!("`{typed}` may be meant for `installed`"),
        None => "add `\"installed\": \"/installed\"` to `lifecycle`, or set `authentication.type` to `none`".into(),
    };
    checker
        .report_at(
            &codes::AUTH_INSTALLED_MISSING,
            range,
            pointer.into(),
            message,
        )
        .help(help);
}

fn signed_install<'t>(checker: &mut Checker<'t>, root: &'t Node<'t>) {
    let migrations = root.get("apiMigrations");
    let state = migrations.and_then(|node| node.get("signed-install"));
    if state.is_some_and(|state| state.as_bool() != Some(false)) {
        return;
    }
    // Bitbucket has no such switch.
    if checker.model.product == Some(crate::Product::Bitbucket) {
        return;
    }
    let Some(lifecycle) = root.get("lifecycle").and_then(|node| node.get("installed")) else {
        return;
    };
    let (range, pointer) = match state {
        Some(state) => (state.range, "/apiMigrations/signed-install"),
        None => (lifecycle.range, "/lifecycle/installed"),
    };
    checker
        .report_at(
            &codes::AUTH_UNSIGNED_INSTALL,
            range,
            pointer.into(),
            "the descriptor does not ask for signed install callbacks",
        )
        .help("add `\"apiMigrations\": { \"signed-install\": true }`");
}

fn regions<'t>(checker: &mut Checker<'t>, root: &'t Node<'t>) {
    let Some(regions) = root.get("regionBaseUrls") else {
        return;
    };
    let migration = root
        .get("lifecycle")
        .and_then(|node| node.get("dare-migration"));
    if migration.is_none() && regions.as_object().is_some_and(|o| !o.members.is_empty()) {
        checker
            .report_at(
                &codes::REGION_NO_MIGRATION,
                head(regions),
                "/regionBaseUrls".into(),
                "`regionBaseUrls` needs the callback `dare-migration`, found none",
            )
            .help(format!(
                "add {}: \"/dare-migration\" to `lifecycle`",
                quoted("dare-migration")
            ));
    }
}

/// Fields that hosts know and make nothing of.
const IGNORED: &[&str] = &["version"];
