//! What `AP` has for Jira only and for Confluence only, and frames that share a page.

use connect_core::Product;
use serde_json::{Value, json};

use crate::browser::{Stage, genuine, stage_of};

pub(super) const NAME: &str = "Name";

pub(super) fn jira() -> Value {
    let name = json!({ "value": NAME });
    let location = "atl.jira.view.issue.right.context";
    json!({
        "jiraDashboardItems": [{ "key": "gadget", "url": "/gadget", "name": name, "description": name, "thumbnailUrl": "/icon.svg" }],
        "jiraWorkflowPostFunctions": [{ "key": "step", "name": name, "description": name, "triggered": { "url": "/triggered" }, "create": { "url": "/create?was={postFunction.config}" } }],
        "webItems": [{ "key": "inline", "url": "/inline", "name": name, "location": "jira.issue.tools", "target": { "type": "inlinedialog", "options": { "width": "320px" } } }],
        "webPanels": [
            { "key": "first", "url": "/first", "name": name, "location": location },
            { "key": "second", "url": "/second", "name": name, "location": location },
        ],
    })
}

pub(super) fn confluence() -> Value {
    let name = json!({ "value": NAME });
    json!({
        "dynamicContentMacros": [{
            "key": "live", "url": "/live?colour={colour}&body={macro.body}", "name": name, "bodyType": "plain-text",
            "parameters": [{ "identifier": "colour", "name": name, "type": "string", "defaultValue": "red" }],
            "propertyPanel": { "url": "/panel", "controls": [{ "type": "button", "key": "paint", "label": name }] },
            "editor": { "url": "/edit", "editTitle": { "value": "Edit the macro" } },
        }],
    })
}

/// What must work with the sandbox's own script and with the real one.
async fn frames_of_an_issue_work(stage: &mut Stage) {
    stage
        .open_view(Product::Jira, "/browse/DEMO-2", &["first", "second"])
        .await;
    let context = stage.ap("first", "AP.context.getContext()").await;
    assert_eq!(context["jira"]["issue"]["key"], "DEMO-2");
    let place = stage
        .ap(
            "first",
            "new Promise((done) => AP.navigator.getLocation(done))",
        )
        .await;
    assert_eq!(
        place,
        json!({ "target": "issue", "context": { "issueKey": "DEMO-2" } })
    );

    // Events from one frame of the page to the other, and back in public.
    stage
        .ap("first", "AP.events.emit('news', { n: 7 }), 0")
        .await;
    stage
        .browser
        .wait_for(
            "/second",
            "seen.some(([name, data]) => name === 'news' && data.n === 7)",
        )
        .await;
    stage
        .ap(
            "first",
            "AP.events.onPublic('shout', (text) => { window.heard = text; }), 0",
        )
        .await;
    stage
        .ap("second", "AP.events.emitPublic('shout', 'hey'), 0")
        .await;
    stage
        .browser
        .wait_for("/first", "window.heard === 'hey'")
        .await;

    // Each frame has its own size.
    stage
        .ap(
            "first",
            "document.querySelector('.ac-content').style.height = '400px', 0",
        )
        .await;
    let height = |key: &str| {
        format!("document.querySelector('[data-key={key}] iframe').getBoundingClientRect().height")
    };
    stage
        .browser
        .wait_for(
            "",
            &format!("{} >= 400 && {} < 200", height("first"), height("second")),
        )
        .await;

    assert_eq!(
        stage
            .ap("first", "new Promise((done) => AP.jira.isNativeApp(done))")
            .await,
        false
    );
    assert_eq!(
        stage
            .ap(
                "first",
                "new Promise((done) => AP.jira.isDashboardItemEditable(done))"
            )
            .await,
        true
    );
    assert_eq!(stage.ap("first", "typeof AP.confluence").await, "undefined");

    // An issue in a dialog of the product, and one that is not there.
    stage
        .ap(
            "first",
            "AP.jira.openIssueDialog('NONE-9', (said) => { window.said = said; }), 0",
        )
        .await;
    stage
        .browser
        .wait_for("/first", "window.said === 'ISSUE_NOT_FOUND'")
        .await;
    stage
        .ap(
            "first",
            "AP.jira.openIssueDialog('DEMO-1', (said) => { window.said = said; }), 0",
        )
        .await;
    stage
        .browser
        .wait_for(
            "",
            "document.querySelector('.product-frame')?.contentDocument?.querySelector('h1')",
        )
        .await;
    stage.click("dialog .button").await;
    stage
        .browser
        .wait_for("/first", "window.said === 'DEMO-1'")
        .await;

    // The page's own part is fetched anew; the frames stay.
    stage.ap("first", "window.stays = 1").await;
    stage
        .browser
        .eval(
            "",
            "document.querySelector('[data-native]').textContent = 'old'",
        )
        .await;
    stage.ap("first", "AP.jira.refreshIssuePage(), 0").await;
    stage
        .browser
        .wait_for(
            "",
            "document.querySelector('[data-native]').textContent.includes('Description')",
        )
        .await;
    assert_eq!(stage.ap("first", "window.stays").await, 1);

    // An inline dialog: opened beside its button, closed by its page, by Escape, by a click elsewhere.
    for close in ["inline", "key", "elsewhere"] {
        stage.click("[data-key=inline]").await;
        stage.ready("inline").await;
        let width = stage
            .browser
            .eval("", "document.querySelector('.inline-dialog').offsetWidth")
            .await;
        assert_eq!(width, 320);
        let context = stage.ap("inline", "AP.context.getContext()").await;
        assert_eq!(context["jira"]["issue"]["key"], "DEMO-2");
        match close {
            "inline" => drop(stage.ap("inline", "AP.inlineDialog.hide(), 0").await),
            "key" => drop(stage.browser.eval("", "document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true })), 0").await),
            _ => stage.click("h1").await,
        }
        stage
            .browser
            .wait_for("", "!document.querySelector('.inline-dialog')")
            .await;
    }

    stage
        .open_view(Product::Jira, "/dashboard", &["gadget"])
        .await;
    stage
        .ap("gadget", "AP.jira.setDashboardItemTitle('<b>Own</b>'), 0")
        .await;
    stage
        .browser
        .wait_for(
            "",
            "document.querySelector('.gadget .panel-title').textContent === '<b>Own</b>'",
        )
        .await;
    let context = stage.ap("gadget", "AP.context.getContext()").await;
    assert_eq!(context["jira"]["dashboardItem"]["key"], "gadget");
}

