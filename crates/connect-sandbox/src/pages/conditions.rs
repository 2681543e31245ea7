//! Whether a module's conditions let it be shown, and why not (Atlassian, "Conditions").

use connect_core::Product;
use serde_json::Value;

use crate::{
    data::Issue,
    pages::{Viewer, expression},
    state::{App, License, Site, lock},
    world,
};

/// What the conditions of a module come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) shown: bool,
    /// Each condition in words, in the order of the descriptor.
    pub(crate) notes: Vec<Note>,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    /// How deep in `and` and `or` it stands.
    pub(crate) depth: usize,
    pub(crate) text: String,
    pub(crate) holds: bool,
    /// The sandbox cannot tell, and assumes that it holds.
    pub(crate) assumed: bool,
}

/// Who asks about which app, and where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Situation<'a> {
    pub(crate) site: &'a Site,
    pub(crate) app: &'a App,
    pub(crate) viewer: &'a Viewer,
}

/// Judges the `conditions` of a module; none is as good as all of them.
pub(crate) fn judge(conditions: &Value, situation: Situation<'_>) -> Verdict {
    let mut notes = Vec::new();
    let shown = all(conditions, true, situation, 0, &mut notes);
    Verdict { shown, notes }
}

/// One condition by its name, as addresses have it in `{condition.NAME}`. What the sandbox cannot
/// tell is assumed.
pub(crate) fn holds(name: &str, params: &Value, situation: Situation<'_>) -> bool {
    ask(name, params, situation).unwrap_or(true)
}

fn all(
    conditions: &Value,
    and: bool,
    situation: Situation<'_>,
    depth: usize,
    notes: &mut Vec<Note>,
) -> bool {
    let Some(list) = conditions.as_array().filter(|list| !list.is_empty()) else {
        return true;
    };
    let mut result = and;
    for condition in list {
        let holds = one(condition, situation, depth, notes);
        result = if and {
            result && holds
        } else {
            result || holds
        };
    }
    result
}

fn one(condition: &Value, situation: Situation<'_>, depth: usize, notes: &mut Vec<Note>) -> bool {
    let inner = [
        &condition["conditions"],
        &condition["or"],
        &condition["and"],
    ];
    if let Some(inner) = inner.into_iter().find(|inner| inner.is_array()) {
        let or = condition["or"].is_array()
            || condition["type"]
                .as_str()
                .is_some_and(|word| word.eq_ignore_ascii_case("or"));
        let at = notes.len();
        let text = if or {
            "at least one of these"
        } else {
            "all of these"
        };
        notes.push(Note {
            depth,
            text: text.to_owned(),
            holds: true,
            assumed: false,
        });
        // The validator bounds how deep JSON may be.
        let holds = all(inner, !or, situation, depth + 1, notes);
        notes[at].holds = holds;
        return holds;
    }
    let name = condition["condition"].as_str().unwrap_or_default();
    let invert = condition["invert"] == true;
    let answer = ask(name, &condition["params"], situation);
    let holds = answer.is_none_or(|answer| answer != invert);
    let params = match condition["params"].as_object() {
        Some(params) if !params.is_empty() => {
            let params = params
                .iter()
                .map(|(name, value)| format!("{name}={}", text(value)));
            format!(" ({})", params.collect::<Vec<_>>().join(", "))
        }
        _ => String::new(),
    };
    let not = if invert { "not " } else { "" };
    notes.push(Note {
        depth,
        text: format!("{not}{name}{params}"),
        holds,
        assumed: answer.is_none(),
    });
    holds
}

/// Whether a condition holds; nothing when the sandbox cannot tell.
fn ask(name: &str, params: &Value, situation: Situation<'_>) -> Option<bool> {
    let user = situation.viewer.user.as_ref();
    let place = &situation.viewer.place;
    let param = |name: &str| params[name].as_str();
    let admin = user.is_some_and(|user| user.is_admin);
    let here = |name: &str| place.get(name).is_some();
    if let Some(test) = name.strip_prefix("addon_property_") {
        return property(test, "addon", params, situation);
    }
    if let Some(test) = name.strip_prefix("entity_property_") {
        return property(test, param("entity")?, params, situation);
    }
    Some(match name {
        "addon_is_licensed" => situation.app.license == License::Active,
        "can_attach_file_to_issue" => {
            here("issue.key") && world::has_permission(user, "CREATE_ATTACHMENTS")
        }
        "can_edit_space_styles" => admin && here("space.key"),
        "can_manage_attachments" => {
            here("issue.key") && world::has_permission(user, "DELETE_ALL_ATTACHMENTS")
        }
        // Nobody does any of this here.
        "can_signup"
        | "content_has_any_permissions_set"
        | "favourite_page"
        | "favourite_space"
        | "following_target_user"
        | "has_voted_for_issue"
        | "is_watching_issue"
        | "printable_version"
        | "showing_page_attachments"
        | "target_user_has_personal_blog"
        | "target_user_has_personal_space"
        | "user_favouriting_target_user_personal_space"
        | "user_has_personal_blog"
        | "user_has_personal_space"
        | "user_watching_page"
        | "user_watching_space"
        | "user_watching_space_for_content_type" => false,
        "can_use_application" | "user_can_use_confluence" => user.is_some(),
        "create_content" | "space_function_permission" => user.is_some(),
        "feature_flag" => false,
        "has_attachment" | "has_blog_post" | "has_template" => false,
        "has_global_permission" | "has_issue_permission" | "has_project_permission"
            if situation.site.product == Product::Jira =>
        {
            world::has_permission(user, &param("permission")?.to_ascii_uppercase())
        }
        "has_page" | "viewing_content" | "latest_version" => here("content.id"),
        "has_page_permission" => world::may(user, place.get("content.id")?, "read"),
        "has_selected_project" => here("project.key"),
        "has_space" | "space_sidebar" | "not_personal_space" => here("space.key"),
        "has_sub_tasks_available" | "is_sub_task" => false,
        "is_admin_mode" => admin && !here("issue.key"),
        "is_issue_assigned_to_current_user" => issue(situation, |issue| {
            issue.assignee.as_deref() == user.map(|user| user.account_id.as_str())
        })?,
        "is_issue_reported_by_current_user" => issue(situation, |issue| {
            user.is_some_and(|user| user.account_id == issue.reporter)
        })?,
        "is_issue_editable" => here("issue.key") && world::has_permission(user, "EDIT_ISSUES"),
        "is_issue_unresolved" => issue(situation, |issue| issue.status != "Done")?,
        "jira_expression" => expression::holds(param("expression")?, situation)?,
        "linking_enabled"
        | "sub_tasks_enabled"
        | "time_tracking_enabled"
        | "voting_enabled"
        | "watching_enabled" => true,
        "threaded_comments" => true,
        "project_type" => param("projectTypeKey")? == "software",
        "user_is_admin" | "user_is_sysadmin" | "user_is_confluence_administrator" => admin,
        "user_can_create_personal_space" | "user_is_logged_in" | "user_logged_in_editable" => {
            user.is_some()
        }
        "user_is_project_admin" | "servicedesk.is_project_admin" => admin && here("project.key"),
        "user_is_the_logged_in_user" | "viewing_own_profile" => {
            let profile = place.get("profileUser.accountId")?;
            user.is_some_and(|user| user.account_id == profile)
        }
        "servicedesk.is_agent" => user.is_some(),
        "servicedesk.is_customer" => user.is_some(),
        _ => return None,
    })
}

