//! Forge remote: invocations in, calls out.

use std::{sync::Arc, time::Duration};

use axum::Json;
use connect_runtime::{
    Accepted, ConnectApp, ForgeEvent, ForgeRequest, HandlerError, PreUninstall, RetryReason,
    Routes, ScheduledTrigger,
    core::{ClientKey, InstallationId, Product},
    http::Method,
};
use connect_sandbox::{ForgeInvocation, SandboxEvent};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::{
    connect_and_forge,
    world::{FORGE_APP, PATIENCE, World, ada},
};

fn installation() -> InstallationId {
    InstallationId::parse("ari:cloud:ecosystem::installation/i-1").unwrap()
}

fn routes(_: &ConnectApp) -> Routes {
    async fn whoami(request: ForgeRequest) -> Result<Json<Value>, HandlerError> {
        let path = match request
            .claims()
            .app
            .api_base_url
            .path()
            .contains("confluence")
        {
            true => "/wiki/rest/api/user/current",
            false => "/rest/api/3/myself",
        };
        let app: Value = request.client().get(path).fetch().await?;
        let user: Value = request.client_as_user().get(path).fetch().await?;
        Ok(Json(json!({
            "app": app["accountType"], "user": user["accountId"],
            "principal": request.account_id().map(ToString::to_string),
            "traced": request.trace_id().is_some(),
        })))
    }
    async fn twice(_: ForgeRequest, again: ForgeRequest) -> Json<Value> {
        Json(json!({ "module": again.claims().app.module.key }))
    }
    async fn bye(request: ForgeRequest, event: ForgeEvent<PreUninstall>) -> Accepted {
        assert!(event.payload.context.cloud_id.is_some());
        request.accept(async {})
    }
    async fn tick(request: ForgeRequest, event: ForgeEvent<ScheduledTrigger>) -> Accepted {
        let retry = event.retry.unwrap();
        assert_eq!(retry.retry_reason, RetryReason::TimeoutError);
        assert_eq!(retry.retry_count, 1);
        request.accept(async {})
    }
    Routes::new()
        .post("/whoami", whoami)
        .post("/twice", twice)
        .post("/bye", bye)
        .post("/tick", tick)
}

fn invocation(world: &World, path: &str) -> ForgeInvocation {
    ForgeInvocation::new(FORGE_APP, installation(), &format!("{}{path}", world.url))
}

fn page(world: &World, path: &str) -> ForgeInvocation {
    let mut invocation = invocation(world, path);
    invocation.user = Some(ada());
    invocation.system_token = true;
    invocation.user_token = true;
    invocation
}

#[tokio::test]
async fn an_invocation_is_proved_and_calls_back_as_app_and_as_user() {
    let world = World::start(routes).await;
    for product in [Product::Jira, Product::Confluence] {
        let mut invocation = page(&world, "/whoami");
        invocation.product = product;
        let answer = world.sandbox.invoke(&invocation).await.unwrap();
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        let expected = json!({
            "app": "app", "user": "712020:ada", "principal": "712020:ada", "traced": true,
        });
        assert_eq!(answer.body, expected);
    }
    // Two invocations, one fetch of the keys.
    assert_eq!(world.count(fetched), 1);
}

#[tokio::test]
async fn an_invocation_is_taken_once() {
    let world = World::start(routes).await;
    let invocation = page(&world, "/twice");
    let first = world.sandbox.invoke(&invocation).await.unwrap();
    assert_eq!(first.status, 200);
    let again = world.sandbox.invoke_again(&invocation, &first.token).await;
    assert_eq!(again.unwrap().status, 401);
    assert_eq!(world.sandbox.invoke(&invocation).await.unwrap().status, 200);
}

#[tokio::test]
async fn an_invocation_for_somebody_else_is_refused() {
    let world = World::start(routes).await;
    let stranger = "ari:cloud:ecosystem::app/stranger";
    for claims in [
        json!({"aud": stranger}),
        json!({"iss": "somebody"}),
        json!({"exp": 1_000}),
        json!({"jti": null}),
        json!({"icLabel": "../evil"}),
        json!({"icLabel": "a-cloud-that-is-not-configured"}),
    ] {
        let mut invocation = page(&world, "/twice");
        invocation.claims = claims.clone();
        let answer = world.sandbox.invoke(&invocation).await.unwrap();
        assert_eq!(answer.status, 401, "{claims}");
    }
    // None of them was worth asking for a key.
    assert_eq!(world.count(fetched), 0);
    // A token of Connect is none of Forge, and no token is none at all.
    let tenant = world.install(Product::Jira).await;
    let client = world.app.client(&tenant);
    let connect = world.page_url(&tenant, "/twice");
    for url in [connect.as_str(), &format!("{}/twice", world.url)] {
        let error = client.foreign(Method::POST, url).send().await.unwrap_err();
        assert_eq!(error.status().unwrap().as_u16(), 401);
    }
}

