//! The plugin manager and the lifecycle.

use connect_core::Product;
use connect_sandbox::SandboxEvent;
use serde_json::json;

use crate::{
    app::{App, KEY, PATIENCE},
    client::{INSTALL, Upm, fresh, get, installed, send},
};

fn is_sent(event: &SandboxEvent, wanted: &str) -> bool {
    matches!(event, SandboxEvent::LifecycleSent { lifecycle, .. } if *lifecycle == wanted)
}

#[tokio::test]
async fn an_install_calls_installed_then_enabled_with_good_signatures() {
    let (sandbox, app, upm) = fresh().await;
    let plugin = upm.install(&app.descriptor_url).await.unwrap();
    assert_eq!(
        (&plugin["key"], &plugin["enabled"]),
        (&json!(KEY), &json!(true))
    );
    sandbox
        .wait_for(|event| is_sent(event, "enabled"), PATIENCE)
        .await
        .unwrap();
    assert_eq!(app.paths(), ["/installed", "/enabled"]);
    for seen in app.seen() {
        assert_eq!(seen.verdict, Ok(()), "{}", seen.path);
    }
    let seen = app.seen();
    assert_eq!(seen[0].body["eventType"], "installed");
    assert_eq!(
        seen[0].body["baseUrl"],
        sandbox.site(Product::Jira).as_str()
    );
    assert!(seen[0].body["sharedSecret"].as_str().unwrap().len() >= 32);
    assert_eq!(seen[1].body["eventType"], "enabled");
    assert_eq!(seen[1].body["sharedSecret"], json!(null));
    let apps = sandbox.installed(Product::Jira);
    assert_eq!(apps.len(), 1);
    assert_eq!(apps[0].key.as_str(), KEY);
    assert_eq!(
        apps[0].pages[0].url,
        format!(
            "{}/plugins/servlet/ac/{KEY}/hello",
            sandbox.site(Product::Jira)
        )
    );
    assert_eq!(sandbox.installed(Product::Confluence), []);
    sandbox.shutdown().await;
}

#[tokio::test]
async fn an_app_below_a_path_is_called_with_a_hash_relative_to_it() {
    let sandbox = connect_sandbox::Sandbox::start(Default::default())
        .await
        .unwrap();
    let app = App::start("/base").await;
    app.trust(sandbox.keys_url());
    Upm::of(&sandbox, Product::Confluence)
        .install(&app.descriptor_url)
        .await
        .unwrap();
    sandbox
        .wait_for(|event| is_sent(event, "enabled"), PATIENCE)
        .await
        .unwrap();
    assert_eq!(app.paths(), ["/base/installed", "/base/enabled"]);
    assert!(app.seen().iter().all(|seen| seen.verdict.is_ok()));
    assert_eq!(app.seen()[0].body["productType"], "confluence");
    assert_eq!(
        app.seen()[0].body["baseUrl"],
        format!("{}/wiki", sandbox.url())
    );
}

#[tokio::test]
async fn a_reinstall_keeps_the_client_key_and_brings_a_new_secret() {
    let (_sandbox, app, upm) = installed().await;
    upm.install(&app.descriptor_url).await.unwrap();
    let bodies: Vec<_> = app
        .seen()
        .into_iter()
        .filter(|seen| seen.path == "/installed")
        .map(|seen| seen.body)
        .collect();
    assert_eq!(bodies.len(), 2);
    assert_eq!(bodies[0]["clientKey"], bodies[1]["clientKey"]);
    assert_eq!(bodies[0]["oauthClientId"], bodies[1]["oauthClientId"]);
    assert_ne!(bodies[0]["sharedSecret"], bodies[1]["sharedSecret"]);
}

#[tokio::test]
async fn an_uninstall_calls_disabled_then_uninstalled_and_answers_404_the_second_time() {
    let (sandbox, app, upm) = installed().await;
    sandbox
        .wait_for(|event| is_sent(event, "enabled"), PATIENCE)
        .await
        .unwrap();
    assert_eq!(upm.delete().await, 204);
    assert_eq!(app.paths()[2..], ["/disabled", "/uninstalled"]);
    assert!(app.seen().iter().all(|seen| seen.verdict.is_ok()));
    assert_eq!(app.seen()[3].body["sharedSecret"], json!(null));
    assert_eq!(upm.delete().await, 404);
    assert_eq!(upm.get("/").await.json()["plugins"], json!([]));
    assert_eq!(sandbox.installed(Product::Jira), []);
}