async fn macros_are_edited(stage: &mut Stage) {
    stage
        .open_view(Product::Confluence, "/pages/32770", &["live"])
        .await;
    assert_eq!(
        stage
            .ap("live", "new URLSearchParams(location.search).get('colour')")
            .await,
        "red"
    );
    assert_eq!(stage.ap("live", "typeof AP.jira").await, "undefined");
    let claims = stage.ap("live", "AP.context.getContext()").await;
    assert_eq!(claims["confluence"]["content"]["id"], "32770");
    assert_eq!(claims["confluence"]["macro"]["outputType"], "display");

    stage.click("[data-key=live] [data-open=editor]").await;
    stage.ready("edit").await;
    assert_eq!(
        stage
            .browser
            .eval("", "document.querySelector('.ap-dialog-head').textContent")
            .await,
        "Edit the macro"
    );
    assert_eq!(
        stage
            .ap(
                "edit",
                "new Promise((done) => AP.confluence.getMacroData(done))"
            )
            .await,
        json!({})
    );
    stage.ap("edit", "AP.events.on('dialog.submit', () => { AP.confluence.saveMacro({ colour: 'deep blue' }, 'New words'); AP.confluence.closeMacroEditor(); }), AP.dialog.disableCloseOnSubmit && AP.dialog.disableCloseOnSubmit(), 0").await;
    stage.click("dialog .button.primary:not(:disabled)").await;
    stage
        .browser
        .wait_for(
            "/live",
            "new URLSearchParams(location.search).get('colour') === 'deep blue'",
        )
        .await;
    stage.ready("live").await;
    assert_eq!(
        stage
            .ap("live", "new URLSearchParams(location.search).get('body')")
            .await,
        "New words"
    );

    // Another page has its own.
    stage
        .open_view(Product::Confluence, "/pages/32769", &["live"])
        .await;
    assert_eq!(
        stage
            .ap("live", "new URLSearchParams(location.search).get('colour')")
            .await,
        "red"
    );
    stage.click("[data-key=live] [data-open=editor]").await;
    stage.ready("edit").await;
    assert_eq!(
        stage
            .ap(
                "edit",
                "new Promise((done) => AP.confluence.getMacroBody(done))"
            )
            .await,
        "Text inside the macro."
    );
}

