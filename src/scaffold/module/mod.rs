//! Adds a module to an app that is there: entry of the descriptor, route, view, test.
//!
//! `plan` is pure but for what it reads by the function it is given: it answers with every file as
//! it is to be, or with the reason why nothing can be done. `write` puts them on disk, all or none.
//! `kinds` knows what each type needs, `code` how sources are changed; `lex` tells code from texts.

mod code;
mod entry;
mod kinds;
mod lex;
mod plan;
mod sources;
#[cfg(test)]
mod tests;
mod write;

use connect_validator::{Finding, PlaceError, Product};

pub(crate) use entry::{Addition, check_name, usual_name};
pub(crate) use kinds::{Answer, Kind, check_kind, kind};
pub(crate) use plan::{App, Change, Plan, plan};
pub(crate) use write::write;

use crate::scaffold::PlanError;

/// The files that a descriptor may be in: the app's, and that of its half for Confluence.
pub(crate) const DESCRIPTORS: [&str; 2] = [
    "atlassian-connect.json",
    "atlassian-connect.confluence.json",
];

/// Why a module cannot be added.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AddError {
    /// An answer is none.
    #[error("`{value}` cannot be the module's {what}")]
    Answer {
        /// What was answered.
        what: &'static str,
        /// The answer.
        value: String,
        /// What it must be.
        expected: &'static str,
    },
    /// Hosts would find fault with the descriptor, as it is or as it would be.
    #[error("`{file}` {}", if *.before { "cannot be read" } else { "would not hold" })]
    Descriptor {
        /// The file.
        file: &'static str,
        /// What is wrong with it.
        findings: Vec<Finding>,
        /// Whether it is wrong already.
        before: bool,
    },
    /// The folder has no descriptor.
    #[error("there is no `{}` here", DESCRIPTORS[0])]
    NoDescriptor,
    /// The code of the app is not what `connect new` writes.
    #[error("`{file}` is not recognised")]
    NotRecognised {
        /// The file.
        file: &'static str,
        /// What was looked for.
        expected: &'static str,
    },
    /// The module does not fit into the descriptor.
    #[error("no `{kind}` can be added to `{file}`")]
    Place {
        /// The type of the module.
        kind: &'static str,
        /// The file.
        file: &'static str,
        /// Why not.
        #[source]
        source: PlaceError,
    },
    /// The product has no such modules.
    #[error("{product} has no `{kind}`")]
    Product {
        /// The type of the module.
        kind: &'static str,
        /// The product.
        product: Product,
    },
    /// What is to be made is there already.
    #[error("{what} is there already")]
    Taken {
        /// What it is.
        what: String,
        /// The flag that chooses another one.
        flag: &'static str,
    },
    /// A template of ours.
    #[error(transparent)]
    Template(#[from] PlanError),
}
