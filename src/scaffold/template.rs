//! The templates and the runtime sources that `build.rs` embedded.

use std::sync::OnceLock;

use serde::Deserialize;

/// A template: its name, what its `template.json` says, and its files.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    /// The name `--template` takes.
    pub(crate) name: &'static str,
    /// One phrase about it.
    pub(crate) description: String,
    /// The products it can be made for, the default first.
    pub(crate) products: Vec<String>,
    /// Path below the template's folder, and text.
    pub(crate) files: Vec<(&'static str, &'static str)>,
}

/// Every product an app can be for.
pub(crate) const PRODUCTS: [&str; 2] = ["jira", "confluence"];

/// Every template, sorted by name.
pub(crate) fn templates() -> &'static [Template] {
    static TEMPLATES: OnceLock<Vec<Template>> = OnceLock::new();
    TEMPLATES.get_or_init(|| collect(embedded::TEMPLATES))
}

/// The template of this name.
pub(crate) fn find(name: &str) -> Option<&'static Template> {
    templates().iter().find(|template| template.name == name)
}

/// The runtime sources for `vendor/`; none in a program that was built without them.
pub(crate) fn vendored() -> &'static [(&'static str, &'static str)] {
    embedded::VENDOR
}

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    description: String,
    products: Vec<String>,
}

const MANIFEST: &str = "template.json";

fn collect(table: &'static [(&'static str, &'static str)]) -> Vec<Template> {
    let mut found: Vec<Template> = Vec::new();
    for (path, text) in table {
        // A file directly in `templates/` belongs to no template.
        let Some((name, path)) = path.split_once('/') else {
            continue;
        };
        if found.last().is_none_or(|last| last.name != name) {
            found.push(Template {
                name,
                description: String::new(),
                products: Vec::new(),
                files: Vec::new(),
            });
        }
        let Some(template) = found.last_mut() else {
            continue;
        };
        if path != MANIFEST {
            template.files.push((path, text));
            continue;
        }
        // A template without a readable manifest has no products, and a test says so.
        if let Ok(manifest) = serde_json::from_str::<Manifest>(text) {
            template.description = manifest.description;
            template.products = manifest.products;
        }
    }
    found.retain(|template| !template.products.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_template_has_a_manifest_and_only_tmpl_files() {
        for (path, text) in embedded::TEMPLATES {
            let Some((name, rest)) = path.split_once('/') else {
                continue;
            };
            if rest == MANIFEST {
                let manifest: Manifest = serde_json::from_str(text).unwrap();
                assert!(!manifest.products.is_empty(), "{path} names no product");
                for product in &manifest.products {
                    assert!(PRODUCTS.contains(&product.as_str()), "{path}: {product}");
                }
            } else {
                assert!(rest.ends_with(".tmpl"), "{path} does not end in .tmpl");
            }
            assert!(find(name).is_some(), "{name} has no template.json");
        }
    }

    #[test]
    fn the_vendored_workspace_holds_what_its_crates_inherit() {
        if vendored().is_empty() {
            return;
        }
        let text = |path: &str| -> &'static str {
            let found = vendored().iter().find(|(name, _)| *name == path);
            found.unwrap_or_else(|| panic!("{path} is not vendored")).1
        };
        let workspace = text("Cargo.toml");
        for crate_name in ["connect-core", "connect-store", "connect-runtime"] {
            let manifest = text(&format!("{crate_name}/Cargo.toml"));
            assert!(!manifest.contains("dev-dependencies"), "{crate_name}");
            let dependencies = manifest
                .lines()
                .skip_while(|line| *line != "[dependencies]")
                .skip(1)
                .take_while(|line| !line.starts_with('['));
            for line in dependencies.filter(|line| line.contains("workspace = true")) {
                let name = line.split(['.', ' ', '=']).next().unwrap();
                assert!(
                    workspace
                        .lines()
                        .any(|line| line.starts_with(&format!("{name} ="))),
                    "{crate_name} inherits {name}, which vendor/Cargo.toml does not have"
                );
            }
        }
        assert!(!workspace.contains("crates/"), "{workspace}");
    }
}
