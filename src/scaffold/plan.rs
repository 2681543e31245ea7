//! From a template and answers to files. Pure: the same input gives the same bytes.

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, context};

use connect_core::AppKey;

use crate::scaffold::template::vendored;
use crate::scaffold::{AppName, RuntimeSource, Template, called};

/// What a new app is to be.
#[derive(Clone, Debug)]
pub(crate) struct Answers {
    /// Its name.
    pub(crate) name: AppName,
    /// Its app key.
    pub(crate) key: AppKey,
    /// The product it is for, one of the template's.
    pub(crate) product: String,
    /// Where its tenants are kept in production, one of [`STORES`].
    pub(crate) store: String,
    /// Where it gets the runtime from.
    pub(crate) runtime: RuntimeSource,
}

/// The stores that `--store` takes, the default first.
pub(crate) const STORES: [&str; 3] = ["postgres", "mysql", "sqlite"];

/// A file of the new app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlannedFile {
    /// Path in the app, with forward slashes.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
    /// Readable by its owner only.
    pub(crate) private: bool,
}

/// A template cannot be rendered: the template's fault.
#[derive(Debug, thiserror::Error)]
#[error("the template's file `{path}` cannot be rendered")]
pub(crate) struct PlanError {
    /// The file in the template.
    pub(crate) path: String,
    /// Where and why.
    #[source]
    pub(crate) source: minijinja::Error,
}

/// The files of a new app, sorted by path.
///
/// # Errors
/// When a file of the template cannot be rendered.
pub(crate) fn plan(template: &Template, answers: &Answers) -> Result<Vec<PlannedFile>, PlanError> {
    let mut engine = engine();
    let failed = |path: &str| {
        let path = path.to_owned();
        move |source| PlanError { path, source }
    };
    let rendered = || {
        let files = template.files.iter();
        files.filter_map(|(path, text)| Some((path.strip_suffix(".tmpl")?, text)))
    };
    for (path, text) in rendered() {
        let added = engine.add_template(path, text);
        added.map_err(failed(path))?;
    }
    let values = values(template, answers);
    let mut files = Vec::new();
    for (path, _) in rendered().filter(|(path, _)| !path.starts_with(PARTS)) {
        let text = engine
            .get_template(path)
            .and_then(|template| template.render(&values))
            .map_err(failed(path))?;
        // What is for other answers renders to nothing.
        if !text.trim().is_empty() {
            files.push(planned(path, text));
        }
    }
    let others = template.files.iter();
    for (path, text) in others.filter(|(path, _)| !path.ends_with(".tmpl")) {
        files.push(planned(path, text.to_string()));
    }
    let has = |wanted: &str| files.iter().any(|file| file.path == wanted);
    if has(EDITOR_SETTINGS) && has("atlassian-connect.json") {
        let product = host(&answers.product).parse().ok();
        let schema = connect_validator::schema::descriptor(product);
        files.push(planned(EDITOR_SCHEMA, format!("{schema:#}\n")));
    }
    match answers.runtime {
        RuntimeSource::Vendor => files.extend(vendored().iter().map(|(path, text)| {
            let path = format!("vendor/{path}");
            planned(&path, (*text).to_owned())
        })),
        // Its versions and checksums are the registry's to say.
        RuntimeSource::Registry => files.retain(|file| file.path != LOCK),
        RuntimeSource::Path(_) => {}
    }
    for lock in files.iter_mut().filter(|file| file.path == LOCK) {
        lock.text = sorted(&lock.text);
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// Files that others include, and that are not written themselves.
const PARTS: &str = "parts/";

/// The versions that the app was tested with.
const LOCK: &str = "Cargo.lock";

fn planned(path: &str, text: String) -> PlannedFile {
    let path = target_path(path);
    PlannedFile {
        private: path == "credentials.json",
        path,
        text,
    }
}

/// A lock file whose packages are in cargo's order, wherever the app's own name puts it: cargo
/// compares the text.
fn sorted(lock: &str) -> String {
    const PACKAGE: &str = "[[package]]\n";
    let mut parts = lock.trim_end().split(PACKAGE);
    let head = parts.next().unwrap_or_default();
    let mut packages: Vec<_> = parts.map(str::trim_end).collect();
    packages.sort_by_key(|package| {
        let value = |field: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(field));
            line.unwrap_or_default().trim_matches('"')
        };
        let version = value("version = ").split(['.', '-', '+']);
        let version: Vec<_> = version.map(|part| part.parse().unwrap_or(0_u64)).collect();
        (value("name = "), version)
    });
    let packages: Vec<_> = packages
        .iter()
        .map(|package| format!("{PACKAGE}{package}\n"))
        .collect();
    format!("{head}{}", packages.join("\n"))
}

