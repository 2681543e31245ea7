//! Requests that the host makes, or signs for a browser.

use std::{fmt, sync::Arc};

use axum::extract::{FromRef, FromRequestParts};
use connect_core::{
    Tenant, TokenError, mint,
    time::Seconds,
    verify::{Host, Verified, verify_host},
};
use http::{request::Parts, uri::PathAndQuery};

use super::{app_of, prove, target};
use crate::{app::ConnectApp, page::PageContext, rejection::Rejection};

/// A page, a macro or a webhook: a request whose token was signed with the tenant's shared secret
/// for exactly this method, path and query.
///
/// Holding one is the proof; a request without it never reaches the handler.
#[derive(Clone)]
pub struct HostRequest {
    app: ConnectApp,
    tenant: Arc<Tenant>,
    proof: Verified<Host>,
    target: PathAndQuery,
}

proved_by_tenant!(HostRequest);

impl HostRequest {
    /// A token for the page to send back to routes that take a
    /// [`SessionRequest`](super::SessionRequest).
    ///
    /// # Errors
    /// [`TokenError::TenantNotInstalled`] when the tenant has no usable secret.
    pub fn session_token(&self) -> Result<String, TokenError> {
        let life = self.app.config().max_token_age;
        let user = self.account_id();
        mint::session_token(
            &self.tenant,
            self.app.key(),
            user.as_ref(),
            life,
            self.app.now(),
        )
    }

    /// The address of a page of the app, with a token in it, for places where the host brings none:
    /// an image in a static macro, a link in an export or a mail.
    ///
    /// `path` is below the app's base URL and may have a query. Whoever holds the link can open it
    /// until it expires, as the user of this request; its route takes a
    /// [`LinkRequest`](super::LinkRequest).
    ///
    /// # Errors
    /// As [`ConnectApp::signed_link`].
    pub fn signed_link(&self, path: &str, life: Seconds) -> Result<String, TokenError> {
        let user = self.account_id();
        self.app
            .signed_link(&self.tenant, user.as_ref(), path, life)
    }

    /// The variables that ACE hands to every view.
    ///
    /// # Errors
    /// As [`HostRequest::session_token`].
    pub fn page_context(&self) -> Result<PageContext, TokenError> {
        Ok(PageContext::new(
            &self.app,
            Some((&self.tenant, &self.proof)),
            self.session_token()?,
            self.target.as_str(),
        ))
    }

    #[cfg(feature = "views")]
    /// Renders a view with ACE's variables and the values given here.
    ///
    /// # Errors
    /// [`ViewError`](crate::views::ViewError).
    pub fn view(
        &self,
        name: &str,
        values: &serde_json::Value,
    ) -> Result<axum::response::Html<String>, crate::views::ViewError> {
        let context = self.page_context()?;
        self.app.inner().views.render(name, &context, values)
    }
}

impl fmt::Debug for HostRequest {
    /// Without the query, in which the token may be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostRequest")
            .field("client_key", &self.tenant.client_key)
            .field("account_id", &self.account_id())
            .field("path", &self.target.path())
            .finish_non_exhaustive()
    }
}

impl<S> FromRequestParts<S> for HostRequest
where
    S: Send + Sync,
    ConnectApp: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let app = app_of(state);
        let now = app.now();
        let (tenant, proof) = prove(parts, &app, |token, tenant, line| {
            verify_host(token, tenant, line, &app.inner().policy, now)
        })
        .await?;
        Ok(Self {
            target: target(parts),
            app,
            tenant,
            proof,
        })
    }
}
