//! Pages of apps, and the signed addresses in them.

use connect_core::Product;
use serde_json::{Value, json};

use crate::{
    app::KEY,
    client::{Answer, get, installed, send},
};

/// The value of an attribute of the page's iframe, with HTML's escapes undone.
pub(crate) fn attribute(page: &str, name: &str) -> String {
    let iframe = page
        .split("<iframe")
        .nth(1)
        .unwrap()
        .split('>')
        .next()
        .unwrap();
    let value = iframe
        .split(&format!(" {name}=\""))
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let mut text = value.to_owned();
    for (escape, plain) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#x27;", "'"),
        ("&#39;", "'"),
        ("&#x2f;", "/"),
        ("&amp;", "&"),
    ] {
        text = text.replace(escape, plain);
    }
    text
}

async fn module(site: &str, rest: &str) -> Answer {
    get(&format!("{site}/plugins/servlet/ac/{KEY}/{rest}")).await
}

#[tokio::test]
async fn a_page_has_a_signed_iframe_that_the_app_accepts() {
    let (sandbox, app, _upm) = installed().await;
    let site = sandbox.site(Product::Jira).to_string();
    let page = module(&site, "hello?ac.name=Ada%20%26%20Co").await;
    assert_eq!(page.status, 200);
    let src = attribute(&page.body, "src");
    let names: Vec<String> = url::Url::parse(&src)
        .unwrap()
        .query_pairs()
        .map(|(name, _)| name.into_owned())
        .collect();
    assert_eq!(
        names,
        [
            "name",
            "xdm_e",
            "xdm_c",
            "cp",
            "xdm_deprecated_addon_key_do_not_use",
            "lic",
            "cv",
            "jwt"
        ]
    );
    assert!(
        src.contains("/hello?name=Ada%20%26%20Co&xdm_e=http%3A%2F%2F127.0.0.1%3A"),
        "{src}"
    );
    assert!(src.contains("&cp=%2Fjira&") && src.contains("&lic=active&"));
    assert_eq!(get(&src).await.status, 200);
    let context = app.seen().last().unwrap().context.clone().unwrap();
    assert_eq!(context["sub"], "712020:ada");

    // One character of the token changed.
    let mut changed = src.clone();
    let last = changed.pop().unwrap();
    changed.push(if last == 'A' { 'E' } else { 'A' });
    assert_eq!(get(&changed).await.status, 401);
    assert_eq!(
        get(&src.replace("lic=active", "lic=none")).await.status,
        401
    );
}

#[tokio::test]
async fn the_iframe_name_is_the_bridges_first_message() {
    let (sandbox, app, _upm) = installed().await;
    let site = sandbox.site(Product::Jira).to_string();
    let page = module(&site, "hello").await;
    let name: Value = serde_json::from_str(&attribute(&page.body, "name")).unwrap();
    let id = attribute(&page.body, "id");
    assert_eq!(name["extension_id"], id);
    assert!(
        id.starts_with("com.example.test__hello__")
            && id.len() == "com.example.test__hello__".len() + 8
    );
    assert_eq!(name["origin"], sandbox.url());
    assert_eq!(name["options"]["hostOrigin"], sandbox.url());
    assert_eq!(name["options"]["origin"], app.state.base_url.origin());
    assert_eq!(name["options"]["uniqueKey"], "com.example.test__hello");
    assert_eq!(name["options"]["isFullPage"], true);
    assert!(
        name["options"]["contextJwt"]
            .as_str()
            .unwrap()
            .split('.')
            .count()
            == 3
    );
    assert!(name["api"]["context"]["getToken"].is_object());
}

#[tokio::test]
async fn odd_paths_are_signed_as_the_host_does() {
    let (sandbox, _app, _upm) = installed().await;
    let page = module(sandbox.site(Product::Jira).as_str(), "odd-path").await;
    assert_eq!(get(&attribute(&page.body, "src")).await.status, 200);
}

#[tokio::test]
async fn a_cacheable_page_has_no_parameters() {
    let (sandbox, app, _upm) = installed().await;
    let page = module(sandbox.site(Product::Jira).as_str(), "cached").await;
    assert_eq!(
        attribute(&page.body, "src"),
        format!("{}/cached", app.state.base_url)
    );
}

#[tokio::test]
async fn names_of_apps_are_escaped() {
    let (sandbox, app, upm) = installed().await;
    app.change_descriptor(|descriptor| {
        descriptor["name"] = json!("<img src=x onerror=alert(1)>");
        descriptor["modules"]["generalPages"][0]["name"]["value"] =
            json!("\"><script>alert(1)</script>");
    });
    upm.install(&app.descriptor_url).await.unwrap();
    for url in [
        sandbox.url().to_owned(),
        sandbox.site(Product::Jira).to_string(),
        sandbox.installed(Product::Jira)[0].pages[0].url.clone(),
    ] {
        let page = get(&url).await;
        assert_eq!(page.status, 200, "{url}");
        assert!(
            !page.body.contains("<img src=x") && !page.body.contains("<script>alert"),
            "{url}"
        );
        let policy = &page.headers["content-security-policy"];
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"));
    }
}

#[tokio::test]
async fn what_is_not_there_is_explained() {
    let (sandbox, _app, upm) = installed().await;
    let site = sandbox.site(Product::Jira).to_string();
    let page = module(&site, "nothing").await;
    assert_eq!(page.status, 404);
    assert!(page.body.contains("has no page with the key"));
    assert_eq!(
        get(&format!("{site}/plugins/servlet/ac/none/none"))
            .await
            .status,
        404
    );
    upm.delete().await;
    assert_eq!(module(&site, "hello").await.status, 404);
}

#[tokio::test]
async fn anonymous_visitors_have_no_subject() {
    let (sandbox, app, _upm) = installed().await;
    let page = module(sandbox.site(Product::Jira).as_str(), "hello?as=anonymous").await;
    assert_eq!(get(&attribute(&page.body, "src")).await.status, 200);
    assert_eq!(
        app.seen().last().unwrap().context.clone().unwrap()["sub"],
        Value::Null
    );
}

#[tokio::test]
async fn other_host_names_are_refused() {
    let (sandbox, _app, _upm) = installed().await;
    for host in [
        "evil.example",
        "127.0.0.1.evil.example",
        "127.0.0.1",
        "127.0.0.1:1",
    ] {
        assert_eq!(
            send("GET", sandbox.url(), &[("host", host)], "")
                .await
                .status,
            421,
            "{host}"
        );
    }
    let port = sandbox.url().rsplit(':').next().unwrap();
    for host in [format!("localhost:{port}"), format!("127.0.0.1:{port}")] {
        assert_eq!(
            send("GET", sandbox.url(), &[("host", &host)], "")
                .await
                .status,
            200,
            "{host}"
        );
    }
}
