//! From a descriptor to the manifest of a Forge app that goes on as it is ("Connect on Forge"), and what is to be
//! said about each part of it.
//!
//! Nothing is dropped without a word: whatever the descriptor has is a [`Step`], and what has no place in a manifest
//! says so. Follows Atlassian's documentation "Adopt Forge from Connect" and Forge's manifest checks 13.7.

mod events;
mod fields;
mod manifest;
mod modules;
mod moves;
mod places;
mod texts;

use std::borrow::Cow;

use serde::Serialize;

use crate::finding::Finding;
use crate::model::Model;
use crate::{Options, Product, descriptor_facts, json};

/// A descriptor as a manifest, and what became of its parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Migration {
    /// Key of the app, which it keeps; with `${…}` where the descriptor has a placeholder.
    pub key: String,
    /// The product whose modules these are.
    pub product: Product,
    /// Every part of the descriptor, in an order for reading.
    pub steps: Vec<Step>,
    /// What behaves differently afterwards, as sentences.
    pub differences: Vec<&'static str>,
    /// Variables that have to be set whenever the app is deployed.
    pub variables: Vec<String>,
    /// The text of a `manifest.yml`.
    pub manifest: String,
}

/// What becomes of one part of a descriptor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Step {
    /// What kind of part it is.
    pub part: Part,
    /// Its type or name: `generalPages`, `jira:issue_created`, `installed`, `READ`, `vendor`.
    pub name: String,
    /// Its key, where it has one.
    pub key: Option<String>,
    /// Whether it is in the manifest.
    pub carried: Carried,
    /// Where in the manifest it is: `connectModules.jira:generalPages`.
    pub to: Option<String>,
    /// What Forge itself has in its place; several where one becomes several.
    pub forge: Vec<&'static str>,
    /// How well that fits; `None` where the question does not arise.
    pub fit: Option<Fit>,
    /// What else is to be known.
    pub note: Option<Cow<'static, str>>,
}

/// The kinds of parts of a descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Part {
    /// A module.
    Module,
    /// A webhook, named by its event.
    Webhook,
    /// A lifecycle callback.
    Lifecycle,
    /// A scope.
    Scope,
    /// Anything else at the top of the descriptor.
    Field,
    /// A placeholder in some text.
    Placeholder,
}

/// Whether a part is in the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carried {
    /// It means the same there, with nothing to be done.
    Automatic,
    /// Somebody has to give an answer or write it elsewhere.
    ByHand,
    /// Forge has no place for it.
    Impossible,
}

/// How well a module or an event of Forge itself replaces one of Connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// It does the same.
    Direct,
    /// It does the same, and may still change.
    Preview,
    /// It does not behave the same.
    Caveats,
    /// There is no module like it: that part of the app is to be made anew.
    Redesign,
    /// Nothing is documented.
    None,
}

/// Why a descriptor becomes no manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MigrateError {
    /// Forge takes no Connect modules of Bitbucket.
    Bitbucket,
    /// The text cannot be read as a descriptor.
    Unreadable(Vec<Finding>),
    /// It fits several products, and the manifest has to name one.
    WhichProduct,
}

/// Makes a manifest of the text of a descriptor.
///
/// Placeholders with a value in `options` are filled in; the others become variables of the manifest. What the
/// descriptor has wrong is wrong in the manifest as well: [`crate::check`] and [`crate::check_manifest`] say so.
///
/// # Errors
/// When the text cannot be read, or not for which product it is.
pub fn migrate(source: &str, options: &Options) -> Result<Migration, MigrateError> {
    descriptor_facts(source, options).map_err(MigrateError::Unreadable)?;
    let parsed = json::parse(source);
    let Some(root) = &parsed.root else {
        return Err(MigrateError::Unreadable(Vec::new()));
    };
    let model = Model::new(root, options);
    match model.product {
        Some(Product::Bitbucket) => Err(MigrateError::Bitbucket),
        Some(product) => Ok(moves::move_all(
            root,
            &model,
            product,
            &options.placeholders,
        )),
        None => Err(MigrateError::WhichProduct),
    }
}

impl Step {
    fn new(part: Part, name: &str, carried: Carried) -> Self {
        Self {
            part,
            name: name.to_owned(),
            key: None,
            carried,
            to: None,
            forge: Vec::new(),
            fit: None,
            note: None,
        }
    }

    fn key(mut self, key: Option<&str>) -> Self {
        self.key = key.map(str::to_owned);
        self
    }

    fn to(mut self, place: impl Into<String>) -> Self {
        self.to = Some(place.into());
        self
    }

    fn forge(mut self, names: &[&'static str], fit: Fit) -> Self {
        self.forge = names.to_vec();
        self.fit = Some(fit);
        self
    }

    /// Says something, unless it is empty.
    fn note(mut self, note: impl Into<Cow<'static, str>>) -> Self {
        let note = note.into();
        self.note = Some(note).filter(|note| !note.is_empty());
        self
    }
}
