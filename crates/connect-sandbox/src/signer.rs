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

#[cfg(test)]
mod tests {
    use connect_core::{
        jws::{Compact, VerifyingKey},
        keys::RsaPublicKey,
    };

    use crate::{Sandbox, SandboxOptions};

    use super::*;

    #[tokio::test]
    async fn what_it_signs_holds_with_the_key_of_the_key_server() {
        let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
        let signer = sandbox.signer();
        let key = signer.0.keys.key().await.unwrap();
        let public = RsaPublicKey::from_pem(&key.public_pem).unwrap();
        let token = signer.sign(b"{\"a\":1}", None).await.unwrap();
        let compact = Compact::parse(&token).unwrap();
        assert_eq!(compact.kid().unwrap(), key.kid);
        let payload = compact.verify(VerifyingKey::Rsa(&public)).unwrap();
        assert_eq!(payload, b"{\"a\":1}");
        // Another name of the same key.
        let other = Kid::parse("nobody/has-this-key").unwrap();
        let token = signer.sign(b"{}", Some(&other)).await.unwrap();
        let compact = Compact::parse(&token).unwrap();
        assert_eq!(compact.kid().unwrap(), other);
        assert!(compact.verify(VerifyingKey::Rsa(&public)).is_ok());
        sandbox.shutdown().await;
    }
}
