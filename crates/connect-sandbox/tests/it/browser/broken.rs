//! Apps that are down, slow or wrong: the page says what a real host would show, and what to do.

use connect_core::Product;
use connect_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::{
    app::KEY,
    browser::{Stage, page, stage, stage_of, views::keep},
    client::{Upm, fresh},
};

impl Stage {
    /// Waits until the frame of a module is explained with these words.
    async fn explained(&mut self, module: &str, words: &str) {
        let note = format!("document.querySelector('[data-key=\"{module}\"] .frame-problem')");
        let words = format!("{note}?.textContent.includes({})", json!(words));
        let seen = format!("{note}.textContent.includes('On a real site ')");
        self.browser
            .wait_for("", &format!("{words} && {seen}"))
            .await;
    }
}

fn panel(key: &str) -> Value {
    json!({
        "key": key, "url": format!("/{key}"), "name": { "value": key },
        "location": "atl.jira.view.issue.right.context",
    })
}

#[tokio::test]
async fn broken_pages_are_explained() {
    let cases = [
        ("wrong", "The app answered 500."),
        (
            "moved",
            "The app answered 302 and sends the browser to /login.",
        ),
        ("data", "application/json, which is no page"),
        ("empty", "an empty page"),
        ("unframed", "X-Frame-Options"),
        ("mute", "not all.js"),
        ("lost", "its script /nowhere/all.js is answered with 404"),
        ("stuck", "names all.js, but has not talked to the host"),
        ("away", "all.js from cdn.invalid"),
        ("slow", "did not answer in time"),
    ];
    let panels: Vec<Value> = cases.iter().map(|(key, _)| panel(key)).collect();
    let Some(mut stage) = stage_of(Product::Jira, None, json!({ "webPanels": panels })).await
    else {
        return;
    };
    let html = [("content-type", "text/html")];
    let app = &stage.app;
    app.answer_oddly("/wrong", 500, &html, "<p>Oops");
    app.answer_oddly("/moved", 302, &[("location", "/login?next=1")], "");
    app.answer_oddly("/login", 200, &html, "<p>Who are you?");
    app.answer_oddly("/data", 200, &[("content-type", "application/json")], "{}");
    app.answer_oddly("/empty", 200, &html, "");
    let deny = [("content-type", "text/html"), ("x-frame-options", "DENY")];
    app.answer_oddly("/unframed", 200, &deny, "<p>Mine");
    app.answer_oddly("/mute", 200, &html, "<p>Hello");
    app.answer_oddly("/lost", 200, &html, &page("/lost", "/nowhere/all.js"));
    app.answer_oddly("/nowhere/all.js", 404, &html, "");
    app.answer_oddly("/stuck", 200, &html, &page("/stuck", "/mine/all.js"));
    app.answer_oddly(
        "/mine/all.js",
        200,
        &[("content-type", "text/javascript")],
        "throw 1",
    );
    app.answer_oddly(
        "/away",
        200,
        &html,
        &page("/away", "https://cdn.invalid/all.js"),
    );
    let _never = app.wait_at("/slow");
    // Frames of a product-like page, all at once.
    let issue = format!("{}/browse/DEMO-1", stage.sandbox.site(Product::Jira));
    stage.browser.open_at_once(&issue).await;
    for (module, words) in cases {
        stage.explained(module, words).await;
    }
    for (width, name) in [(1280, "broken-1280"), (360, "broken-360")] {
        stage.browser.resize(width, 2400).await;
        keep(name, &stage.browser.screenshot().await);
    }
}

#[tokio::test]
async fn a_page_that_comes_late_takes_its_explanation_away() {
    let modules = json!({ "webPanels": [panel("late")] });
    let Some(mut stage) = stage_of(Product::Jira, None, modules).await else {
        return;
    };
    let gate = stage.app.wait_at("/late");
    let issue = format!("{}/browse/DEMO-1", stage.sandbox.site(Product::Jira));
    stage.browser.open_at_once(&issue).await;
    stage.explained("late", "did not answer in time").await;
    gate.close();
    stage
        .browser
        .wait_for("", "!document.querySelector('.frame-problem')")
        .await;
    stage.ready("late").await;
}

#[tokio::test]
async fn an_app_that_is_down_is_explained() {
    let modules = json!({ "webPanels": [panel("down")] });
    let Some(mut stage) = stage_of(Product::Jira, None, modules).await else {
        return;
    };
    // Nobody listens there, and an app without secrets is installed without being asked.
    stage.app.change_descriptor(|descriptor| {
        descriptor["baseUrl"] = json!("http://127.0.0.1:1");
        descriptor["authentication"] = json!({ "type": "none" });
        descriptor["lifecycle"] = json!({});
    });
    stage.reinstall().await;
    let issue = format!("{}/browse/DEMO-1", stage.sandbox.site(Product::Jira));
    stage.browser.open_at_once(&issue).await;
    stage
        .explained("down", "http://127.0.0.1:1 cannot be reached")
        .await;
    stage.explained("down", "Start the app").await;
}

