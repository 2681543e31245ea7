//! Rules for conditions: when something is shown.

use super::known;
use crate::checker::Checker;
use crate::codes;
use crate::json::{Node, Object, quoted, shorten};
use crate::shape::head;
use crate::suggest::nearest;
use crate::table::lists::{CONDITIONS, CONFLUENCE_CONDITIONS, JIRA_CONDITIONS};
use crate::table::{Field, Others, Shape, Text, Type, optional, required};

/// Checks a condition, or several joined by `and` and `or`.
pub(crate) fn check<'t>(checker: &mut Checker<'t>, node: &'t Node<'t>) {
    let Some(object) = node.as_object() else {
        return checker.wrong_type(node, "conditions", "an object");
    };
    if object.get("condition").is_some() {
        single(checker, node, object);
    } else if JOINED.iter().any(|name| object.get(name).is_some()) {
        checker.object(node, &COMPOSITE);
    } else if !object.damaged {
        let message = "this says no condition: expected `condition`, `and` or `or`";
        checker.report(&codes::CONDITION_EMPTY, head(node), message);
    }
}

fn single<'t>(checker: &mut Checker<'t>, node: &'t Node<'t>, object: &'t Object<'t>) {
    checker.object(node, &SINGLE);
    let Some(condition) = object.get("condition") else {
        return;
    };
    let Some(name) = condition.as_str() else {
        return;
    };
    if checker.options.placeholders.fill(name).opaque {
        return;
    }
    if name.starts_with("http") || name.starts_with('/') {
        let message = "conditions that the app answers were removed: the host does not ask it";
        checker.member("condition", |checker| {
            checker.report(&codes::CONDITION_REMOTE, condition.range, message);
        });
        return;
    }
    if checker.model.product == Some(crate::Product::Bitbucket) {
        return;
    }
    let of_product = known(
        checker.model.product,
        &[],
        CONFLUENCE_CONDITIONS,
        JIRA_CONDITIONS,
    );
    let names = of_product.chain(CONDITIONS.iter().copied());
    if !names.clone().any(|known| known == name) {
        let elsewhere =
            known(None, &[], CONFLUENCE_CONDITIONS, JIRA_CONDITIONS).any(|known| known == name);
        let meant = nearest(name, names);
        let message = match checker.model.product {
            Some(product) if elsewhere => {
                format!("{product} has no condition `{name}`: another product does")
            }
            _ => format!("unknown condition `{}`", shorten(name)),
        };
        checker.member("condition", |checker| {
            let draft = checker.report(&codes::CONDITION_UNKNOWN, condition.range, message);
            match meant {
                // Written so, it would lack what only the author knows: that is no safe fix.
                Some(meant) if missing(object, meant).next().is_some() => {
                    draft.label(format!("did you mean `{meant}`?"));
                }
                Some(meant) => {
                    draft.did_you_mean(meant, vec![(condition.range, quoted(meant))]);
                }
                None => {}
            }
        });
        return;
    }
    parameters(checker, node, object, name);
}

/// Host rule: conditions are set up on install, and those without what they need refuse it.
fn parameters<'t>(
    checker: &mut Checker<'t>,
    node: &'t Node<'t>,
    object: &'t Object<'t>,
    name: &str,
) {
    for parameter in missing(object, name) {
        let message = format!("the condition `{name}` needs the parameter `{parameter}`");
        checker
            .report(&codes::CONDITION_MISSING_PARAMETER, head(node), message)
            .help(format!("add it to `params`: {{ \"{parameter}\": \"…\" }}"));
    }
}

/// What the condition of that name needs and does not have here.
fn missing<'t>(object: &'t Object<'t>, name: &str) -> impl Iterator<Item = &'static str> {
    let needed = NEEDED.iter().find(|(condition, _)| *condition == name);
    let given = object.get("params");
    let unreadable = given.is_some_and(|params| params.as_object().is_none_or(|o| o.damaged));
    let needed = needed
        .filter(|_| !unreadable)
        .map_or(&[][..], |(_, needed)| needed);
    needed
        .iter()
        .copied()
        .filter(move |parameter| given.is_none_or(|params| params.get(parameter).is_none()))
}

