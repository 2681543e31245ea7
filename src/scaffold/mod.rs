//! Makes new apps from templates.
//!
//! `plan` is pure: a template and answers become files. `write` puts them on disk, all or none.
//! `module` does the same for one more module of an app that is there.
//! The format of a template is described in `templates/README.md`.

mod elsewhere;
mod git;
pub(crate) mod module;
mod name;
mod plan;
mod template;
mod workspace;
mod write;

use std::path::PathBuf;
use std::str::FromStr;

pub(crate) use elsewhere::{ElsewhereError, fetch, is_elsewhere};
pub(crate) use git::{git_init, is_clean};
pub(crate) use name::{AppName, NameProblem};
pub(crate) use plan::{Answers, PlanError, PlannedFile, STORES, plan};
pub(crate) use template::{PRODUCTS, Template, find, products, templates};
pub(crate) use workspace::{Outer, around as workspace_around};
pub(crate) use write::{Target, WriteError};

/// Where a new app gets the runtime crates from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RuntimeSource {
    /// From a folder that holds `connect-core`, `connect-store` and `connect-runtime`.
    Path(PathBuf),
    /// From the package registry.
    Registry,
    /// From `vendor/` in the app: the sources this program carries.
    Vendor,
}

impl FromStr for RuntimeSource {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some(("path", folder)) if !folder.is_empty() => Ok(Self::Path(folder.into())),
            None if text == "registry" => Ok(Self::Registry),
            None if text == "vendor" => Ok(Self::Vendor),
            _ => Err("expected `vendor`, `registry` or `path=DIR`".to_owned()),
        }
    }
}

impl Default for RuntimeSource {
    /// The sources this program carries, if it was built with them.
    fn default() -> Self {
        if template::vendored().is_empty() {
            Self::Registry
        } else {
            Self::Vendor
        }
    }
}

/// Names of the templates, for the command line.
pub(crate) fn template_names() -> Vec<&'static str> {
    let names = templates().iter().map(|template| template.name.as_str());
    names.collect()
}

/// How a product is called; empty for one that there is none of.
pub(crate) fn called(product: &str) -> &'static str {
    let found = PRODUCTS.iter().find(|(name, _)| *name == product);
    found.map_or("", |(_, called)| called)
}

/// Names of the products, for the command line.
pub(crate) fn product_names() -> Vec<&'static str> {
    PRODUCTS.map(|(name, _)| name).to_vec()
}

/// Checks that the runtime can be had from there.
///
/// # Errors
/// When the folder named holds no runtime, or this program carries none.
pub(crate) fn check_runtime(source: &RuntimeSource) -> Result<(), RuntimeMissing> {
    match source {
        RuntimeSource::Path(folder) if !folder.join("connect-runtime/Cargo.toml").is_file() => {
            Err(RuntimeMissing::NotThere(folder.clone()))
        }
        RuntimeSource::Vendor if template::vendored().is_empty() => Err(RuntimeMissing::NotCarried),
        _ => Ok(()),
    }
}

/// The runtime cannot be had from where it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RuntimeMissing {
    /// This program was built without the sources.
    #[error("this `connect` does not carry the sources of the runtime")]
    NotCarried,
    /// The folder does not hold it.
    #[error("`{}` holds no `connect-runtime`", .0.display())]
    NotThere(PathBuf),
}
