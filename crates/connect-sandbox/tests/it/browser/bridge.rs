//! What both ends of the bridge must be able to do.

use connect_core::Product;
use connect_sandbox::SandboxEvent;
use serde_json::json;

use crate::{
    app::{KEY, PATIENCE},
    browser::{Stage, genuine, stage, stage_with_script},
};

/// What both the sandbox's own all.js and the real one must be able to do.
async fn bridge_works(stage: &mut Stage) {
    stage.open("hello").await;
    stage
        .token_is_accepted("hello", "AP.context.getToken()")
        .await;
    stage
        .token_is_accepted("hello", "new Promise((done) => AP.context.getToken(done))")
        .await;
    assert_eq!(
        stage.ap("hello", "AP.context.getContext()").await,
        json!({})
    );
    assert_eq!(
        stage
            .ap(
                "hello",
                "new Promise((done) => AP.user.getCurrentUser(done))"
            )
            .await["atlassianAccountId"],
        "712020:ada"
    );
    assert_eq!(
        stage
            .ap("hello", "new Promise((done) => AP.user.getTimeZone(done))")
            .await,
        "Europe/London"
    );
    let location = stage
        .ap("hello", "new Promise((done) => AP.env.getLocation(done))")
        .await;
    assert!(location.as_str().unwrap().ends_with("/hello"), "{location}");
    let place = stage
        .ap(
            "hello",
            "new Promise((done) => AP.navigator.getLocation(done))",
        )
        .await;
    assert_eq!(
        place,
        json!({ "target": "addonModule", "context": { "addonKey": KEY, "moduleKey": "hello" } })
    );

    let answer = stage.ap("hello", "AP.request('/rest/api/3/myself').then(({ body, xhr }) => ({ body: JSON.parse(body), status: xhr.status }))").await;
    assert_eq!(
        (&answer["status"], &answer["body"]["displayName"]),
        (&json!(200), &json!("Ada Lovelace"))
    );
    let failed = stage.ap("hello", "AP.request({ url: '/rest/api/3/nonsense' }).catch(({ xhr, err }) => ({ status: xhr.status, err }))").await;
    assert_eq!(failed["status"], 501);
    let failed = stage
        .ap(
            "hello",
            "AP.request('https://evil.example/').catch(({ err }) => err)",
        )
        .await;
    assert!(
        failed.as_str().unwrap().contains("paths of the product"),
        "{failed}"
    );

    assert_eq!(
        stage
            .ap(
                "hello",
                "AP.cookie.save('a', 'b c', 1), new Promise((done) => AP.cookie.read('a', done))"
            )
            .await,
        "b c"
    );
    assert_eq!(stage.ap("hello", "AP.cookie.erase('a'), new Promise((done) => AP.cookie.read('a', (value) => done(String(value))))").await, "undefined");

    stage
        .ap(
            "hello",
            "AP.history.pushState('first'), AP.history.pushState('second/part')",
        )
        .await;
    assert_eq!(
        stage
            .ap(
                "hello",
                "new Promise((done) => AP.history.getState('hash', done))"
            )
            .await,
        "second/part"
    );
    stage
        .ap(
            "hello",
            "AP.history.popState((change) => { window.popped = change.hash; }), AP.history.back()",
        )
        .await;
    stage
        .browser
        .wait_for("/hello", "window.popped === 'first'")
        .await;

    stage.ap("hello", "AP.page.setTitle('Own title')").await;
    stage
        .browser
        .wait_for("", "document.title === 'Own title · Sandbox'")
        .await;

    stage.ap("hello", "window.flag = AP.flag.create({ title: 'Saved <b>', body: 'All is well', type: 'success', actions: { undo: 'Undo' } }), 0").await;
    stage
        .browser
        .wait_for(
            "",
            "document.querySelector('.flag strong')?.textContent === 'Saved <b>'",
        )
        .await;
    stage
        .browser
        .eval("", "document.querySelector('.flag .link').click()")
        .await;
    stage.browser.wait_for("/hello", "window.seen.some(([name, data]) => name === 'flag.action' && data.actionIdentifier === 'undo')").await;
    stage.ap("hello", "flag.close()").await;
    stage
        .browser
        .wait_for("", "!document.querySelector('.flag')")
        .await;
    stage
        .browser
        .wait_for(
            "/hello",
            "window.seen.some(([name]) => name === 'flag.close')",
        )
        .await;

    stage.ap("hello", "AP.events.emit('own', { a: 1 })").await;
    stage
        .browser
        .wait_for(
            "/hello",
            "window.seen.some(([name, data]) => name === 'own' && data.a === 1)",
        )
        .await;

    stage
        .ap(
            "hello",
            "document.querySelector('.ac-content').style.height = '1500px', 0",
        )
        .await;
    stage
        .browser
        .wait_for(
            "",
            "document.querySelector('iframe').getBoundingClientRect().height >= 1500",
        )
        .await;
    assert!(stage.sandbox.events().iter().any(|recorded| matches!(&recorded.event, SandboxEvent::BridgeCall { call, .. } if call == "context.getToken")));
}

