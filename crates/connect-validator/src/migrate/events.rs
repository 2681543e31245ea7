//! The events of Forge in place of those that webhooks of Connect are sent for.

use std::slice;

use crate::Product;

/// The Forge event and the scopes that a trigger on it needs. No scopes: none are documented.
pub(super) fn native(
    product: Product,
    event: &str,
) -> Option<(&'static [&'static str], &'static [&'static str])> {
    let table = match product {
        Product::Bitbucket => return None,
        Product::Confluence => CONFLUENCE,
        Product::Jira => JIRA,
    };
    let row = table.iter().find(|row| row.0 == event)?;
    Some((slice::from_ref(&row.1), row.2))
}

type Row = (&'static str, &'static str, &'static [&'static str]);

static CONFLUENCE: &[Row] = &[
    (
        "attachment_archived",
        "avi:confluence:archived:attachment",
        CONTENT,
    ),
    (
        "attachment_created",
        "avi:confluence:created:attachment",
        CONTENT,
    ),
    (
        "attachment_deleted",
        "avi:confluence:deleted:attachment",
        CONTENT,
    ),
    (
        "attachment_restored",
        "avi:confluence:restored:attachment",
        CONTENT,
    ),
    (
        "attachment_trashed",
        "avi:confluence:trashed:attachment",
        CONTENT,
    ),
    (
        "attachment_unarchived",
        "avi:confluence:unarchived:attachment",
        CONTENT,
    ),
    (
        "attachment_updated",
        "avi:confluence:updated:attachment",
        CONTENT,
    ),
    (
        "attachment_viewed",
        "avi:confluence:viewed:attachment",
        CONTENT,
    ),
    ("blog_created", "avi:confluence:created:blogpost", CONTENT),
    (
        "blog_deleted",
        "avi:confluence:deleted:blogpost",
        CONTENT_AND_WRITE,
    ),
    ("blog_restored", "avi:confluence:restored:blogpost", CONTENT),
    (
        "blog_trashed",
        "avi:confluence:trashed:blogpost",
        CONTENT_AND_WRITE,
    ),
    ("blog_updated", "avi:confluence:updated:blogpost", CONTENT),
    ("blog_viewed", "avi:confluence:viewed:blogpost", CONTENT),
    ("comment_created", "avi:confluence:created:comment", CONTENT),
    ("comment_removed", "avi:confluence:deleted:comment", CONTENT),
    ("comment_updated", "avi:confluence:updated:comment", CONTENT),
    (
        "content_created",
        "avi:confluence:created:custom_content",
        CONTENT,
    ),
    (
        "content_deleted",
        "avi:confluence:deleted:custom_content",
        CONTENT,
    ),
    (
        "content_restored",
        "avi:confluence:restored:custom_content",
        CONTENT,
    ),
    (
        "content_trashed",
        "avi:confluence:trashed:custom_content",
        CONTENT,
    ),
    (
        "content_updated",
        "avi:confluence:updated:custom_content",
        CONTENT,
    ),
    ("label_added", "avi:confluence:added:label", &[]),
    ("label_created", "avi:confluence:created:label", &[]),
    ("label_deleted", "avi:confluence:deleted:label", &[]),
    ("label_removed", "avi:confluence:removed:label", &[]),
    ("page_archived", "avi:confluence:archived:page", CONTENT),
    (
        "page_children_reordered",
        "avi:confluence:children_reordered:page",
        CONTENT,
    ),
    ("page_copied", "avi:confluence:copied:page", CONTENT),
    ("page_created", "avi:confluence:created:page", CONTENT),
    (
        "page_deleted",
        "avi:confluence:deleted:page",
        CONTENT_AND_WRITE,
    ),
    ("page_moved", "avi:confluence:moved:page", CONTENT),
    ("page_restored", "avi:confluence:restored:page", CONTENT),
    (
        "page_trashed",
        "avi:confluence:trashed:page",
        CONTENT_AND_WRITE,
    ),
    ("page_unarchived", "avi:confluence:unarchived:page", CONTENT),
    ("page_updated", "avi:confluence:updated:page", CONTENT),
    ("page_viewed", "avi:confluence:viewed:page", CONTENT),
    ("space_created", "avi:confluence:created:space:V2", SPACE),
    (
        "space_permissions_updated",
        "avi:confluence:permissions_updated:space:V2",
        &[],
    ),
    (
        "space_removed",
        "avi:confluence:deleted:space:V2",
        SPACE_AND_WRITE,
    ),
    ("space_updated", "avi:confluence:updated:space:V2", SPACE),
];

