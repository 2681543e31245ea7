//! Signed links: a token of the app's own in the address of one of its pages.

use connect_core::{AccountId, Tenant, TokenError, mint, qsh::RequestLine, time::Seconds};

use crate::app::ConnectApp;

impl ConnectApp {
    /// The address of a page of the app, with a token in it, for this tenant and user.
    ///
    /// `path` is below the app's base URL and may have a query, percent-encoded as it will be asked
    /// for. The link is good for GET, for this very path and query, and for `life`; a day is the
    /// most. It needs no shared secret in other hands: the route that it leads to takes a
    /// [`LinkRequest`](crate::LinkRequest), which checks it.
    ///
    /// # Errors
    /// [`TokenError::Request`] when the path cannot be a URL, [`TokenError::Lifetime`] when it
    /// should live longer than a day, [`TokenError::TenantNotInstalled`] when the tenant has no
    /// usable secret.
    pub fn signed_link(
        &self,
        tenant: &Tenant,
        user: Option<&AccountId>,
        path: &str,
        life: Seconds,
    ) -> Result<String, TokenError> {
        let longest = self.inner().policy.max_lifetime;
        if life > longest || life <= Seconds(0) {
            return Err(TokenError::Lifetime);
        }
        let base = &self.config().local_base_url;
        let target = format!("{}/{}", base.path(), path.trim_start_matches('/'));
        let line = RequestLine {
            method: "GET",
            target: &target,
            form: None,
        };
        let token = mint::link_token(
            tenant,
            self.key(),
            &line,
            base.path(),
            user,
            life,
            self.now(),
        )?;
        let joint = if path.contains('?') { '&' } else { '?' };
        Ok(format!("{}{target}{joint}jwt={token}", base.origin()))
    }
}
