//! The main views, at the sizes and in the colours people have. `CONNECT_SCREENSHOTS` names a
//! folder in which to keep the pictures.

use connect_core::Product;

use crate::{app::KEY, browser::stage};

#[expect(
    clippy::disallowed_methods,
    reason = "tests have no context.rs; the variable is read here only"
)]
pub(super) fn keep(name: &str, png: &[u8]) {
    let Some(folder) = std::env::var_os("CONNECT_SCREENSHOTS") else {
        return;
    };
    let folder = std::path::PathBuf::from(folder);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.png")), png).unwrap();
}

/// How many pixels a page is wider than its place.
pub(super) const OVERFLOW: &str = "Math.max(document.documentElement.scrollWidth - innerWidth, ...[...document.querySelectorAll('main')].map((main) => main.scrollWidth - main.clientWidth))";

/// What on a page people who cannot see it, or have no mouse, would miss.
pub(super) const BARRIERS: &str = r##"(() => {
    const found = [];
    const say = (what, element) => found.push(`${what}: ${element?.outerHTML?.slice(0, 120)}`);
    if (document.querySelectorAll("h1").length !== 1) say("not one h1", document.querySelector("h1"));
    if (document.querySelectorAll("main").length !== 1) say("not one main", null);
    if (!document.documentElement.lang) say("no language", null);
    const ids = new Set();
    for (const element of document.querySelectorAll("[id]")) { if (ids.has(element.id)) say("id twice", element); ids.add(element.id); }
    for (const image of document.querySelectorAll("img:not([alt])")) say("image without alt", image);
    for (const iframe of document.querySelectorAll("iframe:not([title])")) say("frame without title", iframe);
    for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
        if (!field.labels?.length && !field.ariaLabel) say("field without label", field);
    }
    for (const control of document.querySelectorAll("a, button, summary")) {
        if (!(control.textContent.trim() || control.ariaLabel)) say("control without name", control);
        if (control.tabIndex < 0 && control.role !== "tab") say("control out of reach", control);
    }
    for (const nav of document.querySelectorAll("nav, aside:has(> .native), [role=dialog], [role=tablist]")) {
        if (nav.matches("nav") && !nav.ariaLabel) say("landmark without name", nav);
    }
    for (const tab of document.querySelectorAll("[role=tab]")) {
        if (!document.getElementById(tab.getAttribute("aria-controls"))) say("tab without panel", tab);
    }
    return found;
})()"##;

#[tokio::test]
async fn every_view_fits_every_width_in_light_and_dark() {
    let Some(mut stage) = stage().await else {
        return;
    };
    let site = stage.sandbox.site(Product::Jira);
    let views = [
        ("overview", stage.sandbox.url().to_owned()),
        ("jira", site.to_string()),
        ("page", format!("{site}/plugins/servlet/ac/{KEY}/hello")),
        (
            "missing",
            format!("{site}/plugins/servlet/ac/{KEY}/nothing"),
        ),
    ];
    for dark in [false, true] {
        stage.browser.dark(dark).await;
        for width in [1280, 360] {
            stage.browser.resize(width, 800).await;
            for (name, url) in &views {
                stage.browser.open(url).await;
                if *name == "page" {
                    stage
                        .browser
                        .wait_for("", "document.querySelector('.frame-holder.is-ready')")
                        .await;
                }
                if matches!(*name, "overview" | "jira") {
                    stage
                        .browser
                        .wait_for("", "document.querySelector('#events tr td')")
                        .await;
                }
                let colour = if dark { "dark" } else { "light" };
                keep(
                    &format!("{name}-{width}-{colour}"),
                    &stage.browser.screenshot().await,
                );
                let overflow = stage.browser.eval("", OVERFLOW).await;
                assert!(
                    overflow.as_i64().unwrap() <= 0,
                    "{name} is {overflow} pixels too wide for {width}"
                );
                let barriers = stage.browser.eval("", BARRIERS).await;
                assert_eq!(barriers, serde_json::json!([]), "{name}");
                let failed: Vec<_> = stage
                    .browser
                    .console
                    .iter()
                    .filter(|line| line.starts_with("exception") || line.starts_with("error"))
                    .collect();
                assert!(failed.is_empty(), "{name}: {failed:#?}");
            }
        }
    }
}

