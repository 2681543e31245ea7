//! One app, two worlds: a page for Connect and an endpoint for Forge remote, in one process, on the
//! same data.
//!
//! The page greets its user and counts visits; the endpoint tells a Forge user interface of the same
//! site how many there were. A trigger of Forge's says that the app is there.
//!
//! Run it in the folder of an app (`atlassian-connect.json`, `config.json` with `appId`):
//! `cargo run --example connect_and_forge`.

use axum::Json;
use connect_runtime::{
    Accepted, AppLifecycle, ConnectApp, ForgeEvent, ForgeRequest, HandlerError, HostRequest, Html,
    Routes, StartError, core::Tenant,
};
use serde_json::{Value, json};

/// Where the number of visits is kept, for each tenant.
const VISITS: &str = "visits";

#[tokio::main]
async fn main() -> Result<(), StartError> {
    let app = ConnectApp::from_folder(".").await?;
    app.clone().serve(routes(&app)).await
}

/// The routes, in whichever process.
pub(crate) fn routes(app: &ConnectApp) -> Routes {
    let (of_page, of_remote) = (app.clone(), app.clone());
    Routes::new()
        .get("/hello", move |request: HostRequest| {
            hello(of_page.clone(), request)
        })
        .post("/forge/visits", move |request: ForgeRequest| {
            visits(of_remote.clone(), request)
        })
        .post("/forge/installed", installed)
}

/// A page of the Connect app: it runs for requests that the host has signed.
async fn hello(app: ConnectApp, request: HostRequest) -> Result<Html<String>, HandlerError> {
    let me: Value = request.client().get("/rest/api/3/myself").fetch().await?;
    let count = count(&app, request.tenant()).await? + 1;
    let key = &request.tenant().client_key;
    app.store().save_setting(key, VISITS, &json!(count)).await?;
    let name = me["displayName"].as_str().unwrap_or_default();
    Ok(Html(format!("<p>{} · visit {count}</p>", escaped(name))))
}

/// An endpoint of the Forge remote: it runs for invocations that Forge has signed. The data are the
/// Connect tenant's, which is found by the installation.
async fn visits(app: ConnectApp, request: ForgeRequest) -> Result<Json<Value>, HandlerError> {
    let user: Value = request
        .client_as_user()
        .get("/rest/api/3/myself")
        .fetch()
        .await?;
    let count = match request.tenant().await? {
        Some(tenant) => Some(count(&app, &tenant).await?),
        None => None,
    };
    Ok(Json(json!({ "visits": count, "for": user["displayName"] })))
}

/// A trigger of Forge's: answered at once, done afterwards.
async fn installed(request: ForgeRequest, event: ForgeEvent<AppLifecycle>) -> Accepted {
    let version = event.payload.app.version;
    let client = request.client();
    request.accept(async move {
        match client.get("/rest/api/3/serverInfo").send().await {
            Ok(_) => tracing::info!(?version, "installed, and the product answers"),
            Err(error) => tracing::warn!(%error, "installed, but the product does not answer"),
        }
    })
}

async fn count(app: &ConnectApp, tenant: &Tenant) -> Result<u64, HandlerError> {
    let stored = app.store().setting(&tenant.client_key, VISITS).await?;
    Ok(stored.and_then(|count| count.as_u64()).unwrap_or(0))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
