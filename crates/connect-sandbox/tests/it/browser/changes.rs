//! What people and apps change on a page, and how apps hear of it.

use connect_core::Product;
use http::Method;
use serde_json::{Value, json};

use crate::{
    app::{KEY, PATIENCE, Seen},
    browser::{Stage, stage_of, views::keep},
    data::call,
};

const NAME: &str = "Name";

impl Stage {
    /// Waits until the app was sent what fits at a path, signed as it must be.
    async fn told(&mut self, path: &str, fits: impl Fn(&Value) -> bool) -> Seen {
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            if let Some(seen) = self
                .app
                .seen()
                .into_iter()
                .find(|seen| seen.path == path && fits(&seen.body))
            {
                assert_eq!(seen.verdict, Ok(()), "{path}");
                return seen;
            }
            assert!(
                tokio::time::Instant::now() < until,
                "nothing came at {path}"
            );
            // The browser's own pace is the clock here.
            self.browser
                .eval("", "new Promise((done) => setTimeout(done, 20))")
                .await;
        }
    }
}

fn jira() -> Value {
    let name = json!({ "value": NAME });
    let hook = |event: &str| json!({ "event": event, "url": format!("/hooks/{event}") });
    json!({
        "webhooks": [hook("comment_created"), hook("jira:issue_created"), hook("jira:issue_updated")],
        "webPanels": [{ "key": "panel", "url": "/panel", "name": name, "location": "atl.jira.view.issue.right.context" }],
    })
}

#[tokio::test]
async fn changes_on_the_page_reach_the_app() {
    let Some(mut stage) = stage_of(Product::Jira, None, jira()).await else {
        return;
    };
    stage
        .open_view(Product::Jira, "/browse/DEMO-1", &["panel"])
        .await;
    stage.ap("panel", "AP.events.on('ISSUE_CHANGED', (change) => { window.change = change.changes[0].changeType; }), 0").await;
    stage.browser.eval("", "(() => { const form = document.querySelector('[data-shape=comment]'); form.elements.text.value = 'Said <b>here</b>'; form.requestSubmit(); })()").await;
    stage.browser.wait_for("", "[...document.querySelectorAll('.comment p')].some((text) => text.textContent === 'Said <b>here</b>')").await;
    stage
        .browser
        .wait_for("/panel", "window.change === 'commented'")
        .await;
    let told = stage.told("/hooks/comment_created", |_| true).await;
    assert_eq!(told.body["comment"]["author"]["accountId"], "712020:ada");

    stage.browser.eval("", "(() => { const to = document.querySelector('[name=to]'); to.value = '31'; to.dispatchEvent(new Event('change', { bubbles: true })); })()").await;
    stage
        .browser
        .wait_for("/panel", "window.change === 'updated'")
        .await;
    let told = stage
        .told("/hooks/jira:issue_updated", |body| {
            body["issue"]["fields"]["status"]["name"] == "Done"
        })
        .await;
    assert_eq!(told.body["user"]["accountId"], "712020:ada");

    // From a page of the app, by the product's own dialog.
    stage.app.allow(&["READ", "WRITE"]);
    stage.reinstall().await;
    stage
        .open_view(Product::Jira, "/browse/DEMO-1", &["panel"])
        .await;
    stage.ap("panel", "AP.jira.openCreateIssueDialog((issues) => { window.made = issues[0].key; }, { fields: { summary: 'From the app' } }), 0").await;
    stage.click("dialog .button.primary").await;
    stage
        .browser
        .wait_for("/panel", "window.made && window.made.startsWith('DEMO-')")
        .await;
    stage
        .told("/hooks/jira:issue_created", |body| {
            body["issue"]["fields"]["summary"] == "From the app"
        })
        .await;
    let key = stage.ap("panel", "window.made").await;
    stage
        .open_view(
            Product::Jira,
            &format!("/browse/{}", key.as_str().unwrap()),
            &["panel"],
        )
        .await;
    assert_eq!(
        stage
            .browser
            .eval("", "document.querySelector('h1').textContent")
            .await,
        "From the app"
    );
}

