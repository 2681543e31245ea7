//! Tokens with which the app acts as users, tokens of Forge, signed links, files.

use axum::response::IntoResponse;
use connect_runtime::{
    ForgeEvent, ForgeRequest, HandlerError, HostRequest, LinkRequest, Multipart, Routes,
    core::{
        AccountId, Kid,
        forge::{ISSUER, UnverifiedInvocation},
        impersonation::{Grant, assertion},
        jws,
        keys::RsaSigningKey,
        time::Seconds,
    },
    http::StatusCode,
};
use serde_json::{Value, json};

use crate::{
    journal::Journal,
    paths::JSON,
    product::{HOST_KEY, Product},
    world::{FORGE_APP, NOW, Served, host_token, now, tenant},
};

fn routes(journal: &Journal) -> Routes {
    let j = journal.clone();
    let users = async move |request: HostRequest| -> Result<String, HandlerError> {
        let ada = AccountId::parse("canary-account-of-ada").unwrap();
        let client = request.client().as_user(&ada);
        j.debug("HostClient", &client);
        let secret = j.plant("a file", "canary-content-\"räk\"-of-a-file");
        let form = Multipart::new().file(&secret, &secret, "text/plain", secret.clone());
        j.debug("Multipart", &form);
        let call = client.post("/ok").multipart(form);
        j.debug("HostCall", &call);
        call.send().await?;
        let download = client.get("/ok").download(10_000).await?;
        j.debug("Download", &download);
        j.debug("Pages", &client.get("/ok?a=b").jira_pages::<Value>("x"));
        let error = client.get("/page").fetch::<Value>().await.unwrap_err();
        j.error("HostError", &error);
        // The authorization server refuses this one, and repeats the assertion.
        let eve = AccountId::parse("canary-account-of-eve").unwrap();
        let error = client.as_user(&eve).get("/ok").send().await.unwrap_err();
        j.error("HostError", &error);
        Err(error.into())
    };
    let j = journal.clone();
    let forge = async move |request: ForgeRequest, event: ForgeEvent| {
        j.debug("ForgeRequest", &request);
        j.debug("ForgeEvent", &event);
        j.debug("ForgeClient", &request.client());
        let error = request.client_as_user().get("/page").fetch::<Value>().await;
        let error = error.unwrap_err();
        j.error("HostError", &error);
        HandlerError::from(error).into_response()
    };
    let j = journal.clone();
    let link = async move |request: LinkRequest| {
        j.debug("LinkRequest", &request);
        "link"
    };
    Routes::new()
        .get("/users", users)
        .post("/forge", forge)
        .get("/link", link)
}

pub(crate) async fn walk(journal: &Journal, product: &Product) {
    let mut one = tenant(journal, "site-1", &product.url);
    one.oauth_client_id = Some("client".to_owned());
    let app = Served::start(journal, product, "", routes(journal), |b| b).await;
    app.app.store().save_tenant(&one).await.unwrap();

    let header = format!("JWT {}", host_token(journal, &one, "GET /users"));
    let answer = app
        .send("GET /users", &[("authorization", &header)], "")
        .await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);

    let link = app.app.signed_link(&one, None, "/link?a=1", Seconds(60));
    let link = link.unwrap();
    let target = link.strip_prefix("https://app.example.com").unwrap();
    journal.plant_token("a signed link", link.clone());
    let answer = app.send(&format!("GET {target}"), &[], "").await;
    assert_eq!(answer.status, StatusCode::OK);
    let answer = app.send(&format!("GET {target}&b=2"), &[], "").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);

    invocations(journal, product, &app).await;

    let ada = AccountId::parse("ada").unwrap();
    let signed = assertion(&one, &ada, &product.url, now()).unwrap();
    journal.plant_token("an assertion", signed.expose().to_owned());
    journal.debug("Secret", &signed);
    let answer = json!({"access_token": journal.plant("a grant", "canary-of-a-grant"),
        "expires_in": 9, "token_type": "bearer"});
    let grant = Grant::parse(answer.to_string().as_bytes(), now()).unwrap();
    journal.debug("Grant", &grant);
    app.stop().await;
}

async fn invocations(journal: &Journal, product: &Product, app: &Served) {
    let claims = json!({
        "iss": ISSUER, "aud": FORGE_APP, "iat": NOW, "exp": NOW + 25, "jti": "t-1",
        "app": {"id": FORGE_APP, "installationId": "i-1", "apiBaseUrl": product.url},
        "context": {"issue": journal.plant("a context", "canary-of-a-context")},
    });
    let key = RsaSigningKey::from_pkcs8(HOST_KEY).unwrap();
    let kid = Kid::parse("forge/1").unwrap();
    let token = jws::sign_rs256(claims.to_string().as_bytes(), &key, &kid).unwrap();
    let token = journal.plant_token("an invocation", token);
    let unverified = UnverifiedInvocation::parse(&token).unwrap();
    journal.debug("UnverifiedInvocation", &unverified);
    let bearer = format!("Bearer {token}");
    let system = journal.plant("a system token", "canary-system-token-of-forge");
    let user = journal.plant("a user token", "canary-user-token-of-forge");
    let headers = [
        JSON,
        ("authorization", bearer.as_str()),
        ("x-forge-oauth-system", system.as_str()),
        ("x-forge-oauth-user", user.as_str()),
    ];
    let body = json!({"payload": journal.plant("an event", "canary-payload-of-an-event")});
    let body = body.to_string();
    let answer = app.send("POST /forge", &headers, &body).await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    let again = app.send("POST /forge", &headers, &body).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
    let id = connect_runtime::core::InstallationId::parse("i-1").unwrap();
    let client = app.app.forge_client(&id).await.unwrap().unwrap();
    journal.debug("ForgeClient", &client);
    let known = app.app.store().installation(&id).await.unwrap();
    journal.debug("ForgeInstallation", &known);
}