static JIRA: &[Row] = &[
    ("attachment_created", "avi:jira:created:attachment", WORK),
    ("attachment_deleted", "avi:jira:deleted:attachment", WORK),
    (
        "board_configuration_changed",
        "avi:jira-software:configuration-changed:board",
        USER_AND_WORK,
    ),
    (
        "board_created",
        "avi:jira-software:created:board",
        USER_AND_WORK,
    ),
    (
        "board_deleted",
        "avi:jira-software:deleted:board",
        USER_AND_WORK,
    ),
    (
        "board_updated",
        "avi:jira-software:updated:board",
        USER_AND_WORK,
    ),
    ("comment_created", "avi:jira:commented:issue", WORK),
    ("comment_deleted", "avi:jira:deleted:comment", WORK),
    ("comment_updated", "avi:jira:commented:issue", WORK),
    ("filter_created", "avi:jira:created:filter", CONFIGURATION),
    ("filter_deleted", "avi:jira:deleted:filter", CONFIGURATION),
    ("filter_updated", "avi:jira:updated:filter", CONFIGURATION),
    ("issue_created", "avi:jira:created:issue", WORK),
    ("issue_deleted", "avi:jira:deleted:issue", WORK),
    ("issue_updated", "avi:jira:updated:issue", WORK),
    ("issuelink_created", "avi:jira:created:issuelink", WORK),
    ("issuelink_deleted", "avi:jira:deleted:issuelink", WORK),
    (
        "issuetype_created",
        "avi:jira:created:issuetype",
        CONFIGURATION,
    ),
    (
        "issuetype_deleted",
        "avi:jira:deleted:issuetype",
        CONFIGURATION,
    ),
    (
        "issuetype_updated",
        "avi:jira:updated:issuetype",
        CONFIGURATION,
    ),
    ("jira:issue_created", "avi:jira:created:issue", WORK),
    ("jira:issue_deleted", "avi:jira:deleted:issue", WORK),
    ("jira:issue_updated", "avi:jira:updated:issue", WORK),
    ("jira:project_created", "avi:jira:created:project", WORK),
    ("jira:project_deleted", "avi:jira:deleted:project", WORK),
    ("jira:project_updated", "avi:jira:updated:project", WORK),
    ("jira:version_created", "avi:jira:created:version", WORK),
    ("jira:version_deleted", "avi:jira:deleted:version", WORK),
    ("jira:version_merged", "avi:jira:merged:version", WORK),
    ("jira:version_moved", "avi:jira:moved:version", WORK),
    ("jira:version_released", "avi:jira:released:version", WORK),
    (
        "jira:version_unreleased",
        "avi:jira:unreleased:version",
        WORK,
    ),
    ("jira:version_updated", "avi:jira:updated:version", WORK),
    ("jira:worklog_updated", "avi:jira:updated:worklog", WORK),
    (
        "option_issuelinks_changed",
        "avi:jira:changed:configuration",
        CONFIGURATION,
    ),
    (
        "option_subtasks_changed",
        "avi:jira:changed:configuration",
        CONFIGURATION,
    ),
    (
        "option_timetracking_changed",
        "avi:jira:timetracking:provider:changed",
        CONFIGURATION,
    ),
    (
        "option_unassigned_issues_changed",
        "avi:jira:changed:configuration",
        CONFIGURATION,
    ),
    (
        "option_voting_changed",
        "avi:jira:changed:configuration",
        CONFIGURATION,
    ),
    (
        "option_watching_changed",
        "avi:jira:changed:configuration",
        CONFIGURATION,
    ),
    ("project_archived", "avi:jira:archived:project", WORK),
    ("project_created", "avi:jira:created:project", WORK),
    ("project_deleted", "avi:jira:deleted:project", WORK),
    (
        "project_restored_archived",
        "avi:jira:unarchived:project",
        WORK,
    ),
    (
        "project_restored_deleted",
        "avi:jira:restored:project",
        WORK,
    ),
    ("project_soft_deleted", "avi:jira:softdeleted:project", WORK),
    ("project_updated", "avi:jira:updated:project", WORK),
    ("sprint_closed", "avi:jira-software:closed:sprint", WORK),
    ("sprint_created", "avi:jira-software:created:sprint", WORK),
    ("sprint_deleted", "avi:jira-software:deleted:sprint", WORK),
    ("sprint_started", "avi:jira-software:started:sprint", WORK),
    ("sprint_updated", "avi:jira-software:updated:sprint", WORK),
    ("user_created", "avi:jira:created:user", USER),
    ("user_deleted", "avi:jira:deleted:user", USER),
    ("user_updated", "avi:jira:updated:user", USER),
    ("worklog_created", "avi:jira:created:worklog", WORK),
    ("worklog_deleted", "avi:jira:deleted:worklog", WORK),
    ("worklog_updated", "avi:jira:updated:worklog", WORK),
];

const WORK: &[&str] = &["read:jira-work"];
const USER: &[&str] = &["read:jira-user"];
const USER_AND_WORK: &[&str] = &["read:jira-user", "read:jira-work"];
const CONFIGURATION: &[&str] = &["manage:jira-configuration"];
const CONTENT: &[&str] = &["read:confluence-content.summary"];
const CONTENT_AND_WRITE: &[&str] = &[
    "read:confluence-content.summary",
    "write:confluence-content",
];
const SPACE: &[&str] = &["read:confluence-space.summary"];
const SPACE_AND_WRITE: &[&str] = &["read:confluence-space.summary", "write:confluence-space"];
