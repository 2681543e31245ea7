//! Names that the stores keep for themselves.

use connect_core::store::StoreError;

/// The key under which ACE keeps the main record of a tenant.
pub(crate) const CLIENT_INFO: &str = "clientInfo";

/// The name under which ACE keeps what it knows of a Forge installation.
pub(crate) const APP_TOKEN: &str = "appToken";

/// Whose a setting is, as far as names go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Installation,
    Tenant,
}

/// Refuses names that a setting must not have, because the store uses them itself.
pub(crate) fn check(kind: Kind, name: &str) -> Result<(), StoreError> {
    let own = match kind {
        Kind::Installation => APP_TOKEN,
        Kind::Tenant => CLIENT_INFO,
    };
    // What is ours beside ACE's records starts so in stores without tables of our own.
    if name.is_empty() || name == own || name.starts_with("connect:") {
        return Err(StoreError::ReservedName {
            name: name.to_owned(),
        });
    }
    Ok(())
}
