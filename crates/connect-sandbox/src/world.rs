//! What there is on the sites of the sandbox: few things, always the same.

use crate::users::User;

/// A Jira project.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) id: u64,
    pub(crate) key: &'static str,
    pub(crate) name: &'static str,
}

/// A Jira issue.
#[derive(Debug)]
pub(crate) struct Issue {
    pub(crate) id: u64,
    pub(crate) key: &'static str,
    pub(crate) project: u64,
    pub(crate) summary: &'static str,
}

/// A Confluence page.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
}

pub(crate) const PROJECTS: &[Project] = &[
    Project {
        id: 10000,
        key: "DEMO",
        name: "Demonstration",
    },
    Project {
        id: 10001,
        key: "PLAN",
        name: "Planning",
    },
    Project {
        id: 10002,
        key: "OPS",
        name: "Operations",
    },
];

pub(crate) const ISSUES: &[Issue] = &[
    Issue {
        id: 10100,
        key: "DEMO-1",
        project: 10000,
        summary: "Show the app to somebody",
    },
    Issue {
        id: 10101,
        key: "DEMO-2",
        project: 10000,
        summary: "Write down what they ask",
    },
    Issue {
        id: 10102,
        key: "PLAN-1",
        project: 10001,
        summary: "Choose a date",
    },
    Issue {
        id: 10103,
        key: "PLAN-2",
        project: 10001,
        summary: "Invite everybody",
    },
    Issue {
        id: 10104,
        key: "OPS-1",
        project: 10002,
        summary: "Watch the disk",
    },
];

pub(crate) const CONTENTS: &[Content] = &[
    Content {
        id: "32769",
        title: "Home",
    },
    Content {
        id: "32770",
        title: "Minutes",
    },
    Content {
        id: "32771",
        title: "How we work",
    },
];

/// Whether somebody has a permission of Jira's: administrators have all, members those of
/// everyday work, visitors none.
pub(crate) fn has_permission(user: Option<&User>, permission: &str) -> bool {
    match user {
        None => false,
        Some(user) if user.is_admin => true,
        Some(_) => MEMBER.contains(&permission),
    }
}

/// Whether somebody may do this with the Confluence page of an id: visitors may read the first.
pub(crate) fn may(user: Option<&User>, content: &str, operation: &str) -> bool {
    match (user, operation) {
        (None, "read") => content == CONTENTS[0].id,
        (Some(_), "read" | "update") => true,
        (Some(user), "delete") => user.is_admin,
        _ => false,
    }
}

/// What somebody may do with Confluence as a whole.
pub(crate) fn application_operations(user: Option<&User>) -> &'static [&'static str] {
    match user {
        None => &["use"],
        Some(user) if user.is_admin => &["use", "administer"],
        Some(_) => &["use", "create_space"],
    }
}

/// Permissions of every member.
const MEMBER: &[&str] = &[
    "ADD_COMMENTS",
    "ASSIGN_ISSUES",
    "BROWSE_PROJECTS",
    "CREATE_ATTACHMENTS",
    "CREATE_ISSUES",
    "CREATE_SHARED_OBJECTS",
    "EDIT_ISSUES",
    "USER_PICKER",
    "WORK_ON_ISSUES",
];