/// The host that a product is on: what the descriptor and `config.json` call the product.
fn host(product: &str) -> &'static str {
    match product {
        "confluence" => "confluence",
        _ => "jira",
    }
}

/// Names that get their leading dot when they are written (`templates/README.md`).
const DOTTED: [&str; 8] = [
    "cargo",
    "dockerignore",
    "editorconfig",
    "env.example",
    "gitattributes",
    "github",
    "gitignore",
    "vscode",
];

/// The settings that name [`EDITOR_SCHEMA`].
const EDITOR_SETTINGS: &str = ".vscode/settings.json";

/// The schema of the descriptor, as `connect schema descriptor` prints it.
const EDITOR_SCHEMA: &str = ".vscode/atlassian-connect.schema.json";

fn target_path(path: &str) -> String {
    let first = path.split('/').next().unwrap_or(path);
    if DOTTED.contains(&first) {
        format!(".{path}")
    } else {
        path.to_owned()
    }
}

/// The engine of templates, with the delimiters of `templates/README.md`.
pub(super) fn engine<'a>() -> Environment<'a> {
    let mut engine = Environment::new();
    let syntax = SyntaxConfig::builder()
        .variable_delimiters("[=", "=]")
        .block_delimiters("[%", "%]")
        .comment_delimiters("[##", "##]")
        .keep_trailing_newline(true)
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .expect("the delimiters above differ from each other");
    engine.set_syntax(syntax);
    // A template from elsewhere may loop for ever; ours need a few hundred steps.
    engine.set_fuel(Some(1_000_000));
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    engine
}

