//! The templates, and the sources that `build.rs` prepared, both embedded in the program.

use std::borrow::Cow;
use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use miniz_oxide::inflate::decompress_to_vec;
use serde::Deserialize;

/// A template: its name, what its `template.json` says, and its files.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    /// The name `--template` takes.
    pub(crate) name: String,
    /// One phrase about it, for a list.
    pub(crate) description: String,
    /// One sentence about the app that it makes.
    pub(crate) summary: String,
    /// The products it can be made for, the default first.
    pub(crate) products: Vec<String>,
    /// Path below the template's folder, and text.
    pub(crate) files: Vec<File>,
}

/// Path with forward slashes, and text.
pub(crate) type File = (String, Cow<'static, str>);

/// Every product an app can be for, and how it is called.
pub(crate) const PRODUCTS: [(&str, &str); 4] = [
    ("jira", "Jira"),
    ("jira-service-management", "Jira Service Management"),
    ("confluence", "Confluence"),
    ("both", "Jira and Confluence"),
];

/// Every template: the default, then the others by name.
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
    let made_for = |product: &&str| {
        let mut names = all.iter().flat_map(|template| &template.products);
        names.any(|name| name == product)
    };
    let names = PRODUCTS.iter().map(|(name, _)| *name);
    names.filter(made_for).collect()
}

/// The sources for `vendor/`, sorted; none in a program that was built without them.
pub(crate) fn vendored() -> &'static [(String, &'static str)] {
    static FOUND: LazyLock<Vec<(String, &'static str)>> = LazyLock::new(unpacked);
    &FOUND
}

/// What `pack` of build.rs made, which is read back by a test.
fn unpacked() -> Vec<(String, &'static str)> {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let text = decompress_to_vec(VENDOR).unwrap_or_default();
        String::from_utf8(text).unwrap_or_default()
    });
    let (names, mut texts) = TEXT.split_once("\n\n").unwrap_or_default();
    let files = names.lines().map_while(|line| {
        let (length, path) = line.split_once(' ')?;
        let (text, rest) = texts.split_at_checked(length.parse().ok()?)?;
        texts = rest;
        Some((path.to_owned(), text))
    });
    files.collect()
}

static TEMPLATES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/templates");
/// Sources are a tenth of the program, so they are in it as small as they can be.
static VENDOR: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/vendor.deflate"));

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    description: String,
    summary: String,
    products: Vec<String>,
    #[serde(default = "yes")]
    shared: bool,
}

fn yes() -> bool {
    true
}

const MANIFEST: &str = "template.json";

/// What is taken when nobody is asked.
const DEFAULT: &str = "page";

/// The files that a template gets unless it has one of the same name.
const SHARED: &str = "_shared";

/// What `connect add` makes a module of.
const MODULES: &str = "_modules";

/// A file of [`MODULES`].
pub(crate) fn module_part(path: &str) -> Option<&'static str> {
    TEMPLATES
        .get_file(format!("{MODULES}/{path}"))?
        .contents_utf8()
}

/// Why files are no template.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TemplateProblem {
    /// There is no manifest.
    #[error("it has no `{MANIFEST}`")]
    NoManifest,
    /// The manifest is not what `templates/README.md` says.
    #[error("its `{MANIFEST}` cannot be used")]
    Manifest(#[source] serde_json::Error),
    /// The manifest names a product that there is none of, or none at all.
    #[error("its `{MANIFEST}` must name products: {}", PRODUCTS.map(|(name, _)| name).join(", "))]
    Products,
}

