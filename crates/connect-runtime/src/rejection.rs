//! Refusing a request, and what the caller learns of it.

use axum::response::{IntoResponse, Response};
use connect_core::{LifecycleError, TokenError, store::StoreError};
use http::{HeaderValue, StatusCode, header};

use crate::{keys::KeyUnavailable, permissions::PermissionError};

/// Why a request was refused before its handler ran.
///
/// The whole reason goes to the log, under the request's id. The caller learns what `public`
/// decides.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The body is larger than the route takes.
    #[error("the body is too large")]
    BodyTooLarge,
    /// The body is not JSON, or not what the route takes.
    #[error("the body cannot be read")]
    Body,
    /// The same is being done already, for an earlier delivery of the same call.
    #[error("an earlier delivery is still being handled")]
    Busy,
    /// The keys of Forge cannot be had.
    #[error("no keys of Forge: their server cannot be reached")]
    ForgeKeys,
    /// The host's public key cannot be had.
    #[error("no install key: {0}")]
    InstallKey(&'static str),
    /// A lifecycle call is not acceptable.
    #[error(transparent)]
    Lifecycle(#[from] LifecycleError),
    /// There is nothing at this address.
    #[error("no such route")]
    NotFound,
    /// The user may not do this, or nobody can say whether they may.
    #[error(transparent)]
    Permission(#[from] PermissionError),
    /// The store of tenants does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The token proves nothing.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The content type is not JSON.
    #[error("the content type is not JSON")]
    UnsupportedType,
}

/// What a caller learns: a status and a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Public {
    pub(crate) status: StatusCode,
    pub(crate) class: &'static str,
}

impl Rejection {
    /// The stable code of docs/errors.md, for the log.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Body => "request/body",
            Self::BodyTooLarge => "request/too-large",
            Self::Busy => "webhook/busy",
            Self::ForgeKeys => "auth/forge-keys",
            Self::InstallKey(_) => "auth/install-key",
            Self::Lifecycle(error) => error.code(),
            Self::NotFound => "request/not-found",
            Self::Permission(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Token(error) => error.code(),
            Self::UnsupportedType => "request/unsupported-type",
        }
    }
}

impl From<KeyUnavailable> for Rejection {
    fn from(error: KeyUnavailable) -> Self {
        match error {
            KeyUnavailable::Unknown => Self::Token(TokenError::Kid),
            KeyUnavailable::Unreachable => Self::InstallKey("the key server cannot be reached"),
        }
    }
}

/// Decides what a caller may learn of a refusal: the only place that does (invariant 12).
pub(crate) fn public(rejection: &Rejection) -> Public {
    let (status, class) = match rejection {
        // SECURITY: every fault of a credential looks the same from outside.
        // Test: all_credential_faults_look_the_same.
        Rejection::Token(error) => match error {
            TokenError::Request(_) => (StatusCode::BAD_REQUEST, "bad-request"),
            _ => (StatusCode::UNAUTHORIZED, "unauthorized"),
        },
        Rejection::Lifecycle(error) => match error {
            LifecycleError::Body { .. } | LifecycleError::WeakSecret => {
                (StatusCode::BAD_REQUEST, "bad-request")
            }
            LifecycleError::HostNotAllowed => (StatusCode::FORBIDDEN, "forbidden"),
            _ => (StatusCode::UNAUTHORIZED, "unauthorized"),
        },
        Rejection::Body => (StatusCode::BAD_REQUEST, "bad-request"),
        Rejection::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
        Rejection::Busy
        | Rejection::ForgeKeys
        | Rejection::InstallKey(_)
        | Rejection::Permission(PermissionError::Host(_))
        | Rejection::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        Rejection::Permission(_) => (StatusCode::FORBIDDEN, "forbidden"),
        Rejection::NotFound => (StatusCode::NOT_FOUND, "not-found"),
        Rejection::UnsupportedType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-type"),
    };
    Public { status, class }
}

/// Travels with a response to the outer layer, which knows the request's id and what the caller
/// accepts, writes the log line and the body.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) public: Public,
    pub(crate) code: &'static str,
    pub(crate) reason: String,
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let public = public(&self);
        let mut response = public.status.into_response();
        let headers = response.headers_mut();
        if public.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("JWT"));
        }
        if public.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response.extensions_mut().insert(Refused {
            public,
            code: self.code(),
            reason: self.to_string(),
        });
        response
    }
}
