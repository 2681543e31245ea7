//! What goes wrong inside a handler.

use axum::response::{IntoResponse, Response};
use connect_core::{TokenError, store::StoreError};
use http::StatusCode;

use crate::{
    client::HostError,
    permissions::PermissionError,
    rejection::{Public, Refused, Rejection},
};

/// Anything that goes wrong inside a handler, so that `?` works there.
///
/// The caller learns a class and the request's id; the rest is in the log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandlerError {
    /// A call to the product failed.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The user may not do this.
    #[error(transparent)]
    Permission(#[from] PermissionError),
    /// A request is refused after all.
    #[error(transparent)]
    Rejection(#[from] Rejection),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A token cannot be made.
    #[error(transparent)]
    Token(#[from] TokenError),
    #[cfg(feature = "views")]
    /// A view cannot be rendered.
    #[error(transparent)]
    View(#[from] crate::views::ViewError),
}

impl IntoResponse for HandlerError {
    fn into_response(self) -> Response {
        let (status, class, code) = match self {
            Self::Rejection(rejection) => return rejection.into_response(),
            Self::Permission(error) => return Rejection::from(error).into_response(),
            Self::Store(error) => return Rejection::from(error).into_response(),
            Self::Host(ref error) => (StatusCode::BAD_GATEWAY, "bad-gateway", error.code()),
            Self::Token(ref error) => (StatusCode::INTERNAL_SERVER_ERROR, "internal", error.code()),
            #[cfg(feature = "views")]
            Self::View(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "view/failed"),
        };
        let mut response = status.into_response();
        response.extensions_mut().insert(Refused {
            public: Public { status, class },
            code,
            reason: chain(&self),
        });
        response
    }
}

/// The error and what caused it, for the log.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
