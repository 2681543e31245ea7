//! Why a call to a product failed.

use std::fmt;

use connect_core::{ClientKey, TokenError};
use http::{Method, StatusCode};

/// Which call it was: enough to find it, and nothing personal or secret.
#[derive(Clone, Debug)]
pub struct Call {
    /// The tenant.
    pub client_key: ClientKey,
    /// The method.
    pub method: Method,
    /// The path, without its query.
    pub path: String,
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
    /// The URL is not below the tenant's base URL, so it is not signed and not sent.
    #[error("a call of tenant {client_key} leaves its base URL")]
    OtherHost {
        /// The tenant.
        client_key: ClientKey,
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
    /// The answer is larger than 10 MiB.
    #[error("{call}: the answer is too large")]
    TooLarge {
        /// Which call.
        call: Call,
    },
    /// The host cannot be reached, does not answer in time, or breaks off.
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
    /// The stable code of docs/errors.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BodyOnGet { .. } => "host/body-on-get",
            Self::Decode { .. } => "host/unexpected-answer",
            Self::Encode { .. } => "host/encode",
            Self::OtherHost { .. } => "host/other-host",
            Self::Refused { .. } => "host/refused",
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
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} of tenant {}",
            self.method, self.path, self.client_key
        )
    }
}

fn with(message: &Option<String>) -> String {
    message
        .as_ref()
        .map_or_else(String::new, |message| format!(": {message}"))
}
