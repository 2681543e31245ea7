//! The pages of the products: what apps show on them, for whom, and what they are told.

use connect_core::Product;
use connect_sandbox::{Sandbox, SandboxOptions};
use serde_json::{Value, json};

use crate::{
    app::{App, KEY},
    client::{Answer, Upm, fresh, get, send},
    data::call,
    pages::attribute,
};

/// A sandbox with an app of these modules on a product's site, and the address of that.
async fn with_modules(product: Product, modules: Value) -> (Sandbox, App, String) {
    let (sandbox, app, _) = fresh().await;
    app.change_descriptor(|descriptor| descriptor["modules"] = modules);
    let upm = Upm::of(&sandbox, product);
    upm.install(&app.descriptor_url).await.unwrap();
    let site = sandbox.site(product).to_string();
    (sandbox, app, site)
}

fn panel(key: &str, url: &str, conditions: Value) -> Value {
    json!({ "webPanels": [{
        "key": key, "url": url, "name": { "value": "A panel" },
        "location": "atl.jira.view.issue.right.context", "conditions": conditions,
    }] })
}

/// What was chosen on a page, as its form sends it; the cookie that keeps it.
async fn choose(sandbox: &Sandbox, origin: &str, form: &str) -> Answer {
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("origin", origin),
    ];
    let url = format!("{}/_sandbox/view", sandbox.url());
    send("POST", &url, &headers, form).await
}

fn cookie(answer: &Answer) -> String {
    let cookie = answer.headers["set-cookie"].split(';').next().unwrap();
    cookie.to_owned()
}

async fn get_as(url: &str, cookie: &str) -> Answer {
    send("GET", url, &[("cookie", cookie)], "").await
}

#[tokio::test]
async fn variables_and_claims_tell_where_one_is() {
    let url =
        "/p?issue={issue.key}&project=${project.id}&admin={condition.user_is_admin}&no={what.ever}";
    let (_sandbox, app, site) = with_modules(Product::Jira, panel("p", url, json!([]))).await;
    let page = get(&format!("{site}/browse/PLAN-2?as=grace")).await;
    let src = attribute(&page.body, "src");
    assert!(
        src.contains("/p?issue=PLAN-2&project=10001&admin=false&no=&xdm_e="),
        "{src}"
    );
    assert_eq!(get(&src).await.status, 200);
    let context = app.seen().last().unwrap().context.clone().unwrap();
    assert_eq!(context["sub"], "712020:grace");
    let jira = &context["claims"]["jira"];
    assert_eq!(
        (&jira["issue"]["key"], &jira["project"]["key"]),
        (&json!("PLAN-2"), &json!("PLAN"))
    );
}

