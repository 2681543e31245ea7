//! Invocations of Forge.

use std::{fmt, sync::Arc};

use axum::{
    extract::{FromRef, FromRequestParts},
    response::{IntoResponse, Json, Response},
};
use connect_core::{
    AccountId, InstallationId, Secret, Tenant,
    forge::{ForgeClaims, Invocation},
    store::StoreError,
};
use http::{StatusCode, request::Parts};
use serde_json::json;

use super::{ForgeClient, secret};
use crate::{
    app::ConnectApp,
    client::{Actor, HostClient},
    extract::{Visitor, app_of, note},
    rejection::Rejection,
};

/// An invocation of the app by Forge: of its page by a user, or by an event.
///
/// Its token was signed by Forge, for this app, and was not used before. Holding one is the proof;
/// a request without it never reaches the handler.
///
/// ```
/// use connect_runtime::{ConnectApp, ForgeRequest, HandlerError, Routes};
/// use serde_json::{Value, json};
///
/// async fn hello(request: ForgeRequest) -> Result<axum::Json<Value>, HandlerError> {
///     let me: Value = request.client_as_user().get("/rest/api/3/myself").fetch().await?;
///     Ok(axum::Json(json!({ "hello": me["displayName"] })))
/// }
///
/// let routes: Routes<ConnectApp> = Routes::new().post("/hello", hello);
/// ```
#[derive(Clone)]
pub struct ForgeRequest {
    app: ConnectApp,
    proof: Invocation,
    system_token: Option<Secret>,
    user_token: Option<Secret>,
    trace_id: Option<String>,
}

/// The answer to an event whose work has begun; see [`ForgeRequest::accept`].
#[derive(Clone, Copy, Debug)]
pub struct Accepted(());

impl ForgeRequest {
    /// The app, for its store and its configuration.
    pub fn app(&self) -> &ConnectApp {
        &self.app
    }

    /// Everything the token says.
    pub fn claims(&self) -> &ForgeClaims {
        self.proof.claims()
    }

    /// Which installation invokes. It changes when the app is installed again; for what must
    /// outlive that, use the cloud id ([`ForgeContext::cloud_id`](connect_core::forge::ForgeContext)).
    pub fn installation(&self) -> &InstallationId {
        &self.claims().app.installation_id
    }

    /// The user; none for events and scheduled triggers.
    pub fn account_id(&self) -> Option<&AccountId> {
        self.claims().principal.as_ref()
    }

    /// Forge's id of the trace that the invocation belongs to, for its log and ours.
    pub fn trace_id(&self) -> Option<&str> {
        self.trace_id.as_deref()
    }

    /// A client that calls the product as the app, with the token of this invocation
    /// (`x-forge-oauth-system`).
    pub fn client(&self) -> ForgeClient {
        self.client_with(self.system_token.clone())
    }

    /// A client that calls the product as the user, with the token of this invocation
    /// (`x-forge-oauth-user`).
    pub fn client_as_user(&self) -> ForgeClient {
        self.client_with(self.user_token.clone())
    }

    /// The Connect tenant of this installation, for an app that is both: its data and its client.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tenant(&self) -> Result<Option<Arc<Tenant>>, StoreError> {
        let known = self.app.store().installation(self.installation()).await?;
        match known.and_then(|known| known.client_key) {
            Some(client_key) => {
                let tenant = self.app.tenant(&client_key).await?;
                Ok(tenant.filter(|tenant| tenant.is_installed()))
            }
            None => Ok(None),
        }
    }

    /// A client that calls the product of the Connect tenant of this installation, signed as a
    /// Connect app signs; none when the two are not associated.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn connect_client(&self) -> Result<Option<HostClient>, StoreError> {
        let tenant = self.tenant().await?;
        Ok(tenant.map(|tenant| self.app.client(&tenant)))
    }

    /// Says that the installation and this tenant are one, for an app that learns it in a way of
    /// its own. A Connect app that is deployed with Forge needs none: its `installed` call names
    /// the installation.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn associate(&self, tenant: &Tenant) -> Result<(), StoreError> {
        let store = self.app.store();
        store
            .associate(self.installation(), &tenant.client_key)
            .await
    }

    /// Begins the work and answers at once: Forge waits 5 s for the answer to an event or a
    /// scheduled trigger and then sends it again, four times.
    ///
    /// The work is the app's from then on: Forge takes it for done. It is waited for when the app
    /// stops.
    pub fn accept(&self, work: impl Future<Output = ()> + Send + 'static) -> Accepted {
        self.app.inner().tasks.spawn(work);
        Accepted(())
    }

    fn client_with(&self, token: Option<Secret>) -> ForgeClient {
        let api = self.claims().app.api_base_url.clone();
        let id = self.installation().clone();
        ForgeClient::new(self.app.clone(), id, api, Actor::Bearer(token))
    }
}

impl fmt::Debug for ForgeRequest {
    /// Without what the user looked at.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForgeRequest")
            .field("installation", self.installation())
            .field("account_id", &self.account_id())
            .field("module", &self.claims().app.module)
            .finish_non_exhaustive()
    }
}

impl IntoResponse for Accepted {
    /// 202 with an empty object: Forge wants JSON.
    fn into_response(self) -> Response {
        (StatusCode::ACCEPTED, Json(json!({}))).into_response()
    }
}

impl<S> FromRequestParts<S> for ForgeRequest
where
    S: Send + Sync,
    ConnectApp: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let app = app_of(state);
        // A token is good once; of one request it may be asked twice.
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let forge = &app.inner().forge;
        let proof = forge.prove(&app, &parts.headers).await?;
        let system_token = secret(&parts.headers, "x-forge-oauth-system");
        if let Some(token) = &system_token {
            forge.keep(&app, proof.claims(), token).await;
        }
        note(parts, Visitor::Remote);
        let trace_id = parts.headers.get("x-b3-traceid");
        let request = Self {
            user_token: secret(&parts.headers, "x-forge-oauth-user"),
            trace_id: trace_id
                .and_then(|id| id.to_str().ok())
                .filter(|id| id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric()))
                .map(str::to_owned),
            system_token,
            proof,
            app,
        };
        parts.extensions.insert(request.clone());
        Ok(request)
    }
}
