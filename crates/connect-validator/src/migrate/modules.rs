//! What Forge has in place of a Connect module.
//!
//! Follows Atlassian's list "Connect and Forge equivalences" (August 2026); each Forge module is one that Forge's
//! manifest checks 13.7 know.

use std::borrow::Cow;

use crate::Product;
use crate::migrate::Fit::{self, Caveats, Direct, None, Preview, Redesign};

/// What replaces a Connect module.
#[derive(Debug, Clone)]
pub(super) struct Native {
    pub(super) forge: &'static [&'static str],
    pub(super) fit: Fit,
    /// What else is to be known; may be empty.
    pub(super) note: Cow<'static, str>,
}

impl Native {
    pub(super) fn new(
        forge: &'static [&'static str],
        fit: Fit,
        note: impl Into<Cow<'static, str>>,
    ) -> Self {
        let note = note.into();
        Self { forge, fit, note }
    }

    /// For what nothing is documented.
    pub(super) fn nothing(note: impl Into<Cow<'static, str>>) -> Self {
        Self::new(&[], None, note)
    }
}

/// What replaces a module of this type; where that depends on its place, see [`super::places`].
pub(super) fn native(product: Product, module_type: &str) -> Option<Native> {
    let table = match product {
        Product::Bitbucket => return Option::None,
        Product::Confluence => CONFLUENCE,
        Product::Jira => JIRA,
    };
    let row = table.iter().find(|row| row.0 == module_type)?;
    Some(Native::new(row.1, row.2, row.3))
}

