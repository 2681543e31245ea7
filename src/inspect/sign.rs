//! Tokens on order: as the host signs them, as the app does, and as nobody should.

use connect_core::jws::sign_hs256;
use connect_core::keys::HmacKey;
use connect_core::qsh::{CONTEXT_QSH, Qsh, RequestLine};
use connect_core::time::Seconds;
use connect_core::{BaseUrl, Tenant, Timestamp, TokenError, mint};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// How long a token lives, as hosts make them.
const LIFE: Seconds = Seconds(180);

/// What is to be signed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Order {
    /// Method of the request.
    pub(crate) method: String,
    /// Its path and query, or URL.
    pub(crate) target: String,
    /// Whose client key; the first tenant if there is only one.
    #[serde(default)]
    pub(crate) tenant: Option<String>,
    /// Account id of the user.
    #[serde(default)]
    pub(crate) user: Option<String>,
    /// Which kind.
    pub(crate) kind: TokenKind,
    /// What is to be wrong with it.
    #[serde(default)]
    pub(crate) flaw: Option<Flaw>,
}

/// For whom a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "camelCase")]
pub(crate) enum TokenKind {
    /// A call of the app to the host
    App,
    /// A page's call to the app, as `AP.context.getToken()` hands it out
    Context,
    /// A request of the host to the app
    Host,
}

/// What is wrong with a token that the app must refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Flaw {
    /// It is unsigned
    AlgNone,
    /// It was made for another request
    BadQsh,
    /// It is signed with another secret
    BadSignature,
    /// It expired an hour ago
    Expired,
    /// There is none
    NoToken,
    /// It is for another app
    WrongAud,
}

/// Signs what is ordered with a tenant's secret; nothing when the flaw is that there is no token.
///
/// # Errors
/// As [`mint::host_token`].
pub(super) fn sign(
    order: &Order,
    tenant: &Tenant,
    address: &BaseUrl,
    now: Timestamp,
) -> Result<Option<String>, TokenError> {
    let line = RequestLine {
        method: &order.method,
        target: &order.target,
        form: None,
    };
    let qsh = match order.kind {
        TokenKind::App => {
            return mint::request_token(tenant, &tenant.app_key, &line, LIFE, now).map(Some);
        }
        TokenKind::Context => CONTEXT_QSH.to_owned(),
        TokenKind::Host => Qsh::sign(&line, address.path())?.as_str().to_owned(),
    };
    let issued = match order.flaw {
        Some(Flaw::Expired) => Timestamp::from_unix(now.unix() - 3600),
        _ => now,
    };
    let mut claims = json!({
        "iss": tenant.client_key.as_str(), "iat": issued.unix(), "exp": (issued + LIFE).unix(),
        "qsh": qsh, "context": {},
    });
    if let Some(user) = &order.user {
        claims["sub"] = user.as_str().into();
    }
    match order.flaw {
        Some(Flaw::BadQsh) => claims["qsh"] = Qsh::of("GET&/another/page&").as_str().into(),
        Some(Flaw::WrongAud) => claims["aud"] = json!(["another.app"]),
        _ => {}
    }
    let stranger = HmacKey::from_bytes(b"nobody has installed the app with this secret");
    let key = match order.flaw {
        Some(Flaw::BadSignature) => &stranger,
        _ => tenant.signing_key().ok_or(TokenError::TenantNotInstalled)?,
    };
    let token = sign_hs256(claims.to_string().as_bytes(), key);
    let payload = token.split('.').nth(1).unwrap_or_default();
    Ok(match order.flaw {
        // `{"alg":"none"}`
        Some(Flaw::AlgNone) => Some(format!("eyJhbGciOiJub25lIn0.{payload}.")),
        Some(Flaw::NoToken) => None,
        _ => Some(token),
    })
}
