//! Checks Atlassian Connect descriptors: every finding at its line, with its fix.
//!
//! Text goes in, findings come out. The crate reads no file, no clock and no network, and never panics.
//!
//! ```
//! use connect_validator::{Options, check};
//!
//! let source = r#"{ "key": "com.example.app", "baseURL": "https://app.example" }"#;
//! let report = check(source, &Options::default());
//! let slip = report.findings.iter().find(|f| f.span.column == 29).unwrap();
//! assert_eq!((slip.code, slip.span.line), ("descriptor/missing-field", 1));
//! assert_eq!(slip.label.as_deref(), Some("did you mean `baseUrl`?"));
//! ```

mod block;
mod checker;
pub mod codes;
#[cfg(feature = "json-schema")]
mod custom_schema;
mod facts;
mod finding;
pub mod fix;
mod json;
mod lines;
mod manifest;
mod migrate;
mod model;
mod place;
mod placeholder;
mod product;
mod read;
mod rules;
pub mod schema;
mod settings;
mod shape;
mod slips;
mod suggest;
mod table;
mod yaml;

#[cfg(feature = "json-schema")]
pub use custom_schema::{CustomSchema, CustomSchemaError};
pub use facts::{Lifecycle, Module, Summary, descriptor_facts};
pub use finding::{Edit, Finding, Fix, Level, Report, Span};
pub use manifest::check_manifest;
pub use migrate::{Carried, Fit, MigrateError, Migration, Part, Step, migrate};
pub use place::{
    ModuleKind, PlaceError, module_kinds, nearest_kind, place_in_manifest, place_module,
};
pub use placeholder::Placeholders;
pub use product::{Product, UnknownProduct};
pub use settings::{check_config, check_credentials};

use checker::Checker;
use json::{Node, Range};
use model::Model;

/// What a check should assume.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The product that will host the app; `None` finds it out from the modules used.
    pub product: Option<Product>,
    /// Values for placeholders such as `{{localBaseUrl}}`.
    pub placeholders: Placeholders,
}

/// Checks the text of a descriptor and answers with everything there is to say about it.
///
/// Rules follow the descriptor schemas of Jira and Confluence Cloud and what their hosts check on install.
pub fn check(source: &str, options: &Options) -> Report {
    let mut checker = Checker::new(source, options);
    if !within_limit(source) {
        let message = format!(
            "the file has {} bytes, more than {MAX_SOURCE_BYTES} are not read",
            source.len()
        );
        checker.report(&codes::DESCRIPTOR_TOO_LARGE, Range::new(0, 0), message);
        return checker.finish();
    }
    let mut parsed = json::parse(source);
    checker.problems(&mut parsed);
    let Some(mut root) = parsed.root else {
        return checker.finish();
    };
    let product = Model::new(&root, options).product;
    if !slips::resolve(&mut root, &table::DESCRIPTOR, product) {
        descriptor(&mut checker, &root, parsed.is_template);
        return checker.finish();
    }
    descriptor(&mut checker, &root, parsed.is_template);
    let mut meant = checker.finish();
    let mut parsed = json::parse(source);
    let mut checker = Checker::new(source, options);
    checker.problems(&mut parsed);
    if let Some(root) = &parsed.root {
        descriptor(&mut checker, root, parsed.is_template);
        slips::reconcile(&mut meant, checker.finish());
    }
    meant
}

fn descriptor<'t>(checker: &mut Checker<'t>, root: &'t Node<'t>, is_template: bool) {
    checker.everywhere(root, is_template);
    if root.get("capabilities").is_some() && root.get("baseUrl").is_none() {
        let range = shape::head(root);
        checker.report(
            &codes::DESCRIPTOR_WRONG_PRODUCT,
            range,
            "this is a HipChat descriptor: that product was shut down in 2019",
        );
        return;
    }
    checker.model = Model::new(root, checker.options);
    checker.object(root, &table::DESCRIPTOR);
    if root.as_object().is_some() {
        checker.is_dated = checker.model.product != Some(Product::Bitbucket);
        rules::run(checker, root);
    }
}

pub(crate) fn within_limit(source: &str) -> bool {
    source.len() <= MAX_SOURCE_BYTES
}

/// Longer texts are refused unread. Real descriptors have 1 to 20 kilobytes.
pub const MAX_SOURCE_BYTES: usize = 4 << 20;

/// More findings than these are counted, but not kept.
pub const MAX_FINDINGS: usize = 1_000;
