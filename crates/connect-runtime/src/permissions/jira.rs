//! Jira: global, project and issue permissions (platform REST API, "Get bulk permissions").

use connect_core::AccountId;
use http::{HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{PermissionError, in_context};
use crate::client::HostClient;

/// Permissions of Jira's that a user must have, every one of them.
///
/// ```
/// use connect_runtime::JiraPermissions;
///
/// let asked = JiraPermissions::new()
///     .project(["BROWSE_PROJECTS", "ADMINISTER_PROJECTS"])
///     .global(["CREATE_SHARED_OBJECTS"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JiraPermissions {
    global: Vec<String>,
    project: Vec<String>,
    issue: Vec<String>,
}

/// The project and the issue that permissions are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JiraPlace {
    /// Id of the project.
    pub project: Option<u64>,
    /// Id of the issue.
    pub issue: Option<u64>,
}

impl JiraPermissions {
    /// None yet, which no user passes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Permissions in Jira as a whole, such as `ADMINISTER`.
    #[must_use]
    pub fn global<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.global.extend(names.into_iter().map(Into::into));
        self
    }

    /// Permissions in the place's project, such as `ADMINISTER_PROJECTS`.
    #[must_use]
    pub fn project<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.project.extend(names.into_iter().map(Into::into));
        self
    }

    /// Permissions on the place's issue, such as `EDIT_ISSUES`.
    #[must_use]
    pub fn issue<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.issue.extend(names.into_iter().map(Into::into));
        self
    }
}

