//! Tokens for acting as users, and whom each kind of token lets in where.

use connect_core::{AccountId, Clock, InstallationId, Product, impersonation::assertion, jws};
use connect_sandbox::{ForgeInvocation, Sandbox, SystemClock};
use http::Method;
use serde_json::{Value, json};

use crate::{
    app::App,
    client::{Answer, Upm, fresh, get, send},
};

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// An app with these scopes, installed on the Jira site of a fresh sandbox.
async fn installed_with(scopes: &[&str]) -> (Sandbox, App, Upm) {
    let (sandbox, app, upm) = fresh().await;
    app.change_descriptor(|descriptor| descriptor["scopes"] = json!(scopes));
    upm.install(&app.descriptor_url).await.unwrap();
    (sandbox, app, upm)
}

fn client_id(app: &App) -> String {
    let seen = app.seen();
    let installed = seen.iter().rev().find(|seen| seen.path == "/installed");
    let id = installed.unwrap().body["oauthClientId"].as_str();
    id.unwrap().to_owned()
}

/// What an assertion must say.
fn claims(sandbox: &Sandbox, app: &App) -> Value {
    let now = SystemClock.now().unix();
    json!({
        "iss": format!("urn:atlassian:connect:clientid:{}", client_id(app)),
        "sub": "urn:atlassian:connect:useraccountid:712020:ada",
        "tnt": sandbox.site(Product::Jira).as_str(), "aud": sandbox.url(),
        "iat": now, "exp": now + 60,
    })
}

fn signed(app: &App, claims: &Value) -> String {
    let tenant = app.tenant();
    jws::sign_hs256(claims.to_string().as_bytes(), tenant.signing_key().unwrap())
}

async fn ask(sandbox: &Sandbox, fields: &[(&str, &str)]) -> Answer {
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let url = format!("{}/oauth2/token", sandbox.url());
    let kind = ("content-type", "application/x-www-form-urlencoded");
    send("POST", &url, &[kind], &form).await
}

async fn ask_with(sandbox: &Sandbox, assertion: &str) -> Answer {
    ask(
        sandbox,
        &[("grant_type", JWT_BEARER), ("assertion", assertion)],
    )
    .await
}

#[tokio::test]
async fn a_good_assertion_gets_a_token_that_opens_its_own_site() {
    let (sandbox, app, _upm) = installed_with(&["READ", "ACT_AS_USER"]).await;
    let mut tenant = app.tenant();
    tenant.oauth_client_id = Some(client_id(&app));
    let ada = AccountId::parse("712020:ada").unwrap();
    let made = assertion(&tenant, &ada, sandbox.url(), SystemClock.now()).unwrap();
    let answer = ask_with(&sandbox, made.expose()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let bearer = format!("Bearer {}", answer.json()["access_token"].as_str().unwrap());
    let open = async |url: String| {
        send("GET", &url, &[("authorization", &bearer)], "")
            .await
            .status
    };
    let jira = sandbox.site(Product::Jira);
    assert_eq!(open(format!("{jira}/rest/api/3/myself")).await, 200);
    let wiki = sandbox.site(Product::Confluence);
    assert_eq!(open(format!("{wiki}/rest/api/user/current")).await, 401);
}

#[tokio::test]
async fn every_rule_of_an_assertion_has_one_that_breaks_it() {
    let (sandbox, app, _upm) = installed_with(&["READ", "ACT_AS_USER"]).await;
    let good = claims(&sandbox, &app);
    assert_eq!(ask_with(&sandbox, &signed(&app, &good)).await.status, 200);
    let now = SystemClock.now().unix();
    for (name, value) in [
        ("iss", json!("urn:atlassian:connect:clientid:stranger")),
        ("iss", json!(client_id(&app))),
        (
            "sub",
            json!("urn:atlassian:connect:useraccountid:712020:nobody"),
        ),
        ("sub", json!("712020:ada")),
        ("tnt", json!(sandbox.site(Product::Confluence).as_str())),
        (
            "aud",
            json!("https://oauth-2-authorization-server.services.atlassian.com"),
        ),
        ("exp", json!(now + 120)),
        ("exp", json!(now - 1)),
        ("exp", json!("soon")),
        ("iat", json!(null)),
    ] {
        let mut claims = good.clone();
        claims[name] = value.clone();
        let answer = ask_with(&sandbox, &signed(&app, &claims)).await;
        assert_eq!(answer.status, 400, "{name} {value}");
        assert_eq!(answer.json()["error"], "invalid_grant", "{name} {value}");
    }
    let token = signed(&app, &good);
    let forged = format!("{}.AAAA", token.rsplit_once('.').unwrap().0);
    for assertion in [forged.as_str(), "", "x.y.z"] {
        assert_eq!(ask_with(&sandbox, assertion).await.status, 400);
    }
    let answer = ask(
        &sandbox,
        &[("grant_type", "password"), ("assertion", &token)],
    )
    .await;
    assert_eq!(answer.json()["error"], "unsupported_grant_type");
    for (scope, status) in [
        ("READ", 200),
        ("WRITE", 400),
        ("read", 400),
        ("READ  READ", 400),
    ] {
        let fields = [
            ("grant_type", JWT_BEARER),
            ("assertion", token.as_str()),
            ("scope", scope),
        ];
        assert_eq!(ask(&sandbox, &fields).await.status, status, "{scope}");
    }
}

#[tokio::test]
async fn without_the_scope_nobody_acts_as_a_user() {
    let (sandbox, app, _upm) = installed_with(&["ADMIN"]).await;
    let token = signed(&app, &claims(&sandbox, &app));
    let answer = ask_with(&sandbox, &token).await;
    assert_eq!(
        answer.json()["error_description"],
        "the app has no scope ACT_AS_USER"
    );
}

#[tokio::test]
async fn the_gateway_takes_tokens_of_forge_and_no_others() {
    let (sandbox, app, _upm) = installed_with(&["READ", "ACT_AS_USER"]).await;
    // The app is no remote; it only has to see what comes.
    let id = InstallationId::parse("i-1").unwrap();
    let url = format!("{}/remote", app.state.base_url);
    let invocation = ForgeInvocation::new("ari:cloud:ecosystem::app/1", id, &url);
    assert_eq!(sandbox.invoke(&invocation).await.unwrap().status, 401);
    let cloud = app.seen()[0].body["cloudId"].as_str().unwrap().to_owned();
    let gateway = format!("{}/ex/jira/{cloud}/rest/api/3/myself", sandbox.url());
    let site = format!("{}/rest/api/3/myself", sandbox.site(Product::Jira));

    let grant = ask_with(&sandbox, &signed(&app, &claims(&sandbox, &app))).await;
    let user = format!("Bearer {}", grant.json()["access_token"].as_str().unwrap());
    let connect = app.sign(&Method::GET, &gateway);
    for (url, authorization, status) in [
        (&site, user.as_str(), 200),
        (&gateway, user.as_str(), 401),
        (&gateway, connect.as_str(), 401),
        (&gateway, "Bearer made-up", 401),
        (&site, "Bearer made-up", 401),
    ] {
        let answer = send("GET", url, &[("authorization", authorization)], "").await;
        assert_eq!(answer.status, status, "{url}");
    }
    assert_eq!(get(&gateway).await.status, 401);
}
