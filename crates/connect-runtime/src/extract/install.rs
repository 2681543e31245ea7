//! Install calls that an app answers itself.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequest, Request};
use connect_core::{
    Tenant,
    lifecycle::{Decision, LifecycleEvent},
    store::StoreError,
};

use super::{app_of, target};
use crate::{app::ConnectApp, lifecycle, rejection::Rejection};

/// A verified `installed` or `uninstalled` call, for an app that answers those itself
/// (`setupInstallRoute: false` in config.json).
///
/// The route must be the one that the descriptor's `lifecycle` names: the path says which event the
/// call is, and the body must agree. Nothing is stored before [`InstallRequest::accept`].
#[derive(Debug)]
pub struct InstallRequest {
    app: ConnectApp,
    event: LifecycleEvent,
    decision: Decision,
}

impl InstallRequest {
    /// Which call it is.
    pub fn event(&self) -> LifecycleEvent {
        self.event
    }

    /// The tenant as it will be stored, its shared secret included; nothing when the call changes
    /// nothing.
    pub fn tenant(&self) -> Option<&Tenant> {
        match &self.decision {
            Decision::Nothing => None,
            Decision::Save(tenant) => Some(tenant),
        }
    }

    /// Stores the tenant. The host takes 200 and 204 for success.
    ///
    /// # Errors
    /// [`StoreError`]; then answer with a failure, so that the host rolls back.
    pub async fn accept(self) -> Result<Option<Arc<Tenant>>, StoreError> {
        lifecycle::carry_out(&self.app, self.event, self.decision).await
    }
}

impl<S> FromRequest<S> for InstallRequest
where
    S: Send + Sync,
    ConnectApp: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, Rejection> {
        let app = app_of(state);
        let (parts, body) = request.into_parts();
        let target = target(&parts);
        let event = app
            .descriptor()
            .lifecycle_event(lifecycle::below_base(&app, target.path()));
        let event = event
            .filter(|event| {
                matches!(
                    event,
                    LifecycleEvent::Installed | LifecycleEvent::Uninstalled
                )
            })
            .ok_or(Rejection::NotFound)?;
        let decision = lifecycle::decide(&app, event, &parts, body).await?;
        Ok(Self {
            app,
            event,
            decision,
        })
    }
}
