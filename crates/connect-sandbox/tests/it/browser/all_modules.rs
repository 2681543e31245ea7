//! Every module type that shows something, opened where the product shows it.

use connect_core::Product;
use connect_sandbox::SandboxEvent;
use serde_json::{Value, json};

use crate::{
    app::PATIENCE,
    browser::{
        Stage, genuine,
        module_tables::{CONFLUENCE, JIRA, NOTHING, Wanted, modules},
        stage_of,
        views::{BARRIERS, OVERFLOW, keep},
    },
};

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
