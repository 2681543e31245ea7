//! Routes that anybody may call.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::{Visitor, note};

/// Says that anybody may call the handler. There is no tenant, no user and nothing to trust.
#[derive(Clone, Copy, Debug)]
pub struct PublicRoute(());

impl<S: Send + Sync> FromRequestParts<S> for PublicRoute {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        note(parts, Visitor::Anybody);
        Ok(Self(()))
    }
}