#[tokio::test]
async fn an_app_that_is_down_is_uninstalled_all_the_same() {
    let (sandbox, app, upm) = installed().await;
    sandbox
        .wait_for(|event| is_sent(event, "enabled"), PATIENCE)
        .await
        .unwrap();
    drop(app);
    assert_eq!(upm.delete().await, 204);
    assert_eq!(sandbox.installed(Product::Jira), []);
}

#[tokio::test]
async fn a_refused_callback_rolls_the_install_back() {
    let (sandbox, app, upm) = fresh().await;
    for (status, sub_code) in [
        (401, "connect.install.error.remote.host.bad.response.401"),
        (500, "connect.install.error.remote.host.bad.response.500"),
        (302, "connect.install.error.remote.host.bad.response"),
        (202, "connect.install.error.remote.host.bad.response"),
    ] {
        *app.state.install_status.lock().unwrap() = status;
        let task = upm.install(&app.descriptor_url).await.unwrap_err();
        assert_eq!(task["status"]["subCode"], sub_code);
        assert_eq!(sandbox.installed(Product::Jira), [], "{status}");
    }
    assert_eq!(upm.get(&format!("/{KEY}-key")).await.status, 404);
}

#[tokio::test]
async fn a_refused_upgrade_leaves_the_old_version_working() {
    let (sandbox, app, upm) = installed().await;
    app.change_descriptor(|descriptor| descriptor["name"] = json!("Second"));
    *app.state.install_status.lock().unwrap() = 500;
    upm.install(&app.descriptor_url).await.unwrap_err();
    assert_eq!(sandbox.installed(Product::Jira)[0].name, "Test <App> & Co");
    // The old secret is still the one in force.
    let url = format!("{}/rest/api/3/myself", sandbox.site(Product::Jira));
    let header = app.sign(&http::Method::GET, &url);
    assert_eq!(
        send("GET", &url, &[("authorization", &header)], "")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_disabled_app_stays_disabled_when_installed_again() {
    let (sandbox, app, upm) = installed().await;
    let kind = [("content-type", "application/vnd.atl.plugins.plugin+json")];
    let path = format!("/{KEY}-key");
    let answer = upm
        .call("PUT", &path, &kind, r#"{"enabled":false}"#)
        .await
        .unwrap();
    assert_eq!(
        (answer.status, &answer.json()["enabled"]),
        (200, &json!(false))
    );
    sandbox
        .wait_for(|event| is_sent(event, "disabled"), PATIENCE)
        .await
        .unwrap();
    assert_eq!(
        upm.install(&app.descriptor_url).await.unwrap()["enabled"],
        false
    );
    let answer = upm
        .call("PUT", &path, &kind, r#"{"enabled":true}"#)
        .await
        .unwrap();
    assert_eq!(answer.json()["enabled"], true);
    assert_eq!(
        upm.call("PUT", &path, &[], r#"{"enabled":true}"#)
            .await
            .unwrap()
            .status,
        415
    );
}

#[tokio::test]
async fn the_plugin_manager_is_strict() {
    let (sandbox, app, upm) = fresh().await;
    let bare = get(&format!("{}/", upm.root)).await;
    assert_eq!(
        (bare.status, bare.headers["www-authenticate"].as_str()),
        (401, "Basic realm=\"sandbox\"")
    );
    let wrong = send(
        "GET",
        &format!("{}/", upm.root),
        &[("authorization", "Basic YWRtaW46eA==")],
        "",
    )
    .await;
    assert_eq!(
        (wrong.status, wrong.headers["x-seraph-loginreason"].as_str()),
        (401, "AUTHENTICATED_FAILED")
    );
    let settings = upm.get("/settings").await.json();
    let mode = settings["settings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|setting| setting["key"] == "connectDeveloperListingsEnabled")
        .unwrap();
    assert_eq!(mode["value"], true);

    let body = json!({ "pluginUri": app.descriptor_url }).to_string();
    let token = upm.token().await;
    let post = async |path: &str, kind: &str, body: &str| {
        upm.call("POST", path, &[("content-type", kind)], body)
            .await
            .unwrap()
            .status
    };
    assert_eq!(post("/", INSTALL, &body).await, 403, "no token");
    assert_eq!(
        post("/?token=guess", INSTALL, &body).await,
        403,
        "unknown token"
    );
    assert_eq!(
        post(&format!("/?token={token}"), "application/json", &body).await,
        415
    );
    assert_eq!(post(&format!("/?token={token}"), INSTALL, "{}").await, 400);
    assert_eq!(post(&format!("/?token={token}"), INSTALL, &body).await, 202);
    assert_eq!(
        post(&format!("/?token={token}"), INSTALL, &body).await,
        403,
        "used up"
    );
    assert_eq!(upm.get("/pending/none").await.status, 404);
    assert_eq!(upm.get("/nothing-here").await.status, 404);
    assert_eq!(upm.get("/nothing/at/all").await.status, 501);
    sandbox
        .wait_for(
            |event| matches!(event, SandboxEvent::Installed { .. }),
            PATIENCE,
        )
        .await
        .unwrap();
}

#[tokio::test]
async fn bad_descriptors_are_refused_with_the_hosts_code() {
    let (_sandbox, app, upm) = fresh().await;
    let code = async |url: &str| {
        upm.install(url).await.unwrap_err()["status"]["subCode"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        code("ftp://127.0.0.1/x").await,
        "upm.pluginInstall.error.unsupported.protocol"
    );
    assert_eq!(
        code("http://127.0.0.1:1/x").await,
        "upm.pluginInstall.error.response.exception"
    );
    assert_eq!(
        code(&format!("{}/nothing", app.state.base_url)).await,
        "upm.pluginInstall.error.access.denied"
    );
    app.change_descriptor(|descriptor| descriptor["baseUrl"] = json!("http://app.example"));
    assert_eq!(
        code(&app.descriptor_url).await,
        "connect.install.error.base_url.no_tls"
    );
    app.change_descriptor(|descriptor| descriptor["baseUrl"] = json!("http://127.0.0.1:1"));
    assert_eq!(
        code(&app.descriptor_url).await,
        "connect.install.error.remote.host.bad.domain"
    );
    app.change_descriptor(|descriptor| *descriptor = json!({ "name": "no key" }));
    assert_eq!(
        code(&app.descriptor_url).await,
        "connect.install.error.remote.descriptor.validation.dev"
    );
    assert_eq!(
        app.paths()
            .iter()
            .filter(|path| *path == "/installed")
            .count(),
        0
    );
}

#[tokio::test]
async fn access_tokens_simulate_a_licence() {
    let (sandbox, _app, upm) = installed().await;
    let json_type = [("content-type", "application/vnd.atl.plugins+json")];
    let order = |token: &str, state: &str| {
        json!({ "pluginKey": KEY, "token": token, "state": state, "valid": true }).to_string()
    };
    let licensed = || sandbox.installed(Product::Jira)[0].licensed;
    let path = format!("/license-tokens/{KEY}-key");
    assert_eq!(upm.get(&path).await.status, 404);
    for (token, state) in [("", "NONE"), ("token", "PAID")] {
        let body = order(token, state);
        let refused = upm.call("POST", "/license-tokens", &json_type, &body);
        let refused = refused.await.unwrap();
        assert_eq!(refused.json()["subCode"], "upm.license.token.invalid.error");
    }
    for (state, active) in [
        ("INACTIVE_SUBSCRIPTION", false),
        ("ACTIVE_TRIAL", true),
        ("NONE", false),
    ] {
        let body = order("token", state);
        let set = upm.call("POST", "/license-tokens", &json_type, &body);
        assert_eq!(set.await.unwrap().status, 200);
        assert_eq!(licensed(), active, "{state}");
        assert_eq!(upm.get(&path).await.json()["state"], state);
    }
    assert_eq!(
        upm.get("/license-tokens").await.json()["tokens"][0]["pluginKey"],
        KEY
    );
    assert_eq!(
        upm.call("DELETE", &path, &[], "").await.unwrap().status,
        204
    );
    assert!(licensed());
}

#[tokio::test]
async fn disabled_may_come_after_the_end_and_without_a_token() {
    let (sandbox, app, upm) = installed().await;
    sandbox.faults().order(connect_sandbox::Fault::LateDisabled);
    assert_eq!(upm.delete().await, 204);
    let last = app.seen().pop().unwrap();
    assert_eq!(last.path, "/disabled");
    assert_eq!(last.verdict, Err(connect_core::TokenError::Missing));
}

#[tokio::test]
async fn one_app_is_on_many_sites_each_with_a_secret_of_its_own() {
    let options = connect_sandbox::SandboxOptions {
        sites: vec!["acme".to_owned(), "beta".to_owned()],
        ..Default::default()
    };
    let sandbox = connect_sandbox::Sandbox::start(options).await.unwrap();
    let sites: Vec<String> = sandbox.sites().map(ToString::to_string).collect();
    let path = |site: &String| site.strip_prefix(sandbox.url()).unwrap().to_owned();
    assert_eq!(
        sites.iter().map(path).collect::<Vec<_>>(),
        [
            "/jira",
            "/wiki",
            "/acme/jira",
            "/acme/wiki",
            "/beta/jira",
            "/beta/wiki"
        ]
    );
    let app = App::start("").await;
    app.trust(sandbox.keys_url());
    let mut client_keys = std::collections::BTreeSet::new();
    for site in sandbox.sites() {
        sandbox.install_at(site, &app.descriptor_url).await.unwrap();
        let tenant = app.tenant();
        assert_eq!(tenant.base_url, *site);
        client_keys.insert(tenant.client_key.clone());
        let current = match site.as_str().ends_with("/wiki") {
            true => "/rest/api/user/current",
            false => "/rest/api/3/myself",
        };
        let url = format!("{site}{current}");
        let header = app.sign(&http::Method::GET, &url);
        let own = send("GET", &url, &[("authorization", &header)], "").await;
        assert_eq!(own.status, 200, "{site}: {own:?}");
        // The secret of one site opens no other.
        for other in sandbox.sites().filter(|other| *other != site) {
            let url = format!("{other}{current}");
            let refused = send("GET", &url, &[("authorization", &header)], "").await;
            assert_eq!(refused.status, 401, "{site} at {other}");
        }
    }
    assert_eq!(client_keys.len(), 6);
    assert_eq!(
        get(&format!("{}/nobody/jira/", sandbox.url())).await.status,
        404
    );
    for name in ["jira", "", "Acme", "a/b", "ex", "_sandbox"] {
        let options = connect_sandbox::SandboxOptions {
            sites: vec![name.to_owned()],
            ..Default::default()
        };
        let refused = connect_sandbox::Sandbox::start(options).await.unwrap_err();
        assert_eq!(refused.code(), "sandbox/site-name", "{name}");
    }
}

#[tokio::test]
async fn secrets_are_rotated_and_sites_renamed_while_the_client_key_stays() {
    let (sandbox, app, _upm) = installed().await;
    let site = sandbox.site(Product::Jira).to_string();
    let first = app.tenant();
    let myself = |site: &str| format!("{site}/rest/api/3/myself");
    let old = app.sign(&http::Method::GET, &myself(&site));
    sandbox.rotate_secrets(Product::Jira).await;
    let second = app.tenant();
    assert_eq!(second.client_key, first.client_key);
    assert_ne!(second.shared_secret(), first.shared_secret());
    for (header, status) in [
        (old, 401),
        (app.sign(&http::Method::GET, &myself(&site)), 200),
    ] {
        let answer = send("GET", &myself(&site), &[("authorization", &header)], "").await;
        assert_eq!(answer.status, status);
    }
    let renamed = sandbox.rename(Product::Jira).await;
    let third = app.tenant();
    assert_eq!(
        (&third.client_key, &third.base_url),
        (&first.client_key, &renamed)
    );
    assert_ne!(renamed.as_str(), site);
    // It is there, and the app knows it by that name.
    let url = myself(renamed.as_str());
    let header = app.sign(&http::Method::GET, &url);
    assert_eq!(
        send("GET", &url, &[("authorization", &header)], "")
            .await
            .status,
        200
    );
    let back = format!("{}/_sandbox/rename", sandbox.url());
    let back = send("POST", &back, &[("x-sandbox", "1")], r#"{"site":"/jira"}"#)
        .await
        .json();
    assert_eq!(
        (&back["baseUrl"], &back["apps"][0]["problem"]),
        (&json!(site), &json!(null))
    );
    assert_eq!(app.tenant().base_url.as_str(), site);
}