#[tokio::test]
async fn changes_through_rest_reach_an_open_issue() {
    let icon = json!({ "url": "/icon.svg" });
    let name = json!({ "value": NAME });
    let modules = json!({
        "webPanels": [{ "key": "panel", "url": "/panel", "name": name, "location": "atl.jira.view.issue.right.context" }],
        "jiraIssueGlances": [{
            "key": "glance", "name": name, "icon": icon, "content": { "type": "label", "label": { "value": "Label" } },
            "target": { "type": "web_panel", "url": "/glance" },
        }],
    });
    let Some(mut stage) = stage_of(Product::Jira, None, modules).await else {
        return;
    };
    stage.app.allow(&["READ", "WRITE"]);
    stage.reinstall().await;
    stage
        .open_view(Product::Jira, "/browse/DEMO-1", &["panel"])
        .await;
    stage.ap("panel", "window.changes = [], AP.events.on('ISSUE_CHANGED', ({ issueId, projectId, changes }) => { window.changes.push([issueId, projectId, changes[0].changeType, changes[0].atlassianId].join(' ')); }), 0").await;
    let status = |kind: &str, value: Value| json!({ "type": kind, "value": value });
    let property =
        format!("/rest/api/3/issue/DEMO-1/properties/com.atlassian.jira.issue:{KEY}:glance:status");
    // Another issue is none of this page's business.
    let other = json!({ "fields": { "summary": "Elsewhere" } });
    call(&stage.app, Method::PUT, "/rest/api/3/issue/DEMO-2", &other).await;
    for (kind, value, words) in [
        ("badge", json!({ "label": "7" }), ".badge 7"),
        ("badge", json!({ "label": 123 }), ".badge 99+"),
        (
            "lozenge",
            json!({ "label": "At risk", "type": "moved" }),
            ".lozenge.is-moved At risk",
        ),
        (
            "lozenge",
            json!({ "label": "<b>", "type": "x\"y" }),
            ".lozenge <b>",
        ),
    ] {
        call(&stage.app, Method::PUT, &property, &status(kind, value)).await;
        let (class, text) = words.split_once(' ').unwrap();
        let shown = format!(
            "document.querySelector('[data-native$=glance] {class}')?.textContent === {}",
            json!(text)
        );
        stage.browser.wait_for("", &shown).await;
    }
    stage.browser.resize(1280, 900).await;
    let lozenge = status("lozenge", json!({ "label": "At risk", "type": "moved" }));
    call(&stage.app, Method::PUT, &property, &lozenge).await;
    stage
        .browser
        .wait_for("", "document.querySelector('.is-moved')")
        .await;
    keep("glance-1280", &stage.browser.screenshot().await);

    // What somebody writes is not lost to what others change.
    stage.browser.eval("", "(() => { document.querySelector('[data-shape=comment] [name=text]').value = 'Half a'; })()").await;
    let comment = json!({ "body": "Said elsewhere" });
    call(
        &stage.app,
        Method::POST,
        "/rest/api/2/issue/DEMO-1/comment",
        &comment,
    )
    .await;
    stage
        .browser
        .wait_for(
            "",
            "[...document.querySelectorAll('.comment p')].some((text) => text.textContent === 'Said elsewhere')",
        )
        .await;
    assert_eq!(
        stage
            .browser
            .eval(
                "",
                "document.querySelector('[data-shape=comment] [name=text]').value"
            )
            .await,
        "Half a"
    );
    let summary = json!({ "fields": { "summary": "Changed elsewhere" } });
    call(
        &stage.app,
        Method::PUT,
        "/rest/api/3/issue/DEMO-1",
        &summary,
    )
    .await;
    stage
        .browser
        .wait_for("/panel", "window.changes.length === 2")
        .await;
    let changes = stage.ap("panel", "window.changes").await;
    for (change, kind) in changes
        .as_array()
        .unwrap()
        .iter()
        .zip(["commented", "updated"])
    {
        let change = change.as_str().unwrap();
        assert!(
            change.starts_with(&format!("10100 10000 {kind} 557058:")),
            "{change}"
        );
    }

    stage.click("[data-key=glance]").await;
    stage.ready("glance").await;
    let opened = "window.seen.filter(([name]) => name === 'ISSUE_GLANCE_OPENED').length";
    stage
        .browser
        .wait_for("/glance", &format!("{opened} === 1"))
        .await;
    stage.click("[data-key=glance]").await;
    stage.click("[data-key=glance]").await;
    stage
        .browser
        .wait_for("/glance", &format!("{opened} === 2"))
        .await;
}

fn confluence() -> Value {
    let name = json!({ "value": NAME });
    let icon = json!({ "url": "/icon.svg" });
    json!({
        "webhooks": [{ "event": "page_updated", "url": "/hooks/page_updated" }],
        "generalPages": [
            { "key": "show", "url": "/show?id={content.id}", "name": name },
            { "key": "write", "url": "/write", "name": name },
        ],
        "contentBylineItems": [{ "key": "byline", "url": "/byline", "name": name, "target": { "type": "inlinedialog" } }],
        "customContent": [{
            "key": "note", "name": name,
            "uiSupport": { "contentViewComponent": { "moduleKey": "show" }, "editComponent": { "moduleKey": "write" }, "icons": { "item": icon } },
            "apiSupport": { "supportedContainerTypes": ["space"] },
        }],
    })
}

