//! Rules that tie one field of a module to another, or to another module.

use crate::checker::Checker;
use crate::codes;
use crate::json::{Node, quoted, shorten};
use crate::shape::head;
use crate::suggest::nearest;

/// Checks one module; the walk is at it.
pub(super) fn check<'t>(checker: &mut Checker<'t>, module_type: &'static str, node: &'t Node<'t>) {
    for reference in REFERENCES.iter().filter(|r| r.from == module_type) {
        follow(checker, reference, node, reference.path);
    }
    match module_type {
        "contentBylineItems" | "serviceDeskOrganizationActions" | "webItems" => {
            target(checker, module_type, node);
        }
        "jiraIssueFields" => issue_field(checker, node),
        "jiraJqlFunctions" => arguments(checker, node),
        "keyboardShortcuts" => shortcut(checker, node),
        "publishConditions" => publish_context(checker, node),
        "webPanels" => native(checker, node),
        _ => {}
    }
}

/// A field that names another module of the app.
struct Reference {
    from: &'static str,
    path: &'static [&'static str],
    /// The type of module it names; empty for any.
    to: &'static str,
}

fn follow<'t>(
    checker: &mut Checker<'t>,
    reference: &'static Reference,
    node: &'t Node<'t>,
    path: &'static [&'static str],
) {
    if let Some((step, rest)) = path.split_first() {
        // A component of another app is out of sight.
        if node.get("addonKey").is_some() {
            return;
        }
        if let Some(inner) = node.get(step) {
            checker.member(step, |checker| follow(checker, reference, inner, rest));
        }
        return;
    }
    let Some(key) = node.as_str() else {
        return;
    };
    refer(checker, node, key, reference.to);
}

fn refer<'t>(checker: &mut Checker<'t>, node: &'t Node<'t>, key: &str, to: &'static str) {
    if checker.model.has(to, key) || checker.options.placeholders.fill(key).opaque {
        return;
    }
    let keys = checker.model.some_keys(to).filter(|_| !checker.is_full());
    let meant = nearest(key, keys).map(str::to_owned);
    let message = match to {
        "" => format!("no module has the key `{}`", shorten(key)),
        to => format!("no module of type `{to}` has the key `{}`", shorten(key)),
    };
    let draft = checker.report(&codes::MODULE_UNKNOWN_REFERENCE, node.range, message);
    if let Some(meant) = meant {
        draft.did_you_mean(&meant, vec![(node.range, quoted(&meant))]);
    }
}

fn target<'t>(checker: &mut Checker<'t>, module_type: &str, node: &'t Node<'t>) {
    let target = node.get("target");
    let kind = target.and_then(|target| target.get("type"));
    let kind = kind
        .map_or(Some("page"), Node::as_str)
        .unwrap_or_default()
        .to_ascii_lowercase();
    let options = target.and_then(|target| target.get("options"));
    if kind == "dialogmodule" {
        let key = options.and_then(|options| options.get("key"));
        if let (Some(key), Some(text)) = (key, key.and_then(Node::as_str)) {
            checker.member("target", |checker| {
                checker.member("options", |checker| {
                    checker.member("key", |checker| refer(checker, key, text, "dialogs"));
                });
            });
        } else if let Some(target) = target
            && target.as_object().is_some_and(|object| !object.damaged)
        {
            let message =
                "a target of type `dialogmodule` needs `options.key`, the key of a dialog";
            checker.member("target", |checker| {
                checker.report(&codes::MODULE_TARGET, head(target), message);
            });
        }
        return;
    }
    if module_type == "webItems"
        && node.get("url").is_none()
        && node.as_object().is_some_and(|object| !object.damaged)
    {
        let message = "without `url` there is nothing to open: only a target of type `dialogmodule` needs none";
        checker.report(&codes::MODULE_NO_URL, head(node), message);
    }
    let wrong = match kind.as_str() {
        "dialog" => INLINE_OPTIONS,
        "inlinedialog" => DIALOG_OPTIONS,
        _ => return,
    };
    let members = options.and_then(Node::as_object);
    for member in members.iter().flat_map(|object| &object.members) {
        if wrong.contains(&member.key.as_ref()) {
            let message = format!("a target of type `{kind}` has no option `{}`", member.key);
            checker.member("target", |checker| {
                checker.member("options", |checker| {
                    checker.member(&member.key, |checker| {
                        checker.report(&codes::MODULE_TARGET, member.key_range, message);
                    });
                });
            });
        }
    }
}

