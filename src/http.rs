//! The only place that builds HTTP clients and reads their answers.
//!
//! No client follows redirects (a host's redirect must not carry credentials elsewhere), every
//! call has a deadline, and a body above the limit is refused while it arrives.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt as _;
use url::Url;

/// The clients, each built when it is first needed: loading the system's certificates takes
/// several milliseconds and a loopback host needs none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Http(Arc<Clients>);

#[derive(Debug, Default)]
struct Clients {
    loopback: OnceLock<Client>,
    outside: OnceLock<Client>,
}

/// A complete answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Status.
    pub(crate) status: StatusCode,
    /// Header fields.
    pub(crate) headers: HeaderMap,
    /// Body, at most [`MAX_BODY`] bytes.
    pub(crate) body: Vec<u8>,
}

/// Why there is no answer. The text never holds a URL: queries carry tokens.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HttpError {
    /// The system's TLS settings cannot be used.
    #[error("no HTTP client can be made: {0}")]
    Client(String),
    /// Nothing listens there, the name is unknown, or the network is gone.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// The connection broke or what came is not HTTP.
    #[error("the answer broke off: {0}")]
    Broken(String),
    /// No complete answer within the deadline.
    #[error("no answer within {0:.1?}")]
    Timeout(Duration),
    /// The certificate is not trusted.
    #[error("the TLS connection was refused: {0}")]
    Tls(String),
    /// The answer is longer than we read.
    #[error("the answer is longer than {MAX_BODY} bytes")]
    TooLong,
}

/// Longest body that is read, in bytes.
pub(crate) const MAX_BODY: usize = 1024 * 1024;

impl Http {
    /// The client for a URL.
    ///
    /// # Errors
    /// When the system's certificates cannot be loaded.
    pub(crate) fn client(&self, url: &Url) -> Result<&Client, HttpError> {
        let (cell, trust) = if is_loopback(url) && url.scheme() == "http" {
            (&self.0.loopback, Trust::Nobody)
        } else {
            (&self.0.outside, Trust::System)
        };
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let client = build(trust)?;
        Ok(cell.get_or_init(|| client))
    }
}

/// Hears of each call: what it was and what came of it, and how long it took.
type Told = Box<dyn Fn(&str, Duration) + Send + Sync>;

/// Who hears of calls; set once at the start, as a logger is.
static TOLD: OnceLock<Told> = OnceLock::new();

/// From now on each call is told: method, address without query, and what came of it. Only the
/// first of several hears.
pub(crate) fn tell(told: impl Fn(&str, Duration) + Send + Sync + 'static) {
    let _ = TOLD.set(Box::new(told));
}

/// Sends a request, waits for what is wanted of the answer, and tells who wants to know.
async fn exchange<A: Future<Output = Result<Answer, HttpError>>>(
    request: RequestBuilder,
    deadline: Duration,
    read: impl FnOnce(Response) -> A,
) -> Result<Answer, HttpError> {
    let (client, request) = request.build_split();
    let request = request.map_err(refine)?;
    // SECURITY: no query, no header, no body. Test: `secrets::none_shows_anywhere`.
    let what = TOLD.get().map(|told| {
        let mut url = request.url().clone();
        url.set_query(None);
        (told, format!("{} {url}", request.method()), Instant::now())
    });
    let work = async { read(client.execute(request).await.map_err(refine)?).await };
    let answer = tokio::time::timeout(deadline, work)
        .await
        .unwrap_or(Err(HttpError::Timeout(deadline)));
    if let Some((told, what, began)) = what {
        let result = match &answer {
            Ok(answer) => answer.status.as_u16().to_string(),
            Err(error) => error.to_string(),
        };
        told(&format!("{what} -> {result}"), began.elapsed());
    }
    answer
}

/// Sends a request and reads the whole answer, all within the deadline.
///
/// # Errors
/// No connection, no answer in time, or one that is broken or too long. Any status is an answer.
pub(crate) async fn send(request: RequestBuilder, deadline: Duration) -> Result<Answer, HttpError> {
    let read = async |mut response: Response| {
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(refine)? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(HttpError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            status,
            headers,
            body,
        })
    };
    exchange(request, deadline, read).await
}

/// Sends a request and reads status and header fields only.
///
/// # Errors
/// As [`send`], but for the body.
pub(crate) async fn send_for_headers(
    request: RequestBuilder,
    deadline: Duration,
) -> Result<Answer, HttpError> {
    let read = async |response: Response| {
        Ok(Answer {
            status: response.status(),
            headers: response.headers().clone(),
            body: Vec::new(),
        })
    };
    exchange(request, deadline, read).await
}

/// True when the host of a URL is this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whose certificates a client accepts.
#[derive(Clone, Copy)]
enum Trust {
    /// Nobody's: plain HTTP on this machine.
    Nobody,
    /// Those the system trusts.
    System,
}

fn build(trust: Trust) -> Result<Client, HttpError> {
    let unusable = |error: &dyn std::fmt::Display| HttpError::Client(error.to_string());
    // The provider is named here, so that nothing depends on a process-wide default.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&error))?;
    let config = match trust {
        Trust::Nobody => builder.with_root_certificates(rustls::RootCertStore::empty()),
        Trust::System => builder
            .with_platform_verifier()
            .map_err(|error| unusable(&error))?,
    }
    .with_no_client_auth();
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that builds clients"
    )]
    let builder = Client::builder();
    let builder = match trust {
        Trust::Nobody => builder.no_proxy(),
        Trust::System => builder,
    };
    builder
        .tls_backend_preconfigured(config)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .user_agent(concat!("connect-cli/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| unusable(&error))
}

fn refine(error: reqwest::Error) -> HttpError {
    let error = error.without_url();
    let chain = crate::error::sources(&error);
    let innermost = chain.last().cloned().unwrap_or_else(|| error.to_string());
    if chain.iter().any(|cause| cause.contains("certificate")) {
        HttpError::Tls(innermost)
    } else if error.is_connect() || error.is_timeout() {
        HttpError::Connect(innermost)
    } else {
        HttpError::Broken(innermost)
    }
}