#[tokio::test]
async fn content_of_an_apps_own_kind_is_written_and_shown() {
    let Some(mut stage) = stage_of(Product::Confluence, None, confluence()).await else {
        return;
    };
    stage.app.allow(&["READ", "WRITE"]);
    stage.reinstall().await;
    stage
        .open_view(Product::Confluence, "/spaces/DEMO", &[])
        .await;
    stage.click("[data-key=note] [data-part=edit]").await;
    stage.ready("write").await;
    stage.ap("write", "window.editor = AP.customContent.getEditComponent(), editor.intercept('confluence.customcontent.submit'), AP.events.on('confluence.customcontent.submit', ({ title }) => editor.submitCallback(title ? `<p>Body of ${title}</p>` : false, 'It needs a title')), 0").await;
    // Without a title the app says no, and the dialog stays.
    stage.click("dialog .button.primary:not(:disabled)").await;
    stage
        .browser
        .wait_for(
            "",
            "document.querySelector('.flag')?.textContent.includes('It needs a title')",
        )
        .await;
    stage
        .browser
        .eval(
            "",
            "document.querySelector('.content-title input').value = 'A note', 0",
        )
        .await;
    stage.click("dialog .button.primary").await;
    stage
        .browser
        .wait_for("", "!document.querySelector('dialog')")
        .await;
    stage
        .open_view(Product::Confluence, "/spaces/DEMO", &[])
        .await;
    let link =
        "[...document.querySelectorAll('.plain a')].find((link) => link.textContent === 'A note')";
    stage.browser.wait_for("", link).await;
    stage.browser.eval("", &format!("{link}.click()")).await;
    stage.ready("show").await;
    let id = stage
        .ap("show", "new URLSearchParams(location.search).get('id')")
        .await;
    let context = stage.ap("show", "AP.context.getContext()").await;
    assert_eq!(context["confluence"]["content"]["id"], id);
    assert_eq!(
        context["confluence"]["content"]["type"],
        format!("ac:{KEY}:note")
    );
}

#[tokio::test]
async fn pages_and_their_properties_are_changed() {
    let Some(mut stage) = stage_of(Product::Confluence, None, confluence()).await else {
        return;
    };
    stage.app.allow(&["READ", "WRITE"]);
    stage.reinstall().await;
    stage
        .open_view(Product::Confluence, "/pages/32769", &[])
        .await;
    stage.click("[data-key=byline]").await;
    stage.ready("byline").await;
    let get = "new Promise((done) => AP.confluence.getContentProperty('colour', done))";
    assert_eq!(stage.ap("byline", get).await, Value::Null);
    let set = "new Promise((done) => AP.confluence.setContentProperty({ key: 'colour', value: { is: 'red' } }, done))";
    assert_eq!(
        stage.ap("byline", set).await["property"]["value"]["is"],
        "red"
    );
    assert_eq!(stage.ap("byline", get).await["value"]["is"], "red");
    let again = "new Promise((done) => AP.confluence.setContentProperty({ key: 'colour', value: 'blue', version: { number: 2 } }, done))";
    assert_eq!(stage.ap("byline", again).await["property"]["value"], "blue");

    // A page is edited, and what it says is shown where no script of it runs.
    stage
        .open_view(Product::Confluence, "/pages/edit/32769", &[])
        .await;
    stage.browser.eval("", "(() => { const form = document.querySelector('[data-shape=page]'); form.elements.title.value = 'New title'; form.elements.body.value = '<p>New words</p><script>parent.taken = 1</script>'; form.requestSubmit(); })()").await;
    stage.browser.wait_for("", "document.querySelector('h1').textContent === 'New title' && document.querySelector('.page-body iframe')?.contentDocument?.body?.textContent.includes('New words')").await;
    assert_eq!(
        stage.browser.eval("", "window.taken ?? null").await,
        Value::Null
    );
    stage.told("/hooks/page_updated", |_| true).await;
}

#[tokio::test]
async fn the_console_sends_webhooks_edited_and_twice() {
    let Some(mut stage) = stage_of(Product::Jira, None, jira()).await else {
        return;
    };
    stage.open_view(Product::Jira, "/webhooks", &[]).await;
    stage.browser.wait_for("", "document.querySelector('[name=event]').options.length > 10 && document.querySelector('[name=body]').value").await;
    stage.browser.eval("", "(() => { const { event, body, times } = document.getElementById('hook-form').elements; event.value = 'comment_created'; event.dispatchEvent(new Event('change')); body.value = JSON.stringify({ ...JSON.parse(body.value), edited: true }); times.value = 2; document.getElementById('hook-form').requestSubmit(); })()").await;
    stage
        .browser
        .wait_for("", "document.querySelector('#deliveries .ok')")
        .await;
    let told = stage.told("/hooks/comment_created", |_| true).await;
    assert_eq!(told.body["edited"], true);
    assert_eq!(
        stage
            .app
            .paths()
            .iter()
            .filter(|path| *path == "/hooks/comment_created")
            .count(),
        2
    );
    // What is not JSON is not sent.
    stage.browser.eval("", "document.getElementById('hook-form').elements.body.value = '{', document.getElementById('hook-form').requestSubmit()").await;
    stage
        .browser
        .wait_for(
            "",
            "document.getElementById('hook-problem').textContent.includes('JSON')",
        )
        .await;
}
