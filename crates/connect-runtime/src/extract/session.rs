//! Calls of the app's page with a session token of the app's own.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use connect_core::{
    AccountId, Claims, Tenant,
    verify::{Session, Verified, verify_session},
};
use http::request::Parts;

use super::{app_of, prove};
use crate::{app::ConnectApp, client::HostClient, rejection::Rejection};

/// A call of the app's own page, with the session token that the page was rendered with.
///
/// See [`HostRequest::session_token`](super::HostRequest::session_token). It does not renew itself:
/// when it is too old, the page asks the host for a fresh token (`AP.context.getToken()`), which is
/// what a [`ContextRequest`](super::ContextRequest) takes.
#[derive(Clone, Debug)]
pub struct SessionRequest {
    app: ConnectApp,
    tenant: Arc<Tenant>,
    proof: Verified<Session>,
}

impl SessionRequest {
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

impl<S> FromRequestParts<S> for SessionRequest
where
    S: Send + Sync,
    ConnectApp: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let app = app_of(state);
        let now = app.now();
        let (tenant, proof) = prove(parts, &app, |token, tenant, _| {
            verify_session(token, tenant, &app.inner().policy, now)
        })
        .await?;
        Ok(Self { app, tenant, proof })
    }
}