#[tokio::test]
async fn dialogs_and_flags_lie_on_top() {
    let Some(mut stage) = stage().await else {
        return;
    };
    for (width, dark) in [(1280, false), (360, true)] {
        stage.browser.resize(width, 800).await;
        stage.browser.dark(dark).await;
        stage.open("hello").await;
        stage.ap("hello", "AP.dialog.create({ key: 'dialog', size: 'medium', hint: 'A hint of the app', buttons: [{ text: 'More', identifier: 'more' }] }), 0").await;
        stage.dialog_is_there().await;
        stage.ap("dialog", "AP.flag.create({ title: 'Saved', body: 'All 3 changes were saved.', type: 'success', actions: { undo: 'Undo', show: 'Show them' } }), 0").await;
        stage.browser.wait_for("", "document.querySelector('.flag') && document.querySelector('dialog .frame-holder.is-ready')").await;
        keep(
            &format!("dialog-{width}"),
            &stage.browser.screenshot().await,
        );
        // The flag can be clicked, so it is above the dialog.
        let on_top = stage.browser.eval("", "(() => { const box = document.querySelector('.flag strong').getBoundingClientRect(); return Boolean(document.elementFromPoint(box.x + 2, box.y + 2)?.closest('.flag')); })()").await;
        assert_eq!(on_top, true);
    }
}

#[tokio::test]
async fn who_looks_is_chosen_with_the_keyboard() {
    let Some(mut stage) = stage().await else {
        return;
    };
    for (width, dark) in [(1280, false), (360, true)] {
        stage.browser.resize(width, 800).await;
        stage.browser.dark(dark).await;
        stage.open("hello").await;
        stage
            .browser
            .eval("", "document.querySelector('.view-as summary').click()")
            .await;
        keep(
            &format!("view-as-{width}"),
            &stage.browser.screenshot().await,
        );
        let inside = "(() => { const box = document.querySelector('.pop').getBoundingClientRect(); return box.left >= 0 && box.right <= innerWidth && box.bottom <= innerHeight; })()";
        assert_eq!(stage.browser.eval("", inside).await, true);
        stage
            .browser
            .eval(
                "",
                "document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }))",
            )
            .await;
        assert_eq!(
            stage
                .browser
                .eval("", "document.querySelector('.view-as').open")
                .await,
            false
        );
    }
    // A choice sends itself, and the page comes back as it was chosen.
    stage.browser.eval("", "(() => { const theme = document.querySelector('[name=theme]'); theme.value = 'light'; theme.dispatchEvent(new Event('change', { bubbles: true })); })()").await;
    stage.browser.wait_for("", "document.readyState === 'complete' && document.documentElement.dataset.theme === 'light' && location.pathname.endsWith('/hello')").await;
    assert_eq!(
        stage
            .browser
            .eval("", "getComputedStyle(document.body).backgroundColor")
            .await,
        "rgb(246, 245, 242)"
    );
    stage.browser.eval("", "(() => { const user = document.querySelector('[name=user]'); user.value = '712020:grace'; user.dispatchEvent(new Event('change', { bubbles: true })); })()").await;
    stage
        .browser
        .wait_for(
            "",
            "document.querySelector('.user-name').textContent === 'Grace Hopper'",
        )
        .await;
    stage
        .browser
        .wait_for(
            "/hello",
            "document.readyState === 'complete' && window.AP && AP.context",
        )
        .await;
    let user = stage
        .ap(
            "hello",
            "new Promise((done) => AP.user.getCurrentUser(done))",
        )
        .await;
    assert_eq!(user["atlassianAccountId"], "712020:grace");
    let theme = "document.documentElement.dataset.colorMode";
    stage.ap("hello", "AP.theming.initializeTheming(), 0").await;
    stage
        .browser
        .wait_for("/hello", &format!("{theme} === 'light'"))
        .await;
}