/// `template` and `extractions` are for selects; a read-only field must say where its value comes from.
fn issue_field<'t>(checker: &mut Checker<'t>, node: &'t Node<'t>) {
    let Some(kind) = node.get("type").and_then(Node::as_str) else {
        return;
    };
    let kind = kind.to_ascii_lowercase();
    let Some(object) = node.as_object() else {
        return;
    };
    if !kind.ends_with("_select") {
        for name in ["extractions", "template"] {
            if let Some(member) = object.member(name) {
                let message =
                    format!("`{name}` is for fields of type `single_select` and `multi_select`");
                checker.member(&member.key, |checker| {
                    checker.report(&codes::MODULE_ISSUE_FIELD, member.key_range, message);
                });
            }
        }
    }
    if kind == "read_only" && object.get("property").is_none() && !object.damaged {
        let message = "a field of type `read_only` needs `property`, where its value comes from";
        checker.report(&codes::MODULE_ISSUE_FIELD, head(node), message);
    }
}

fn arguments<'t>(checker: &mut Checker<'t>, node: &'t Node<'t>) {
    let Some(list) = node.get("arguments").and_then(Node::as_array) else {
        return;
    };
    let required = |node: &Node<'_>| node.get("required").and_then(Node::as_bool);
    let mut optional_before = false;
    for (index, argument) in list.iter().enumerate() {
        if optional_before && required(argument) == Some(true) {
            let message = "a required argument cannot follow an optional one";
            checker.member("arguments", |checker| {
                checker.item(index, |checker| {
                    checker.report(&codes::MODULE_JQL_ARGUMENTS, head(argument), message);
                });
            });
        }
        optional_before |= required(argument) == Some(false);
    }
}

/// The schema looks for one letter anywhere; the documents ask for one to three and nothing else.
fn shortcut<'t>(checker: &mut Checker<'t>, node: &'t Node<'t>) {
    let Some(keys) = node.get("shortcut") else {
        return;
    };
    if let Some(text) = keys.as_str()
        && text.bytes().any(|b| b.is_ascii_lowercase())
        && !text.bytes().all(|b| b.is_ascii_lowercase())
    {
        let right = text.to_ascii_lowercase();
        let edits = if right.bytes().all(|b| b.is_ascii_lowercase()) {
            vec![(keys.range, quoted(&right))]
        } else {
            Vec::new()
        };
        let message = format!("`{}` is not one to three lower-case letters", shorten(text));
        checker.member("shortcut", |checker| {
            checker
                .report(&codes::MODULE_SHORTCUT, keys.range, message)
                .fix(format!("write `{right}`"), edits);
        });
    }
}

fn publish_context<'t>(checker: &mut Checker<'t>, node: &'t Node<'t>) {
    if let Some(context) = node.get("context")
        && let Some(text @ ("page" | "product" | "PAGE" | "PRODUCT")) = context.as_str()
    {
        let message = format!("publish conditions have no context `{text}`");
        checker.member("context", |checker| {
            checker
                .report(&codes::MODULE_TARGET, context.range, message)
                .did_you_mean("addon", vec![(context.range, quoted("addon"))]);
        });
    }
}

fn native<'t>(checker: &mut Checker<'t>, node: &'t Node<'t>) {
    let Some(on) = node
        .get("supportsNative")
        .filter(|on| on.as_bool() == Some(true))
    else {
        return;
    };
    let location = node
        .get("location")
        .and_then(Node::as_str)
        .unwrap_or_default();
    if !location.starts_with("atl.jira.view.issue.") {
        let message = "mobile apps show panels of issues only: `supportsNative` has no effect here";
        checker.member("supportsNative", |checker| {
            checker.report(&codes::MODULE_NATIVE, on.range, message);
        });
    }
}

static REFERENCES: &[Reference] = &[
    Reference {
        from: "customContent",
        path: &["uiSupport", "contentViewComponent", "moduleKey"],
        to: "",
    },
    Reference {
        from: "customContent",
        path: &["uiSupport", "editComponent", "moduleKey"],
        to: "",
    },
    Reference {
        from: "customContent",
        path: &["uiSupport", "listViewComponent", "moduleKey"],
        to: "generalPages",
    },
    Reference {
        from: "jiraTimeTrackingProviders",
        path: &["adminPageKey"],
        to: "adminPages",
    },
    Reference {
        from: "keyboardShortcuts",
        path: &["target", "key"],
        to: "",
    },
    Reference {
        from: "serviceDeskQueues",
        path: &["group"],
        to: "serviceDeskQueueGroups",
    },
    Reference {
        from: "serviceDeskReports",
        path: &["group"],
        to: "serviceDeskReportGroups",
    },
];

const INLINE_OPTIONS: &[&str] = &[
    "closeOthers",
    "isRelativeToMouse",
    "offsetX",
    "offsetY",
    "onHover",
    "onTop",
    "persistent",
    "showDelay",
];

const DIALOG_OPTIONS: &[&str] = &["chrome", "header", "height", "size"];
