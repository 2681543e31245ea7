//! Tokens on order: as the host signs them, as the app does, and as nobody should.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use connect_core::jws::sign_hs256;
use connect_core::keys::HmacKey;
use connect_core::qsh::{CONTEXT_QSH, Qsh, RequestLine};
use connect_core::time::Seconds;
use connect_core::{BaseUrl, Kid, Tenant, Timestamp, TokenError, mint};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::project::Product;

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
    /// What the tenant is of, where none is named.
    #[serde(default)]
    pub(crate) product: Option<Product>,
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
    /// An `installed` or `uninstalled` call; only the sandbox has a key for it
    Install,
}

/// What is wrong with a token that the app must refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Flaw {
    /// It is unsigned
    AlgNone,
    /// It was made for another request
    BadQsh,
    /// It is signed with another secret, or over other claims
    BadSignature,
    /// It expired an hour ago
    Expired,
    /// There is none
    NoToken,
    /// It is signed with the shared secret, where the host's own key is due
    SharedSecret,
    /// Its key is on no key server
    UnknownKey,
    /// It is for another app
    WrongAud,
}

/// Why a token cannot be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignError {
    /// The flaw is about the host's own key, and the token is signed with the shared secret.
    #[error("this flaw is one of `installed` and `uninstalled` only")]
    Flaw,
    /// Nobody here has the key.
    #[error("the host's own key signs it, which only the sandbox would lend")]
    NoKey,
    /// The sandbox failed.
    #[error("the sandbox does not sign: {0}")]
    Sandbox(String),
    /// There is nothing to sign, or nothing to sign it with.
    #[error(transparent)]
    Token(#[from] TokenError),
}

/// Signs with the key that a host installs apps with; the name of another key may be given.
pub(crate) type InstallKey =
    Box<dyn Fn(Vec<u8>, Option<Kid>) -> BoxFuture<'static, Result<String, String>> + Send + Sync>;

impl Flaw {
    /// Whether a token with it can be made without the key that the token is due to have.
    pub(crate) fn needs_no_key(self) -> bool {
        matches!(self, Self::AlgNone | Self::NoToken | Self::SharedSecret)
    }
}

/// Signs what is ordered; nothing when the flaw is that there is no token.
///
/// # Errors
/// [`SignError`].
pub(super) async fn sign(
    order: &Order,
    tenant: &Tenant,
    address: &BaseUrl,
    key: Option<&InstallKey>,
    now: Timestamp,
) -> Result<Option<String>, SignError> {
    let line = RequestLine {
        method: &order.method,
        target: &order.target,
        form: None,
    };
    if order.kind == TokenKind::App {
        let token = mint::request_token(tenant, &tenant.app_key, &line, LIFE, now)?;
        return Ok(Some(token));
    }
    let claims = claims(order, tenant, &line, address, now)?.to_string();
    match (order.flaw, order.kind) {
        (Some(Flaw::AlgNone), _) => {
            // `{"alg":"none"}`
            let payload = URL_SAFE_NO_PAD.encode(&claims);
            return Ok(Some(format!("eyJhbGciOiJub25lIn0.{payload}.")));
        }
        (Some(Flaw::NoToken), _) => return Ok(None),
        (Some(Flaw::SharedSecret), TokenKind::Install) => {}
        (_, TokenKind::Install) => {
            let key = key.ok_or(SignError::NoKey)?;
            return with_install_key(&claims, order.flaw, key).await.map(Some);
        }
        (Some(Flaw::SharedSecret | Flaw::UnknownKey), _) => return Err(SignError::Flaw),
        _ => {}
    }
    let stranger = HmacKey::from_bytes(b"nobody has installed the app with this secret");
    let key = match order.flaw {
        Some(Flaw::BadSignature) => &stranger,
        _ => tenant.signing_key().ok_or(TokenError::TenantNotInstalled)?,
    };
    Ok(Some(sign_hs256(claims.as_bytes(), key)))
}

/// What a token says, its flaw included.
fn claims(
    order: &Order,
    tenant: &Tenant,
    line: &RequestLine<'_>,
    address: &BaseUrl,
    now: Timestamp,
) -> Result<Value, TokenError> {
    let qsh = match order.kind {
        TokenKind::Context => CONTEXT_QSH.to_owned(),
        _ => Qsh::sign(line, address.path())?.as_str().to_owned(),
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
    if order.kind == TokenKind::Install {
        claims["aud"] = json!([address.as_str()]);
    }
    match order.flaw {
        Some(Flaw::BadQsh) => claims["qsh"] = Qsh::of("GET&/another/page&").as_str().into(),
        Some(Flaw::WrongAud) => claims["aud"] = json!(["https://another.example"]),
        _ => {}
    }
    Ok(claims)
}

/// Signs as a host signs an install.
async fn with_install_key(
    claims: &str,
    flaw: Option<Flaw>,
    key: &InstallKey,
) -> Result<String, SignError> {
    let sign = async |claims: &str, kid| {
        let signed = key(claims.as_bytes().to_vec(), kid).await;
        signed.map_err(SignError::Sandbox)
    };
    match flaw {
        Some(Flaw::BadSignature) => {
            // A signature of the right key, over something else.
            let (good, other) = (sign(claims, None).await?, sign("{}", None).await?);
            let signed = good.rsplit_once('.').map_or("", |(signed, _)| signed);
            let signature = other.rsplit('.').next().unwrap_or_default();
            Ok(format!("{signed}.{signature}"))
        }
        Some(Flaw::UnknownKey) => {
            let nobodys = Kid::parse("nobody/has-this-key").expect("two words are a key id");
            sign(claims, Some(nobodys)).await
        }
        _ => sign(claims, None).await,
    }
}
