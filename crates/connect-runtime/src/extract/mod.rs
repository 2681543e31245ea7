//! Who may call a handler: its first argument.

use std::{
    borrow::Cow,
    sync::{Arc, OnceLock},
};

use axum::extract::{FromRef, OriginalUri};
use bytes::Bytes;
use connect_core::{
    Tenant, TokenError,
    qsh::RequestLine,
    token_place,
    verify::{Kind, RouteKind, Unverified, Verified, refuse_unknown_tenant},
};
use http::{
    HeaderMap,
    header::{self, AsHeaderName},
    request::Parts,
    uri::PathAndQuery,
};

use crate::{app::ConnectApp, danger, forge::ForgeRequest, rejection::Rejection};

/// What every request says whose token a tenant's secret proved: a type with the fields `app`,
/// `tenant` and `proof`.
macro_rules! proved_by_tenant {
    ($name:ident) => {
        impl $name {
            /// The app, for its store and its configuration.
            pub fn app(&self) -> &$crate::app::ConnectApp {
                &self.app
            }

            /// The installation the request comes from.
            pub fn tenant(&self) -> &std::sync::Arc<connect_core::Tenant> {
                &self.tenant
            }

            /// The user, unless the visitor is anonymous or the host itself calls.
            pub fn account_id(&self) -> Option<connect_core::AccountId> {
                self.proof.account_id()
            }

            /// Everything the token says.
            pub fn claims(&self) -> &connect_core::Claims {
                self.proof.claims()
            }

            /// A client that calls the tenant's product as the app.
            pub fn client(&self) -> $crate::client::HostClient {
                self.app.client(&self.tenant)
            }
        }
    };
}

mod browser;
mod cacheable;
mod host;
mod install;
mod public;

pub use browser::{ContextRequest, LinkRequest, SessionRequest};
pub use cacheable::CacheablePage;
pub use host::HostRequest;
pub use install::InstallRequest;
pub use public::PublicRoute;

/// Says who may call a handler. Implemented by the request types of this crate and by no others.
pub trait Access: sealed::Sealed {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::CacheablePage {}
    impl Sealed for super::ContextRequest {}
    impl Sealed for super::ForgeRequest {}
    impl Sealed for super::HostRequest {}
    impl Sealed for super::InstallRequest {}
    impl Sealed for super::LinkRequest {}
    impl Sealed for super::PublicRoute {}
    impl Sealed for super::SessionRequest {}
}

impl Access for CacheablePage {}
impl Access for ContextRequest {}
impl Access for ForgeRequest {}
impl Access for HostRequest {}
impl Access for InstallRequest {}
impl Access for LinkRequest {}
impl Access for PublicRoute {}
impl Access for SessionRequest {}

/// The form body of a POST or PUT, put aside by the outer layer: the token may be in it.
#[derive(Clone, Debug)]
pub(crate) struct FormBody(pub(crate) Bytes);

/// Filled in by an extractor that has proved something; read by the outer layer, which sets the
/// headers of the response accordingly.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proved(pub(crate) Arc<OnceLock<Visitor>>);

/// For whom a response is.
#[derive(Clone, Debug)]
pub(crate) enum Visitor {
    /// Whoever asks.
    Anybody,
    /// Whoever asks, and a browser may keep it.
    Cache,
    /// Forge, which shows nothing of it to a browser.
    Remote,
    /// Somebody of this tenant.
    Tenant(Arc<Tenant>),
}

pub(crate) fn note(parts: &Parts, visitor: Visitor) {
    if let Some(proved) = parts.extensions.get::<Proved>() {
        // The first proof counts; a second extractor of the same request proves the same.
        let _ = proved.0.set(visitor);
    }
}

/// The request line as it came off the wire, before any router took a prefix away.
pub(crate) fn target(parts: &Parts) -> PathAndQuery {
    let target = path_and_query(parts).cloned();
    target.unwrap_or_else(|| PathAndQuery::from_static("/"))
}

fn path_and_query(parts: &Parts) -> Option<&PathAndQuery> {
    let uri = match parts.extensions.get::<OriginalUri>() {
        Some(OriginalUri(uri)) => uri,
        None => &parts.uri,
    };
    uri.path_and_query()
}

/// Finds the token, its tenant, and hands both to the check of that kind.
pub(crate) async fn prove<K: Kind>(
    parts: &Parts,
    app: &ConnectApp,
    check: impl Fn(&Unverified<'_>, &Tenant, &RequestLine<'_>) -> Result<Verified<K>, TokenError>,
) -> Result<(Arc<Tenant>, Verified<K>), Rejection> {
    let form = parts.extensions.get::<FormBody>();
    let line = RequestLine {
        method: parts.method.as_str(),
        target: path_and_query(parts).map_or("/", PathAndQuery::as_str),
        form: form.map(|form| &*form.0),
    };
    let token = find_token::<K>(parts, app, &line).await?;
    let token = Unverified::parse(&token)?;
    let tenants = &app.inner().tenants;
    let tenant = match tenants.cached(token.tenant_name::<K>()?) {
        Some(tenant) => tenant,
        None => match tenants.get(&token.tenant_hint::<K>()?).await? {
            Some(tenant) => tenant,
            None => return Err(refuse_unknown_tenant(&token).into()),
        },
    };
    let (tenant, proof) = match check(&token, &tenant, &line) {
        Ok(proof) => (tenant, proof),
        // Another process may have taken a reinstall since we last looked.
        Err(error @ (TokenError::Signature | TokenError::TenantNotInstalled)) => {
            match Box::pin(tenants.changed(&tenant)).await? {
                Some(tenant) => {
                    let proof = check(&token, &tenant, &line)?;
                    (tenant, proof)
                }
                None => return Err(error.into()),
            }
        }
        Err(error) => return Err(error.into()),
    };
    note(parts, Visitor::Tenant(Arc::clone(&tenant)));
    Ok((tenant, proof))
}

async fn find_token<'a, K: Kind>(
    parts: &'a Parts,
    app: &ConnectApp,
    line: &RequestLine<'_>,
) -> Result<Cow<'a, str>, Rejection> {
    let found = token_place::find(texts(&parts.headers, header::AUTHORIZATION), line);
    let missing = match found {
        Err(TokenError::Missing) => TokenError::Missing,
        found => return Ok(found?),
    };
    if K::ROUTE == RouteKind::Session && app.config().legacy_session_tokens {
        let found = token_place::find_legacy(texts(&parts.headers, "x-acpt"), line);
        if found != Err(TokenError::Missing) {
            return Ok(found?);
        }
    }
    if K::ROUTE == RouteKind::Host
        && let Some(token) = Box::pin(danger::vouch_without_token(app, line)).await?
    {
        return Ok(Cow::Owned(token));
    }
    Err(missing.into())
}

/// The values of a header; one that is no text counts as none.
fn texts(headers: &HeaderMap, name: impl AsHeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).iter();
    values.filter_map(|value| value.to_str().ok())
}

pub(crate) fn app_of<S>(state: &S) -> ConnectApp
where
    ConnectApp: FromRef<S>,
{
    ConnectApp::from_ref(state)
}
