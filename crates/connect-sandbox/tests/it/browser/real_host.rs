//! The sandbox's own all.js inside the real host script.

use crate::{
    app::App,
    browser::{cdp, cdp::Browser, genuine},
    client::fresh,
};

/// A page with the real host script and the few things a product adds to it.
const PAGE: &str = r##"<!doctype html><meta charset="utf-8"><title>real host</title>
<script src="/jquery.js"></script>
<script>
$.fn.load = function (listener) { return this.on("load", listener); };
$.fn.spin = $.fn.spinStop = function () { return this; };
window.require = (names, callback) => callback({ emitGasV3() {}, trackScreen() {}, sendEvent() {} });
window.AJS = { $: jQuery, escapeHtml: String, Meta: { get() {} } };
</script>
<script src="/connect-host.js"></script>
<body><div id="place"></div>
<script>
const promise = (method) => Object.assign(method, { returnsPromise: true });
connectHost.defineModule({
  request: promise((options, callback) => options.url === "/good"
    ? Promise.resolve({ body: "yes", xhr: { status: 200, statusText: "OK" } })
    : Promise.reject({ body: "no", err: "404", xhr: { status: 404 } })),
});
connectHost.defineModule("context", {
  getToken: promise((callback) => Promise.resolve("token of " + callback._context.extension.key)),
});
connectHost.defineModule("user", {
  getCurrentUser: (callback) => callback({ atlassianAccountId: "712020:real" }),
});
const flags = window.flags = [];
connectHost.getFrameworkAdaptor().registerModule({
  getModuleRegistrationName: () => "flag",
  isEnabled: () => true,
  getProvider: () => ({ create: (options) => { flags.push(options); return { close: () => options.onClose(options.id) }; } }),
  getSimpleXdmDefinition: () => undefined,
});
for (const key of ["one", "two"]) {
  connectHost.create({ addon_key: "my-app", key, url: "APP/" + key, options: { autoresize: true, isFullPage: true } }).appendTo("#place");
}
</script>"##;

#[tokio::test]
async fn the_own_script_understands_the_real_host() {
    let (Some(host), Some(jquery)) = (
        genuine("atlassian-connect-js/dist/connect-host.js"),
        genuine("jquery/dist/jquery.js"),
    ) else {
        return;
    };
    let Some(chromium) = cdp::chromium() else {
        super::skip("there is no Chromium here; install it or set CONNECT_CHROMIUM");
        return;
    };
    let (sandbox, app, _) = fresh().await;
    let product = App::start("").await;
    let text = "text/html; charset=utf-8";
    product.serve("/", text, &PAGE.replace("APP", app.state.base_url.as_str()));
    product.serve("/jquery.js", "text/javascript", &jquery);
    product.serve("/connect-host.js", "text/javascript", &host);
    for path in ["/one", "/two"] {
        app.serve(path, text, &super::page(path, sandbox.host_script_url()));
    }

    let mut browser = Browser::start(chromium).await;
    browser.open(product.state.base_url.as_str()).await;
    for frame in ["/one", "/two"] {
        browser
            .wait_for(
                frame,
                "document.readyState === 'complete' && window.AP && AP.context",
            )
            .await;
    }
    assert_eq!(browser.eval("/one", "AP._version").await, "connect-sandbox");
    assert_eq!(
        browser.eval("/one", "AP.context.getToken()").await,
        "token of one"
    );
    assert_eq!(
        browser
            .eval("/two", "new Promise((done) => AP.context.getToken(done))")
            .await,
        "token of two"
    );
    assert_eq!(browser.eval("/one", "new Promise((done) => AP.user.getCurrentUser((user) => done(user.atlassianAccountId)))").await, "712020:real");
    assert_eq!(
        browser
            .eval("/one", "AP.request('/good').then(({ body }) => body)")
            .await,
        "yes"
    );
    assert_eq!(
        browser
            .eval(
                "/one",
                "AP.request('/bad').catch(({ err, xhr }) => err + xhr.status)"
            )
            .await,
        "404404"
    );
    assert_eq!(browser.eval("/one", "new Promise((done) => AP.getLocation ? AP.getLocation(done) : AP.env.getLocation(done))").await, format!("{}/", product.state.base_url));

    // Events between two frames, private and public.
    browser.eval("/one", "AP.events.emit('own', 1, 2)").await;
    browser
        .wait_for(
            "/two",
            "window.seen.some(([name, first]) => name === 'own' && first === 1)",
        )
        .await;
    browser
        .eval(
            "/two",
            "AP.events.onPublic('shout', (text) => { window.heard = text; }), 0",
        )
        .await;
    browser
        .eval("/one", "AP.events.emitPublic('shout', 'hey')")
        .await;
    browser.wait_for("/two", "window.heard === 'hey'").await;

    // A flag, its action and its end.
    browser
        .eval(
            "/one",
            "window.flag = AP.flag.create({ title: 'T', actions: { undo: 'Undo' } }), 0",
        )
        .await;
    browser.wait_for("", "flags.length === 1").await;
    browser
        .eval("", "flags[0].actions[0].executeAction()")
        .await;
    browser.wait_for("/one", "window.seen.some(([name, data]) => name === 'flag.action' && data.actionIdentifier === 'undo')").await;
    browser.eval("/one", "flag.close()").await;
    browser
        .wait_for(
            "/one",
            "window.seen.some(([name]) => name === 'flag.close')",
        )
        .await;

    // The frame grows with its content.
    browser
        .eval(
            "/one",
            "document.querySelector('.ac-content').style.height = '900px', 0",
        )
        .await;
    browser
        .wait_for(
            "",
            "document.querySelector('iframe').getBoundingClientRect().height >= 900",
        )
        .await;
}