type Row = (&'static str, &'static [&'static str], Fit, &'static str);

static CONFLUENCE: &[Row] = &[
    ("adminPages", &["confluence:globalSettings"], Direct, ""),
    (
        "blueprints",
        &[],
        Redesign,
        "no module: build templates with the REST API for content templates",
    ),
    (
        "configurePage",
        &["confluence:globalSettings"],
        Caveats,
        "opened in the administration, with another context",
    ),
    (
        "confluenceContentProperties",
        &["confluence:contentProperty"],
        Caveats,
        "take this one out in the same deploy: two of a name break searches by CQL",
    ),
    ("confluenceThemes", &[], None, "themes have no equivalent"),
    (
        "contentBylineItems",
        &["confluence:contentBylineItem"],
        Direct,
        "",
    ),
    (
        "customContent",
        &["confluence:customContent"],
        Direct,
        "what it stores needs a migration",
    ),
    (
        "dialogs",
        &[],
        Redesign,
        "no module: pages of Forge open a Modal themselves, so the page is to be rewritten",
    ),
    (
        "dynamicContentMacros",
        &["macro"],
        Caveats,
        "keep the key and take this one out in the same deploy; the legacy editor does not show it",
    ),
    (
        "generalPages",
        &["confluence:globalPage"],
        Caveats,
        "the page is rendered in another context",
    ),
    (
        "keyboardShortcuts",
        &[],
        Direct,
        "a property `keyboardShortcut` of other modules",
    ),
    (
        "postInstallPage",
        &["confluence:globalSettings"],
        Caveats,
        "it is an ordinary page there: nothing opens it after an install",
    ),
    ("publishConditions", &[], None, ""),
    ("spaceToolsTabs", &["confluence:spaceSettings"], Direct, ""),
    (
        "staticContentMacros",
        &["macro"],
        Redesign,
        "becomes a macro in a frame: content is no longer fetched from the app, and looks different",
    ),
    (
        "webSections",
        &[],
        Redesign,
        "Forge has no sections: order the navigation anew",
    ),
];

static JIRA: &[Row] = &[
    ("adminPages", &["jira:adminPage"], Direct, ""),
    ("assetPanels", &[], None, ""),
    (
        "automationActions",
        &["automation:action"],
        Redesign,
        "not in Atlassian's list of equivalents; a candidate",
    ),
    (
        "configurePage",
        &["jira:adminPage"],
        Caveats,
        "opened in the administration, with another context",
    ),
    (
        "dialogs",
        &[],
        Redesign,
        "no module: pages of Forge open a Modal themselves, so the page is to be rewritten",
    ),
    (
        "generalPages",
        &["jira:globalPage"],
        Caveats,
        "the page is rendered in another context",
    ),
    (
        "jiraBackgroundScripts",
        &[
            "jira:dashboardBackgroundScript",
            "jira:issueViewBackgroundScript",
        ],
        Caveats,
        "one module for dashboards and another one for issues",
    ),
    (
        "jiraBuildInfoProvider",
        &["devops:buildInfoProvider"],
        Direct,
        "",
    ),
    (
        "jiraDashboardItems",
        &["jira:dashboardGadget"],
        Direct,
        "what it stores needs a migration",
    ),
    ("jiraDeploymentGating", &[], None, ""),
    (
        "jiraDeploymentInfoProvider",
        &["devops:deploymentInfoProvider"],
        Direct,
        "",
    ),
    ("jiraDevOpsComponentProvider", &[], None, ""),
    (
        "jiraDevelopmentTool",
        &["devops:developmentInfoProvider"],
        Direct,
        "",
    ),
    ("jiraEntityProperties", &["jira:entityProperty"], Direct, ""),
    (
        "jiraFeatureFlagInfoProvider",
        &["devops:featureFlagInfoProvider"],
        Direct,
        "",
    ),
    (
        "jiraGlobalPermissions",
        &["jira:globalPermission"],
        Direct,
        "needs `migratedFromConnect: true`, so that what was granted stays granted",
    ),
    (
        "jiraIssueContents",
        &["jira:issuePanel"],
        Caveats,
        "closed until somebody opens it (FRGE-734)",
    ),
    ("jiraIssueContexts", &["jira:issueContext"], Direct, ""),
    ("jiraIssueFields", &["jira:customField"], Direct, ""),
    ("jiraIssueGlances", &["jira:issueGlance"], Direct, ""),
    (
        "jiraIssueTabPanels",
        &["jira:issueActivity"],
        Caveats,
        "stands in the activity of the issue",
    ),
    ("jiraIssueTypes", &[], None, ""),
    ("jiraJqlFunctions", &["jira:jqlFunction"], Direct, ""),
    ("jiraOperationsInfoProvider", &[], None, ""),
    (
        "jiraProjectAdminTabPanels",
        &["jira:projectSettingsPage"],
        Direct,
        "",
    ),
    ("jiraProjectPages", &["jira:projectPage"], Direct, ""),
    (
        "jiraProjectPermissions",
        &["jira:projectPermission"],
        Direct,
        "needs `migratedFromConnect: true`, so that what was granted stays granted",
    ),
    (
        "jiraProjectTabPanels",
        &[],
        None,
        "deprecated since 2017: take it out",
    ),
    (
        "jiraRemoteLinkInfoProvider",
        &["devops:remoteLinkInfoProvider"],
        Direct,
        "",
    ),
    ("jiraReports", &[], None, ""),
    ("jiraSearchRequestViews", &[], None, ""),
    (
        "jiraSecurityInfoProvider",
        &["devops:securityInfoProvider"],
        Direct,
        "",
    ),
    (
        "jiraTimeTrackingProviders",
        &["jira:timeTrackingProvider"],
        Direct,
        "",
    ),
    (
        "jiraWorkflowConditions",
        &["jira:workflowCondition"],
        Preview,
        "what it stores needs a migration",
    ),
    (
        "jiraWorkflowPostFunctions",
        &["jira:workflowPostFunction"],
        Preview,
        "what it stores needs a migration",
    ),
    (
        "jiraWorkflowValidators",
        &["jira:workflowValidator"],
        Preview,
        "what it stores needs a migration",
    ),
    ("keyboardShortcuts", &["jira:command"], Preview, ""),
    (
        "postInstallPage",
        &["jira:adminPage"],
        Caveats,
        "it is an ordinary page there: nothing opens it after an install",
    ),
    ("serviceDeskOrganizationActions", &[], None, ""),
    (
        "serviceDeskOrganizationPanels",
        &["jiraServiceManagement:organizationPanel"],
        Direct,
        "",
    ),
    (
        "serviceDeskPortalFooters",
        &["jiraServiceManagement:portalFooter"],
        Direct,
        "",
    ),
    (
        "serviceDeskPortalHeaders",
        &["jiraServiceManagement:portalHeader"],
        Direct,
        "",
    ),
    ("serviceDeskPortalProfileActions", &[], None, ""),
    (
        "serviceDeskPortalProfilePanels",
        &["jiraServiceManagement:portalProfilePanel"],
        Direct,
        "",
    ),
    (
        "serviceDeskPortalRequestCreatePropertyPanels",
        &["jiraServiceManagement:portalRequestCreatePropertyPanel"],
        Direct,
        "",
    ),
    (
        "serviceDeskPortalRequestViewActions",
        &["jiraServiceManagement:portalRequestViewAction"],
        Direct,
        "",
    ),
    (
        "serviceDeskPortalRequestViewDetailsPanels",
        &["jiraServiceManagement:portalRequestDetail"],
        Direct,
        "",
    ),
    (
        "serviceDeskPortalRequestViewPanels",
        &["jiraServiceManagement:portalRequestDetailPanel"],
        Direct,
        "",
    ),
    (
        "serviceDeskPortalSubHeaders",
        &["jiraServiceManagement:portalSubheader"],
        Direct,
        "",
    ),
    (
        "serviceDeskPortalUserMenuActions",
        &["jiraServiceManagement:portalUserMenuAction"],
        Direct,
        "",
    ),
    (
        "serviceDeskQueueGroups",
        &["jiraServiceManagement:queuePage"],
        Direct,
        "",
    ),
    (
        "serviceDeskQueues",
        &["jiraServiceManagement:queuePage"],
        Direct,
        "",
    ),
    ("serviceDeskReportGroups", &[], None, ""),
    ("serviceDeskReports", &[], None, ""),
    (
        "webSections",
        &[],
        Redesign,
        "Forge has no sections: order the navigation anew",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::names::FORGE_MODULES;
    use crate::table::MODULE_TYPES;

    #[test]
    fn every_module_type_is_in_the_table_and_what_replaces_it_is_a_module_of_forge() {
        for (product, table) in [(Product::Confluence, CONFLUENCE), (Product::Jira, JIRA)] {
            let of = |module: &&crate::table::ModuleType| module.products.includes(product);
            for module in MODULE_TYPES.iter().filter(of) {
                // What replaces these depends on their place or event.
                let elsewhere = ["webItems", "webPanels", "webhooks"].contains(&module.name);
                let rows = table.iter().filter(|row| row.0 == module.name).count();
                assert_eq!(rows, usize::from(!elsewhere), "{product} {}", module.name);
            }
            for (name, forge, fit, note) in table {
                assert!(
                    crate::table::module_type(name, Some(product)).is_some(),
                    "{name}"
                );
                let known = |name: &&str| FORGE_MODULES.contains(name);
                assert!(forge.iter().all(known), "{name}: {forge:?}");
                // Whatever is no module for a module says what it is.
                let is_module = !forge.is_empty() && !matches!(fit, Redesign | None);
                assert!(is_module || *fit == None || !note.is_empty(), "{name}");
            }
        }
    }
}
