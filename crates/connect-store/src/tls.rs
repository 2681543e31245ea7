//! What the drivers have in common about encrypted connections.

/// Makes `ring` the process's provider of cryptography unless the app has chosen one, for drivers
/// that take the process's: such a driver would panic when there is none and more than one was
/// compiled in.
#[cfg(any(feature = "mongodb", feature = "redis"))]
pub(crate) fn provide() {
    let provider = rustls::crypto::ring::default_provider();
    // An error means that there is one already, which is as well.
    let _ = provider.install_default();
}

/// True when what a driver says is that the server's certificate is not good. The words are those
/// of rustls, which every driver hands on, and none as a type.
/// Test: a_server_is_believed_by_its_certificate_only.
#[cfg(any(feature = "mysql", feature = "postgres", feature = "redis"))]
pub(crate) fn is_distrust(said: &str) -> bool {
    said.contains("invalid peer certificate")
}
