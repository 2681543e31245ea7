//! Forge remote: from an invocation token to a proof (Atlassian, "Forge remote invocation
//! contract").
//!
//! One kind of token, one algorithm, one issuer. As in [`crate::verify`] the order of checks is
//! fixed: size, shape, algorithm, signature, time, issuer, audience; and only [`verify`] makes an
//! [`Invocation`]. That the token was not used before is for the caller to ask a [`ReplayGuard`].

use crate::{
    claims::Claims,
    error::TokenError,
    ids::Kid,
    jws::{Compact, VerifyingKey},
    keys::{Algorithm, RsaPublicKey},
    time::{Seconds, Timestamp},
};

mod claims;
mod keys;
mod replay;

pub use claims::{
    Environment, ForgeApp, ForgeClaims, ForgeContext, ForgeLicense, ForgeModule, IcLabel,
};
pub use keys::{JsonWebKeys, KeySource, KeySourceError, to_json};
pub use replay::ReplayGuard;

/// Who issues invocation tokens.
pub const ISSUER: &str = "forge/invocation-token";

/// What an app expects of every invocation token.
#[derive(Clone, Debug)]
pub struct ForgePolicy {
    /// The ids of the app (`ari:cloud:ecosystem::app/…`), one for each app that the server is the
    /// remote of. A token must be for one of them; without any, none is taken.
    pub app_ids: Vec<String>,
    /// How far the clocks of Forge and app may differ.
    pub leeway: Seconds,
    /// Longest life of a token, `exp` minus `iat`. Forge makes them for under a minute.
    pub max_lifetime: Seconds,
}

/// An invocation token taken apart, of which nothing has been proved yet.
#[derive(Debug)]
pub struct UnverifiedInvocation<'a> {
    compact: Compact<'a>,
    claims: ForgeClaims,
    times: Claims,
}

/// Claims whose invocation token held.
///
/// Made by [`verify`] only, so whoever holds one holds the proof:
///
/// ```compile_fail
/// # use connect_core::forge::{ForgeClaims, Invocation};
/// # fn forge(claims: ForgeClaims) -> Invocation {
/// Invocation { claims }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Invocation {
    claims: ForgeClaims,
}

impl Invocation {
    /// The claims.
    pub fn claims(&self) -> &ForgeClaims {
        &self.claims
    }
}

impl<'a> UnverifiedInvocation<'a> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// What [`Compact::parse`] refuses, [`TokenError::AlgorithmRefused`] unless it is RS256, and
    /// [`TokenError::Claim`] naming the claim that is missing or malformed.
    pub fn parse(token: &'a str) -> Result<Self, TokenError> {
        let compact = Compact::parse(token)?;
        if compact.algorithm() != Algorithm::Rs256 {
            return Err(TokenError::AlgorithmRefused);
        }
        let mut times = Claims::parse(compact.unproved_payload())?;
        let claims = ForgeClaims::read(&mut times)?;
        Ok(Self {
            compact,
            claims,
            times,
        })
    }

    /// The id of the key, when all that can be checked without the key holds: nobody can make us
    /// fetch keys with tokens that could never pass.
    ///
    /// # Errors
    /// As [`verify`], the signature aside; [`TokenError::Kid`].
    pub fn precheck(&self, policy: &ForgePolicy, now: Timestamp) -> Result<Kid, TokenError> {
        self.check(policy, now)?;
        self.compact.kid()
    }

    /// The isolated cloud that the token claims to come from, good only for finding the key.
    pub fn ic_label_hint(&self) -> Option<&IcLabel> {
        self.claims.ic_label.as_ref()
    }

    fn check(&self, policy: &ForgePolicy, now: Timestamp) -> Result<(), TokenError> {
        let Claims { iat, exp, nbf, .. } = self.times;
        if now.since(exp) >= policy.leeway {
            return Err(TokenError::Expired);
        }
        let starts = nbf.map_or(iat, |nbf| nbf.max(iat));
        if starts.since(now) > policy.leeway {
            return Err(TokenError::NotYetValid);
        }
        let life = exp.since(iat);
        if life < Seconds(0) || life > policy.max_lifetime {
            return Err(TokenError::Lifetime);
        }
        if self.times.iss != ISSUER {
            return Err(TokenError::Issuer);
        }
        let ours = |name: &str| policy.app_ids.iter().any(|id| id == name);
        // SECURITY: the app that is called is the app that the token is for, not another of the
        // same developer. Test: every_rule_of_an_invocation_token_has_a_token_that_breaks_it.
        if !self
            .times
            .audience_names(|name| ours(name) && name == self.claims.app.id)
        {
            return Err(TokenError::Audience);
        }
        Ok(())
    }
}

/// Proves an invocation token with one of Forge's public keys.
///
/// # Errors
/// [`TokenError`], checks in the order of this module.
pub fn verify(
    token: UnverifiedInvocation<'_>,
    key: &RsaPublicKey,
    policy: &ForgePolicy,
    now: Timestamp,
) -> Result<Invocation, TokenError> {
    token.compact.verify(VerifyingKey::Rsa(key))?;
    token.check(policy, now)?;
    Ok(Invocation {
        claims: token.claims,
    })
}

#[cfg(test)]
mod tests;