#[tokio::test]
async fn the_apps_token_is_kept_for_work_outside_an_invocation() {
    let world = World::start(routes).await;
    let none = world.app.forge_client(&installation()).await.unwrap();
    assert!(none.is_none());
    let invocation = page(&world, "/twice");
    world.sandbox.invoke(&invocation).await.unwrap();
    let client = world.app.forge_client(&installation()).await.unwrap();
    let client = client.unwrap();
    assert!(client.has_token());
    let me: Value = client.get("/rest/api/3/myself").fetch().await.unwrap();
    assert_eq!(me["accountType"], "app");
    // Nothing leaves the API that Forge has named.
    let error = client.get("https://elsewhere.example/x").send().await;
    assert_eq!(error.unwrap_err().code(), "host/other-host");

    // Forge promises two hours.
    world.clock.advance(2 * 60 * 60);
    let client = world.app.forge_client(&installation()).await.unwrap();
    let error = client.unwrap().get("/rest/api/3/myself").send().await;
    assert_eq!(error.unwrap_err().code(), "host/no-token");

    let mut without = page(&world, "/whoami");
    without.system_token = false;
    without.user_token = false;
    let answer = world.sandbox.invoke(&without).await.unwrap();
    assert_eq!(answer.status, 502);
}

#[tokio::test]
async fn an_installation_and_its_tenant_are_one_and_a_reinstall_moves_that() {
    let world = World::start(|app| {
        let app = app.clone();
        Routes::new().post("/tenant", move |request: ForgeRequest| {
            tenant_of(app.clone(), request)
        })
    })
    .await;
    let of = async |id: &str, module: &str, extension: Value| {
        let id = InstallationId::parse(id).unwrap();
        let url = format!("{}/tenant", world.url);
        let mut invocation = ForgeInvocation::new(FORGE_APP, id, &url);
        invocation.module.1 = module.to_owned();
        invocation.claims = json!({"context": {"extension": extension}});
        let answer = world.sandbox.invoke(&invocation).await.unwrap();
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        answer.body
    };
    let name = |id: &str| {
        let id = InstallationId::parse(id).unwrap();
        world.sandbox.name_installation(Product::Jira, Some(id));
    };
    assert_eq!(of("i-1", "page", json!({})).await, Value::Null);
    name("i-1");
    let tenant = world.install(Product::Jira).await;
    let key = json!(tenant.client_key.as_str());
    assert_eq!(of("i-1", "page", json!({})).await, key);
    name("i-2");
    world.install(Product::Jira).await;
    assert_eq!(of("i-1", "page", json!({})).await, Value::Null);
    assert_eq!(of("i-2", "page", json!({})).await, key);
    let app_key = &tenant.app_key;
    world.sandbox.uninstall(Product::Jira, app_key).await;
    assert_eq!(of("i-2", "page", json!({})).await, Value::Null);

    world.sandbox.name_installation(Product::Jira, None);
    world.install(Product::Jira).await;
    let extension = json!({"tenant": key});
    assert_eq!(of("i-3", "associate", extension).await, Value::Null);
    assert_eq!(of("i-3", "page", json!({})).await, key);
}

/// Who the tenant of an installation is; says who it is from now on when it is told to.
async fn tenant_of(app: ConnectApp, request: ForgeRequest) -> Result<Json<Value>, HandlerError> {
    let tenant = request.tenant().await?;
    if let Some(client) = request.connect_client().await? {
        client.get("/rest/api/3/myself").send().await?;
    }
    let claims = request.claims();
    if claims.app.module.key == "associate" {
        let key = claims.context.all["extension"]["tenant"].as_str();
        let key = ClientKey::parse(key.unwrap()).unwrap();
        let tenant = app.tenant(&key).await?.unwrap();
        request.associate(&tenant).await?;
    }
    let tenant = tenant.map(|tenant| tenant.client_key.to_string());
    Ok(Json(json!(tenant)))
}

#[tokio::test]
async fn events_are_read_and_answered_at_once() {
    let world = World::start(routes).await;
    let mut bye = invocation(&world, "/bye");
    bye.module = ("preUninstall".to_owned(), "bye".to_owned());
    bye.body = json!({"context": {"cloudId": "c-1", "moduleKey": "bye"}, "contextToken": "x"});
    assert_eq!(world.sandbox.invoke(&bye).await.unwrap().status, 202);
    let mut tick = invocation(&world, "/tick");
    tick.module = ("core:scheduledTrigger".to_owned(), "tick".to_owned());
    tick.body = json!({"payload": {"retryContext": {
        "retryData": null, "retryCount": 1, "retryReason": "TIMEOUT_ERROR",
    }}});
    assert_eq!(world.sandbox.invoke(&tick).await.unwrap().status, 202);
}

