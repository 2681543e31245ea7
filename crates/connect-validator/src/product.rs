//! The products that take Connect apps.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// A product that takes Connect apps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Product {
    /// Bitbucket Cloud. Its rules are known in part only.
    Bitbucket,
    /// Confluence Cloud.
    Confluence,
    /// Jira Cloud: platform, Software and Service Management.
    Jira,
}

impl Product {
    /// The product as people write it: `Jira`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bitbucket => "Bitbucket",
            Self::Confluence => "Confluence",
            Self::Jira => "Jira",
        }
    }
}

impl fmt::Display for Product {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// The text is not the name of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownProduct;

impl fmt::Display for UnknownProduct {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("expected `bitbucket`, `confluence` or `jira`")
    }
}

impl std::error::Error for UnknownProduct {}

impl FromStr for Product {
    type Err = UnknownProduct;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "bitbucket" => Ok(Self::Bitbucket),
            "confluence" => Ok(Self::Confluence),
            "jira" => Ok(Self::Jira),
            _ => Err(UnknownProduct),
        }
    }
}
