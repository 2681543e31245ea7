//! What a token is worth, as people and programs read it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use connect_core::TokenError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the token of a request is worth.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Auth {
    /// In one word.
    pub(crate) verdict: Verdict,
    /// The route it would be good for: `context`, `host`, `install`, `link` or `session`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    /// Code of docs/errors.md, when it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    /// Why it is refused, or why nothing can be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
    /// Its header, decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) header: Option<Value>,
    /// Its claims, decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) claims: Option<Value>,
    /// The canonical request that the token was made for, where that could be found out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expected: Option<String>,
    /// The canonical request that came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) received: Option<String>,
}

/// What a token is worth, in one word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Verdict {
    /// There is no token.
    #[default]
    None,
    /// It holds.
    Ok,
    /// It proves nothing.
    Refused,
    /// The key to check it with is not known here.
    Unknown,
}

impl Auth {
    /// What a token says, when nothing can be said of its worth.
    pub(crate) fn unchecked(token: &str) -> Self {
        Self::read(token).unknown("no session runs here that would know the secret")
    }

    /// What a token says of itself.
    pub(super) fn read(token: &str) -> Self {
        let part = |index| -> Option<Value> {
            let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(index)?).ok()?;
            serde_json::from_slice(&bytes).ok()
        };
        Self {
            header: part(0),
            claims: part(1),
            ..Self::default()
        }
    }

    /// A token that holds.
    pub(super) fn ok(mut self) -> Self {
        self.verdict = Verdict::Ok;
        self
    }

    /// A token that proves nothing.
    pub(super) fn refuse(mut self, error: &TokenError) -> Self {
        self.verdict = Verdict::Refused;
        self.code = Some(error.code().to_owned());
        self.reason = Some(error.to_string());
        self.hint = hint(error).map(str::to_owned);
        self
    }

    /// A token of which nothing can be said here.
    pub(super) fn unknown(mut self, why: impl Into<String>) -> Self {
        self.verdict = Verdict::Unknown;
        self.reason = Some(why.into());
        self
    }

    /// For a status line: `HS256 ok`, `auth/qsh-mismatch`; nothing without a token.
    pub(crate) fn word(&self) -> String {
        let algorithm = self.algorithm().unwrap_or("token");
        match self.verdict {
            Verdict::None => String::new(),
            Verdict::Ok => format!("{algorithm} ok"),
            Verdict::Refused => self.code.clone().unwrap_or_default(),
            Verdict::Unknown => format!("{algorithm} not checked"),
        }
    }

    /// The algorithm that its header names.
    pub(crate) fn algorithm(&self) -> Option<&str> {
        self.header.as_ref()?.get("alg")?.as_str()
    }

    /// Who says to have issued the token.
    pub(crate) fn issuer(&self) -> Option<&str> {
        self.claims.as_ref()?.get("iss")?.as_str()
    }

    /// The user of the token.
    pub(crate) fn user(&self) -> Option<&str> {
        self.claims.as_ref()?.get("sub")?.as_str()
    }
}

/// What to do about a refusal, where there is one usual cause.
fn hint(error: &TokenError) -> Option<&'static str> {
    Some(match error {
        TokenError::Audience => {
            "the app answers to another address than the token names: see `allowedBaseUrls` in \
             config.json and `baseUrl` in the descriptor"
        }
        TokenError::Expired | TokenError::NotYetValid => {
            "if it was not kept for long, compare the clocks of both machines"
        }
        TokenError::Missing => "the host puts it into `?jwt=` or `Authorization: JWT`",
        TokenError::QshMismatch => {
            "a proxy in front of the app may have changed method, path or query"
        }
        TokenError::Signature => "the app was installed again since: reload the page on the site",
        TokenError::UnknownTenant => "install the app again: save the descriptor",
        _ => return None,
    })
}
