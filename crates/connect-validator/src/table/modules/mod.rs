//! Module types: what an app can add to a product.

mod bitbucket;
mod common;
mod confluence;
mod dev_tools;
mod fields;
mod jira;
mod macros;
mod service_desk;
mod shared;
mod theme;

use crate::Product;
use crate::table::Shape;

/// A member of `modules`.
#[derive(Debug)]
pub(crate) struct ModuleType {
    pub(crate) name: &'static str,
    pub(crate) products: Products,
    pub(crate) count: Count,
    pub(crate) shape: &'static Shape,
    /// What it is: shown by editors.
    pub(crate) doc: &'static str,
}

/// Who has a module type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Products {
    Bitbucket,
    /// Jira and Confluence, not Bitbucket.
    Both,
    Confluence,
    Jira,
}

/// How many modules of a type an app may have, and with that the shape of the JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Count {
    /// The documents do not agree whether it is a list: both are taken.
    Either,
    /// A list of objects.
    Many,
    /// One object.
    One,
}

impl Products {
    pub(crate) fn includes(self, product: Product) -> bool {
        match self {
            Self::Bitbucket => product == Product::Bitbucket,
            Self::Both => product != Product::Bitbucket,
            Self::Confluence => product == Product::Confluence,
            Self::Jira => product == Product::Jira,
        }
    }

    /// The product, if it is only one.
    pub(crate) fn only(self) -> Option<Product> {
        match self {
            Self::Bitbucket => Some(Product::Bitbucket),
            Self::Both => None,
            Self::Confluence => Some(Product::Confluence),
            Self::Jira => Some(Product::Jira),
        }
    }
}

/// The module type of this name, as the product has it. Without a product: as Jira and Confluence have it,
/// if they do.
pub(crate) fn module_type(name: &str, product: Option<Product>) -> Option<&'static ModuleType> {
    let mut same_name = MODULE_TYPES.iter().filter(|m| m.name == name);
    match product {
        Some(product) => same_name.find(|m| m.products.includes(product)),
        None => same_name.next(),
    }
}

