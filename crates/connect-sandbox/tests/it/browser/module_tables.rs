//! A module of every type, and where a product shows it.

use connect_core::Product;
use serde_json::{Value, json};

/// A module of a type, with a key that is also its path in the app.
fn module(kind: &str, key: &str) -> Value {
    let name = json!({ "value": words(kind) });
    let url = format!("/{key}");
    let icon = json!({ "url": "/icon.svg", "width": 16, "height": 16 });
    let with = |more: Value| {
        let mut module = json!({ "key": key, "name": name, "url": url });
        module
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        module
    };
    match kind {
        "jiraBackgroundScripts" => {
            json!({ "key": key, "url": url, "location": { "type": "issue_view" } })
        }
        "jiraDashboardItems" => with(json!({ "description": name, "thumbnailUrl": "/icon.svg" })),
        "jiraIssueContents" => {
            json!({ "key": key, "name": name, "icon": icon, "tooltip": name, "target": { "type": "web_panel", "url": url } })
        }
        "jiraIssueContexts" | "jiraIssueGlances" => {
            json!({ "key": key, "name": name, "icon": icon, "content": { "type": "label", "label": { "value": "3 open" } }, "target": { "type": "web_panel", "url": url } })
        }
        "jiraReports" => with(json!({ "description": name })),
        "contentBylineItems" => {
            with(json!({ "target": { "type": "inlinedialog", "options": { "width": "300px" } } }))
        }
        "confluenceThemes" => {
            json!({ "key": key, "name": name, "description": name, "routes": { "spaceview": { "url": url } } })
        }
        "customContent" => json!({
            "key": key, "name": name,
            "uiSupport": { "contentViewComponent": { "moduleKey": "m-generalpages" }, "listViewComponent": { "moduleKey": "m-generalpages" }, "icons": { "item": icon } },
            "apiSupport": { "supportedContainerTypes": ["space"] },
        }),
        "dialogs" => json!({ "key": key, "url": url, "options": { "size": "small" } }),
        "jiraWorkflowConditions" => {
            json!({ "key": key, "name": name, "description": name, "expression": "true", "create": { "url": url } })
        }
        "jiraWorkflowPostFunctions" => {
            json!({ "key": key, "name": name, "description": name, "triggered": { "url": "/triggered" }, "create": { "url": url } })
        }
        "jiraWorkflowValidators" => {
            json!({ "key": key, "name": name, "description": name, "expression": "true", "errorMessage": name, "create": { "url": url } })
        }
        kind if kind.ends_with("Actions") => with(json!({ "target": { "type": "dialog" } })),
        "publishConditions" => {
            json!({ "key": key, "name": name, "errorMessage": name, "dialog": { "url": url } })
        }
        kind if kind.starts_with("serviceDeskPortal") => {
            json!({ "key": key, "url": url })
        }
        "serviceDeskOrganizationPanels" => json!({ "key": key, "url": url }),
        _ => with(json!({})),
    }
}

