//! What each type of module looks like in a descriptor, and what of an app answers it.
//!
//! One row a type; nothing else here knows a type by name. The validator knows what a type may
//! have, this table what a new one begins with.

/// A type of module that can be added.
#[derive(Debug)]
pub(crate) struct Kind {
    /// Its name in `modules`.
    pub(crate) name: &'static str,
    /// What answers at the module's address.
    pub(crate) answer: Answer,
    /// The entry, as JSON with `$` placeholders ([`super::entry`]).
    pub(super) entry: &'static str,
    /// A module that this one needs beside it, with its type.
    pub(super) beside: Option<(&'static str, &'static str)>,
}

/// What of an app answers a module's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A route that the product asks, and that answers with JQL.
    Asked,
    /// A route that the product calls when something is to be done.
    Called,
    /// A worker that the product tells of an event.
    Event,
    /// A view that the product makes a part of its own page.
    Fragment,
    /// Nothing: the module is all in the descriptor.
    Nothing,
    /// A view with the room of a page.
    Page,
    /// A view with little room.
    Panel,
    /// A view that nobody sees, for its script.
    Script,
    /// A file that anybody may have.
    Template,
}

/// The row of a type.
pub(crate) fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

const fn row(name: &'static str, answer: Answer, entry: &'static str) -> Kind {
    Kind {
        name,
        answer,
        entry,
        beside: None,
    }
}

const fn pair(
    name: &'static str,
    answer: Answer,
    entry: &'static str,
    beside: (&'static str, &'static str),
) -> Kind {
    Kind {
        beside: Some(beside),
        ..row(name, answer, entry)
    }
}

const URL: &str = r#"{"key":"$KEY","url":"$URL"}"#;
const NAME: &str = r#"{"key":"$KEY","name":$NAME}"#;
const NAME_URL: &str = r#"{"key":"$KEY","name":$NAME,"url":"$URL"}"#;
const PLACED: &str = r#"{"key":"$KEY","name":$NAME,"url":"$URL","location":"$PLACE"}"#;
const DESCRIBED: &str = r#"{"key":"$KEY","name":$NAME,"url":"$URL","description":$NAME}"#;
const GLANCE: &str = r#"{"key":"$KEY","name":$NAME,"icon":$ICON,"content":{"type":"label","label":$NAME},"target":{"type":"web_panel","url":"$URL"}}"#;
const TOOL: &str = r#"{"key":"$KEY","name":$NAME,"homeUrl":"https://www.example.com","logoUrl":"https://www.example.com/logo.svg"}"#;
const SEARCHED: &str = r#"{"key":"$KEY","name":$NAME,"keyConfigurations":[{"propertyKey":"$KEY","extractions":[{"objectName":"state","type":"string"}]}]}"#;
const DIALOG: &str = r#"{"key":"$KEY-view","url":"$URL"}"#;
const HIDDEN_PAGE: &str = r#"{"key":"$KEY-view","name":$NAME,"url":"$URL","location":"none"}"#;

