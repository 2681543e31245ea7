//! The sandbox's own key, for whoever tests what an app makes of a host's signature.

use std::{fmt, sync::Arc};

use connect_core::{Kid, jws::sign_rs256};

use crate::{error::SandboxError, state::Shared};

/// Signs as the sandbox does when it installs an app. Clones sign with the same key.
///
/// What is signed is the caller's: a claim may be wrong on purpose. Nobody but apps that were told
/// to look for install keys at this sandbox believes any of it.
#[derive(Clone)]
pub struct HostSigner(pub(crate) Arc<Shared>);

impl HostSigner {
    /// A token with these claims (RS256). `kid` names the key; without it, the one that the key
    /// server has, and with another one a key that nobody finds.
    ///
    /// # Errors
    /// When the sandbox has no key.
    pub async fn sign(&self, claims: &[u8], kid: Option<&Kid>) -> Result<String, SandboxError> {
        let key = self.0.keys.key().await?;
        let signed = sign_rs256(claims, &key.signing, kid.unwrap_or(&key.kid));
        signed.map_err(|_| SandboxError::Key {
            problem: "it does not sign",
        })
    }
}

impl fmt::Debug for HostSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HostSigner(..)")
    }
}
