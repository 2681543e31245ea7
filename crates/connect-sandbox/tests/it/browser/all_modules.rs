//! Every module type that shows something, opened where the product shows it.

use connect_core::Product;
use connect_sandbox::SandboxEvent;
use serde_json::{Value, json};

use crate::{
    app::PATIENCE,
    browser::{
        Stage, genuine, stage_of,
        views::{BARRIERS, OVERFLOW, keep},
    },
};

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
const JIRA: &[(&str, &str)] = &[
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

const CONFLUENCE: &[(&str, &str)] = &[
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
const NOTHING: &[&str] = &[
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

#[test]
fn every_module_type_is_opened_or_shows_nothing() {
    for (product, shown) in [
        (connect_validator::Product::Confluence, CONFLUENCE),
        (connect_validator::Product::Jira, JIRA),
    ] {
        let schema = connect_validator::schema::descriptor(Some(product));
        let types = schema["properties"]["modules"]["properties"]
            .as_object()
            .unwrap();
        let missing: Vec<_> = types
            .keys()
            .filter(|kind| {
                !NOTHING.contains(&kind.as_str()) && !shown.iter().any(|(known, _)| known == kind)
            })
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}

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
pub(crate) struct Wanted {
    key: String,
    /// Path of the view on which it is.
    path: String,
    /// Path of what it shows.
    shows: String,
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
pub(crate) fn modules(product: Product) -> (Value, Vec<Wanted>) {
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

/// Opens every module in its view and asks in it for a token, which must be good.
async fn every_module_opens(stage: &mut Stage, product: Product, wanted: &[Wanted]) {
    let site = stage.sandbox.site(product).to_string();
    for Wanted { key, path, shows } in wanted {
        stage.browser.open(&format!("{site}{path}")).await;
        let find = format!("document.querySelector('[data-key=\"{key}\"]')");
        stage.browser.wait_for("", &find).await;
        // What is not open yet is opened by its button, or its link is followed.
        let open = format!(
            "{{ const found = {find}; (found.matches('a, button') ? found : found.querySelector('[data-open]'))?.click(); 0; }}"
        );
        stage.browser.eval("", &open).await;
        match key.as_str() {
            "m-staticcontentmacros" => {
                stage.browser.wait_for("", "document.querySelector('.macro .static-frame')?.contentDocument?.body?.textContent.includes('page of the app')").await;
                continue;
            }
            // Links to the app's own pages leave the product.
            "item-0" | "item-5" | "m-jirasearchrequestviews" => {
                let there = format!("location.pathname === '/{key}'");
                stage.browser.wait_for("", &there).await;
                continue;
            }
            _ => {}
        }
        stage
            .browser
            .wait_for(
                shows,
                "window.AP && AP.context && document.readyState === 'complete'",
            )
            .await;
        let token = stage.browser.eval(shows, "AP.context.getToken()").await;
        let proof = stage.app.verify_context(token.as_str().unwrap()).unwrap();
        assert_eq!(proof.account_id().unwrap().as_str(), "712020:ada", "{key}");
        stage
            .sandbox
            .wait_for(
                |event| matches!(event, SandboxEvent::PageShown { module, .. } if module == key),
                PATIENCE,
            )
            .await
            .unwrap();
    }
    assert_no_errors(stage);
}

fn assert_no_errors(stage: &Stage) {
    let failed: Vec<_> = stage
        .browser
        .console
        .iter()
        .filter(|line| line.starts_with("exception") || line.starts_with("error"))
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

async fn stage_with_all(product: Product, script: Option<String>) -> Option<(Stage, Vec<Wanted>)> {
    let (modules, wanted) = modules(product);
    let stage = stage_of(product, script, modules).await?;
    Some((stage, wanted))
}

#[tokio::test]
async fn every_module_of_jira_is_shown_in_its_place() {
    let Some((mut stage, wanted)) = stage_with_all(Product::Jira, None).await else {
        return;
    };
    every_module_opens(&mut stage, Product::Jira, &wanted).await;
}

#[tokio::test]
async fn every_module_of_confluence_is_shown_in_its_place() {
    let Some((mut stage, wanted)) = stage_with_all(Product::Confluence, None).await else {
        return;
    };
    every_module_opens(&mut stage, Product::Confluence, &wanted).await;
}

#[tokio::test]
async fn the_real_script_works_in_every_module() {
    let Some(script) = genuine("atlassian-connect-js/dist/iframe.js") else {
        return;
    };
    for product in [Product::Jira, Product::Confluence] {
        let Some((mut stage, wanted)) = stage_with_all(product, Some(script.clone())).await else {
            return;
        };
        every_module_opens(&mut stage, product, &wanted).await;
    }
}

#[tokio::test]
async fn views_full_of_modules_fit_every_width_in_light_and_dark() {
    for (product, name, paths) in [
        (
            Product::Jira,
            "jira",
            &[
                "/browse/DEMO-1",
                "/dashboard",
                "/projects/DEMO",
                "/boards/DEMO",
                "/portal",
                "/agents",
                "/issues",
                "/admin",
                "/workflow",
                "/people/712020:ada",
                "/apps/com.example.test",
                "/webhooks",
                "/project-settings/DEMO",
            ][..],
        ),
        (
            Product::Confluence,
            "confluence",
            &[
                "/pages/32769",
                "/spaces/DEMO",
                "/pages/edit/32769",
                "/space-tools/DEMO",
                "/admin",
                "/apps/com.example.test",
                "/webhooks",
            ][..],
        ),
    ] {
        let Some((mut stage, _)) = stage_with_all(product, None).await else {
            return;
        };
        let site = stage.sandbox.site(product).to_string();
        for (width, dark) in [(1280, false), (360, true), (1280, true), (360, false)] {
            stage.browser.dark(dark).await;
            stage.browser.resize(width, 900).await;
            for path in paths {
                stage.browser.open(&format!("{site}{path}")).await;
                stage.browser.wait_for("", "![...document.querySelectorAll('.frame-holder, .tab-panel:empty')].some((holder) => holder.offsetParent && !holder.classList.contains('is-ready'))").await;
                let colour = if dark { "dark" } else { "light" };
                let file = format!("{name}{}-{width}-{colour}", path.replace(['/', ':'], "-"));
                keep(&file, &stage.browser.screenshot().await);
                let overflow = stage.browser.eval("", OVERFLOW).await;
                assert_eq!(stage.browser.eval("", BARRIERS).await, json!([]), "{path}");
                assert!(
                    overflow.as_i64().unwrap() <= 0,
                    "{path} is {overflow} pixels too wide for {width}"
                );
            }
        }
        assert_no_errors(&stage);
    }
}

#[tokio::test]
async fn static_macros_run_no_scripts() {
    let modules = json!({ "staticContentMacros": [{ "key": "still", "url": "/still", "name": { "value": "Still" } }] });
    let Some(mut stage) = stage_of(Product::Confluence, None, modules).await else {
        return;
    };
    let text =
        "<p>words</p><script>parent.taken = 1</script><img src=x onerror='parent.taken = 1'>";
    stage.app.serve("/still", "text/html", text);
    let page = format!("{}/pages/32769", stage.sandbox.site(Product::Confluence));
    stage.browser.open(&page).await;
    stage.browser.wait_for("", "document.querySelector('.macro .static-frame')?.contentDocument?.body?.textContent.includes('words')").await;
    assert_eq!(
        stage.browser.eval("", "window.taken ?? null").await,
        Value::Null
    );

    // An app that does not answer well is an error in the place of the macro.
    stage.app.forget_tenant();
    stage.browser.open(&page).await;
    stage.browser.wait_for("", "document.querySelector('.macro-error')?.textContent === 'Error rendering macro: the app answered 401'").await;
}

#[tokio::test]
async fn modules_without_a_page_are_called_from_the_apps_page() {
    let name = json!({ "value": "Step" });
    let modules = json!({ "jiraWorkflowPostFunctions": [{ "key": "step", "name": name, "description": name, "triggered": { "url": "/triggered" } }] });
    let Some(mut stage) = stage_of(Product::Jira, None, modules).await else {
        return;
    };
    let site = stage.sandbox.site(Product::Jira);
    stage
        .browser
        .open(&format!("{site}/apps/{}", crate::app::KEY))
        .await;
    stage.browser.eval("", "document.querySelector('[data-module-key=step] summary').click(), document.querySelector('[data-fire=step] button').click()").await;
    stage
        .browser
        .wait_for(
            "",
            "document.querySelector('.answer.good')?.textContent.startsWith('200 in ')",
        )
        .await;
    let seen = stage.app.seen().pop().unwrap();
    assert_eq!(
        (seen.path.as_str(), seen.verdict.is_ok()),
        ("/triggered", true)
    );
    assert_eq!(seen.body["transition"]["to_status"], "In Progress");
    stage
        .sandbox
        .wait_for(|event| matches!(event, SandboxEvent::ModuleCalled { module, status: Some(200), .. } if module == "step"), PATIENCE)
        .await
        .unwrap();

    // What is not JSON is not sent.
    stage.browser.eval("", "document.querySelector('[data-fire=step] textarea').value = '{', document.querySelector('[data-fire=step] button').click()").await;
    stage
        .browser
        .wait_for(
            "",
            "document.querySelector('.answer.bad')?.textContent.includes('JSON')",
        )
        .await;
}
