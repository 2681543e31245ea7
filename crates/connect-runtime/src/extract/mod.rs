//! Who may call a handler: its first argument.

use std::sync::{Arc, OnceLock};

use axum::extract::{FromRef, OriginalUri};
use bytes::Bytes;
use connect_core::{
    Tenant, TokenError,
    qsh::RequestLine,
    token_place,
    verify::{Kind, Unverified, Verified, refuse_unknown_tenant},
};
use http::{header, request::Parts};

use crate::{app::ConnectApp, rejection::Rejection};

mod context;
mod host;
mod public;
mod session;

pub use context::ContextRequest;
pub use host::HostRequest;
pub use public::PublicRoute;
pub use session::SessionRequest;

/// Says who may call a handler. Implemented by the request types of this crate and by no others.
pub trait Access: sealed::Sealed {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::ContextRequest {}
    impl Sealed for super::HostRequest {}
    impl Sealed for super::PublicRoute {}
    impl Sealed for super::SessionRequest {}
}

impl Access for ContextRequest {}
impl Access for HostRequest {}
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
pub(crate) fn target(parts: &Parts) -> String {
    let uri = match parts.extensions.get::<OriginalUri>() {
        Some(OriginalUri(uri)) => uri,
        None => &parts.uri,
    };
    uri.path_and_query()
        .map_or_else(|| uri.path().to_owned(), ToString::to_string)
}

/// Finds the token, its tenant, and hands both to the check of that kind.
pub(crate) async fn prove<K: Kind>(
    parts: &Parts,
    app: &ConnectApp,
    check: impl FnOnce(&Unverified<'_>, &Tenant, &RequestLine<'_>) -> Result<Verified<K>, TokenError>,
) -> Result<(Arc<Tenant>, Verified<K>), Rejection> {
    let target = target(parts);
    let form = parts.extensions.get::<FormBody>();
    let line = RequestLine {
        method: parts.method.as_str(),
        target: &target,
        form: form.map(|form| &*form.0),
    };
    let headers = parts.headers.get_all(header::AUTHORIZATION);
    let headers = headers.iter().filter_map(|value| value.to_str().ok());
    let token = token_place::find(headers, &line)?;
    let token = Unverified::parse(&token)?;
    let client_key = token.tenant_hint::<K>()?;
    let Some(tenant) = app.tenant(&client_key).await? else {
        return Err(refuse_unknown_tenant(&token).into());
    };
    let proof = check(&token, &tenant, &line)?;
    note(parts, Visitor::Tenant(Arc::clone(&tenant)));
    Ok((tenant, proof))
}

pub(crate) fn app_of<S>(state: &S) -> ConnectApp
where
    ConnectApp: FromRef<S>,
{
    ConnectApp::from_ref(state)
}