/// `jiraIssueGlances` as people would write it.
fn words(kind: &str) -> String {
    let mut words = String::new();
    for letter in kind.chars() {
        if letter.is_uppercase() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    let rest = words.split_off(1);
    words.to_uppercase() + &rest
}

/// Type, and the path below the site on which it is to be seen.
pub(super) const JIRA: &[(&str, &str)] = &[
    ("adminPages", "/admin"),
    ("assetPanels", "/agents"),
    ("configurePage", "/admin"),
    ("generalPages", ""),
    ("jiraBackgroundScripts", "/browse/DEMO-1"),
    ("jiraDashboardItems", "/dashboard"),
    ("jiraIssueContents", "/browse/DEMO-1"),
    ("jiraIssueContexts", "/browse/DEMO-1"),
    ("jiraIssueGlances", "/browse/DEMO-1"),
    ("jiraIssueTabPanels", "/browse/DEMO-1"),
    ("jiraProjectAdminTabPanels", "/project-settings/DEMO"),
    ("jiraProjectPages", "/projects/DEMO"),
    ("jiraProjectTabPanels", "/projects/DEMO"),
    ("jiraReports", "/projects/DEMO"),
    ("jiraSearchRequestViews", "/issues"),
    ("jiraWorkflowConditions", "/workflow"),
    ("jiraWorkflowPostFunctions", "/workflow"),
    ("jiraWorkflowValidators", "/workflow"),
    ("postInstallPage", "/admin"),
    ("serviceDeskOrganizationActions", "/agents"),
    ("serviceDeskOrganizationPanels", "/agents"),
    ("serviceDeskPortalFooters", "/portal"),
    ("serviceDeskPortalHeaders", "/portal"),
    ("serviceDeskPortalProfileActions", "/portal"),
    ("serviceDeskPortalProfilePanels", "/portal"),
    ("serviceDeskPortalRequestCreatePropertyPanels", "/portal"),
    ("serviceDeskPortalRequestViewActions", "/portal"),
    ("serviceDeskPortalRequestViewDetailsPanels", "/portal"),
    ("serviceDeskPortalRequestViewPanels", "/portal"),
    ("serviceDeskPortalSubHeaders", "/portal"),
    ("serviceDeskPortalUserMenuActions", "/portal"),
    ("serviceDeskQueues", "/agents"),
    ("serviceDeskReports", "/agents"),
];

pub(super) const CONFLUENCE: &[(&str, &str)] = &[
    ("adminPages", "/admin"),
    ("configurePage", "/admin"),
    ("confluenceThemes", "/spaces/DEMO"),
    ("contentBylineItems", "/pages/32769"),
    ("customContent", "/spaces/DEMO"),
    ("dynamicContentMacros", "/pages/32769"),
    ("generalPages", ""),
    ("postInstallPage", "/admin"),
    ("publishConditions", "/pages/edit/32769"),
    ("spaceToolsTabs", "/space-tools/DEMO"),
    ("staticContentMacros", "/pages/32769"),
];

/// Types that show nothing, or what other modules show; the app's page lists them.
pub(super) const NOTHING: &[&str] = &[
    "automationActions",
    "blueprints",
    "confluenceContentProperties",
    "dialogs",
    "jiraBuildInfoProvider",
    "jiraDeploymentGating",
    "jiraDeploymentInfoProvider",
    "jiraDevOpsComponentProvider",
    "jiraDevelopmentTool",
    "jiraEntityProperties",
    "jiraFeatureFlagInfoProvider",
    "jiraGlobalPermissions",
    "jiraIssueFields",
    "jiraIssueTypes",
    "jiraJqlFunctions",
    "jiraOperationsInfoProvider",
    "jiraProjectPermissions",
    "jiraRemoteLinkInfoProvider",
    "jiraSecurityInfoProvider",
    "jiraTimeTrackingProviders",
    "keyboardShortcuts",
    "serviceDeskQueueGroups",
    "serviceDeskReportGroups",
    "webItems",
    "webPanels",
    "webSections",
    "webhooks",
];

/// Location and how it opens, with the path on which the item or panel is to be seen.
const ITEMS: &[(Product, &str, &str, &str)] = &[
    (Product::Jira, "admin_plugins_menu", "page", "/admin"),
    (
        Product::Jira,
        "jira.issue.tools",
        "dialog",
        "/browse/DEMO-1",
    ),
    (
        Product::Jira,
        "operations-operations",
        "inlinedialog",
        "/browse/DEMO-1",
    ),
    (
        Product::Jira,
        "system.top.navigation.bar",
        "dialog",
        "/issues",
    ),
    (
        Product::Confluence,
        "system.content.action/primary",
        "dialog",
        "/pages/32769",
    ),
    (
        Product::Confluence,
        "system.space.sidebar/main-links",
        "page",
        "/spaces/DEMO",
    ),
];

const PANELS: &[(Product, &str, &str)] = &[
    (Product::Jira, "atl.gh.issue.details.tab", "/boards/DEMO"),
    (
        Product::Jira,
        "atl.jira.view.issue.left.context",
        "/browse/DEMO-1",
    ),
    (
        Product::Jira,
        "atl.jira.view.issue.right.context",
        "/browse/DEMO-1",
    ),
    (Product::Confluence, "atl.footer", "/pages/32769"),
    (Product::Confluence, "atl.general", "/pages/32769"),
];

/// A module to be opened.
pub(super) struct Wanted {
    pub(super) key: String,
    /// Path of the view on which it is.
    pub(super) path: String,
    /// Path of what it shows.
    pub(super) shows: String,
}

impl Wanted {
    fn new(key: String, path: &str) -> Self {
        Self {
            path: path.to_owned(),
            shows: format!("/{key}"),
            key,
        }
    }
}

/// The modules of a product's descriptor, and what to open.
pub(super) fn modules(product: Product) -> (Value, Vec<Wanted>) {
    let kinds = if product == Product::Jira {
        JIRA
    } else {
        CONFLUENCE
    };
    let mut modules = json!({});
    let mut wanted = Vec::new();
    for (kind, path) in kinds {
        let key = format!("m-{}", kind.to_ascii_lowercase());
        let module = module(kind, &key);
        let alone = matches!(*kind, "configurePage" | "postInstallPage");
        modules[*kind] = if alone { module } else { json!([module]) };
        let mut one = Wanted::new(key, path);
        if *kind == "customContent" {
            one.shows = "/m-generalpages".to_owned();
        }
        wanted.push(one);
    }
    modules["webItems"] = json!([]);
    modules["webPanels"] = json!([]);
    for (at, (_, location, target, path)) in ITEMS
        .iter()
        .enumerate()
        .filter(|(_, item)| item.0 == product)
    {
        let key = format!("item-{at}");
        let item = json!({ "key": key, "name": { "value": format!("Open {target}") }, "location": location, "url": format!("/{key}"), "target": { "type": target } });
        modules["webItems"].as_array_mut().unwrap().push(item);
        wanted.push(Wanted::new(key, path));
    }
    for (at, (_, location, path)) in PANELS
        .iter()
        .enumerate()
        .filter(|(_, panel)| panel.0 == product)
    {
        let key = format!("panel-{at}");
        let panel = json!({ "key": key, "name": { "value": format!("Panel at {location}") }, "location": location, "url": format!("/{key}") });
        modules["webPanels"].as_array_mut().unwrap().push(panel);
        wanted.push(Wanted::new(key, path));
    }
    modules["dialogs"] = json!([module("dialogs", "a-dialog")]);
    (modules, wanted)
}