impl JiraPlace {
    /// The project and the issue that the context claim of a token names (`jira.project.id`,
    /// `jira.issue.id`). An id that is no number is none.
    pub fn of_context(context: Option<&Map<String, Value>>) -> Self {
        let id = |name: &str| match in_context(context, &["jira", name, "id"])? {
            Value::Number(id) => id.as_u64(),
            Value::String(id) if id.bytes().all(|b| b.is_ascii_digit()) => id.parse().ok(),
            _ => None,
        };
        Self {
            project: id("project"),
            issue: id("issue"),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    global_permissions: Vec<String>,
    project_permissions: Vec<Granted>,
}

/// Where a permission is granted: of the ids that were asked about.
#[derive(Deserialize)]
struct Granted {
    permission: String,
    #[serde(default)]
    projects: Vec<u64>,
    #[serde(default)]
    issues: Vec<u64>,
}

pub(super) async fn check(
    client: &HostClient,
    user: Option<&AccountId>,
    asked: &JiraPermissions,
    place: &JiraPlace,
) -> Result<(), PermissionError> {
    let body = question(user, asked, place)?;
    // Without an account Jira answers for whoever calls: that must be nobody, not the app.
    let client = match user {
        Some(_) => client.as_app(),
        None => client.anonymous(),
    };
    let call = client
        .post("/rest/api/3/permissions/check")
        .header(
            HeaderName::from_static("x-atlassian-token"),
            HeaderValue::from_static("no-check"),
        )
        .json(&body);
    granted(asked, place, &call.fetch().await?)
}

/// The body of the call.
fn question(
    user: Option<&AccountId>,
    asked: &JiraPermissions,
    place: &JiraPlace,
) -> Result<Value, PermissionError> {
    let JiraPermissions {
        global,
        project,
        issue,
    } = asked;
    if global.is_empty() && project.is_empty() && issue.is_empty() {
        return Err(PermissionError::NothingAsked);
    }
    let mut groups = Vec::new();
    if !project.is_empty() {
        let id = place.project.ok_or(no_place("project"))?;
        groups.push(json!({ "permissions": project, "projects": [id] }));
    }
    if !issue.is_empty() {
        let id = place.issue.ok_or(no_place("issue"))?;
        groups.push(json!({ "permissions": issue, "issues": [id] }));
    }
    let mut body = json!({ "globalPermissions": global, "projectPermissions": groups });
    if let Some(user) = user {
        body["accountId"] = user.as_str().into();
    }
    Ok(body)
}

/// Whether every permission that was asked for is in the answer, for the very id.
fn granted(
    asked: &JiraPermissions,
    place: &JiraPlace,
    answer: &Answer,
) -> Result<(), PermissionError> {
    let in_place = |permission: &String, ids: fn(&Granted) -> &Vec<u64>, id: Option<u64>| {
        let mut all = answer.project_permissions.iter();
        id.is_some_and(|id| {
            all.any(|granted| granted.permission == *permission && ids(granted).contains(&id))
        })
    };
    let mut all = asked
        .global
        .iter()
        .map(|name| (name, answer.global_permissions.contains(name)))
        .chain(asked.project.iter().map(|name| {
            let granted = in_place(name, |granted| &granted.projects, place.project);
            (name, granted)
        }))
        .chain(asked.issue.iter().map(|name| {
            let granted = in_place(name, |granted| &granted.issues, place.issue);
            (name, granted)
        }));
    match all.find(|(_, granted)| !granted) {
        Some((permission, _)) => Err(PermissionError::Denied {
            permission: permission.clone(),
        }),
        None => Ok(()),
    }
}

fn no_place(place: &'static str) -> PermissionError {
    PermissionError::NoPlace { place }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(value: Value) -> Answer {
        serde_json::from_value(value).unwrap()
    }

    const PLACE: JiraPlace = JiraPlace {
        project: Some(10_000),
        issue: Some(10_100),
    };

    #[test]
    fn authorize_jira_lets_nobody_through_with_only_the_first_of_several_permissions() {
        // ACE's loop never forgets that an earlier permission was granted.
        let answer = answer(json!({
            "globalPermissions": [],
            "projectPermissions": [
                {"permission": "BROWSE_PROJECTS", "projects": [10_000], "issues": []},
            ],
        }));
        for order in [
            ["BROWSE_PROJECTS", "ADMINISTER_PROJECTS"],
            ["ADMINISTER_PROJECTS", "BROWSE_PROJECTS"],
        ] {
            let asked = JiraPermissions::new().project(order);
            let refused = granted(&asked, &PLACE, &answer).unwrap_err();
            assert!(
                matches!(&refused, PermissionError::Denied { permission } if permission == "ADMINISTER_PROJECTS"),
                "{refused}"
            );
        }
        let asked = JiraPermissions::new().project(["BROWSE_PROJECTS"]);
        assert!(granted(&asked, &PLACE, &answer).is_ok());
    }

    #[test]
    fn a_permission_counts_where_it_is_granted_and_nowhere_else() {
        let answer = answer(json!({
            "globalPermissions": ["USER_PICKER"],
            "projectPermissions": [
                {"permission": "EDIT_ISSUES", "projects": [10_001], "issues": [10_101]},
                {"permission": "EDIT_ISSUES", "projects": [10_000]},
            ],
        }));
        let check = |asked: JiraPermissions| granted(&asked, &PLACE, &answer).is_ok();
        assert!(check(JiraPermissions::new().global(["USER_PICKER"])));
        assert!(!check(
            JiraPermissions::new().global(["USER_PICKER", "ADMINISTER"])
        ));
        assert!(!check(JiraPermissions::new().global(["EDIT_ISSUES"])));
        assert!(check(JiraPermissions::new().project(["EDIT_ISSUES"])));
        assert!(!check(JiraPermissions::new().issue(["EDIT_ISSUES"])));
    }

    #[test]
    fn a_place_is_named_by_numbers_only() {
        let place = |context: Value| JiraPlace::of_context(context.as_object());
        let full = place(json!({"jira": {"project": {"id": "10000"}, "issue": {"id": 10_100}}}));
        assert_eq!(full, PLACE);
        for odd in [
            json!({}),
            json!({"jira": {"project": {"id": "10000 OR 1=1"}, "issue": {"id": -1}}}),
            json!({"jira": {"project": {"id": ""}, "issue": {"id": 1.5}}}),
            json!({"jira": {"project": {"id": "+1"}, "issue": {"id": ["1"]}}}),
            json!({"jira": {"project": "10000", "issue": null}}),
            json!({"project": {"id": "10000"}}),
        ] {
            assert_eq!(place(odd), JiraPlace::default());
        }
        assert_eq!(JiraPlace::of_context(None), JiraPlace::default());
    }

    #[test]
    fn a_question_without_its_place_is_not_asked() {
        let nowhere = JiraPlace::default();
        for (asked, expected) in [
            (JiraPermissions::new(), "permission/nothing-asked"),
            (JiraPermissions::new().project(["X"]), "permission/no-place"),
            (JiraPermissions::new().issue(["X"]), "permission/no-place"),
        ] {
            let error = question(None, &asked, &nowhere).unwrap_err();
            assert_eq!(error.code(), expected);
        }
    }
}
