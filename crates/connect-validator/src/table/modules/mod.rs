//! Module types: what an app can add to a product.

mod bitbucket;
mod common;
mod confluence;
mod dev_tools;
mod fields;
mod jira;
mod jira_data;
mod jira_workflow;
mod list;
mod macros;
mod service_desk;
mod shared;
mod theme;

use crate::Product;
use crate::table::Shape;

pub(crate) use list::MODULE_TYPES;

/// A member of `modules`.
#[derive(Debug)]
pub(crate) struct ModuleType {
    pub(crate) name: &'static str,
    pub(crate) products: Products,
    pub(crate) count: Count,
    pub(crate) shape: &'static Shape,
    /// What it is: shown by editors.
    pub(crate) doc: &'static str,
}

/// Who has a module type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Products {
    Bitbucket,
    /// Jira and Confluence, not Bitbucket.
    Both,
    Confluence,
    Jira,
}

/// How many modules of a type an app may have, and with that the shape of the JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Count {
    /// The documents do not agree whether it is a list: both are taken.
    Either,
    /// A list of objects.
    Many,
    /// One object.
    One,
}

impl Products {
    pub(crate) fn includes(self, product: Product) -> bool {
        match self {
            Self::Bitbucket => product == Product::Bitbucket,
            Self::Both => product != Product::Bitbucket,
            Self::Confluence => product == Product::Confluence,
            Self::Jira => product == Product::Jira,
        }
    }

    /// The product, if it is only one.
    pub(crate) fn only(self) -> Option<Product> {
        match self {
            Self::Bitbucket => Some(Product::Bitbucket),
            Self::Both => None,
            Self::Confluence => Some(Product::Confluence),
            Self::Jira => Some(Product::Jira),
        }
    }
}

/// The module type of this name, as the product has it. Without a product: as Jira and Confluence have it,
/// if they do.
pub(crate) fn module_type(name: &str, product: Option<Product>) -> Option<&'static ModuleType> {
    let mut same_name = MODULE_TYPES.iter().filter(|m| m.name == name);
    match product {
        Some(product) => same_name.find(|m| m.products.includes(product)),
        None => same_name.next(),
    }
}

/// Names that look like module types, and why they are none.
pub(crate) static NOT_MODULES: &[(&str, &str)] = &[
    (
        "jiraComponentTabPanels",
        "Jira Server has it, Jira Cloud does not",
    ),
    (
        "jiraProfileTabPanels",
        "it was removed from Jira Cloud in 2017",
    ),
    (
        "jiraVersionTabPanels",
        "Jira Server has it, Jira Cloud does not",
    ),
    (
        "profilePages",
        "Confluence Server has it, Confluence Cloud does not",
    ),
    (
        "spaceViews",
        "it belongs into `routes` of `confluenceThemes`",
    ),
    (
        "webResources",
        "plugins of Server and Data Center have it, Connect apps do not",
    ),
];
