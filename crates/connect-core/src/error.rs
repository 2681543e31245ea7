//! Why a token was refused.

use crate::{ids::NameError, qsh::QshError};

/// Why a token proves nothing.
///
/// The variants are for the app's own log and for `connect token explain`; a remote caller learns
/// only the class (SECURITY.md, "What a caller learns"). No variant holds a token, a secret or a
/// query string.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The header names an algorithm this route and key do not use. The caller's to fix.
    #[error("the token's algorithm is not the one this route takes")]
    AlgorithmRefused,
    /// The same request carries two different tokens. The caller's to fix.
    #[error("the request carries more than one token")]
    Ambiguous,
    /// `aud` is missing where it must be there, or names neither this app nor this tenant.
    #[error("the token was made for another receiver (aud)")]
    Audience,
    /// A claim is missing or has the wrong type.
    #[error("claim `{claim}` is missing or has the wrong type")]
    Claim {
        /// Name of the claim.
        claim: &'static str,
    },
    /// `exp` has passed, leeway included. Also what a wrong clock looks like.
    #[error("the token has expired")]
    Expired,
    /// The JOSE header has a member that changes the rules, such as `crit` or `jwk`.
    #[error("the token's header asks for something that is not supported")]
    HeaderRefused,
    /// `iss` is not who must have issued a token for this route.
    #[error("the token was issued by somebody else (iss)")]
    Issuer,
    /// The header's `kid` is missing or is not a plain path.
    #[error("the token names no usable key id (kid)")]
    Kid,
    /// `exp` lies further from `iat` than the policy allows.
    #[error("the token lives longer than allowed")]
    Lifetime,
    /// The token is not three base64url parts around a JSON object.
    #[error("the token is malformed ({part})")]
    Malformed {
        /// The part that could not be read.
        part: &'static str,
    },
    /// The request carries no token.
    #[error("the request carries no token")]
    Missing,
    /// `iat` or `nbf` lies in the future, leeway included. Also what a wrong clock looks like.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `purpose` is not the one of a session token of this app.
    #[error("the token was made for another purpose")]
    Purpose,
    /// `qsh` is not the hash of this request, or not the literal a context route wants.
    #[error("the token was made for another request (qsh)")]
    QshMismatch,
    /// A token that is good once was used before, or came in twice.
    #[error("the token was used before")]
    Replayed,
    /// The request's own URL is malformed, so that no hash can be made of it.
    #[error("the request has no canonical form")]
    Request(#[from] QshError),
    /// The signature is not the key's.
    #[error("the signature does not hold")]
    Signature,
    /// The tenant has uninstalled the app, or has no usable secret.
    #[error("the tenant is not installed")]
    TenantNotInstalled,
    /// The token is larger than [`crate::jws::MAX_TOKEN`].
    #[error("the token is too large")]
    TooLarge,
    /// Nobody of that name has installed the app.
    #[error("no such tenant")]
    UnknownTenant,
}

impl TokenError {
    /// The stable code of docs/errors.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::AlgorithmRefused => "auth/algorithm",
            Self::Ambiguous => "auth/ambiguous-token",
            Self::Audience => "auth/audience",
            Self::Claim { .. } => "auth/claim",
            Self::Expired => "auth/expired",
            Self::HeaderRefused => "auth/header",
            Self::Issuer => "auth/issuer",
            Self::Kid => "auth/kid",
            Self::Lifetime => "auth/lifetime",
            Self::Malformed { .. } => "auth/malformed",
            Self::Missing => "auth/no-token",
            Self::NotYetValid => "auth/not-yet-valid",
            Self::Purpose => "auth/purpose",
            Self::QshMismatch => "auth/qsh-mismatch",
            Self::Replayed => "auth/replayed",
            Self::Request(_) => "auth/bad-request",
            Self::Signature => "auth/signature",
            Self::TenantNotInstalled => "auth/not-installed",
            Self::TooLarge => "auth/too-large",
            Self::UnknownTenant => "auth/unknown-tenant",
        }
    }
}

/// Why a lifecycle call was refused although its token may be genuine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LifecycleError {
    /// The body is for another app. A wrong `key` in the descriptor, or a mix-up of two apps.
    #[error("the call is for another app")]
    AnotherApp,
    /// `clientKey` of the body is not the issuer of the token: an attempt to take over a tenant.
    #[error("the call speaks for another tenant than its token")]
    AnotherTenant,
    /// The body is not a JSON object, or a member is missing or malformed. The host's to fix.
    #[error("the body is not a lifecycle call: `{member}` is missing or malformed")]
    Body {
        /// Name of the member, or `body`.
        member: &'static str,
    },
    /// The site's host is not on the app's list (`whitelist` of config.json).
    #[error("sites on this host may not install the app")]
    HostNotAllowed,
    /// The shared secret is shorter than 32 bytes.
    #[error("the shared secret is too short")]
    WeakSecret,
    /// `eventType` is not that of the route.
    #[error("the call is for another lifecycle event")]
    WrongEvent,
}

impl LifecycleError {
    /// The stable code of docs/errors.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::AnotherApp => "lifecycle/another-app",
            Self::AnotherTenant => "lifecycle/another-tenant",
            Self::Body { .. } => "lifecycle/body",
            Self::HostNotAllowed => "lifecycle/host-not-allowed",
            Self::WeakSecret => "lifecycle/weak-secret",
            Self::WrongEvent => "lifecycle/wrong-event",
        }
    }
}

/// Why a key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// An empty shared secret.
    #[error("the shared secret is empty")]
    Empty,
    /// Not exactly one PEM block with a public key, or not the DER that belongs into it.
    #[error("not exactly one PEM public key")]
    NotAPublicKey,
    /// A key of another kind than RSA.
    #[error("not an RSA key")]
    NotRsa,
    /// An RSA key under 2,048 bits (NIST SP 800-131A) or over 8,192.
    #[error("an RSA key under 2,048 bits or over 8,192")]
    Size,
}

/// Why a piece of configuration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A pattern of the host allow-list. ACE reads an empty one as "every host".
    #[error("host pattern `{pattern}` is {problem}")]
    HostPattern {
        /// The pattern as configured.
        pattern: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A key server that an eavesdropper could stand before.
    #[error("key server `{url}` is neither https nor on this machine")]
    KeyServer {
        /// The URL as configured.
        url: String,
    },
    /// A name or URL.
    #[error(transparent)]
    Name(#[from] NameError),
}
