//! The names of all module types.

use crate::Product;

/// The names of the product's module types, or of all products'.
pub(crate) fn module_names(product: Option<Product>) -> impl Iterator<Item = &'static str> {
    let lists: [&[&str]; 4] = match product {
        None => [SHARED, JIRA, CONFLUENCE, BITBUCKET],
        Some(Product::Bitbucket) => [BITBUCKET, BITBUCKET_SHARED, &[], &[]],
        Some(Product::Confluence) => [SHARED, CONFLUENCE, &[], &[]],
        Some(Product::Jira) => [SHARED, JIRA, &[], &[]],
    };
    lists.into_iter().flatten().copied()
}

/// Jira and Confluence.
static SHARED: &[&str] = &[
    "adminPages",
    "configurePage",
    "dialogs",
    "generalPages",
    "keyboardShortcuts",
    "postInstallPage",
    "webItems",
    "webPanels",
    "webSections",
    "webhooks",
];

/// Jira alone, its service management and development tools included.
static JIRA: &[&str] = &[
    "assetPanels",
    "automationActions",
    "jiraBackgroundScripts",
    "jiraBuildInfoProvider",
    "jiraDashboardItems",
    "jiraDeploymentGating",
    "jiraDeploymentInfoProvider",
    "jiraDevOpsComponentProvider",
    "jiraDevelopmentTool",
    "jiraEntityProperties",
    "jiraFeatureFlagInfoProvider",
    "jiraGlobalPermissions",
    "jiraIssueContents",
    "jiraIssueContexts",
    "jiraIssueFields",
    "jiraIssueGlances",
    "jiraIssueTabPanels",
    "jiraIssueTypes",
    "jiraJqlFunctions",
    "jiraOperationsInfoProvider",
    "jiraProjectAdminTabPanels",
    "jiraProjectPages",
    "jiraProjectPermissions",
    "jiraProjectTabPanels",
    "jiraRemoteLinkInfoProvider",
    "jiraReports",
    "jiraSearchRequestViews",
    "jiraSecurityInfoProvider",
    "jiraTimeTrackingProviders",
    "jiraWorkflowConditions",
    "jiraWorkflowPostFunctions",
    "jiraWorkflowValidators",
    "serviceDeskOrganizationActions",
    "serviceDeskOrganizationPanels",
    "serviceDeskPortalFooters",
    "serviceDeskPortalHeaders",
    "serviceDeskPortalProfileActions",
    "serviceDeskPortalProfilePanels",
    "serviceDeskPortalRequestCreatePropertyPanels",
    "serviceDeskPortalRequestViewActions",
    "serviceDeskPortalRequestViewDetailsPanels",
    "serviceDeskPortalRequestViewPanels",
    "serviceDeskPortalSubHeaders",
    "serviceDeskPortalUserMenuActions",
    "serviceDeskQueueGroups",
    "serviceDeskQueues",
    "serviceDeskReportGroups",
    "serviceDeskReports",
];

/// Confluence alone.
static CONFLUENCE: &[&str] = &[
    "blueprints",
    "confluenceContentProperties",
    "confluenceThemes",
    "contentBylineItems",
    "customContent",
    "dynamicContentMacros",
    "publishConditions",
    "spaceToolsTabs",
    "staticContentMacros",
];

/// Bitbucket alone.
static BITBUCKET: &[&str] = &[
    "fileViews",
    "linkers",
    "oauthConsumer",
    "profileTabs",
    "repoPages",
];

/// Names that Bitbucket shares with the others.
static BITBUCKET_SHARED: &[&str] = &[
    "adminPages",
    "configurePage",
    "webItems",
    "webPanels",
    "webhooks",
];
