//! Calls of the app's page with the token of `AP.context.getToken()`.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use connect_core::{
    AccountId, Claims, Tenant,
    verify::{Context, Verified, verify_context},
};
use http::request::Parts;

use super::{app_of, prove};
use crate::{app::ConnectApp, client::HostClient, rejection::Rejection};

/// A call of the app's own page, with the token that `AP.context.getToken()` gave it.
///
/// Such a token is bound to no URL, so it is good only for the routes that ask for it by this type.
/// It is the way for pages that are cached by the browser (`"cacheable": true`), which get no token
/// in their URL.
#[derive(Clone, Debug)]
pub struct ContextRequest {
    app: ConnectApp,
    tenant: Arc<Tenant>,
    proof: Verified<Context>,
}

impl ContextRequest {
    /// The installation the request comes from.
    pub fn tenant(&self) -> &Arc<Tenant> {
        &self.tenant
    }

    /// The user, unless the visitor is anonymous.
    pub fn account_id(&self) -> Option<AccountId> {
        self.proof.account_id()
    }

    /// Everything the token says.
    pub fn claims(&self) -> &Claims {
        self.proof.claims()
    }

    /// A client that calls the tenant's product as the app.
    pub fn client(&self) -> HostClient {
        self.app.client(&self.tenant)
    }
}

impl<S> FromRequestParts<S> for ContextRequest
where
    S: Send + Sync,
    ConnectApp: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let app = app_of(state);
        let now = app.now();
        let (tenant, proof) = prove(parts, &app, |token, tenant, _| {
            verify_context(token, tenant, &app.inner().policy, now)
        })
        .await?;
        Ok(Self { app, tenant, proof })
    }
}
