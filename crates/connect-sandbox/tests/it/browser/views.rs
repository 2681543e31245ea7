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
                let overflow = stage
                    .browser
                    .eval("", "document.documentElement.scrollWidth - innerWidth")
                    .await;
                assert!(
                    overflow.as_i64().unwrap() <= 0,
                    "{name} is {overflow} pixels too wide for {width}"
                );
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
        stage
            .browser
            .wait_for(
                "/dialog",
                "document.readyState === 'complete' && window.AP && AP.dialog",
            )
            .await;
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
