//! The one way to talk to apps: few seconds, small answers, no detours.

use std::{error::Error, sync::Arc, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier, crypto::CryptoProvider};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::sync::OnceCell;

use crate::error::SandboxError;

/// An HTTP client with the limits a host sets to apps.
///
/// Certificates are loaded when the first https URL comes along: offline there is none, and a bare
/// container has no certificate store.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    plain: reqwest::Client,
    secure: Arc<OnceCell<Option<reqwest::Client>>>,
}

/// What an app answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// Nobody listens, or the name cannot be found.
    Connect,
    /// The answer is not HTTP, or the connection was cut.
    Broken,
    /// The answer is larger than we read.
    TooLarge,
    /// It took too long.
    Timeout,
    /// No secure connection could be made.
    Tls,
}

impl NoAnswer {
    /// For people, after "the app".
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Broken => "cut the connection or answered something that is not HTTP",
            Self::Connect => "cannot be reached",
            Self::Timeout => "did not answer in time",
            Self::Tls => "has no certificate that can be trusted",
            Self::TooLarge => "answered more than a host reads",
        }
    }
}

impl Client {
    pub(crate) fn new() -> Result<Self, SandboxError> {
        let tls = tls_versions(&provider()).with_root_certificates(RootCertStore::empty());
        let plain = limited(tls.with_no_client_auth());
        Ok(Self {
            plain: plain.map_err(|source| SandboxError::Client { source })?,
            secure: Arc::default(),
        })
    }

    async fn for_url(&self, url: &url::Url) -> Result<&reqwest::Client, NoAnswer> {
        if url.scheme() != "https" {
            return Ok(&self.plain);
        }
        let load = || async {
            tokio::task::spawn_blocking(secure_client)
                .await
                .ok()
                .flatten()
        };
        self.secure
            .get_or_init(load)
            .await
            .as_ref()
            .ok_or(NoAnswer::Tls)
    }

    /// Sends a request and reads the whole answer, up to `limit` bytes.
    pub(crate) async fn send(
        &self,
        method: Method,
        url: &url::Url,
        headers: HeaderMap,
        body: Vec<u8>,
        limit: usize,
    ) -> Result<Answer, NoAnswer> {
        let client = self.for_url(url).await?;
        let request = client
            .request(method, url.clone())
            .headers(headers)
            .body(body);
        let mut response = request.send().await.map_err(|error| no_answer(&error))?;
        let headers = std::mem::take(response.headers_mut());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| no_answer(&error))? {
            if body.len() + chunk.len() > limit {
                return Err(NoAnswer::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            status: response.status(),
            headers,
            body,
        })
    }
}

/// Connect 3 s, silence 5 s, all of it 10 s: the limits of the host's own lifecycle client.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the crate's one client constructor"
)]
fn limited(tls: ClientConfig) -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(Duration::from_secs(3))
        .read_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(10))
        .user_agent(USER_AGENT)
        .build()
}

fn secure_client() -> Option<reqwest::Client> {
    let tls = tls_versions(&provider()).with_platform_verifier().ok()?;
    limited(tls.with_no_client_auth()).ok()
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn tls_versions(provider: &Arc<CryptoProvider>) -> ConfigBuilder<ClientConfig, WantsVerifier> {
    ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .expect("the default provider has the default versions")
}

/// Headers of a signed call with a JSON body; without a token they are those of an unsigned one.
pub(crate) fn signed_json(token: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    let version = HeaderName::from_static("atlassian-connect-version");
    headers.insert(version, HeaderValue::from_static("1001.0.0-SNAPSHOT"));
    if !token.is_empty() {
        let mut value = HeaderValue::from_str(&format!("JWT {token}"))
            .expect("a token consists of base64url characters and dots");
        value.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, value);
    }
    headers
}

fn no_answer(error: &reqwest::Error) -> NoAnswer {
    if error.is_timeout() {
        return NoAnswer::Timeout;
    }
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<rustls::Error>() {
            return NoAnswer::Tls;
        }
        let inner = error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        if inner.is_some_and(|inner| inner.is::<rustls::Error>()) {
            return NoAnswer::Tls;
        }
        cause = error.source();
    }
    if error.is_connect() {
        NoAnswer::Connect
    } else {
        NoAnswer::Broken
    }
}

/// Apps recognise a host by it, and log it.
const USER_AGENT: &str = concat!(
    "Atlassian-Connect/1001.0.0-SNAPSHOT connect-sandbox/",
    env!("CARGO_PKG_VERSION")
);