/// A dialog that is opened, talks with its opener, and hands a result back.
async fn dialogs_work(stage: &mut Stage) {
    stage.open("hello").await;
    stage.ap("hello", "AP.events.on('dialog.close', (data) => { window.result = data; }), AP.dialog.create({ key: 'dialog', customData: { id: 7 }, submitText: 'Go' }), 0").await;
    stage.dialog_is_there().await;
    assert_eq!(
        stage
            .ap(
                "dialog",
                "new Promise((done) => AP.dialog.getCustomData(done))"
            )
            .await,
        json!({ "id": 7 })
    );
    let head = stage
        .browser
        .eval("", "document.querySelector('.ap-dialog-head').textContent")
        .await;
    assert_eq!(head, "From the descriptor");
    stage
        .token_is_accepted("dialog", "AP.context.getToken()")
        .await;
    // Events go both ways, private and public.
    stage.ap("hello", "AP.events.emit('to-dialog', 1)").await;
    stage
        .browser
        .wait_for(
            "/dialog",
            "window.seen.some(([name]) => name === 'to-dialog')",
        )
        .await;
    stage
        .ap(
            "hello",
            "AP.events.onPublic('shout', (text) => { window.heard = text; }), 0",
        )
        .await;
    stage
        .ap("dialog", "AP.events.emitPublic('shout', 'hey')")
        .await;
    stage
        .browser
        .wait_for("/hello", "window.heard === 'hey'")
        .await;
    // The button is the page's: it keeps the dialog open once, then lets it go with a result.
    stage.ap("dialog", "AP.dialog.disableCloseOnSubmit(), AP.events.on('dialog.submit', () => { window.submitted = true; }), 0").await;
    stage
        .browser
        .wait_for("", "!document.querySelector('.button.primary').disabled")
        .await;
    assert_eq!(
        stage
            .browser
            .eval("", "document.querySelector('.button.primary').textContent")
            .await,
        "Go"
    );
    stage
        .browser
        .eval("", "document.querySelector('.button.primary').click()")
        .await;
    stage.browser.wait_for("/dialog", "window.submitted").await;
    stage
        .ap("dialog", "AP.dialog.getButton('submit').disable()")
        .await;
    stage
        .browser
        .wait_for("", "document.querySelector('.button.primary').disabled")
        .await;
    stage
        .ap("dialog", "AP.dialog.close({ chosen: 'x' }), 0")
        .await;
    stage
        .browser
        .wait_for("/hello", "window.result && window.result.chosen === 'x'")
        .await;
    stage
        .browser
        .wait_for("", "!document.querySelector('dialog')")
        .await;
}

#[tokio::test]
async fn the_own_script_and_the_host_understand_each_other() {
    let Some(mut stage) = stage().await else {
        return;
    };
    bridge_works(&mut stage).await;
    dialogs_work(&mut stage).await;
}