/// Every module type. Names that Bitbucket shares with the others stand twice, Bitbucket's second.
pub(crate) static MODULE_TYPES: &[ModuleType] = &[
    ModuleType {
        name: "adminPages",
        products: Products::Both,
        count: Count::Many,
        shape: &common::ADMIN_PAGES,
        doc: "A page in the administration of the product.",
    },
    ModuleType {
        name: "assetPanels",
        products: Products::Jira,
        count: Count::Many,
        shape: &jira::ASSET_PANELS,
        doc: "A panel on the page of an asset.",
    },
    ModuleType {
        name: "automationActions",
        products: Products::Jira,
        count: Count::Many,
        shape: &jira::AUTOMATION_ACTIONS,
        doc: "An action for automation rules.",
    },
    ModuleType {
        name: "blueprints",
        products: Products::Confluence,
        count: Count::Many,
        shape: &confluence::BLUEPRINTS,
        doc: "A template for new pages.",
    },
    ModuleType {
        name: "configurePage",
        products: Products::Both,
        count: Count::One,
        shape: &common::CONFIGURE_PAGE,
        doc: "The page behind the button \"Configure\" of the app manager.",
    },
    ModuleType {
        name: "confluenceContentProperties",
        products: Products::Confluence,
        count: Count::Many,
        shape: &confluence::CONFLUENCE_CONTENT_PROPERTIES,
        doc: "Content properties that CQL can search.",
    },
    ModuleType {
        name: "confluenceThemes",
        products: Products::Confluence,
        count: Count::Many,
        shape: &confluence::CONFLUENCE_THEMES,
        doc: "A theme for spaces or the whole site.",
    },
    ModuleType {
        name: "contentBylineItems",
        products: Products::Confluence,
        count: Count::Many,
        shape: &confluence::CONTENT_BYLINE_ITEMS,
        doc: "An entry in the line below the title of a page.",
    },
    ModuleType {
        name: "customContent",
        products: Products::Confluence,
        count: Count::Many,
        shape: &confluence::CUSTOM_CONTENT,
        doc: "A type of content of its own.",
    },
    ModuleType {
        name: "dialogs",
        products: Products::Both,
        count: Count::Many,
        shape: &common::DIALOGS,
        doc: "A dialog that links and scripts can open.",
    },
    ModuleType {
        name: "dynamicContentMacros",
        products: Products::Confluence,
        count: Count::Many,
        shape: &macros::DYNAMIC_CONTENT_MACROS,
        doc: "A macro that shows a page of the app in a frame.",
    },
    ModuleType {
        name: "generalPages",
        products: Products::Both,
        count: Count::Many,
        shape: &common::GENERAL_PAGES,
        doc: "A page of its own, with a link in the navigation.",
    },
    ModuleType {
        name: "jiraBackgroundScripts",
        products: Products::Jira,
        count: Count::Many,
        shape: &jira::JIRA_BACKGROUND_SCRIPTS,
        doc: "A script without a face that runs beside an issue or a dashboard.",
    },
    ModuleType {
        name: "jiraBuildInfoProvider",
        products: Products::Jira,
        count: Count::One,
        shape: &dev_tools::JIRA_BUILD_INFO_PROVIDER,
        doc: "Builds shown on issues.",
    },
    ModuleType {
        name: "jiraDashboardItems",
        products: Products::Jira,
        count: Count::Many,
        shape: &jira::JIRA_DASHBOARD_ITEMS,
        doc: "A gadget for dashboards.",
    },
    ModuleType {
        name: "jiraDeploymentGating",
        products: Products::Jira,
        count: Count::Either,
        shape: &dev_tools::JIRA_DEPLOYMENT_GATING,
        doc: "Lets deployments wait for a decision in the product.",
    },
    ModuleType {
        name: "jiraDeploymentInfoProvider",
        products: Products::Jira,
        count: Count::One,
        shape: &dev_tools::JIRA_DEPLOYMENT_INFO_PROVIDER,
        doc: "Deployments shown on issues.",
    },
    ModuleType {
        name: "jiraDevOpsComponentProvider",
        products: Products::Jira,
        count: Count::Either,
        shape: &dev_tools::JIRA_DEV_OPS_COMPONENT_PROVIDER,
        doc: "Components of other tools.",
    },
    ModuleType {
        name: "jiraDevelopmentTool",
        products: Products::Jira,
        count: Count::One,
        shape: &dev_tools::JIRA_DEVELOPMENT_TOOL,
        doc: "Commits, branches and pull requests shown on issues.",
    },
    ModuleType {
        name: "jiraEntityProperties",
        products: Products::Jira,
        count: Count::Many,
        shape: &jira::JIRA_ENTITY_PROPERTIES,
        doc: "Entity properties that JQL can search.",
    },
    ModuleType {
        name: "jiraFeatureFlagInfoProvider",
        products: Products::Jira,
        count: Count::One,
        shape: &dev_tools::JIRA_FEATURE_FLAG_INFO_PROVIDER,
        doc: "Feature flags shown on issues.",
    },
    ModuleType {
        name: "jiraGlobalPermissions",
        products: Products::Jira,
        count: Count::Many,
        shape: &jira::JIRA_GLOBAL_PERMISSIONS,
        doc: "A permission given for the whole site.",
    },
    ModuleType {
        name: "jiraIssueContents",
        products: Products::Jira,
        count: Count::Many,
        shape: &jira::JIRA_ISSUE_CONTENTS,
        doc: "Content that people add to an issue with a button.",
    },
    ModuleType {
        name: "jiraIssueContexts",
        products: Products::Jira,
        count: Count::Many,
        shape: &jira::JIRA_ISSUE_CONTEXTS,
        doc: "A collapsible panel in the side bar of an issue.",
    },
    ModuleType {
        name: "jiraIssueFields",
        products: Products::Jira,
        count: Count::Many,
        shape: &jira::JIRA_ISSUE_FIELDS,
        doc: "A field of issues.",
    },
    ModuleType {
        name: "jiraIssueGlances",
        products: Products::Jira,
        count: Count::Many,
        shape: &jira::JIRA_ISSUE_GLANCES,
        doc: "A status in the side bar of an issue that opens a panel.",
    },
    ModuleType {
        name: "jiraIssueTabPanels",
        products: Products::Jira,
        count: Count::Many,
        shape: &jira::JIRA_ISSUE_TAB_PANELS,
        doc: "A tab in the activity part of an issue.",
    },
    ModuleType {
        name: "jiraIssueTypes",
        products: Products::Jira,
        count: Count::Many,
        shape: &jira::JIRA_ISSUE_TYPES,
        doc: "A type of issues.",
    },
    ModuleType {
        name: "jiraJqlFunctions",
        products: Products::Jira,
        count: Count::Many,
        shape: &jira::JIRA_JQL_FUNCTIONS,
        doc: "A function for JQL.",
    },
    ModuleType {
        name: "jiraOperationsInfoProvider",
        products: Products::Jira,
        count: Count::Either,
        shape: &dev_tools::JIRA_OPERATIONS_INFO_PROVIDER,
        doc: "Incidents and reviews shown on issues.",
    },
    ModuleType {
        name: "jiraProjectAdminTabPanels",
        products: Products::Jira,
        count: Count::Many,
        shape: &jira::JIRA_PROJECT_ADMIN_TAB_PANELS,
        doc: "A tab in the settings of a project.",
    },
    ModuleType {
        name: "jiraProjectPages",
        products: Products::Jira,
        count: Count::Many,
        shape: &jira::JIRA_PROJECT_PAGES,
        doc: "A page within each project.",
    },
    ModuleType {
        name: "jiraProjectPermissions",
        products: Products::Jira,
        count: Count::Many,
        shape: &jira::JIRA_PROJECT_PERMISSIONS,
        doc: "A permission given per project.",
    },
    ModuleType {
        name: "jiraProjectTabPanels",
        products: Products::Jira,
        count: Count::Many,
        shape: &jira::JIRA_PROJECT_TAB_PANELS,
        doc: "A tab of a project.",
    },
    ModuleType {
        name: "jiraRemoteLinkInfoProvider",
        products: Products::Jira,
        count: Count::Either,
        shape: &dev_tools::JIRA_REMOTE_LINK_INFO_PROVIDER,
        doc: "Links to other tools shown on issues.",
    },
    ModuleType {
        name: "jiraReports",
        products: Products::Jira,
        count: Count::Many,
        shape: &jira::JIRA_REPORTS,
        doc: "A report of a project.",
    },
    ModuleType {
        name: "jiraSearchRequestViews",
        products: Products::Jira,
        count: Count::Many,
        shape: &jira::JIRA_SEARCH_REQUEST_VIEWS,
        doc: "A way to show or export the result of a search.",
    },
    ModuleType {
        name: "jiraSecurityInfoProvider",
        products: Products::Jira,
        count: Count::Either,
        shape: &dev_tools::JIRA_SECURITY_INFO_PROVIDER,
        doc: "Security findings shown on issues.",
    },
    ModuleType {
        name: "jiraTimeTrackingProviders",
        products: Products::Jira,
        count: Count::Many,
        shape: &jira::JIRA_TIME_TRACKING_PROVIDERS,
        doc: "Replaces the way time is tracked.",
    },
    ModuleType {
        name: "jiraWorkflowConditions",
        products: Products::Jira,
        count: Count::Many,
        shape: &jira::JIRA_WORKFLOW_CONDITIONS,
        doc: "A condition for who may use a transition.",
    },
    ModuleType {
        name: "jiraWorkflowPostFunctions",
        products: Products::Jira,
        count: Count::Many,
        shape: &jira::JIRA_WORKFLOW_POST_FUNCTIONS,
        doc: "Something that happens after a transition.",
    },
    ModuleType {
        name: "jiraWorkflowValidators",
        products: Products::Jira,
        count: Count::Many,
        shape: &jira::JIRA_WORKFLOW_VALIDATORS,
        doc: "A check of what was entered in a transition.",
    },
    ModuleType {
        name: "keyboardShortcuts",
        products: Products::Both,
        count: Count::Many,
        shape: &common::KEYBOARD_SHORTCUTS,
        doc: "A key combination that opens a module of the app.",
    },
    ModuleType {
        name: "postInstallPage",
        products: Products::Both,
        count: Count::One,
        shape: &common::POST_INSTALL_PAGE,
        doc: "The page shown when the app has just been installed.",
    },
    ModuleType {
        name: "publishConditions",
        products: Products::Confluence,
        count: Count::Many,
        shape: &confluence::PUBLISH_CONDITIONS,
        doc: "A check before a page is published.",
    },
    ModuleType {
        name: "serviceDeskOrganizationActions",
        products: Products::Jira,
        count: Count::Many,
        shape: &service_desk::SERVICE_DESK_ORGANIZATION_ACTIONS,
        doc: "An action on the page of an organisation.",
    },
    ModuleType {
        name: "serviceDeskOrganizationPanels",
        products: Products::Jira,
        count: Count::Many,
        shape: &service_desk::SERVICE_DESK_ORGANIZATION_PANELS,
        doc: "A panel on the page of an organisation.",
    },
    ModuleType {
        name: "serviceDeskPortalFooters",
        products: Products::Jira,
        count: Count::Many,
        shape: &service_desk::SERVICE_DESK_PORTAL_FOOTERS,
        doc: "A panel below the pages of the customer portal.",
    },
    ModuleType {
        name: "serviceDeskPortalHeaders",
        products: Products::Jira,
        count: Count::Many,
        shape: &service_desk::SERVICE_DESK_PORTAL_HEADERS,
        doc: "A panel above the pages of the customer portal.",
    },
    ModuleType {
        name: "serviceDeskPortalProfileActions",
        products: Products::Jira,
        count: Count::Many,
        shape: &service_desk::SERVICE_DESK_PORTAL_PROFILE_ACTIONS,
        doc: "An action on the profile page of the customer portal.",
    },
    ModuleType {
        name: "serviceDeskPortalProfilePanels",
        products: Products::Jira,
        count: Count::Many,
        shape: &service_desk::SERVICE_DESK_PORTAL_PROFILE_PANELS,
        doc: "A panel on the profile page of the customer portal.",
    },
    ModuleType {
        name: "serviceDeskPortalRequestCreatePropertyPanels",
        products: Products::Jira,
        count: Count::Many,
        shape: &service_desk::SERVICE_DESK_PORTAL_REQUEST_CREATE_PROPERTY_PANELS,
        doc: "A panel in the form for a new request that stores properties.",
    },
    ModuleType {
        name: "serviceDeskPortalRequestViewActions",
        products: Products::Jira,
        count: Count::Many,
        shape: &service_desk::SERVICE_DESK_PORTAL_REQUEST_VIEW_ACTIONS,
        doc: "An action on the page of a request.",
    },
    ModuleType {
        name: "serviceDeskPortalRequestViewDetailsPanels",
        products: Products::Jira,
        count: Count::Many,
        shape: &service_desk::SERVICE_DESK_PORTAL_REQUEST_VIEW_DETAILS_PANELS,
        doc: "A panel among the details of a request.",
    },
    ModuleType {
        name: "serviceDeskPortalRequestViewPanels",
        products: Products::Jira,
        count: Count::Many,
        shape: &service_desk::SERVICE_DESK_PORTAL_REQUEST_VIEW_PANELS,
        doc: "A panel on the page of a request.",
    },
    ModuleType {
        name: "serviceDeskPortalSubHeaders",
        products: Products::Jira,
        count: Count::Many,
        shape: &service_desk::SERVICE_DESK_PORTAL_SUB_HEADERS,
        doc: "A panel below the title of the pages of the customer portal.",
    },
    ModuleType {
        name: "serviceDeskPortalUserMenuActions",
        products: Products::Jira,
        count: Count::Many,
        shape: &service_desk::SERVICE_DESK_PORTAL_USER_MENU_ACTIONS,
        doc: "An entry in the user menu of the customer portal.",
    },
    ModuleType {
        name: "serviceDeskQueueGroups",
        products: Products::Jira,
        count: Count::Many,
        shape: &service_desk::SERVICE_DESK_QUEUE_GROUPS,
        doc: "A group of queues.",
    },
    ModuleType {
        name: "serviceDeskQueues",
        products: Products::Jira,
        count: Count::Many,
        shape: &service_desk::SERVICE_DESK_QUEUES,
        doc: "An entry among the queues of agents.",
    },
    ModuleType {
        name: "serviceDeskReportGroups",
        products: Products::Jira,
        count: Count::Many,
        shape: &service_desk::SERVICE_DESK_REPORT_GROUPS,
        doc: "A group of reports.",
    },
    ModuleType {
        name: "serviceDeskReports",
        products: Products::Jira,
        count: Count::Many,
        shape: &service_desk::SERVICE_DESK_REPORTS,
        doc: "An entry among the reports.",
    },
    ModuleType {
        name: "spaceToolsTabs",
        products: Products::Confluence,
        count: Count::Many,
        shape: &confluence::SPACE_TOOLS_TABS,
        doc: "A tab in the settings of a space.",
    },
    ModuleType {
        name: "staticContentMacros",
        products: Products::Confluence,
        count: Count::Many,
        shape: &macros::STATIC_CONTENT_MACROS,
        doc: "A macro whose content the host fetches from the app.",
    },
    ModuleType {
        name: "webItems",
        products: Products::Both,
        count: Count::Many,
        shape: &common::WEB_ITEMS,
        doc: "A link, button or menu entry.",
    },
    ModuleType {
        name: "webPanels",
        products: Products::Both,
        count: Count::Many,
        shape: &common::WEB_PANELS,
        doc: "A panel within a page of the product.",
    },
    ModuleType {
        name: "webSections",
        products: Products::Both,
        count: Count::Many,
        shape: &common::WEB_SECTIONS,
        doc: "A group that links can be put into.",
    },
    ModuleType {
        name: "webhooks",
        products: Products::Both,
        count: Count::Many,
        shape: &common::WEBHOOKS,
        doc: "An event that the host tells the app about.",
    },
    ModuleType {
        name: "adminPages",
        products: Products::Bitbucket,
        count: Count::Many,
        shape: &bitbucket::PAGE,
        doc: "A page in the settings.",
    },
    ModuleType {
        name: "configurePage",
        products: Products::Bitbucket,
        count: Count::One,
        shape: &bitbucket::PAGE,
        doc: "The page that sets the app up.",
    },
    ModuleType {
        name: "fileViews",
        products: Products::Bitbucket,
        count: Count::Many,
        shape: &bitbucket::OTHER,
        doc: "A way to show files.",
    },
    ModuleType {
        name: "linkers",
        products: Products::Bitbucket,
        count: Count::Many,
        shape: &bitbucket::OTHER,
        doc: "Turns texts into links.",
    },
    ModuleType {
        name: "oauthConsumer",
        products: Products::Bitbucket,
        count: Count::One,
        shape: &bitbucket::OTHER,
        doc: "The OAuth consumer of the app.",
    },
    ModuleType {
        name: "profileTabs",
        products: Products::Bitbucket,
        count: Count::Many,
        shape: &bitbucket::PAGE,
        doc: "A tab on the profile of a workspace.",
    },
    ModuleType {
        name: "repoPages",
        products: Products::Bitbucket,
        count: Count::Many,
        shape: &bitbucket::PAGE,
        doc: "A page of a repository.",
    },
    ModuleType {
        name: "webItems",
        products: Products::Bitbucket,
        count: Count::Many,
        shape: &bitbucket::OTHER,
        doc: "A link, button or menu entry.",
    },
    ModuleType {
        name: "webPanels",
        products: Products::Bitbucket,
        count: Count::Many,
        shape: &bitbucket::PAGE,
        doc: "A panel within a page of the product.",
    },
    ModuleType {
        name: "webhooks",
        products: Products::Bitbucket,
        count: Count::Many,
        shape: &bitbucket::WEBHOOK,
        doc: "An event that the host tells the app about.",
    },
];

/// Names that look like module types, and why they are none.
pub(crate) static NOT_MODULES: &[(&str, &str)] = &[
    (
        "jiraComponentTabPanels",
        "Jira Server has it, Jira Cloud does not",
    ),
    (
        "jiraProfileTabPanels",
        "it was removed from Jira Cloud in 2017",
    ),
    (
        "jiraVersionTabPanels",
        "Jira Server has it, Jira Cloud does not",
    ),
    (
        "profilePages",
        "Confluence Server has it, Confluence Cloud does not",
    ),
    (
        "spaceViews",
        "it belongs into `routes` of `confluenceThemes`",
    ),
    (
        "webResources",
        "plugins of Server and Data Center have it, Connect apps do not",
    ),
];