#[tokio::test]
async fn a_place_that_does_not_exist_is_not_found() {
    let (_sandbox, _app, site) = with_modules(Product::Jira, panel("p", "/p", json!([]))).await;
    for path in ["/browse/NONE-1", "/projects/NONE", "/people/none"] {
        let page = get(&format!("{site}{path}")).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(
            page.body.contains("There is nothing with the key"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn conditions_hide_modules_and_say_why() {
    let admin = json!({ "condition": "user_is_admin" });
    let other = json!({ "condition": "moon_is_full", "params": { "phase": "3" } });
    for (conditions, ada, grace) in [
        (json!([admin]), true, false),
        (
            json!([{ "condition": "user_is_admin", "invert": true }]),
            false,
            true,
        ),
        (
            json!([admin, { "condition": "user_is_logged_in", "invert": true }]),
            false,
            false,
        ),
        (
            json!([{ "or": [admin, { "condition": "user_is_logged_in" }] }]),
            true,
            true,
        ),
        (
            json!([{ "type": "or", "conditions": [admin, { "condition": "feature_flag", "params": { "featureKey": "f" } }] }]),
            true,
            false,
        ),
        (
            json!([{ "and": [admin, { "condition": "feature_flag", "params": { "featureKey": "f" } }] }]),
            false,
            false,
        ),
        (
            json!([{ "condition": "has_issue_permission", "params": { "permission": "ADMINISTER_PROJECTS" } }]),
            true,
            false,
        ),
        (
            json!([{ "condition": "has_project_permission", "params": { "permission": "edit_issues" } }]),
            true,
            true,
        ),
        (json!([{ "condition": "is_watching_issue" }]), false, false),
        (
            json!([{ "condition": "jira_expression", "params": {
                "expression": "issue.assignee.accountId == user.accountId && !issue.labels.includes('x')",
            } }]),
            true,
            false,
        ),
        (
            json!([{ "condition": "jira_expression", "params": {
                "expression": "issue.comments.filter(c => c.author == user).length > 9",
            } }]),
            true,
            true,
        ),
        // What the sandbox cannot tell is assumed, whichever way it is asked.
        (json!([other]), true, true),
        (
            json!([{ "condition": "moon_is_full", "invert": true }]),
            true,
            true,
        ),
    ] {
        let modules = panel("p", "/p", conditions.clone());
        let (_sandbox, _app, site) = with_modules(Product::Jira, modules).await;
        for (user, shown) in [("ada", ada), ("grace", grace)] {
            let page = get(&format!("{site}/browse/DEMO-1?as={user}")).await;
            let there = page.body.contains("data-key=\"p\"");
            assert_eq!(there, shown, "{user}: {conditions}");
            let said = page.body.contains("data-hidden=\"p\"");
            assert_eq!(said, !shown, "{user}: {conditions}");
        }
    }
}

#[tokio::test]
async fn what_the_sandbox_cannot_tell_is_said_aloud() {
    let modules = panel(
        "p",
        "/p",
        json!([{ "condition": "moon_is_full", "params": { "phase": "3" } }]),
    );
    let (_sandbox, _app, site) = with_modules(Product::Jira, modules).await;
    let page = get(&format!("{site}/apps/{KEY}")).await;
    assert!(page.body.contains("moon_is_full (phase=3)"));
    assert!(
        page.body
            .contains("the sandbox cannot tell; assumed to hold")
    );
}

#[tokio::test]
async fn conditions_ask_the_properties_of_the_app() {
    let condition = json!([{ "condition": "entity_property_equal_to", "params": {
        "entity": "addon", "propertyKey": "settings", "objectName": "panel.on", "value": "true",
    } }]);
    let (_sandbox, app, site) = with_modules(Product::Jira, panel("p", "/p", condition)).await;
    let url = format!("{site}/browse/DEMO-1");
    assert!(!get(&url).await.body.contains("data-key=\"p\""));
    let property = format!("{site}/rest/atlassian-connect/1/addons/{KEY}/properties/settings");
    let authorization = app.sign(
        &http::Method::PUT,
        &format!("/rest/atlassian-connect/1/addons/{KEY}/properties/settings"),
    );
    let headers = [("authorization", authorization.as_str())];
    let stored = send("PUT", &property, &headers, "{\"panel\":{\"on\":true}}").await;
    assert_eq!(stored.status, 201, "{stored:?}");
    assert!(get(&url).await.body.contains("data-key=\"p\""));
}

#[tokio::test]
async fn conditions_ask_the_properties_of_people_and_dashboards() {
    let condition = |entity: &str| {
        json!([{ "condition": "entity_property_equal_to", "params": {
            "entity": entity, "propertyKey": "p", "objectName": "on", "value": "true",
        } }])
    };
    let mut modules = panel("p", "/p", condition("user"));
    modules["jiraDashboardItems"] = json!([{
        "key": "item", "url": "/item", "name": { "value": "Item" },
        "description": { "value": "Item" }, "thumbnailUrl": "/icon.svg",
        "conditions": condition("dashboardItem"),
    }]);
    let (sandbox, app, site) = with_modules(Product::Jira, modules).await;
    app.allow(&["READ", "WRITE"]);
    let upm = Upm::of(&sandbox, Product::Jira);
    upm.install(&app.descriptor_url).await.unwrap();
    let shown = async |path: &str, key: &str| {
        let page = get(&format!("{site}{path}")).await;
        page.body.contains(&format!("data-key=\"{key}\""))
    };
    assert!(!shown("/browse/DEMO-1", "p").await && !shown("/dashboard", "item").await);
    let on = json!({ "on": true });
    for path in [
        "/rest/api/3/user/properties/p?accountId=712020:ada",
        "/rest/api/3/dashboard/10000/items/10001/properties/p",
    ] {
        let stored = call(&app, http::Method::PUT, path, &on).await;
        assert_eq!(stored.status, 201, "{path}: {stored:?}");
        let read = call(&app, http::Method::GET, path, &Value::Null).await;
        assert_eq!(read.json()["value"], on);
    }
    assert!(shown("/browse/DEMO-1", "p").await && shown("/dashboard", "item").await);
    // Grace has no such property, and nobody has any.
    assert!(!shown("/browse/DEMO-1?as=grace", "p").await);
    let nobody = "/rest/api/3/user/properties/p?accountId=712020:nobody";
    assert_eq!(call(&app, http::Method::PUT, nobody, &on).await.status, 404);
}

#[tokio::test]
async fn a_hidden_page_is_not_to_be_had_by_its_address() {
    let modules = json!({ "generalPages": [{
        "key": "g", "url": "/g", "name": { "value": "G" },
        "conditions": [{ "condition": "user_is_admin" }],
    }] });
    let (_sandbox, _app, site) = with_modules(Product::Jira, modules).await;
    let url = format!("{site}/plugins/servlet/ac/{KEY}/g");
    assert_eq!(get(&url).await.status, 200);
    let hidden = get(&format!("{url}?as=grace")).await;
    assert_eq!(hidden.status, 404);
    assert!(!hidden.body.contains("<iframe") && hidden.body.contains("does not hold"));
}

#[tokio::test]
async fn who_looks_is_chosen_on_the_page_and_kept() {
    let (sandbox, app, site) = with_modules(Product::Jira, panel("p", "/p", json!([]))).await;
    let form = "user=712020%3Aemmy&locale=ja_JP&zone=Asia%2FTokyo&theme=dark&back=%2Fjira%3Fas%3Dada%26x%3D1";
    let chosen = choose(&sandbox, sandbox.url(), form).await;
    assert_eq!(
        (chosen.status, chosen.headers["location"].as_str()),
        (303, "/jira?x=1")
    );
    let page = get_as(&format!("{site}/browse/DEMO-1"), &cookie(&chosen)).await;
    assert!(page.body.contains("data-theme=\"dark\"") && page.body.contains("\"ja_JP\""));
    let name: Value = serde_json::from_str(&attribute(&page.body, "name")).unwrap();
    assert_eq!(name["options"]["user"]["timeZone"], "Asia/Tokyo");
    assert_eq!(get(&attribute(&page.body, "src")).await.status, 200);
    let context = app.seen().last().unwrap().context.clone().unwrap();
    assert_eq!(context["sub"], "712020:emmy");

    let nobody = choose(&sandbox, sandbox.url(), "user=anonymous").await;
    let page = get_as(&format!("{site}/browse/DEMO-1"), &cookie(&nobody)).await;
    assert!(page.body.contains("Not logged in"));
    assert_eq!(nobody.headers["location"], "/");
}

#[tokio::test]
async fn the_way_back_stays_in_the_sandbox() {
    let (sandbox, _app, _site) = with_modules(Product::Jira, panel("p", "/p", json!([]))).await;
    for back in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "evil",
    ] {
        let form = format!("back={}", back.replace(':', "%3A").replace('\\', "%5C"));
        let chosen = choose(&sandbox, sandbox.url(), &form).await;
        assert_eq!(chosen.headers["location"], "/", "{back}");
    }
}

#[tokio::test]
async fn only_pages_of_the_sandbox_change_the_view() {
    let (sandbox, app, _site) = with_modules(Product::Jira, panel("p", "/p", json!([]))).await;
    let app_origin = app.state.base_url.origin().to_owned();
    for origin in ["https://evil.example", "null", &app_origin] {
        let form = format!("site=%2Fjira&app={KEY}&license=none&user=anonymous");
        let refused = choose(&sandbox, origin, &form).await;
        assert_eq!(refused.status, 403, "{origin}");
        assert!(!refused.headers.contains_key("set-cookie"));
    }
    assert!(sandbox.installed(Product::Jira)[0].licensed);
}

#[tokio::test]
async fn the_licence_is_switched_on_the_page() {
    let modules = panel("p", "/p", json!([{ "condition": "addon_is_licensed" }]));
    let (sandbox, _app, site) = with_modules(Product::Jira, modules).await;
    let page = get(&format!("{site}/browse/DEMO-1")).await;
    assert!(attribute(&page.body, "src").contains("&lic=active&"));
    let form = format!("site=%2Fjira&app={KEY}&license=none");
    let switched = choose(&sandbox, sandbox.url(), &form).await;
    assert!(
        !switched.headers.contains_key("set-cookie"),
        "who looks stays"
    );
    assert!(!sandbox.installed(Product::Jira)[0].licensed);
    let page = get(&format!("{site}/browse/DEMO-1")).await;
    assert!(page.body.contains("data-hidden=\"p\""));
    let alone = get(&format!("{site}/plugins/servlet/ac/{KEY}/p")).await;
    assert_eq!(alone.status, 404);
}

#[tokio::test]
async fn a_cacheable_panel_has_neither_token_nor_parameters() {
    let mut modules = panel("p", "/p?issue={issue.key}", json!([]));
    modules["webPanels"][0]["cacheable"] = json!(true);
    let (_sandbox, app, site) = with_modules(Product::Jira, modules).await;
    let page = get(&format!("{site}/browse/DEMO-1")).await;
    let src = attribute(&page.body, "src");
    assert_eq!(src, format!("{}/p?issue=DEMO-1", app.state.base_url));
}

#[tokio::test]
async fn links_of_web_items_go_where_their_context_says() {
    let item = |key: &str, context: &str, url: &str| json!({ "key": key, "url": url, "context": context, "name": { "value": key }, "location": "jira.issue.tools" });
    let modules = json!({
        "generalPages": [{ "key": "g", "url": "/g", "name": { "value": "G" } }],
        "webItems": [
            item("own", "addon", "/own?i={issue.key}"),
            item("page", "page", "g"),
            item("product", "product", "/issues?k={issue.key}"),
            item("absolute", "addon", "https://docs.example/?i={issue.key}"),
        ],
    });
    let (_sandbox, app, site) = with_modules(Product::Jira, modules).await;
    let page = get(&format!("{site}/browse/DEMO-1")).await.body;
    let link = |key: &str| {
        let at = page.find(&format!("data-key=\"{key}\"")).unwrap();
        let start = page[..at].rfind("href=\"").unwrap() + 6;
        let end = start + page[start..].find('"').unwrap();
        page[start..end].replace("&amp;", "&")
    };
    assert_eq!(link("product"), format!("{site}/issues?k=DEMO-1"));
    assert_eq!(link("absolute"), "https://docs.example/?i=DEMO-1");
    assert!(link("page").starts_with(&format!("{site}/plugins/servlet/ac/{KEY}/g?")));
    let redirect = get(&link("own")).await;
    assert_eq!(redirect.status, 303);
    let signed = &redirect.headers["location"];
    assert!(signed.starts_with(&format!("{}/own?i=DEMO-1&xdm_e=", app.state.base_url)));
    assert_eq!(get(signed).await.status, 200);
}

#[tokio::test]
async fn a_location_that_is_not_known_is_listed_with_the_app() {
    let modules = json!({ "webItems": [{ "key": "x", "url": "/x", "name": { "value": "X" }, "location": "some.unknown" }] });
    let (_sandbox, _app, site) = with_modules(Product::Jira, modules).await;
    let page = get(&format!("{site}/apps/{KEY}")).await;
    assert!(page.body.contains("unknown location"));
    assert_eq!(get(&format!("{site}/apps/none")).await.status, 404);
}

#[tokio::test]
async fn an_app_that_is_switched_off_shows_nothing() {
    let (sandbox, app, site) = with_modules(Product::Jira, panel("p", "/p", json!([]))).await;
    let upm = Upm::of(&sandbox, Product::Jira);
    let off = json!({ "enabled": false }).to_string();
    let path = format!("/{KEY}-key");
    let headers = [("content-type", "application/vnd.atl.plugins.plugin+json")];
    let answer = upm.call("PUT", &path, &headers, &off).await.unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    let page = get(&format!("{site}/browse/DEMO-1")).await;
    assert!(!page.body.contains("data-key=\"p\""));
    drop(app);
}

#[tokio::test]
async fn customers_are_kept_apart_in_the_menus() {
    let options = SandboxOptions {
        sites: (0..40).map(|number| format!("customer-{number}")).collect(),
        ..SandboxOptions::default()
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    let all = get(sandbox.url()).await.body;
    assert!(all.contains("And 62 more sites"), "{all}");
    let one = get(&format!("{}/customer-7/jira", sandbox.url()))
        .await
        .body;
    assert!(one.contains("/customer-7/wiki\"") && !one.contains("/customer-8/"));
}