/// Host rule: pages of their own stand in no issue, project or space, so no condition can ask about one.
pub(super) fn context_free<'t>(checker: &mut Checker<'t>, node: &'t Node<'t>) {
    let Some(object) = node.as_object() else {
        return;
    };
    for name in JOINED {
        let Some(inner) = object.get(name) else {
            continue;
        };
        checker.member(name, |checker| {
            for (index, node) in inner.as_array().unwrap_or_default().iter().enumerate() {
                checker.item(index, |checker| context_free(checker, node));
            }
        });
    }
    let Some(condition) = object.get("condition") else {
        return;
    };
    let Some(name) = condition.as_str() else {
        return;
    };
    let entity = object.get("params").and_then(|params| params.get("entity"));
    let about_app = entity.and_then(Node::as_str) == Some("addon");
    if NEEDS_CONTEXT.contains(&name)
        || (name.starts_with("entity_property") && entity.is_some() && !about_app)
    {
        let message = format!("a page of its own has no context for the condition `{name}`");
        checker.member("condition", |checker| {
            checker.report(&codes::CONDITION_NEEDS_CONTEXT, condition.range, message);
        });
    }
}

static SINGLE: Shape = Shape {
    name: "condition",
    others: Others::Ignored,
    fields: &[
        required(
            "condition",
            Type::Text(Text::any(100)),
            "Name of the condition.",
        ),
        optional("invert", Type::Boolean, "Whether it must not hold.").or("false"),
        optional(
            "params",
            Type::Map(&Type::Any),
            "What the condition needs to know.",
        ),
    ],
};

const CONDITION_LIST: Type = Type::List(&Type::Condition);

const COMPOSITE_FIELDS: &[Field] = &[
    optional("and", CONDITION_LIST, "All of these must hold."),
    optional(
        "conditions",
        CONDITION_LIST,
        "The conditions that `type` joins.",
    ),
    optional("or", CONDITION_LIST, "One of these must hold."),
    optional(
        "type",
        Type::Enum(&["and", "or"]),
        "How `conditions` are joined.",
    ),
];

static COMPOSITE: Shape = Shape {
    name: "conditions",
    others: Others::Ignored,
    fields: COMPOSITE_FIELDS,
};

/// The two forms of a condition: one by itself, and several joined.
pub(crate) static FORMS: [&Shape; 2] = [&SINGLE, &COMPOSITE];

/// The names of the fields of either form.
pub(crate) fn names() -> impl Iterator<Item = &'static str> + Clone {
    FORMS
        .into_iter()
        .flat_map(|form| form.fields)
        .map(|field| field.name)
}

/// The form that an object has, or most likely should have.
pub(crate) fn form_of(object: &Object<'_>) -> &'static Shape {
    let joined = JOINED.iter().any(|name| object.get(name).is_some());
    if joined && object.get("condition").is_none() {
        &COMPOSITE
    } else {
        &SINGLE
    }
}

const JOINED: [&str; 3] = ["and", "conditions", "or"];

/// Parameters without which a condition cannot be set up.
const NEEDED: &[(&str, &[&str])] = &[
    ("can_use_application", &["applicationKey"]),
    (
        "entity_property_equal_to",
        &["entity", "propertyKey", "value"],
    ),
    ("entity_property_exists", &["entity", "propertyKey"]),
    ("feature_flag", &["featureKey"]),
    ("has_attachment_permission", &["permission"]),
    ("has_global_permission", &["permission"]),
    ("has_issue_permission", &["permission"]),
    ("has_project_permission", &["permission"]),
    ("project_type", &["projectTypeKey"]),
];

/// Conditions about an issue, a project or a piece of content.
const NEEDS_CONTEXT: &[&str] = &[
    "can_attach_file_to_issue",
    "can_manage_attachments",
    "content_has_any_permissions_set",
    "favourite_page",
    "favourite_space",
    "has_attachment",
    "has_attachment_permission",
    "has_blog_post",
    "has_issue_permission",
    "has_page",
    "has_page_permission",
    "has_project_permission",
    "has_selected_project",
    "has_space",
    "has_space_permission",
    "has_sub_tasks_available",
    "has_voted_for_issue",
    "is_issue_assigned_to_current_user",
    "is_issue_editable",
    "is_issue_reported_by_current_user",
    "is_issue_unresolved",
    "is_sub_task",
    "is_watching_issue",
    "latest_version",
    "not_personal_space",
    "project_type",
    "showing_page_attachments",
    "space_sidebar",
    "user_is_project_admin",
    "user_watching_page",
    "user_watching_space",
    "viewing_content",
];
