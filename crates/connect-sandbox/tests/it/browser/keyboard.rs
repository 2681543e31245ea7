//! The pages without a mouse: everything is reached, the focus is seen, Escape closes.

use connect_core::Product;
use serde_json::{Value, json};

use crate::{
    app::KEY,
    browser::{Stage, cdp::Browser, stage_of},
};

/// What the keyboard must reach on a page.
const REACHABLE: &str = r#"window.reachable = [...document.querySelectorAll("a[href], button, summary, select, input:not([type=hidden]), textarea, [tabindex='0']")].filter((element) => !element.disabled && element.tabIndex >= 0 && element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true })), window.reached = new Set(), window.unseen = [], document.activeElement.blur(), window.reachable.length"#;

/// Notes down where the focus is, and whether that is to be seen.
const STEP: &str = r#"(() => {
    const here = document.activeElement;
    reached.add(here);
    const { outlineStyle, outlineWidth } = getComputedStyle(here);
    if (reachable.includes(here) && !(outlineStyle !== "none" && parseFloat(outlineWidth) >= 2)) unseen.push(here.outerHTML.slice(0, 100));
})()"#;

const MISSED: &str = "reachable.filter((element) => !reached.has(element)).map((element) => element.outerHTML.slice(0, 100)).concat(unseen.map((text) => `no focus to be seen: ${text}`))";

impl Browser {
    /// Presses a key, where the focus is.
    async fn press(&mut self, key: &str) {
        let (code, text) = match key {
            "Enter" => (13, "\r"),
            "Escape" => (27, ""),
            "Tab" => (9, ""),
            "ArrowRight" => (39, ""),
            _ => panic!("{key} is no key of these tests"),
        };
        let event = |kind: &str| json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code });
        let mut down = event(if text.is_empty() {
            "rawKeyDown"
        } else {
            "keyDown"
        });
        if !text.is_empty() {
            down["text"] = json!(text);
        }
        self.send("Input.dispatchKeyEvent", down).await;
        self.send("Input.dispatchKeyEvent", event("keyUp")).await;
    }
}

fn modules() -> Value {
    let name = |name: &str| json!({ "value": name });
    let icon = json!({ "url": "/icon.svg" });
    json!({
        "generalPages": [{ "key": "hello", "url": "/hello", "name": name("Hello") }],
        "dialogs": [{ "key": "dialog", "url": "/dialog", "options": { "size": "small", "chrome": true } }],
        "jiraIssueTabPanels": [{ "key": "tab", "url": "/tab", "name": name("Tab") }],
        "jiraIssueGlances": [{
            "key": "glance", "name": name("Glance"), "icon": icon,
            "content": { "type": "label", "label": { "value": "Label" } },
            "target": { "type": "web_panel", "url": "/glance" },
        }],
        "webItems": [{
            "key": "inline", "url": "/inline", "name": name("Inline"), "location": "jira.issue.tools",
            "target": { "type": "inlinedialog" },
        }],
    })
}

async fn on_stage() -> Option<Stage> {
    stage_of(Product::Jira, None, modules()).await
}

#[tokio::test]
async fn tab_reaches_everything_and_the_focus_is_seen() {
    let Some(mut stage) = on_stage().await else {
        return;
    };
    let module = format!("/plugins/servlet/ac/{KEY}/hello");
    let app = format!("/apps/{KEY}");
    for path in [
        "",
        "/browse/DEMO-1",
        "/boards/DEMO",
        "/webhooks",
        &app,
        &module,
    ] {
        stage.open_view(Product::Jira, path, &[]).await;
        let count = stage.browser.eval("", REACHABLE).await.as_u64().unwrap();
        assert!(count > 5, "{path}: {count}");
        // Frames of apps may take the focus in between.
        for _ in 0..count + 10 {
            stage.browser.press("Tab").await;
            stage.browser.eval("", STEP).await;
        }
        let missed = stage.browser.eval("", MISSED).await;
        assert_eq!(missed, json!([]), "{path}");
    }
}

#[tokio::test]
async fn escape_closes_what_lies_on_top() {
    let Some(mut stage) = on_stage().await else {
        return;
    };
    let gone = "!document.querySelector('dialog')";
    // From the dialog's own buttons, and from inside of the app's page in it.
    stage.open("hello").await;
    for focus in ["dialog .button", "dialog iframe"] {
        stage
            .ap("hello", "AP.dialog.create({ key: 'dialog' }), 0")
            .await;
        stage.ready("dialog").await;
        stage
            .browser
            .wait_for(
                "",
                "document.querySelector('dialog .button.primary:not(:disabled)')",
            )
            .await;
        let focus = format!("document.querySelector('{focus}').focus()");
        stage.browser.eval("", &focus).await;
        stage.browser.press("Escape").await;
        stage.browser.wait_for("", gone).await;
    }
    // One that is not to be closed so stays.
    stage
        .ap(
            "hello",
            "AP.dialog.create({ key: 'dialog', closeOnEscape: false }), 0",
        )
        .await;
    stage.ready("dialog").await;
    stage.browser.press("Escape").await;
    stage.browser.press("Escape").await;
    assert_eq!(stage.browser.eval("", gone).await, false);

    stage.open_view(Product::Jira, "/browse/DEMO-1", &[]).await;
    let focused =
        "document.activeElement.dataset.key ?? document.activeElement.parentElement.className";
    for inside in [false, true] {
        stage
            .browser
            .eval("", "document.querySelector('[data-key=inline]').focus()")
            .await;
        stage.browser.press("Enter").await;
        stage.ready("inline").await;
        if inside {
            stage
                .browser
                .eval("", "document.querySelector('[data-popup] iframe').focus()")
                .await;
        }
        stage.browser.press("Escape").await;
        stage
            .browser
            .wait_for("", "!document.querySelector('[data-popup]')")
            .await;
        assert_eq!(stage.browser.eval("", focused).await, "inline");
    }
    // The menu gives the focus back too.
    stage
        .browser
        .eval("", "document.querySelector('.view-as summary').focus()")
        .await;
    stage.browser.press("Enter").await;
    stage
        .browser
        .eval("", "document.querySelector('.pop select').focus()")
        .await;
    stage.browser.press("Escape").await;
    stage
        .browser
        .wait_for("", "!document.querySelector('.view-as').open")
        .await;
    assert_eq!(stage.browser.eval("", focused).await, "view-as");
}

#[tokio::test]
async fn glances_and_tabs_open_by_keys() {
    let Some(mut stage) = on_stage().await else {
        return;
    };
    stage.open_view(Product::Jira, "/browse/DEMO-1", &[]).await;
    stage
        .browser
        .eval("", "document.querySelector('[data-key=glance]').focus()")
        .await;
    stage.browser.press("Enter").await;
    stage.ready("glance").await;
    stage
        .browser
        .eval("", "document.getElementById('tab-own').focus()")
        .await;
    stage.browser.press("ArrowRight").await;
    stage.ready("tab").await;
    let selected = "document.activeElement.getAttribute('aria-selected')";
    assert_eq!(stage.browser.eval("", selected).await, "true");
}