#[tokio::test]
async fn frames_of_an_issue_share_a_page() {
    let Some(mut stage) = stage_of(Product::Jira, None, jira()).await else {
        return;
    };
    frames_of_an_issue_work(&mut stage).await;
}

#[tokio::test]
async fn frames_of_an_issue_share_a_page_with_the_real_script() {
    let Some(script) = genuine("atlassian-connect-js/dist/iframe.js") else {
        return;
    };
    let Some(mut stage) = stage_of(Product::Jira, Some(script), jira()).await else {
        return;
    };
    frames_of_an_issue_work(&mut stage).await;
}

#[tokio::test]
async fn editors_of_macros_save_what_the_page_shows() {
    let Some(mut stage) = stage_of(Product::Confluence, None, confluence()).await else {
        return;
    };
    macros_are_edited(&mut stage).await;
    // The buttons of its property panel are answered by a page that nobody sees.
    stage.click("[data-key=live] [data-panel-event]").await;
    stage.ready("panel").await;
    stage.ap("panel", "AP.confluence.onMacroPropertyPanelEvent({ 'click.paint.live.macro.property-panel': () => { window.painted = true; } }), 0").await;
    stage.click("[data-key=live] [data-panel-event]").await;
    stage.browser.wait_for("/panel", "window.painted").await;
}

#[tokio::test]
async fn editors_of_macros_work_with_the_real_script() {
    let Some(script) = genuine("atlassian-connect-js/dist/iframe.js") else {
        return;
    };
    let Some(mut stage) = stage_of(Product::Confluence, Some(script), confluence()).await else {
        return;
    };
    macros_are_edited(&mut stage).await;
}

#[tokio::test]
async fn dialogs_of_jira_answer_what_was_chosen() {
    let Some(mut stage) = stage_of(Product::Jira, None, jira()).await else {
        return;
    };
    stage
        .open_view(Product::Jira, "/browse/DEMO-1", &["first"])
        .await;
    stage.ap("first", "AP.jira.openDatePicker({ element: document.body, date: '2026-03-04T12:00:00Z', onSelect: (iso, date) => { window.chosen = [iso, date instanceof Date]; } }), 0").await;
    stage.click("dialog .button.primary").await;
    stage
        .browser
        .wait_for(
            "/first",
            "window.chosen && window.chosen[0].startsWith('2026-03-0') && window.chosen[1]",
        )
        .await;

    // The callback stands first here.
    stage.ap("first", "AP.jira.initJQLEditor(), AP.jira.showJQLEditor((found) => { window.found = found.jql; }, { jql: 'project = DEMO', header: 'Which issues?' }), 0").await;
    stage
        .browser
        .wait_for(
            "",
            "document.querySelector('dialog h2')?.textContent === 'Which issues?'",
        )
        .await;
    stage.click("dialog .button.primary").await;
    stage
        .browser
        .wait_for("/first", "window.found === 'project = DEMO'")
        .await;

    // A step of a workflow is configured by the app's own page.
    stage.open_view(Product::Jira, "/workflow", &[]).await;
    stage.click("[data-key=step] [data-part=create]").await;
    stage.ready("create").await;
    stage.ap("create", "AP.jira.WorkflowConfiguration.onSaveValidation(() => window.valid === true), AP.jira.WorkflowConfiguration.onSave(() => 'the config'), 0").await;
    stage.click("dialog .button.primary:not(:disabled)").await;
    stage
        .browser
        .wait_for(
            "",
            "document.querySelector('.flag')?.textContent.includes('not valid')",
        )
        .await;
    stage.ap("create", "window.valid = true").await;
    stage.click("dialog .button.primary").await;
    stage
        .browser
        .wait_for("", "!document.querySelector('dialog')")
        .await;
    stage.click("[data-key=step] [data-part=create]").await;
    stage.ready("create").await;
    assert_eq!(
        stage
            .ap("create", "new URLSearchParams(location.search).get('was')")
            .await,
        "the config"
    );
    assert_eq!(
        stage
            .ap(
                "create",
                "new Promise((done) => AP.jira.getWorkflowConfiguration(done))"
            )
            .await,
        "the config"
    );
}
