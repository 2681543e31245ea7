//! The bridge in a real browser. Without Chromium these tests say so and pass; `CONNECT_CHROMIUM`
//! names another one than Debian's.

mod all_modules;
mod bridge;
mod broken;
mod cdp;
mod changes;
mod families;
mod keyboard;
mod module_tables;
mod real_host;
mod targets;
mod views;

use connect_core::Product;
use connect_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::{
    app::{App, KEY},
    client::{Upm, fresh},
};
use cdp::Browser;

/// A browser in front of an installed app whose pages load the sandbox's own all.js.
struct Stage {
    browser: Browser,
    sandbox: Sandbox,
    app: App,
    upm: Upm,
}

async fn stage() -> Option<Stage> {
    stage_with_script(None).await
}

async fn stage_with_script(script: Option<String>) -> Option<Stage> {
    let modules = json!({
        "generalPages": [
            { "key": "hello", "url": "/hello?name={ac.name}", "name": { "value": "Hello" } },
            { "key": "other", "url": "/other", "name": { "value": "Other" } },
        ],
        "dialogs": [{ "key": "dialog", "url": "/dialog", "options": { "size": "small", "chrome": true, "header": { "value": "From the descriptor" } } }],
    });
    stage_of(Product::Jira, script, modules).await
}

/// A stage of a product for an app with these modules, each of which has a page at its address.
async fn stage_of(product: Product, script: Option<String>, modules: Value) -> Option<Stage> {
    let Some(chromium) = cdp::chromium() else {
        skip("there is no Chromium here; install it or set CONNECT_CHROMIUM");
        return None;
    };
    let (sandbox, app, _) = fresh().await;
    let upm = Upm::of(&sandbox, product);
    let script_url = match script {
        Some(script) => {
            app.serve("/genuine.js", "text/javascript", &script);
            format!("{}/genuine.js", app.state.base_url)
        }
        None => sandbox.host_script_url().to_owned(),
    };
    for path in addresses(&modules) {
        app.serve(&path, "text/html", &page(&path, &script_url));
    }
    app.serve("/icon.svg", "image/svg+xml", ICON);
    app.change_descriptor(|descriptor| descriptor["modules"] = modules);
    upm.install(&app.descriptor_url).await.unwrap();
    let browser = Browser::start(chromium).await;
    Some(Stage {
        browser,
        sandbox,
        app,
        upm,
    })
}

/// The paths of all addresses in a descriptor's modules.
fn addresses(modules: &Value) -> Vec<String> {
    match modules {
        Value::Array(list) => list.iter().flat_map(addresses).collect(),
        Value::Object(map) => map
            .iter()
            .flat_map(|(name, value)| match value.as_str() {
                Some(url) if name == "url" && url.starts_with('/') => {
                    vec![url.split('?').next().unwrap().to_owned()]
                }
                _ => addresses(value),
            })
            .collect(),
        _ => Vec::new(),
    }
}

const ICON: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="#7a5cd6"/></svg>"##;

fn page(path: &str, script: &str) -> String {
    format!(
        r#"<!doctype html><meta charset="utf-8"><title>{path}</title>
<script src="{script}"></script>
<body style="font:15px/1.5 system-ui;margin:0;color:#1d2330"><div class="ac-content" style="padding:14px 16px;background:#f4f2fd;border-left:4px solid #7a5cd6"><b>{path}</b><br>A page of the app.</div>
<script>window.seen = []; AP.events && AP.events.onAny((name, ...rest) => window.seen.push([name, rest[0]]));</script>"#
    )
}

impl Stage {
    /// Waits until the app's page in a dialog can speak with its host.
    async fn dialog_is_there(&mut self) {
        let there = "document.readyState === 'complete' && window.AP && AP.dialog";
        self.browser.wait_for("/dialog", there).await;
    }

    async fn open(&mut self, module: &str) {
        let url = format!(
            "{}/plugins/servlet/ac/{KEY}/{module}",
            self.sandbox.site(Product::Jira)
        );
        self.browser.open(&url).await;
        self.browser
            .wait_for(
                &format!("/{module}"),
                "document.readyState === 'complete' && window.AP && AP.context",
            )
            .await;
    }

    /// Evaluates in the frame of a module.
    async fn ap(&mut self, module: &str, expression: &str) -> Value {
        self.browser.eval(&format!("/{module}"), expression).await
    }

    async fn open_view(&mut self, product: Product, path: &str, frames: &[&str]) {
        let site = self.sandbox.site(product).to_string();
        self.browser.open(&format!("{site}{path}")).await;
        for frame in frames {
            self.ready(frame).await;
        }
    }

    async fn ready(&mut self, frame: &str) {
        self.browser
            .wait_for(
                &format!("/{frame}"),
                "document.readyState === 'complete' && window.AP && AP.context",
            )
            .await;
    }

    /// Installs the app again, as it is now described.
    async fn reinstall(&mut self) {
        self.upm.install(&self.app.descriptor_url).await.unwrap();
    }

    async fn click(&mut self, selector: &str) {
        let there = format!("document.querySelector({selector:?})");
        self.browser.wait_for("", &there).await;
        self.browser.eval("", &format!("{there}.click()")).await;
    }

    async fn token_is_accepted(&mut self, module: &str, expression: &str) {
        let token = self.ap(module, expression).await;
        let token = token.as_str().unwrap();
        let proof = self.app.verify_context(token).unwrap();
        assert_eq!(proof.account_id().unwrap().as_str(), "712020:ada");
    }
}

/// Leaves a test out because a tool is missing, and says so; with `CONNECT_REQUIRE_TOOLS`, as
/// `scripts/test` sets it, that is a failure.
#[expect(
    clippy::disallowed_methods,
    reason = "tests have no context.rs; the variable is read here only"
)]
fn skip(why: &str) {
    assert!(std::env::var_os("CONNECT_REQUIRE_TOOLS").is_none(), "{why}");
    println!("skipped: {why}");
}

/// A file of the real bridge (npm packages `atlassian-connect-js` and `jquery`), which is not part
/// of this repository: `CONNECT_NODE_MODULES` names the folder in which npm put them.
#[expect(
    clippy::disallowed_methods,
    reason = "tests have no context.rs; the variable is read here only"
)]
fn genuine(file: &str) -> Option<String> {
    let Some(folder) = std::env::var_os("CONNECT_NODE_MODULES").filter(|folder| !folder.is_empty())
    else {
        skip("set CONNECT_NODE_MODULES to where npm put atlassian-connect-js and jquery");
        return None;
    };
    let path = std::path::PathBuf::from(folder).join(file);
    Some(
        std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display())),
    )
}
