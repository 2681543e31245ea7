//! Which cryptography encrypted connections use, for drivers that take the process's.

/// Makes `ring` the process's provider unless the app has chosen one: a driver would panic when
/// there is none and more than one was compiled in.
pub(crate) fn provide() {
    let provider = rustls::crypto::ring::default_provider();
    // An error means that there is one already, which is as well.
    let _ = provider.install_default();
}