/// What is true of the issue one is at; nothing where there is none.
fn issue(situation: Situation<'_>, test: impl FnOnce(&Issue) -> bool) -> Option<bool> {
    let kept = lock(&situation.site.data);
    let issue = kept.issue(situation.viewer.place.get("issue.key")?)?;
    Some(test(issue))
}

/// The tests of properties, by what follows the name of their family.
fn property(test: &str, entity: &str, params: &Value, situation: Situation<'_>) -> Option<bool> {
    let key = params["propertyKey"].as_str()?;
    let stored = stored(entity, key, situation)?;
    let object = params["objectName"].as_str();
    let value = stored.as_ref().and_then(|stored| match object {
        None | Some("") => Some(stored),
        Some(path) => path.split('.').try_fold(stored, |at, name| at.get(name)),
    });
    let wanted = &params["value"];
    Some(match test {
        "contains_all" => {
            let has = items(value);
            items(Some(wanted)).iter().all(|item| has.contains(item))
        }
        "contains_any" => {
            let has = items(value);
            items(Some(wanted)).iter().any(|item| has.contains(item))
        }
        "contains_context" | "equal_to_context" => {
            let here = situation
                .viewer
                .place
                .get(params["contextParameter"].as_str()?)?;
            items(value).iter().any(|item| item == here)
        }
        "equal_to" => value.is_some_and(|value| text(value) == text(wanted)),
        "exists" => value.is_some(),
        _ => return None,
    })
}

/// What is kept under a property; the outer nothing means that the sandbox keeps none of that kind.
fn stored(entity: &str, key: &str, situation: Situation<'_>) -> Option<Option<Value>> {
    let Situation { site, app, viewer } = situation;
    let place = &viewer.place;
    match entity {
        "addon" => {
            let kept = lock(&site.kept);
            let kept = kept.get(&app.descriptor.key);
            Some(kept.and_then(|kept| kept.property(key).cloned()))
        }
        "dashboarditem" | "dashboardItem" => {
            let data = lock(&site.data);
            let properties = data.item_properties.get(place.get("dashboardItem.id")?);
            Some(properties.and_then(|properties| properties.get(key).cloned()))
        }
        "space" => {
            place.get("space.key")?;
            let data = lock(&site.data);
            Some(
                data.space_properties
                    .get(key)
                    .map(|(value, _)| value.clone()),
            )
        }
        "user" => {
            let user = viewer.user.as_ref()?;
            let data = lock(&site.data);
            let properties = data.user_properties.get(&user.account_id);
            Some(properties.and_then(|properties| properties.get(key).cloned()))
        }
        "content" => {
            let id = place.get("content.id")?.parse().ok()?;
            let content = lock(&site.data).contents.get(&id).cloned();
            Some(content.and_then(|content| Some(content.properties.get(key)?.0.clone())))
        }
        "issue" => {
            let kept = lock(&site.data);
            let issue = kept.issue(place.get("issue.key")?);
            Some(issue.and_then(|issue| issue.properties.get(key).cloned()))
        }
        "project" => {
            let kept = lock(&site.data);
            let properties = kept.project_properties.get(place.get("project.key")?);
            Some(properties.and_then(|properties| properties.get(key).cloned()))
        }
        _ => None,
    }
}

/// The items of a list, of a list written as text, or the one value.
fn items(value: Option<&Value>) -> Vec<String> {
    let list = |list: &[Value]| list.iter().map(text).collect();
    match value {
        None => Vec::new(),
        Some(Value::Array(items)) => list(items),
        Some(Value::String(written)) => match serde_json::from_str::<Value>(written) {
            Ok(Value::Array(items)) => list(&items),
            _ => vec![written.clone()],
        },
        Some(other) => vec![text(other)],
    }
}

/// A value as the descriptor writes it, where all values are texts.
fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
