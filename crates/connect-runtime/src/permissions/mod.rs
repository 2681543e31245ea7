//! What a user may do, asked of the product: as functions, and as a layer before handlers.
//!
//! That a request is genuine says who somebody is, not what they may do: a page for administrators
//! is opened by everybody who knows its address. These checks refuse whatever they are not sure of:
//! a place that the request does not name, an id that is none, an answer that cannot be had.

use connect_core::AccountId;
use serde_json::{Map, Value};

use crate::client::{HostClient, HostError};

mod confluence;
mod jira;
mod layer;

pub use confluence::{ConfluencePermissions, ConfluencePlace};
pub use jira::{JiraPermissions, JiraPlace};
pub use layer::{RequirePermissions, Visited};

/// Why a user may not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PermissionError {
    /// The user lacks a permission.
    #[error("the user lacks the permission {permission}")]
    Denied {
        /// The first one that is not granted.
        permission: String,
    },
    /// The product did not say.
    #[error("the product did not say what the user may do: {0}")]
    Host(Box<HostError>),
    /// The layer is not in the router of a [`ConnectApp`](crate::ConnectApp), so there is nobody
    /// to ask.
    #[error("the check is not in the router of an app")]
    NoApp,
    /// A permission was asked for in a place that the request does not name, or names by an id that
    /// is none.
    #[error("the request names no {place} to ask about")]
    NoPlace {
        /// `project`, `issue` or `content`.
        place: &'static str,
    },
    /// Nothing was asked for, which everybody would have.
    #[error("no permission is asked for")]
    NothingAsked,
}

impl PermissionError {
    /// The stable code of docs/errors.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Denied { .. } => "permission/denied",
            Self::Host(_) => "permission/unknown",
            Self::NoApp => "permission/no-app",
            Self::NoPlace { .. } => "permission/no-place",
            Self::NothingAsked => "permission/nothing-asked",
        }
    }
}

impl From<HostError> for PermissionError {
    fn from(error: HostError) -> Self {
        Self::Host(Box::new(error))
    }
}

impl HostClient {
    /// Asks Jira whether the user has every one of these permissions; nobody is a visitor who is
    /// not logged in.
    ///
    /// # Errors
    /// [`PermissionError`]: whatever is not granted, and whatever is not sure.
    pub async fn check_jira(
        &self,
        user: Option<&AccountId>,
        asked: &JiraPermissions,
        place: &JiraPlace,
    ) -> Result<(), PermissionError> {
        jira::check(self, user, asked, place).await
    }

    /// Asks Confluence whether the user has every one of these permissions; nobody is a visitor who
    /// is not logged in.
    ///
    /// # Errors
    /// [`PermissionError`]: whatever is not granted, and whatever is not sure.
    pub async fn check_confluence(
        &self,
        user: Option<&AccountId>,
        asked: &ConfluencePermissions,
        place: &ConfluencePlace,
    ) -> Result<(), PermissionError> {
        confluence::check(self, user, asked, place).await
    }
}

/// A value of the context claim.
fn in_context<'a>(context: Option<&'a Map<String, Value>>, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let first = context?.get(*first)?;
    rest.iter().try_fold(first, |value, name| value.get(*name))
}
