//! Every module type: its name, who has it, how many there may be, its shape, and what it is.

use super::{
    Count, ModuleType, Products, bitbucket, common, confluence, dev_tools, jira, jira_data,
    jira_workflow, macros, service_desk,
};

macro_rules! module_types {
    ($($name:literal, $products:ident, $count:ident, $place:ident :: $shape:ident, $doc:literal;)*) => {
        /// Every module type. Names that Bitbucket shares with the others stand twice, Bitbucket's second.
        pub(crate) static MODULE_TYPES: &[ModuleType] = &[$(ModuleType {
            name: $name,
            products: Products::$products,
            count: Count::$count,
            shape: &$place::$shape,
            doc: $doc,
        }),*];
    };
}

module_types! {
    "adminPages", Both, Many, common::ADMIN_PAGES,
        "A page in the administration of the product.";
    "assetPanels", Jira, Many, jira::ASSET_PANELS,
        "A panel on the page of an asset.";
    "automationActions", Jira, Many, jira_workflow::AUTOMATION_ACTIONS,
        "An action for automation rules.";
    "blueprints", Confluence, Many, confluence::BLUEPRINTS,
        "A template for new pages.";
    "configurePage", Both, One, common::CONFIGURE_PAGE,
        "The page behind the button \"Configure\" of the app manager.";
    "confluenceContentProperties", Confluence, Many, confluence::CONFLUENCE_CONTENT_PROPERTIES,
        "Content properties that CQL can search.";
    "confluenceThemes", Confluence, Many, confluence::CONFLUENCE_THEMES,
        "A theme for spaces or the whole site.";
    "contentBylineItems", Confluence, Many, confluence::CONTENT_BYLINE_ITEMS,
        "An entry in the line below the title of a page.";
    "customContent", Confluence, Many, confluence::CUSTOM_CONTENT,
        "A type of content of its own.";
    "dialogs", Both, Many, common::DIALOGS,
        "A dialog that links and scripts can open.";
    "dynamicContentMacros", Confluence, Many, macros::DYNAMIC_CONTENT_MACROS,
        "A macro that shows a page of the app in a frame.";
    "generalPages", Both, Many, common::GENERAL_PAGES,
        "A page of its own, with a link in the navigation.";
    "jiraBackgroundScripts", Jira, Many, jira::JIRA_BACKGROUND_SCRIPTS,
        "A script without a face that runs beside an issue or a dashboard.";
    "jiraBuildInfoProvider", Jira, One, dev_tools::JIRA_BUILD_INFO_PROVIDER,
        "Builds shown on issues.";
    "jiraDashboardItems", Jira, Many, jira::JIRA_DASHBOARD_ITEMS,
        "A gadget for dashboards.";
    "jiraDeploymentGating", Jira, Either, dev_tools::JIRA_DEPLOYMENT_GATING,
        "Lets deployments wait for a decision in the product.";
    "jiraDeploymentInfoProvider", Jira, One, dev_tools::JIRA_DEPLOYMENT_INFO_PROVIDER,
        "Deployments shown on issues.";
    "jiraDevOpsComponentProvider", Jira, Either, dev_tools::JIRA_DEV_OPS_COMPONENT_PROVIDER,
        "Components of other tools.";
    "jiraDevelopmentTool", Jira, One, dev_tools::JIRA_DEVELOPMENT_TOOL,
        "Commits, branches and pull requests shown on issues.";
    "jiraEntityProperties", Jira, Many, jira_data::JIRA_ENTITY_PROPERTIES,
        "Entity properties that JQL can search.";
    "jiraFeatureFlagInfoProvider", Jira, One, dev_tools::JIRA_FEATURE_FLAG_INFO_PROVIDER,
        "Feature flags shown on issues.";
    "jiraGlobalPermissions", Jira, Many, jira_data::JIRA_GLOBAL_PERMISSIONS,
        "A permission given for the whole site.";
    "jiraIssueContents", Jira, Many, jira::JIRA_ISSUE_CONTENTS,
        "Content that people add to an issue with a button.";
    "jiraIssueContexts", Jira, Many, jira::JIRA_ISSUE_CONTEXTS,
        "A collapsible panel in the side bar of an issue.";
    "jiraIssueFields", Jira, Many, jira_data::JIRA_ISSUE_FIELDS,
        "A field of issues.";
    "jiraIssueGlances", Jira, Many, jira::JIRA_ISSUE_GLANCES,
        "A status in the side bar of an issue that opens a panel.";
    "jiraIssueTabPanels", Jira, Many, jira::JIRA_ISSUE_TAB_PANELS,
        "A tab in the activity part of an issue.";
    "jiraIssueTypes", Jira, Many, jira_data::JIRA_ISSUE_TYPES,
        "A type of issues.";
    "jiraJqlFunctions", Jira, Many, jira_data::JIRA_JQL_FUNCTIONS,
        "A function for JQL.";
    "jiraOperationsInfoProvider", Jira, Either, dev_tools::JIRA_OPERATIONS_INFO_PROVIDER,
        "Incidents and reviews shown on issues.";
    "jiraProjectAdminTabPanels", Jira, Many, jira::JIRA_PROJECT_ADMIN_TAB_PANELS,
        "A tab in the settings of a project.";
    "jiraProjectPages", Jira, Many, jira::JIRA_PROJECT_PAGES,
        "A page within each project.";
    "jiraProjectPermissions", Jira, Many, jira_data::JIRA_PROJECT_PERMISSIONS,
        "A permission given per project.";
    "jiraProjectTabPanels", Jira, Many, jira::JIRA_PROJECT_TAB_PANELS,
        "A tab of a project.";
    "jiraRemoteLinkInfoProvider", Jira, Either, dev_tools::JIRA_REMOTE_LINK_INFO_PROVIDER,
        "Links to other tools shown on issues.";
    "jiraReports", Jira, Many, jira::JIRA_REPORTS,
        "A report of a project.";
    "jiraSearchRequestViews", Jira, Many, jira::JIRA_SEARCH_REQUEST_VIEWS,
        "A way to show or export the result of a search.";
    "jiraSecurityInfoProvider", Jira, Either, dev_tools::JIRA_SECURITY_INFO_PROVIDER,
        "Security findings shown on issues.";
    "jiraTimeTrackingProviders", Jira, Many, jira_data::JIRA_TIME_TRACKING_PROVIDERS,
        "Replaces the way time is tracked.";
    "jiraWorkflowConditions", Jira, Many, jira_workflow::JIRA_WORKFLOW_CONDITIONS,
        "A condition for who may use a transition.";
    "jiraWorkflowPostFunctions", Jira, Many, jira_workflow::JIRA_WORKFLOW_POST_FUNCTIONS,
        "Something that happens after a transition.";
    "jiraWorkflowValidators", Jira, Many, jira_workflow::JIRA_WORKFLOW_VALIDATORS,
        "A check of what was entered in a transition.";
    "keyboardShortcuts", Both, Many, common::KEYBOARD_SHORTCUTS,
        "A key combination that opens a module of the app.";
    "postInstallPage", Both, One, common::POST_INSTALL_PAGE,
        "The page shown when the app has just been installed.";
    "publishConditions", Confluence, Many, confluence::PUBLISH_CONDITIONS,
        "A check before a page is published.";
    "serviceDeskOrganizationActions", Jira, Many, service_desk::SERVICE_DESK_ORGANIZATION_ACTIONS,
        "An action on the page of an organisation.";
    "serviceDeskOrganizationPanels", Jira, Many, service_desk::SERVICE_DESK_ORGANIZATION_PANELS,
        "A panel on the page of an organisation.";
    "serviceDeskPortalFooters", Jira, Many, service_desk::SERVICE_DESK_PORTAL_FOOTERS,
        "A panel below the pages of the customer portal.";
    "serviceDeskPortalHeaders", Jira, Many, service_desk::SERVICE_DESK_PORTAL_HEADERS,
        "A panel above the pages of the customer portal.";
    "serviceDeskPortalProfileActions", Jira, Many, service_desk::SERVICE_DESK_PORTAL_PROFILE_ACTIONS,
        "An action on the profile page of the customer portal.";
    "serviceDeskPortalProfilePanels", Jira, Many, service_desk::SERVICE_DESK_PORTAL_PROFILE_PANELS,
        "A panel on the profile page of the customer portal.";
    "serviceDeskPortalRequestCreatePropertyPanels", Jira, Many, service_desk::SERVICE_DESK_PORTAL_REQUEST_CREATE_PROPERTY_PANELS,
        "A panel in the form for a new request that stores properties.";
    "serviceDeskPortalRequestViewActions", Jira, Many, service_desk::SERVICE_DESK_PORTAL_REQUEST_VIEW_ACTIONS,
        "An action on the page of a request.";
    "serviceDeskPortalRequestViewDetailsPanels", Jira, Many, service_desk::SERVICE_DESK_PORTAL_REQUEST_VIEW_DETAILS_PANELS,
        "A panel among the details of a request.";
    "serviceDeskPortalRequestViewPanels", Jira, Many, service_desk::SERVICE_DESK_PORTAL_REQUEST_VIEW_PANELS,
        "A panel on the page of a request.";
    "serviceDeskPortalSubHeaders", Jira, Many, service_desk::SERVICE_DESK_PORTAL_SUB_HEADERS,
        "A panel below the title of the pages of the customer portal.";
    "serviceDeskPortalUserMenuActions", Jira, Many, service_desk::SERVICE_DESK_PORTAL_USER_MENU_ACTIONS,
        "An entry in the user menu of the customer portal.";
    "serviceDeskQueueGroups", Jira, Many, service_desk::SERVICE_DESK_QUEUE_GROUPS,
        "A group of queues.";
    "serviceDeskQueues", Jira, Many, service_desk::SERVICE_DESK_QUEUES,
        "An entry among the queues of agents.";
    "serviceDeskReportGroups", Jira, Many, service_desk::SERVICE_DESK_REPORT_GROUPS,
        "A group of reports.";
    "serviceDeskReports", Jira, Many, service_desk::SERVICE_DESK_REPORTS,
        "An entry among the reports.";
    "spaceToolsTabs", Confluence, Many, confluence::SPACE_TOOLS_TABS,
        "A tab in the settings of a space.";
    "staticContentMacros", Confluence, Many, macros::STATIC_CONTENT_MACROS,
        "A macro whose content the host fetches from the app.";
    "webItems", Both, Many, common::WEB_ITEMS,
        "A link, button or menu entry.";
    "webPanels", Both, Many, common::WEB_PANELS,
        "A panel within a page of the product.";
    "webSections", Both, Many, common::WEB_SECTIONS,
        "A group that links can be put into.";
    "webhooks", Both, Many, common::WEBHOOKS,
        "An event that the host tells the app about.";
    "adminPages", Bitbucket, Many, bitbucket::PAGE,
        "A page in the settings.";
    "configurePage", Bitbucket, One, bitbucket::PAGE,
        "The page that sets the app up.";
    "fileViews", Bitbucket, Many, bitbucket::OTHER,
        "A way to show files.";
    "linkers", Bitbucket, Many, bitbucket::OTHER,
        "Turns texts into links.";
    "oauthConsumer", Bitbucket, One, bitbucket::OTHER,
        "The OAuth consumer of the app.";
    "profileTabs", Bitbucket, Many, bitbucket::PAGE,
        "A tab on the profile of a workspace.";
    "repoPages", Bitbucket, Many, bitbucket::PAGE,
        "A page of a repository.";
    "webItems", Bitbucket, Many, bitbucket::OTHER,
        "A link, button or menu entry.";
    "webPanels", Bitbucket, Many, bitbucket::PAGE,
        "A panel within a page of the product.";
    "webhooks", Bitbucket, Many, bitbucket::WEBHOOK,
        "An event that the host tells the app about.";
}
