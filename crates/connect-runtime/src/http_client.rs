//! The one place that builds an HTTP client.

use std::{sync::Arc, time::Duration};

use reqwest::{Client, redirect::Policy};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::app::StartError;

/// A client with deadlines, without redirects, whose TLS does not depend on what else is in the
/// program: it brings its own crypto provider and trusts what the operating system trusts.
pub(crate) fn client(user_agent: &str, deadline: Duration) -> Result<Client, StartError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(|error| StartError::Tls(Box::new(error)))?
        .with_no_client_auth();
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that builds an HTTP client"
    )]
    Client::builder()
        .tls_backend_preconfigured(tls)
        // SECURITY: a redirect would carry the token to wherever the answer points
        // (CVE-2023-28155). Tests: client::tests, keys::tests.
        .redirect(Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .timeout(deadline)
        .user_agent(user_agent)
        .build()
        .map_err(|error| StartError::Tls(Box::new(error)))
}

/// Reads a body up to a limit; nothing when it is longer.
pub(crate) async fn read_body(
    response: &mut reqwest::Response,
    limit: usize,
) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > limit {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}
