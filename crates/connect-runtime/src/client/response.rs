//! What a product answers.

use std::{fmt, time::Duration};

use bytes::Bytes;
use connect_core::redact::redact;
use http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Call, HostError};
use crate::http_client;

/// A product's answer with a status from 200 to 299.
pub struct HostResponse {
    pub(super) call: Call,
    pub(super) response: reqwest::Response,
}

/// An answer that is read piece by piece, up to a limit.
pub struct Download {
    answer: HostResponse,
    left: usize,
}

/// Longest answer that is read into memory.
const MAX_ANSWER: usize = 10 * 1024 * 1024;
/// How much of a refusal is looked at for the host's own message.
const MAX_REFUSAL: usize = 64 * 1024;

impl HostResponse {
    /// The status, 200 to 299.
    pub fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// Reads the body as JSON.
    ///
    /// # Errors
    /// As [`HostResponse::bytes`]; [`HostError::NotJson`] and [`HostError::Decode`] when it is
    /// something else.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, HostError> {
        let call = self.call.clone();
        let media_type = media_type(self.headers());
        let body = self.bytes().await?;
        // SECURITY: the parser's own message repeats what it found. Test: canary, no_secret_leaves.
        serde_json::from_slice(&body).map_err(|error| match media_type {
            Some(media_type) if !media_type.contains("json") => {
                HostError::NotJson { call, media_type }
            }
            _ => HostError::Decode {
                call,
                line: error.line(),
                column: error.column(),
            },
        })
    }

    /// Reads the body, up to 10 MiB.
    ///
    /// # Errors
    /// [`HostError::BrokenOff`], [`HostError::TimedOut`], [`HostError::TooLarge`].
    pub async fn bytes(mut self) -> Result<Vec<u8>, HostError> {
        match http_client::read_body(&mut self.response, MAX_ANSWER).await {
            Ok(Some(body)) => Ok(body),
            Ok(None) => Err(HostError::TooLarge { call: self.call }),
            Err(source) => Err(HostError::network(self.call, source)),
        }
    }
}

impl Download {
    pub(super) fn new(answer: HostResponse, limit: usize) -> Self {
        Self {
            answer,
            left: limit,
        }
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        self.answer.headers()
    }

    /// The next piece; nothing at the end.
    ///
    /// # Errors
    /// As [`HostResponse::bytes`]; [`HostError::TooLarge`] as soon as more has come than the limit
    /// of the call allows.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, HostError> {
        let call = || self.answer.call.clone();
        let chunk = match self.answer.response.chunk().await {
            Ok(chunk) => chunk,
            Err(source) => return Err(HostError::network(call(), source)),
        };
        if let Some(chunk) = &chunk {
            self.left = match self.left.checked_sub(chunk.len()) {
                Some(left) => left,
                None => return Err(HostError::TooLarge { call: call() }),
            };
        }
        Ok(chunk)
    }
}

impl fmt::Debug for HostResponse {
    /// Without headers, which may set a cookie, and without the URL's query.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostResponse")
            .field("call", &self.call)
            .field("status", &self.response.status())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("answer", &self.answer)
            .field("left", &self.left)
            .finish()
    }
}

/// Turns a refusal into an error, with what the host says about it.
pub(super) async fn refused(call: Call, mut response: reqwest::Response) -> HostError {
    let status = response.status();
    let retry_after = retry_after(response.headers());
    let body = http_client::read_body(&mut response, MAX_REFUSAL).await;
    let body = body.ok().flatten().unwrap_or_default();
    HostError::Refused {
        call,
        status,
        message: host_message(&body),
        retry_after,
    }
}

/// `Retry-After` in seconds, which is how hosts send it; a date counts as none (RFC 9110 section
/// 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}

/// What the answer says it is, parameters aside, as far as it is fit to be shown.
fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next()?.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/+-.".contains(c);
    let shown = essence.len() <= 60 && essence.chars().all(plain);
    shown.then(|| essence.to_ascii_lowercase())
}

/// What the host says of a refusal: Jira's `errorMessages` and `errors`, Confluence's `message`,
/// an authorization server's `error_description`. A host that repeats our token in it, or a
/// password of the body, does not get it into our logs.
pub(crate) fn host_message(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let texts = |value: &Value| -> Vec<String> {
        match value {
            Value::Array(items) => items
                .iter()
                .filter_map(|item| Some(item.as_str()?.to_owned()))
                .collect(),
            Value::Object(members) => members
                .iter()
                .filter_map(|(name, text)| Some(format!("{name}: {}", text.as_str()?)))
                .collect(),
            Value::String(text) => vec![text.clone()],
            _ => Vec::new(),
        }
    };
    let all: Vec<String> = [
        "errorMessages",
        "errors",
        "message",
        "error",
        "error_description",
    ]
    .iter()
    .filter_map(|name| value.get(name))
    .flat_map(texts)
    .collect();
    // Redacted before it is cut: half a token has lost its shape.
    let text: String = redact(&all.join("; ")).chars().take(500).collect();
    (!text.is_empty()).then_some(text)
}
