//! What Forge has in place of a web item or a web panel: it depends on where that stands.

use std::slice;

use crate::Product;
use crate::migrate::Fit::{self, Direct, Preview};

/// The Forge module for an item or a panel at this location, if there is one.
pub(super) fn native(
    product: Product,
    module_type: &str,
    location: &str,
) -> Option<(&'static [&'static str], Fit)> {
    let table = match (product, module_type) {
        (Product::Confluence, "webItems") => CONFLUENCE_ITEMS,
        (Product::Confluence, "webPanels") => CONFLUENCE_PANELS,
        (Product::Jira, "webItems") => JIRA_ITEMS,
        (Product::Jira, "webPanels") => JIRA_PANELS,
        _ => return None,
    };
    let find = |name: &str| table.iter().find(|row| row.0 == name);
    // A section stands behind its location: `jira.issue.tools/my-section`.
    let bare = location.split('/').next().unwrap_or_default();
    let row = find(location).or_else(|| find(bare))?;
    Some((slice::from_ref(&row.1), row.2))
}

type Row = (&'static str, &'static str, Fit);

static CONFLUENCE_ITEMS: &[Row] = &[
    (
        "page.view.selection/action-panel",
        "confluence:contextMenu",
        Direct,
    ),
    ("system.admin", "confluence:globalSettings", Direct),
    (
        "system.admin/administration",
        "confluence:globalSettings",
        Direct,
    ),
    (
        "system.admin/configuration",
        "confluence:globalSettings",
        Direct,
    ),
    ("system.content.action", "confluence:contentAction", Direct),
    (
        "system.content.action/marker",
        "confluence:contentAction",
        Direct,
    ),
    (
        "system.content.action/modify",
        "confluence:contentAction",
        Direct,
    ),
    (
        "system.content.action/primary",
        "confluence:contentAction",
        Direct,
    ),
    (
        "system.content.action/secondary",
        "confluence:contentAction",
        Direct,
    ),
    ("system.header/left", "confluence:globalPage", Direct),
    (
        "system.space.sidebar/main-links",
        "confluence:spacePage",
        Direct,
    ),
    (
        "system.space.tools/contenttools",
        "confluence:spaceSettings",
        Direct,
    ),
    (
        "system.space.tools/integrations",
        "confluence:spaceSettings",
        Direct,
    ),
    (
        "system.space.tools/overview",
        "confluence:spaceSettings",
        Direct,
    ),
    ("system.top.navigation.bar", "confluence:globalPage", Direct),
];

static JIRA_ITEMS: &[Row] = &[
    (
        "admin_applications_section/admin_applications_integrations_section",
        "jira:adminPage",
        Direct,
    ),
    ("admin_plugins_menu", "jira:adminPage", Direct),
    (
        "admin_plugins_menu/admin-menu-section",
        "jira:adminPage",
        Direct,
    ),
    ("admin_plugins_menu/admin-section", "jira:adminPage", Direct),
    ("admin_plugins_menu/app-menu", "jira:adminPage", Direct),
    (
        "admin_plugins_menu/app-settings-section",
        "jira:adminPage",
        Direct,
    ),
    (
        "admin_plugins_menu/configuration-menu",
        "jira:adminPage",
        Direct,
    ),
    (
        "admin_plugins_menu/configuration-section",
        "jira:adminPage",
        Direct,
    ),
    ("admin_system_menu", "jira:adminPage", Direct),
    (
        "advanced_menu_section/advanced_section",
        "jira:adminPage",
        Direct,
    ),
    ("atl.jira.proj.config", "jira:projectSettingsPage", Direct),
    (
        "atl.jira.proj.config/projectgroup1",
        "jira:projectSettingsPage",
        Direct,
    ),
    (
        "atl.jira.proj.config/projectgroup2",
        "jira:projectSettingsPage",
        Direct,
    ),
    (
        "atl.jira.proj.config/projectgroup4",
        "jira:projectSettingsPage",
        Direct,
    ),
    ("board-tools-1", "jira:boardAction", Preview),
    ("jira.agile.board.tools", "jira:boardAction", Preview),
    ("jira.issue.tools", "jira:issueAction", Direct),
    (
        "jira.navigator.pluggable.items",
        "jira:issueNavigatorAction",
        Preview,
    ),
    (
        "jira.project.sidebar.legacy.tabs.navigation",
        "jira:projectPage",
        Direct,
    ),
    (
        "jira.project.sidebar.navigation",
        "jira:projectPage",
        Direct,
    ),
    (
        "jira.project.sidebar.plugins.navigation",
        "jira:projectPage",
        Direct,
    ),
    ("jira.software.backlog.tools", "jira:backlogAction", Preview),
    ("jira.software.board.tools", "jira:boardAction", Preview),
    ("operations-attachments", "jira:issueAction", Direct),
    ("operations-operations", "jira:issueAction", Direct),
    ("operations-subtasks", "jira:issueAction", Direct),
    ("operations-top-level", "jira:issueAction", Direct),
    ("operations-work", "jira:issueAction", Direct),
    ("opsbar-operations", "jira:issueAction", Direct),
    (
        "servicedesk.agent.queues",
        "jiraServiceManagement:queuePage",
        Direct,
    ),
    (
        "servicedesk.agent.queues/web-section-servicedesk-agent-queues",
        "jiraServiceManagement:queuePage",
        Direct,
    ),
    ("sprint-delete-action", "jira:sprintAction", Direct),
    ("sprint-move-actions", "jira:sprintAction", Direct),
    ("system.top.navigation.bar", "jira:globalPage", Direct),
    (
        "system.user.options/personal",
        "jira:personalSettingsPage",
        Preview,
    ),
    ("top_plugins_section", "jira:adminPage", Direct),
    ("top_system_section", "jira:adminPage", Direct),
    ("view-actions-print", "jira:boardAction", Preview),
];

static CONFLUENCE_PANELS: &[Row] = &[
    ("atl.footer", "confluence:backgroundScript", Direct),
    ("atl.general", "confluence:pageBanner", Direct),
];

static JIRA_PANELS: &[Row] = &[
    ("atl.gh.issue.details.tab", "jira:issuePanel", Direct),
    (
        "atl.jira.view.issue.left.context",
        "jira:issuePanel",
        Direct,
    ),
    (
        "atl.jira.view.issue.right.context",
        "jira:issueGlance",
        Direct,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::names::FORGE_MODULES;
    use crate::table::lists;

    #[test]
    fn what_replaces_a_place_is_a_module_of_forge() {
        for table in [CONFLUENCE_ITEMS, CONFLUENCE_PANELS, JIRA_ITEMS, JIRA_PANELS] {
            for row in table {
                assert!(FORGE_MODULES.contains(&row.1), "{row:?}");
            }
        }
    }

    #[test]
    fn sections_and_what_is_not_listed() {
        let jira = |location| native(Product::Jira, "webItems", location);
        let action = Some((&["jira:issueAction"][..], Direct));
        assert_eq!(jira("operations-work"), action);
        assert_eq!(jira("operations-work/my-section"), action);
        assert_eq!(jira("no-such-place"), None);
        let board = native(Product::Jira, "webItems", "board-tools-1");
        assert_eq!(board, Some((&["jira:boardAction"][..], Preview)));
        assert_eq!(
            native(Product::Confluence, "webItems", "operations-work"),
            None
        );
        assert!(lists::JIRA_LOCATIONS.contains(&"operations-work"));
    }
}