#[tokio::test]
async fn a_page_that_stays_silent_is_explained() {
    let Some(mut stage) = stage().await else {
        return;
    };
    stage.app.forget_tenant();
    let url = format!(
        "{}/plugins/servlet/ac/{KEY}/other",
        stage.sandbox.site(Product::Jira)
    );
    stage.browser.open(&url).await;
    stage.browser.wait_for("", "document.querySelector('.frame-problem')?.textContent.startsWith('The app refused the signed request with 401.')").await;
}

/// What the overview says of the last install.
async fn trouble(sandbox: &Sandbox, path: &str) -> String {
    let url = format!("{}{path}", sandbox.site(Product::Jira));
    let page = crate::client::get(&url).await.body;
    let told = page.split("class=\"trouble\"").nth(1).unwrap_or_default();
    told.split("</section>").next().unwrap().to_owned()
}

#[tokio::test]
async fn a_failed_install_is_explained_on_the_pages() {
    let (sandbox, app, upm) = fresh().await;
    app.serve("/broken.json", "application/json", "{ \"key\":");
    app.answer_oddly(
        "/moved.json",
        301,
        &[("location", "/atlassian-connect.json")],
        "",
    );
    let origin = app.state.base_url.to_string();
    for (url, words, todo) in [
        (
            "ftp://127.0.0.1/x".to_owned(),
            "not an http or https URL",
            "Give the address of the descriptor",
        ),
        (
            "http://127.0.0.1:1/x".to_owned(),
            "cannot be reached",
            "Start the app",
        ),
        (
            format!("{origin}/broken.json"),
            "not JSON",
            "connect validate descriptor",
        ),
        (
            format!("{origin}/moved.json"),
            "answered 301",
            "without a redirect",
        ),
    ] {
        upm.install(&url).await.unwrap_err();
        let told = trouble(&sandbox, "").await;
        assert!(told.contains(words) && told.contains(todo), "{url}: {told}");
        assert!(told.contains("On a real site"));
    }
    for (status, todo) in [
        (302, "hosts follow no redirect"),
        (401, "<code>CONNECT_KEYS_CDN_URL</code>"),
        (404, "<code>lifecycle.installed</code>"),
        (500, "Look at the app"),
    ] {
        *app.state.install_status.lock().unwrap() = status;
        upm.install(&app.descriptor_url).await.unwrap_err();
        let page = format!("/apps/{KEY}");
        for path in ["", &page] {
            let told = trouble(&sandbox, path).await;
            let answered = format!("answered {status} ");
            assert!(
                told.contains(&answered) && told.contains(todo),
                "{status}: {told}"
            );
        }
    }
    sandbox
        .faults()
        .order(connect_sandbox::Fault::CallbackTimeout);
    *app.state.install_status.lock().unwrap() = 204;
    upm.install(&app.descriptor_url).await.unwrap_err();
    let told = trouble(&sandbox, "").await;
    assert!(
        told.contains("did not answer in time") && told.contains("five seconds"),
        "{told}"
    );
    // Confluence had nothing to do with it, and what works again is no trouble.
    let wiki = crate::client::get(sandbox.site(Product::Confluence).as_str()).await;
    assert!(!wiki.body.contains("class=\"trouble\""));
    upm.install(&app.descriptor_url).await.unwrap();
    assert_eq!(trouble(&sandbox, "").await, "");
}

#[tokio::test]
async fn a_failed_install_shows_while_one_looks() {
    let Some(mut stage) = stage().await else {
        return;
    };
    let url = format!("{}/", stage.sandbox.url());
    stage.browser.open(&url).await;
    stage
        .app
        .change_descriptor(|descriptor| descriptor["modules"]["webPanels"] = json!([{}]));
    let upm = Upm::of(&stage.sandbox, Product::Jira);
    upm.install(&stage.app.descriptor_url).await.unwrap_err();
    stage.browser.wait_for("", "[...document.querySelectorAll('#events td.why')].some((cell) => cell.textContent.includes('connect validate descriptor') && cell.textContent.includes('On a real site'))").await;
    // The version before goes on.
    stage.open("hello").await;
    stage.browser.open(&url).await;
    for (width, name) in [(1280, "trouble-1280"), (360, "trouble-360")] {
        stage.browser.resize(width, 900).await;
        keep(name, &stage.browser.screenshot().await);
    }
}