fn values(template: &Template, answers: &Answers) -> minijinja::Value {
    let origin = |crate_name: &str| match &answers.runtime {
        RuntimeSource::Path(folder) => {
            // A basic TOML string: backslashes and quotes are escaped as in JSON.
            let path = folder.join(crate_name).display().to_string();
            format!("path = {}", serde_json::Value::String(path))
        }
        RuntimeSource::Registry => format!("version = \"{}\"", env!("CARGO_PKG_VERSION")),
        RuntimeSource::Vendor => format!("path = \"vendor/{crate_name}\""),
    };
    let kind = match answers.runtime {
        RuntimeSource::Path(_) => "path",
        RuntimeSource::Registry => "registry",
        RuntimeSource::Vendor => "vendor",
    };
    let product = answers.product.as_str();
    let has = |wanted: &str| template.files.iter().any(|(path, _)| path == wanted);
    context! {
        name => answers.name.slug(),
        crate_name => answers.name.crate_name(),
        title => answers.name.title(),
        key => answers.key.as_str(),
        summary => template.summary.as_str(),
        product,
        product_name => called(product),
        host => host(product),
        store => answers.store.as_str(),
        connect => has("parts/adds.json.tmpl"),
        forge => has("manifest.yml.tmpl"),
        rust_version => env!("CARGO_PKG_RUST_VERSION"),
        connect_version => env!("CARGO_PKG_VERSION"),
        runtime => context! {
            kind,
            core => origin("connect-core"),
            store => origin("connect-store"),
            runtime => origin("connect-runtime"),
            sandbox => origin("connect-sandbox"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &'static str, runtime: RuntimeSource) -> Result<String, PlanError> {
        let files = planned_of(&[("file.tmpl", text)], runtime)?;
        let file = files.into_iter().find(|file| file.path == "file");
        Ok(file.unwrap().text)
    }

    fn planned_of(
        files: &[(&str, &'static str)],
        runtime: RuntimeSource,
    ) -> Result<Vec<PlannedFile>, PlanError> {
        let files = files.iter();
        let template = Template {
            name: "fixture".to_owned(),
            description: "a fixture".to_owned(),
            summary: "A fixture.".to_owned(),
            products: vec!["jira".to_owned()],
            files: files
                .map(|(path, text)| ((*path).to_owned(), (*text).into()))
                .collect(),
        };
        let answers = Answers {
            name: AppName::parse("My App").unwrap(),
            key: AppKey::parse("com.example.my-app").unwrap(),
            product: "jira".to_owned(),
            store: "sqlite".to_owned(),
            runtime,
        };
        plan(&template, &answers)
    }

    #[test]
    fn parts_are_included_and_what_renders_to_nothing_is_left_out() {
        let files = [
            (
                "a.tmpl",
                "[% set key = \"other\" %]\n[% include \"parts/p\" %]\n.",
            ),
            (
                "b.tmpl",
                "[% if product == \"confluence\" %]\nb\n[% endif %]\n",
            ),
            ("c.txt", "[= as it is =]"),
            ("parts/p.tmpl", "[= key =]\n"),
        ];
        let files = planned_of(&files, RuntimeSource::Registry).unwrap();
        let files: Vec<_> = files
            .iter()
            .map(|file| (&*file.path, &*file.text))
            .collect();
        assert_eq!(files, [("a", "other\n."), ("c.txt", "[= as it is =]")]);
    }

    #[test]
    fn the_lock_file_is_in_the_order_of_cargo() {
        let package = |name: &str, version: &str| {
            format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n")
        };
        let (app, old, new) = (
            package("my-app", "0.1.0"),
            package("a", "1.9.0"),
            package("a", "1.10.0"),
        );
        assert_eq!(
            sorted(&format!("version = 4\n\n{app}\n{new}\n{old}")),
            format!("version = 4\n\n{old}\n{new}\n{app}")
        );
    }

    #[test]
    fn values_are_filled_in_and_the_rest_stays() {
        let text = "[= name =] [= crate_name =] [= title =] [= key =]\n{{#if a}}{{localBaseUrl}}\n[[bin]] ${{ x }}\n";
        assert_eq!(
            check(text, RuntimeSource::Registry).unwrap(),
            "my-app my_app My App com.example.my-app\n{{#if a}}{{localBaseUrl}}\n[[bin]] ${{ x }}\n"
        );
    }

    #[test]
    fn blocks_and_comments_leave_no_lines() {
        let text = "a\n[% if product == \"jira\" %]\nb\n[% endif %]\n[## why ##]c\n";
        assert_eq!(check(text, RuntimeSource::Registry).unwrap(), "a\nb\nc\n");
    }

    #[test]
    fn an_unknown_placeholder_is_an_error() {
        assert!(check("[= nmae =]", RuntimeSource::Registry).is_err());
    }

    #[test]
    fn the_runtime_comes_from_where_it_was_asked() {
        let text = "{ [= runtime.runtime =] }[% if runtime.sandbox %] s[% endif %]";
        let version = env!("CARGO_PKG_VERSION");
        for (runtime, expected) in [
            (
                RuntimeSource::Registry,
                format!("{{ version = \"{version}\" }} s"),
            ),
            (
                RuntimeSource::Vendor,
                "{ path = \"vendor/connect-runtime\" } s".to_owned(),
            ),
            (
                RuntimeSource::Path("/src/a \"b\"".into()),
                "{ path = \"/src/a \\\"b\\\"/connect-runtime\" } s".to_owned(),
            ),
        ] {
            assert_eq!(check(text, runtime).unwrap(), expected);
        }
    }

    #[test]
    fn dots_come_back_in_the_first_part_only() {
        for (path, expected) in [
            ("gitignore", ".gitignore"),
            ("github/workflows/ci.yml", ".github/workflows/ci.yml"),
            ("src/github/mod.rs", "src/github/mod.rs"),
            ("Cargo.toml", "Cargo.toml"),
        ] {
            assert_eq!(target_path(path), expected);
        }
    }
}
