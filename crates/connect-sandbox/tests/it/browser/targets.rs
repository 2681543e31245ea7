//! `AP.navigator.go`: every target leads to its page.

use connect_core::Product;
use serde_json::{Value, json};

use crate::browser::{
    families::{NAME, confluence, jira},
    stage_of,
};

/// `AP.navigator.go` by target, and where it leads.
async fn targets_lead(
    product: Product,
    modules: Value,
    from: &str,
    frame: &str,
    targets: &[(&str, Value, &str)],
) {
    let Some(mut stage) = stage_of(product, None, modules).await else {
        return;
    };
    for (target, context, path) in targets {
        stage.open_view(product, from, &[frame]).await;
        stage
            .ap(frame, &format!("AP.navigator.go('{target}', {context}), 0"))
            .await;
        let site = stage.sandbox.site(product).path().to_owned();
        let there = format!(
            "location.pathname + location.search === '{site}{path}' && document.querySelector('h1') && !document.querySelector('.message')"
        );
        stage.browser.wait_for("", &there).await;
    }
}

#[tokio::test]
async fn targets_of_jira_lead_to_its_pages() {
    let mut modules = jira();
    modules["generalPages"] = json!([{ "key": "page", "url": "/page", "name": { "value": NAME } }]);
    let targets = [
        (
            "addonModule",
            json!({ "moduleKey": "page", "projectKey": "PLAN", "customData": { "a": 1 } }),
            "/plugins/servlet/ac/com.example.test/page?project.key=PLAN&ac.a=1",
        ),
        (
            "dashboard",
            json!({ "dashboardId": 10000 }),
            "/dashboard/10000",
        ),
        ("issue", json!({ "issueKey": "PLAN-1" }), "/browse/PLAN-1"),
        (
            "projectAdminSummary",
            json!({ "projectKey": "PLAN" }),
            "/projects/PLAN/settings",
        ),
        (
            "projectAdminTabPanel",
            json!({ "projectKey": "PLAN", "adminPageKey": "x" }),
            "/projects/PLAN/settings?tab=x",
        ),
        (
            "projectSummary",
            json!({ "projectKey": "PLAN" }),
            "/projects/PLAN",
        ),
        ("site", json!({ "relativeUrl": "/issues" }), "/issues"),
        (
            "userProfile",
            json!({ "userAccountId": "712020:grace" }),
            "/people/712020%3Agrace",
        ),
    ];
    targets_lead(Product::Jira, modules, "/browse/DEMO-1", "first", &targets).await;
}

#[tokio::test]
async fn targets_of_confluence_lead_to_its_pages() {
    let targets = [
        (
            "contentcreate",
            json!({ "spaceKey": "DEMO" }),
            "/pages/create?spaceKey=DEMO",
        ),
        (
            "contentedit",
            json!({ "contentId": "32770" }),
            "/pages/edit/32770",
        ),
        ("contentlist", json!({ "spaceKey": "DEMO" }), "/spaces/DEMO"),
        (
            "contentview",
            json!({ "contentId": "32770" }),
            "/pages/32770",
        ),
        (
            "spacetools",
            json!({ "spaceKey": "DEMO" }),
            "/space-tools/DEMO",
        ),
        ("spaceview", json!({ "spaceKey": "DEMO" }), "/spaces/DEMO"),
        (
            "userProfile",
            json!({ "userAccountId": "712020:grace" }),
            "/people/712020%3Agrace",
        ),
    ];
    targets_lead(
        Product::Confluence,
        confluence(),
        "/pages/32769",
        "live",
        &targets,
    )
    .await;
}
