//! Calls that the app's own pages make, with a token that is bound to no URL.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use connect_core::{
    Tenant,
    verify::{Context, Link, Session, Verified, verify_context, verify_link, verify_session},
};
use http::request::Parts;

use super::{app_of, prove};
use crate::{app::ConnectApp, rejection::Rejection};

/// One request type of this file: they differ in the kind of proof only.
macro_rules! browser_request {
    ($(#[$doc:meta])* $name:ident, $kind:ident, $verify:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            app: ConnectApp,
            tenant: Arc<Tenant>,
            proof: Verified<$kind>,
        }

        proved_by_tenant!($name);

        impl<S> FromRequestParts<S> for $name
        where
            S: Send + Sync,
            ConnectApp: FromRef<S>,
        {
            type Rejection = Rejection;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
                let app = app_of(state);
                let now = app.now();
                let (tenant, proof) = prove(parts, &app, |token, tenant, line| {
                    let policy = &app.inner().policy;
                    $verify(token, tenant, line, policy, now)
                })
                .await?;
                Ok(Self { app, tenant, proof })
            }
        }
    };
}

browser_request!(
    /// A call of the app's own page, with the token that `AP.context.getToken()` gave it.
    ///
    /// Such a token is bound to no URL, so it is good only for the routes that ask for it by this type.
    /// It is the way for pages that are cached by the browser (`"cacheable": true`), which get no token
    /// in their URL.
    ContextRequest,
    Context,
    |token, tenant, _, policy, now| verify_context(token, tenant, policy, now)
);

browser_request!(
    /// A call of the app's own page, with the session token that the page was rendered with.
    ///
    /// See [`HostRequest::session_token`](super::HostRequest::session_token). It does not renew itself:
    /// when it is too old, the page asks the host for a fresh token (`AP.context.getToken()`), which is
    /// what a [`ContextRequest`](super::ContextRequest) takes.
    SessionRequest,
    Session,
    |token, tenant, _, policy, now| verify_session(token, tenant, policy, now)
);

browser_request!(
    /// Whoever holds one of the app's signed links: an image in a static macro, a file to download, a
    /// page in a mail.
    ///
    /// See [`HostRequest::signed_link`](super::HostRequest::signed_link). The link was made for exactly
    /// this path and query. It does not say who has come: a link can be passed on, and its user is the
    /// one for whom it was made.
    LinkRequest,
    Link,
    verify_link
);