/// Every type of Jira and Confluence, by name.
#[rustfmt::skip]
pub(super) const KINDS: &[Kind] = &[
    row("adminPages", Answer::Page, NAME_URL),
    row("assetPanels", Answer::Panel, NAME_URL),
    row("automationActions", Answer::Called, r#"{"key":"$KEY","name":$NAME,"webhook":{"url":"$URL"}}"#),
    row("blueprints", Answer::Template, r#"{"key":"$KEY","name":$NAME,"template":{"url":"$URL"}}"#),
    row("configurePage", Answer::Page, NAME_URL),
    row("confluenceContentProperties", Answer::Nothing, SEARCHED),
    row("confluenceThemes", Answer::Page, r#"{"key":"$KEY","name":$NAME,"routeOverride":true,"routes":{"spaceview":{"url":"$URL"}}}"#),
    row("contentBylineItems", Answer::Panel, r#"{"key":"$KEY","name":$NAME,"tooltip":$NAME,"icon":$ICON,"url":"$URL","target":{"type":"inlinedialog"}}"#),
    pair("customContent", Answer::Page, r#"{"key":"$KEY","name":$NAME,"uiSupport":{"contentViewComponent":{"moduleKey":"$KEY-view"},"icons":{"item":$ICON}},"apiSupport":{"supportedContainerTypes":["space"]}}"#, ("generalPages", HIDDEN_PAGE)),
    row("dialogs", Answer::Page, URL),
    row("dynamicContentMacros", Answer::Panel, r#"{"key":"$KEY","name":$NAME,"url":"$URL","outputType":"block"}"#),
    row("generalPages", Answer::Page, PLACED),
    row("jiraBackgroundScripts", Answer::Script, r#"{"key":"$KEY","url":"$URL","location":{"type":"issue_view"}}"#),
    row("jiraBuildInfoProvider", Answer::Nothing, TOOL),
    row("jiraDashboardItems", Answer::Panel, r#"{"key":"$KEY","name":$NAME,"url":"$URL","description":$NAME,"thumbnailUrl":"/icon.svg"}"#),
    row("jiraDeploymentGating", Answer::Called, r#"{"key":"$KEY","name":$NAME,"callback":{"type":"jwt","url":"$URL"}}"#),
    row("jiraDeploymentInfoProvider", Answer::Nothing, TOOL),
    row("jiraDevOpsComponentProvider", Answer::Nothing, TOOL),
    row("jiraDevelopmentTool", Answer::Nothing, r#"{"key":"$KEY","name":$NAME,"application":$NAME,"capabilities":["commit","branch","pull_request"],"url":"https://www.example.com","logoUrl":"https://www.example.com/logo.svg"}"#),
    row("jiraEntityProperties", Answer::Nothing, SEARCHED),
    row("jiraFeatureFlagInfoProvider", Answer::Nothing, TOOL),
    row("jiraGlobalPermissions", Answer::Nothing, r#"{"key":"$KEY","name":$NAME,"description":$NAME,"anonymousAllowed":false}"#),
    row("jiraIssueContents", Answer::Panel, r#"{"key":"$KEY","name":$NAME,"tooltip":$NAME,"icon":$ICON,"target":{"type":"web_panel","url":"$URL"}}"#),
    row("jiraIssueContexts", Answer::Panel, GLANCE),
    row("jiraIssueFields", Answer::Nothing, r#"{"key":"$KEY","name":$NAME,"description":$NAME,"type":"string"}"#),
    row("jiraIssueGlances", Answer::Panel, GLANCE),
    row("jiraIssueTabPanels", Answer::Panel, NAME_URL),
    row("jiraIssueTypes", Answer::Nothing, r#"{"key":"$KEY","name":$NAME,"description":$NAME,"type":"standard"}"#),
    row("jiraJqlFunctions", Answer::Asked, r#"{"key":"$KEY","name":"$WORD","url":"$URL","arguments":[],"operators":["in","not_in"],"types":["issue"]}"#),
    row("jiraOperationsInfoProvider", Answer::Nothing, TOOL),
    row("jiraProjectAdminTabPanels", Answer::Page, NAME_URL),
    row("jiraProjectPages", Answer::Page, NAME_URL),
    row("jiraProjectPermissions", Answer::Nothing, r#"{"key":"$KEY","name":$NAME,"description":$NAME}"#),
    row("jiraProjectTabPanels", Answer::Page, NAME_URL),
    row("jiraRemoteLinkInfoProvider", Answer::Nothing, TOOL),
    row("jiraReports", Answer::Page, DESCRIBED),
    row("jiraSearchRequestViews", Answer::Page, NAME_URL),
    row("jiraSecurityInfoProvider", Answer::Nothing, TOOL),
    row("jiraTimeTrackingProviders", Answer::Nothing, NAME),
    row("jiraWorkflowConditions", Answer::Nothing, r#"{"key":"$KEY","name":$NAME,"description":$NAME,"expression":"user != null"}"#),
    row("jiraWorkflowPostFunctions", Answer::Called, r#"{"key":"$KEY","name":$NAME,"description":$NAME,"triggered":{"url":"$URL"}}"#),
    row("jiraWorkflowValidators", Answer::Nothing, r#"{"key":"$KEY","name":$NAME,"description":$NAME,"expression":"issue.summary != null","errorMessage":$NAME}"#),
    pair("keyboardShortcuts", Answer::Page, r#"{"key":"$KEY","name":$NAME,"context":"global","shortcut":"zz","target":{"key":"$KEY-view"}}"#, ("dialogs", DIALOG)),
    row("postInstallPage", Answer::Page, NAME_URL),
    row("publishConditions", Answer::Panel, r#"{"key":"$KEY","name":$NAME,"errorMessage":$NAME,"conditions":[{"condition":"user_is_logged_in"}],"dialog":{"url":"$URL","header":$NAME}}"#),
    row("serviceDeskOrganizationActions", Answer::Page, NAME_URL),
    row("serviceDeskOrganizationPanels", Answer::Panel, URL),
    row("serviceDeskPortalFooters", Answer::Panel, URL),
    row("serviceDeskPortalHeaders", Answer::Panel, URL),
    row("serviceDeskPortalProfileActions", Answer::Page, NAME_URL),
    row("serviceDeskPortalProfilePanels", Answer::Panel, URL),
    row("serviceDeskPortalRequestCreatePropertyPanels", Answer::Panel, URL),
    row("serviceDeskPortalRequestViewActions", Answer::Page, NAME_URL),
    row("serviceDeskPortalRequestViewDetailsPanels", Answer::Panel, URL),
    row("serviceDeskPortalRequestViewPanels", Answer::Panel, URL),
    row("serviceDeskPortalSubHeaders", Answer::Panel, URL),
    row("serviceDeskPortalUserMenuActions", Answer::Page, NAME_URL),
    row("serviceDeskQueueGroups", Answer::Nothing, NAME),
    row("serviceDeskQueues", Answer::Page, NAME_URL),
    row("serviceDeskReportGroups", Answer::Nothing, NAME),
    row("serviceDeskReports", Answer::Page, NAME_URL),
    row("spaceToolsTabs", Answer::Page, NAME_URL),
    row("staticContentMacros", Answer::Fragment, r#"{"key":"$KEY","name":$NAME,"url":"$URL","outputType":"block"}"#),
    row("webItems", Answer::Page, PLACED),
    row("webPanels", Answer::Panel, PLACED),
    row("webSections", Answer::Nothing, r#"{"key":"$KEY","name":$NAME,"location":"$PLACE"}"#),
    row("webhooks", Answer::Event, r#"{"event":"$EVENT","url":"$URL"}"#),
];

/// Where a module stands when nothing else is said: by product, by type.
pub(super) fn usual_place(name: &str, product: &str) -> &'static str {
    match (name, product) {
        ("generalPages", "confluence") => "system.header/left",
        ("generalPages", _) => "system.top.navigation.bar",
        ("webPanels", "confluence") => "atl.general",
        ("webPanels", _) => "atl.jira.view.issue.right.context",
        (_, "confluence") => "system.content.action",
        _ => "jira.issue.tools",
    }
}

/// The event of a webhook when nothing else is said.
pub(super) fn usual_event(product: &str) -> &'static str {
    match product {
        "confluence" => "page_updated",
        _ => "jira:issue_updated",
    }
}
