//! The templates, and the runtime sources that `build.rs` prepared, both embedded in the program.

use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
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
    pub(crate) files: Vec<(String, &'static str)>,
}

/// Every product an app can be for.
pub(crate) const PRODUCTS: [&str; 2] = ["jira", "confluence"];

/// Every template, sorted by name.
pub(crate) fn templates() -> &'static [Template] {
    static FOUND: LazyLock<Vec<Template>> = LazyLock::new(|| collect(&TEMPLATES));
    &FOUND
}

/// The template of this name.
pub(crate) fn find(name: &str) -> Option<&'static Template> {
    templates().iter().find(|template| template.name == name)
}

/// The products that a template, or any of them, can be made for.
pub(crate) fn products(template: Option<&Template>) -> Vec<&'static str> {
    let all = template.map_or(templates(), std::slice::from_ref);
    let made_for = |product: &&&str| {
        let mut names = all.iter().flat_map(|template| &template.products);
        names.any(|name| name == **product)
    };
    PRODUCTS.iter().filter(made_for).copied().collect()
}

/// The runtime sources for `vendor/`; none in a program that was built without them.
pub(crate) fn vendored() -> &'static [(String, &'static str)] {
    static FOUND: LazyLock<Vec<(String, &'static str)>> = LazyLock::new(|| files(&VENDOR));
    &FOUND
}

static TEMPLATES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/templates");
static VENDOR: Dir<'static> = include_dir!("$OUT_DIR/vendor");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    description: String,
    products: Vec<String>,
}

const MANIFEST: &str = "template.json";

/// The templates: one folder each. A file beside the folders belongs to none.
fn collect(root: &'static Dir<'static>) -> Vec<Template> {
    let mut found: Vec<_> = root.dirs().filter_map(template).collect();
    found.sort_by_key(|template| template.name);
    found
}

/// A folder as a template. One without a readable manifest is none, and a test says so.
fn template(folder: &'static Dir<'static>) -> Option<Template> {
    let manifest = folder.get_file(folder.path().join(MANIFEST))?;
    let manifest: Manifest = serde_json::from_slice(manifest.contents()).ok()?;
    let mut files = files(folder);
    files.retain(|(path, _)| path != MANIFEST);
    Some(Template {
        name: folder.path().to_str()?,
        description: manifest.description,
        products: manifest.products,
        files,
    })
}

/// Every file below a folder, sorted: its path from there with forward slashes, and its text.
/// A file that is no text is left out, and a test says so.
fn files(folder: &'static Dir<'static>) -> Vec<(String, &'static str)> {
    let mut found = Vec::new();
    let mut folders = vec![folder];
    while let Some(next) = folders.pop() {
        folders.extend(next.dirs());
        found.extend(next.files().filter_map(|file| {
            let path = file.path().strip_prefix(folder.path()).ok()?;
            let parts: Option<Vec<_>> = path.iter().map(|part| part.to_str()).collect();
            Some((parts?.join("/"), file.contents_utf8()?))
        }));
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Files of a folder on disk, sorted, as paths with forward slashes.
    fn on_disk(folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                let below = on_disk(&path).into_iter();
                found.extend(below.map(|path| format!("{name}/{path}")));
            } else {
                found.push(name);
            }
        }
        found.sort();
        found
    }

    #[test]
    fn every_folder_of_templates_is_a_template_with_all_its_files() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        for entry in fs::read_dir(root).unwrap() {
            let folder = entry.unwrap().path();
            if !folder.is_dir() {
                continue;
            }
            let name = folder.file_name().unwrap().to_str().unwrap();
            let template = find(name).unwrap_or_else(|| panic!("{name} has no {MANIFEST}"));
            let mut expected = on_disk(&folder);
            expected.retain(|path| path != MANIFEST);
            let embedded: Vec<_> = template.files.iter().map(|file| file.0.as_str()).collect();
            assert_eq!(embedded, expected, "{name}");
            for path in embedded {
                assert!(path.ends_with(".tmpl"), "{name}/{path} is no .tmpl file");
            }
            assert!(!template.products.is_empty(), "{name} names no product");
            for product in &template.products {
                assert!(PRODUCTS.contains(&product.as_str()), "{name}: {product}");
            }
        }
    }

    #[test]
    fn all_sources_of_the_runtime_but_tests_are_vendored() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates");
        if vendored().is_empty() {
            assert!(!crates.join("connect-runtime").exists());
            return;
        }
        for name in ["connect-core", "connect-store", "connect-runtime"] {
            let prefix = format!("{name}/src/");
            let embedded = vendored().iter();
            let embedded: Vec<_> = embedded
                .filter_map(|(path, _)| path.strip_prefix(&prefix))
                .collect();
            let mut expected = on_disk(&crates.join(name).join("src"));
            let is_test = |part: &str| part == "tests" || part == "tests.rs";
            expected.retain(|path| !path.split('/').any(is_test));
            assert_eq!(embedded, expected, "{name}");
        }
    }

    #[test]
    fn the_vendored_workspace_holds_what_its_crates_inherit() {
        if vendored().is_empty() {
            return;
        }
        let text = |path: &str| -> &'static str {
            let found = vendored().iter().find(|(name, _)| name == path);
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