impl Template {
    /// A template of these files, one of which is its manifest.
    ///
    /// # Errors
    /// When they are none.
    pub(crate) fn of(name: &str, mut files: Vec<File>) -> Result<Self, TemplateProblem> {
        let at = files.iter().position(|(path, _)| path == MANIFEST);
        let (_, manifest) = files.remove(at.ok_or(TemplateProblem::NoManifest)?);
        let manifest: Manifest =
            serde_json::from_str(&manifest).map_err(TemplateProblem::Manifest)?;
        let known = |product: &String| PRODUCTS.iter().any(|(name, _)| name == product);
        if manifest.products.is_empty() || !manifest.products.iter().all(known) {
            return Err(TemplateProblem::Products);
        }
        if manifest.shared {
            let own: Vec<_> = files.iter().map(|(path, _)| path.clone()).collect();
            let shared = embedded(&TEMPLATES, SHARED);
            files.extend(shared.into_iter().filter(|(path, _)| !own.contains(path)));
        }
        files.sort();
        Ok(Self {
            name: name.to_owned(),
            description: manifest.description,
            summary: manifest.summary,
            products: manifest.products,
            files,
        })
    }
}

/// The templates: one folder each. A file beside the folders belongs to none, nor does a folder
/// that is no template; a test says so.
fn collect(root: &'static Dir<'static>) -> Vec<Template> {
    let names = root.dirs().filter_map(|folder| folder.path().to_str());
    let mut found: Vec<_> = names
        .filter(|name| !name.starts_with('_'))
        .filter_map(|name| Template::of(name, embedded(root, name)).ok())
        .collect();
    found.sort_by(|one, other| {
        let place = |template: &Template| (template.name != DEFAULT, template.name.clone());
        place(one).cmp(&place(other))
    });
    found
}

/// The files of an embedded folder; none when there is no such folder.
fn embedded(root: &'static Dir<'static>, name: &str) -> Vec<File> {
    let found = root.get_dir(name).map(files).unwrap_or_default();
    let own = found.into_iter();
    own.map(|(path, text)| (path, Cow::Borrowed(text)))
        .collect()
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

    /// The crates that the build script packs.
    const VENDORED: &str = env!("VENDORED");

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
            let files = embedded(&TEMPLATES, name);
            let paths: Vec<_> = files.iter().map(|(path, _)| path.clone()).collect();
            assert_eq!(paths, on_disk(&folder), "{name}");
            for path in paths.iter().filter(|path| *path != MANIFEST) {
                assert!(path.ends_with(".tmpl"), "{name}/{path} is no .tmpl file");
            }
            if !name.starts_with('_') {
                Template::of(name, files).unwrap_or_else(|error| panic!("{name}: {error}"));
                assert!(find(name).is_some(), "{name}");
            }
        }
    }

    #[test]
    fn no_template_has_a_copy_of_a_shared_file() {
        let shared = embedded(&TEMPLATES, SHARED);
        for folder in TEMPLATES.dirs().filter_map(|folder| folder.path().to_str()) {
            for (path, text) in embedded(&TEMPLATES, folder) {
                let copy = folder != SHARED && shared.iter().any(|(_, shared)| *shared == text);
                assert!(!copy, "{folder}/{path}");
            }
        }
    }

    #[test]
    fn frames_grow_with_what_is_in_them() {
        // `sizeToParent` is for pages alone: a panel or macro with it stays as low as it begins.
        for (path, text) in files(&TEMPLATES) {
            assert!(!text.contains("sizeToParent"), "{path}");
        }
    }

    #[test]
    fn what_is_no_template_is_refused_with_its_reason() {
        let check = |manifest: &'static str| {
            let files = vec![(MANIFEST.to_owned(), Cow::Borrowed(manifest))];
            Template::of("x", files).unwrap_err().to_string()
        };
        assert!(Template::of("x", Vec::new()).is_err());
        assert_eq!(check("{"), "its `template.json` cannot be used");
        let unknown = r#"{"description":"","summary":"","products":["bitbucket"]}"#;
        assert!(check(unknown).starts_with("its `template.json` must name products: jira, "));
    }

    #[test]
    fn all_sources_of_the_runtime_but_tests_are_vendored() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates");
        if vendored().is_empty() {
            assert!(!crates.join("connect-runtime").exists());
            return;
        }
        for name in VENDORED.split(' ') {
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
        for (path, text) in vendored().iter().filter(|(path, _)| path.contains("/src/")) {
            assert!(
                fs::read_to_string(crates.join(path)).unwrap() == *text,
                "{path}"
            );
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
        for crate_name in VENDORED.split(' ') {
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
