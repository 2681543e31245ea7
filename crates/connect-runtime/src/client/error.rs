//! Why a call to a product failed.

use std::{fmt, time::Duration};

use connect_core::{ClientKey, InstallationId, TokenError};
use http::{Method, StatusCode};

use crate::impersonation::ImpersonationError;

/// Which call it was: enough to find it, and nothing personal or secret.
#[derive(Clone, Debug)]
pub struct Call {
    /// Whose product is called.
    pub callee: Callee,
    /// The method.
    pub method: Method,
    /// The path, without its query; scheme and host too where the call leaves the product.
    pub path: String,
}

/// Whose product is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Callee {
    /// A Forge installation's.
    Installation(InstallationId),
    /// A Connect tenant's.
    Tenant(ClientKey),
}

/// Why a call to a product failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// A GET with a body, which hosts refuse (CHANGE-2328).
    #[error("{call}: a GET has no body")]
    BodyOnGet {
        /// Which call.
        call: Call,
    },
    /// The answer began and did not end: the connection was cut, or what came is not HTTP.
    #[error("{call}: the answer broke off")]
    BrokenOff {
        /// Which call.
        call: Call,
        /// What the network says.
        #[source]
        source: reqwest::Error,
    },
    /// The answer is not the JSON that was asked for. Its text is not repeated: it is the site's
    /// data.
    #[error("{call}: the answer is not what was expected, at line {line}, column {column}")]
    Decode {
        /// Which call.
        call: Call,
        /// The line of the answer, 1 for the first; 0 when it has none.
        line: usize,
        /// The column, counted in bytes.
        column: usize,
    },
    /// The body cannot be written as JSON.
    #[error("{call}: the body cannot be encoded")]
    Encode {
        /// Which call.
        call: Call,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// There is no token with which to act as the user.
    #[error("{call}: the app cannot act as the user")]
    Impersonation {
        /// Which call.
        call: Call,
        /// Why.
        #[source]
        source: ImpersonationError,
    },
    /// The app has no token of this installation: Forge sends one with an invocation only when the
    /// manifest asks for it (`auth.appSystemToken`, `auth.appUserToken`), and it lives a few hours.
    #[error("{call}: there is no token for it")]
    NoToken {
        /// Which call.
        call: Call,
    },
    /// The answer is something else than JSON: mostly the HTML of a login or maintenance page.
    #[error("{call}: the host answered `{media_type}` where JSON belongs")]
    NotJson {
        /// Which call.
        call: Call,
        /// The media type that the answer names.
        media_type: String,
    },
    /// The URL is not below the tenant's base URL, so it is not signed and not sent.
    #[error("a call of {callee} leaves its base URL")]
    OtherHost {
        /// Whose call.
        callee: Callee,
    },
    /// The pages of a list do not follow one another, so reading on would never end.
    #[error("{call}: the pages of the list do not follow one another: {problem}")]
    Paging {
        /// Which call.
        call: Call,
        /// What is wrong.
        problem: &'static str,
    },
    /// The host answered with another status than 200 to 299.
    #[error("{call}: the host answered {status}{}", with(message))]
    Refused {
        /// Which call.
        call: Call,
        /// The status.
        status: StatusCode,
        /// What the host says about it, if it says so in JSON.
        message: Option<String>,
        /// When to ask again, if the host says so (`Retry-After`).
        retry_after: Option<Duration>,
    },
    /// The host takes longer than the call may.
    #[error("{call}: the host does not answer in time")]
    TimedOut {
        /// Which call.
        call: Call,
    },
    /// No token can be made for the call.
    #[error("{call}: the call cannot be signed")]
    Token {
        /// Which call.
        call: Call,
        /// Why.
        #[source]
        source: TokenError,
    },
    /// The answer is larger than what was asked for: 10 MiB unless the call says otherwise.
    #[error("{call}: the answer is too large")]
    TooLarge {
        /// Which call.
        call: Call,
    },
    /// The host cannot be reached.
    #[error("{call}: the host cannot be reached")]
    Unreachable {
        /// Which call.
        call: Call,
        /// What the network says.
        #[source]
        source: reqwest::Error,
    },
}

impl HostError {
    /// What the network did to a call.
    ///
    /// SECURITY: the error loses its URL, which may hold personal data in its query.
    /// Test: canary, `no_secret_leaves`.
    pub(super) fn network(call: Call, source: reqwest::Error) -> Self {
        let source = source.without_url();
        if source.is_timeout() {
            Self::TimedOut { call }
        } else if source.is_connect() {
            Self::Unreachable { call, source }
        } else {
            Self::BrokenOff { call, source }
        }
    }

    /// The stable code of docs/errors.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BodyOnGet { .. } => "host/body-on-get",
            Self::BrokenOff { .. } => "host/broken-off",
            Self::Decode { .. } => "host/unexpected-answer",
            Self::Encode { .. } => "host/encode",
            Self::Impersonation { source, .. } => source.code(),
            Self::NoToken { .. } => "host/no-token",
            Self::NotJson { .. } => "host/not-json",
            Self::OtherHost { .. } => "host/other-host",
            Self::Paging { .. } => "host/paging",
            Self::Refused { status, .. } => match *status {
                StatusCode::FORBIDDEN => "host/forbidden",
                StatusCode::TOO_MANY_REQUESTS => "host/rate-limited",
                StatusCode::UNAUTHORIZED => "host/unauthorized",
                _ => "host/refused",
            },
            Self::TimedOut { .. } => "host/timed-out",
            Self::Token { .. } => "host/token",
            Self::TooLarge { .. } => "host/too-large",
            Self::Unreachable { .. } => "host/unreachable",
        }
    }

    /// The status, if the host answered one.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// When the host wants to be asked again, if it says so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} of {}", self.method, self.path, self.callee)
    }
}

impl fmt::Display for Callee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Installation(id) => write!(f, "installation {id}"),
            Self::Tenant(client_key) => write!(f, "tenant {client_key}"),
        }
    }
}

fn with(message: &Option<String>) -> String {
    message
        .as_ref()
        .map_or_else(String::new, |message| format!(": {message}"))
}