#[tokio::test]
async fn work_that_was_accepted_goes_on_after_the_answer() {
    let (begun, done) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let gate = Arc::clone(&begun);
    let finished = Arc::clone(&done);
    let world = World::start(move |_| {
        Routes::new().post("/slow", async move |request: ForgeRequest| {
            let (gate, finished) = (Arc::clone(&gate), Arc::clone(&finished));
            request.accept(async move {
                // It cannot be done before the answer is there: the test opens the gate then.
                let _ = gate.acquire().await;
                finished.add_permits(1);
            })
        })
    })
    .await;
    let mut trigger = invocation(&world, "/slow");
    trigger.module = ("core:trigger".to_owned(), "slow".to_owned());
    let answer = tokio::time::timeout(PATIENCE, world.sandbox.invoke(&trigger)).await;
    assert_eq!(answer.unwrap().unwrap().status, 202);
    begun.add_permits(1);
    tokio::time::timeout(PATIENCE, done.acquire())
        .await
        .unwrap()
        .unwrap()
        .forget();
}

fn fetched(event: &SandboxEvent) -> bool {
    matches!(event, SandboxEvent::ForgeKeysServed { .. })
}

#[tokio::test]
async fn a_server_of_keys_that_is_down_is_an_outage_and_no_refusal() {
    for fault in [
        "answer:forge-keys=503",
        "answer:forge-keys=200",
        "lose-answer:forge-keys",
    ] {
        let world = World::start(routes).await;
        let invocation = page(&world, "/twice");
        world.sandbox.faults().order(fault.parse().unwrap());
        let answer = world.sandbox.invoke(&invocation).await.unwrap();
        assert_eq!(answer.status, 503, "{fault}");
        // The outage is believed for a moment, then the server is asked again.
        let recovered = async {
            while world.sandbox.invoke(&invocation).await.unwrap().status != 200 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, recovered).await.unwrap();
    }
}

#[tokio::test]
async fn keys_are_fetched_once_for_all_and_not_at_all_for_a_made_up_id() {
    let world = World::start(routes).await;
    let invocation = page(&world, "/twice");
    let all = (0..20).map(|_| world.sandbox.invoke(&invocation));
    for answer in futures_util::future::join_all(all).await {
        assert_eq!(answer.unwrap().status, 200);
    }
    assert_eq!(world.count(fetched), 1);
    let faults = world.sandbox.faults();
    faults.order_times("unknown-kid".parse().unwrap(), 10);
    for _ in 0..10 {
        assert_eq!(world.sandbox.invoke(&invocation).await.unwrap().status, 401);
    }
    // The document was fetched a moment ago, and the id was not in it.
    assert_eq!(world.count(fetched), 1);
    assert_eq!(world.sandbox.invoke(&invocation).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_key_that_is_new_is_fetched() {
    let world = World::start(routes).await;
    let invocation = page(&world, "/twice");
    // The first thing the app sees of Forge is a token with an id that is not in the document.
    world.sandbox.faults().order("unknown-kid".parse().unwrap());
    assert_eq!(world.sandbox.invoke(&invocation).await.unwrap().status, 401);
    assert_eq!(world.count(fetched), 1);
    assert_eq!(world.sandbox.invoke(&invocation).await.unwrap().status, 200);
}

#[tokio::test]
async fn the_example_serves_a_page_for_connect_and_an_endpoint_for_forge() {
    let world = World::start(connect_and_forge::routes).await;
    let tenant = world.install(Product::Jira).await;
    let client = world.app.client(&tenant);
    let open = async || {
        let url = world.page_url(&tenant, "/hello");
        let page = client.foreign(Method::GET, &url).send().await.unwrap();
        String::from_utf8(page.bytes().await.unwrap()).unwrap()
    };
    assert_eq!(open().await, "<p>Outbound · visit 1</p>");
    assert_eq!(open().await, "<p>Outbound · visit 2</p>");

    let visits = page(&world, "/forge/visits");
    let answer = world.sandbox.invoke(&visits).await.unwrap();
    assert_eq!(answer.body, json!({"visits": null, "for": "Ada Lovelace"}));
    // The host names the installation when it installs an app of both worlds.
    world
        .sandbox
        .name_installation(Product::Jira, Some(installation()));
    world.install(Product::Jira).await;
    let answer = world.sandbox.invoke(&visits).await.unwrap();
    assert_eq!(answer.body, json!({"visits": 2, "for": "Ada Lovelace"}));

    let mut installed = invocation(&world, "/forge/installed");
    installed.module = ("core:trigger".to_owned(), "installed".to_owned());
    installed.system_token = true;
    installed.body = json!({"id": "i-1", "app": {"id": "a-1", "version": "2.0.0"}});
    assert_eq!(world.sandbox.invoke(&installed).await.unwrap().status, 202);
    let called = |event: &SandboxEvent| matches!(event, SandboxEvent::RestCall(call) if call.path.ends_with("/serverInfo") && call.status == 200);
    let waited = world
        .sandbox
        .wait_for(called, Duration::from_secs(60))
        .await;
    waited.unwrap();
}