#[tokio::test]
async fn the_real_script_understands_the_host() {
    let Some(script) = genuine("atlassian-connect-js/dist/iframe.js") else {
        return;
    };
    let Some(mut stage) = stage_with_script(Some(script)).await else {
        return;
    };
    stage.open("hello").await;
    assert_ne!(stage.ap("hello", "AP._version").await, "connect-sandbox");
    bridge_works(&mut stage).await;
    dialogs_work(&mut stage).await;
}

#[tokio::test]
async fn callbacks_of_requests_are_called() {
    let Some(mut stage) = stage().await else {
        return;
    };
    stage.open("hello").await;
    let good = stage.ap("hello", "new Promise((done) => AP.request({ url: '/rest/api/3/myself', success: (body, status, xhr) => done([JSON.parse(body).displayName, status, xhr.getResponseHeader('Content-Type')]) }))").await;
    assert_eq!(good, json!(["Ada Lovelace", "success", "application/json"]));
    let bad = stage.ap("hello", "new Promise((done) => AP.request('/rest/api/3/nonsense', { error: (xhr, status) => done([xhr.status, status]) }))").await;
    assert_eq!(bad, json!([501, "error"]));
}

#[tokio::test]
async fn what_the_host_cannot_do_fails_loudly() {
    let Some(mut stage) = stage().await else {
        return;
    };
    stage.open("hello").await;
    stage.ap("hello", "parent.postMessage({ type: 'req', eid: AP._data.extension_id, mod: 'jira', fn: 'flyToTheMoon', args: [] }, AP._data.origin)").await;
    stage.browser.wait_for("", "document.querySelector('#bridge-log .bad')?.textContent.includes('AP.jira.flyToTheMoon is not supported')").await;
    assert!(
        stage
            .browser
            .console
            .iter()
            .any(|line| line.starts_with("error: [sandbox]")
                && line.contains("AP.jira.flyToTheMoon")),
        "{:#?}",
        stage.browser.console
    );
}

#[tokio::test]
async fn messages_of_others_are_not_obeyed() {
    let Some(mut stage) = stage().await else {
        return;
    };
    stage.open("hello").await;
    // The page itself is neither the frame's window nor its origin.
    stage.browser.eval("", "postMessage({ type: 'req', eid: document.querySelector('iframe').id, mod: 'page', fn: 'setTitle', args: ['taken'] }, '*')").await;
    // A frame of the right origin that pretends to be another frame.
    stage.ap("hello", "parent.postMessage({ type: 'req', eid: 'com.example.test__other__00000000', mod: 'page', fn: 'setTitle', args: ['taken'] }, '*')").await;
    stage.ap("hello", "AP.page.setTitle('last')").await;
    stage
        .browser
        .wait_for("", "document.title.startsWith('last')")
        .await;
    let log = stage
        .browser
        .eval("", "document.querySelector('#bridge-log').textContent")
        .await;
    assert!(!log.as_str().unwrap().contains("taken"), "{log}");
}

#[tokio::test]
async fn a_page_without_the_bridge_is_shown_all_the_same() {
    let Some(mut stage) = stage().await else {
        return;
    };
    stage.app.serve(
        "/other",
        "text/html",
        "<!doctype html><title>plain</title><p>No script.",
    );
    let url = format!(
        "{}/plugins/servlet/ac/{KEY}/other",
        stage.sandbox.site(Product::Jira)
    );
    stage.browser.open(&url).await;
    stage
        .browser
        .wait_for("", "document.querySelector('.frame-holder.is-ready')")
        .await;
}

#[tokio::test]
async fn navigation_stays_in_the_product() {
    let Some(mut stage) = stage().await else {
        return;
    };
    stage.open("hello").await;
    stage.ap("hello", "AP.navigator.go('addonModule', { addonKey: AP._data.extension_id.split('__')[0], moduleKey: 'other', customData: { n: 1 } }), 0").await;
    stage
        .browser
        .wait_for(
            "",
            "location.pathname.endsWith('/other') && location.search === '?ac.n=1'",
        )
        .await;
    stage
        .sandbox
        .wait_for(
            |event| matches!(event, SandboxEvent::PageShown { module, .. } if module == "other"),
            PATIENCE,
        )
        .await
        .unwrap();
}
