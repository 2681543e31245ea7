//! What each kind of route takes: one row of a table each.

use crate::keys::Algorithm;

/// The value of the `purpose` claim of our session tokens.
pub const SESSION_PURPOSE: &str = "session";

/// The value of the `purpose` claim of the tokens in our signed links.
pub const LINK_PURPOSE: &str = "link";

/// The kinds of route, each of which takes exactly one kind of token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteKind {
    /// Calls from the app's own page with the token of `AP.context.getToken()`.
    Context,
    /// What the host calls with the shared secret: pages, macros, webhooks, `enabled`, `disabled`.
    Host,
    /// `installed` and `uninstalled`.
    Install,
    /// What a signed link of ours leads to.
    Link,
    /// Calls from the app's own page with a session token of ours.
    Session,
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The only algorithm. It also says the key: a tenant's secret or the host's install key.
    pub algorithm: Algorithm,
    /// What `qsh` must be.
    pub qsh: QshRule,
    /// What `aud` must be.
    pub audience: AudienceRule,
    /// Who must have issued the token.
    pub issuer: IssuerRule,
    /// What the `purpose` claim must be.
    pub purpose: Option<&'static str>,
}

/// What the `qsh` claim must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QshRule {
    /// Not there: the token is bound to a purpose instead.
    Absent,
    /// The literal `context-qsh`.
    Context,
    /// A hash of this very request.
    Exact,
}

/// What the `aud` claim must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AudienceRule {
    /// There, and one member is a base URL of the app.
    BaseUrl,
    /// Absent, or one member is the app's key, a base URL of the app, or the tenant.
    IfPresent,
    /// The tenant and nobody else.
    Tenant,
}

/// Who must have issued the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuerRule {
    /// The app itself.
    App,
    /// The client key that the body of the call names.
    Caller,
    /// The tenant whose secret signed it.
    Tenant,
}

impl RouteKind {
    /// What this kind of route takes: the table that drives every check.
    pub const fn rule(self) -> Rule {
        match self {
            Self::Context => Rule {
                algorithm: Algorithm::Hs256,
                qsh: QshRule::Context,
                audience: AudienceRule::IfPresent,
                issuer: IssuerRule::Tenant,
                purpose: None,
            },
            Self::Host => Rule {
                algorithm: Algorithm::Hs256,
                qsh: QshRule::Exact,
                audience: AudienceRule::IfPresent,
                issuer: IssuerRule::Tenant,
                purpose: None,
            },
            Self::Install => Rule {
                algorithm: Algorithm::Rs256,
                qsh: QshRule::Exact,
                audience: AudienceRule::BaseUrl,
                issuer: IssuerRule::Caller,
                purpose: None,
            },
            Self::Link => Rule {
                algorithm: Algorithm::Hs256,
                qsh: QshRule::Exact,
                audience: AudienceRule::Tenant,
                issuer: IssuerRule::App,
                purpose: Some(LINK_PURPOSE),
            },
            Self::Session => Rule {
                algorithm: Algorithm::Hs256,
                qsh: QshRule::Absent,
                audience: AudienceRule::Tenant,
                issuer: IssuerRule::App,
                purpose: Some(SESSION_PURPOSE),
            },
        }
    }
}

/// Marks a proof by the kind of route it is good for.
pub trait Kind: sealed::Sealed {
    /// The row of the table.
    const ROUTE: RouteKind;
}

macro_rules! kind {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {}

        impl sealed::Sealed for $name {}

        impl Kind for $name {
            const ROUTE: RouteKind = RouteKind::$name;
        }
    };
}

kind!(
    /// A proof for context routes.
    Context
);
kind!(
    /// A proof for what the host calls with the shared secret.
    Host
);
kind!(
    /// A proof for `installed` and `uninstalled`.
    Install
);
kind!(
    /// A proof for our own signed links.
    Link
);
kind!(
    /// A proof for our own session tokens.
    Session
);

mod sealed {
    pub trait Sealed {}
}
