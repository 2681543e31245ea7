//! From a template and answers to files. Pure: the same input gives the same bytes.

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, context};

use connect_core::AppKey;

use crate::scaffold::template::vendored;
use crate::scaffold::{AppName, RuntimeSource, Template};

/// What a new app is to be.
#[derive(Clone, Debug)]
pub(crate) struct Answers {
    /// Its name.
    pub(crate) name: AppName,
    /// Its app key.
    pub(crate) key: AppKey,
    /// The product it is for, one of the template's.
    pub(crate) product: String,
    /// Where it gets the runtime from.
    pub(crate) runtime: RuntimeSource,
}

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
/// When the template uses a placeholder that does not exist.
pub(crate) fn plan(template: &Template, answers: &Answers) -> Result<Vec<PlannedFile>, PlanError> {
    let engine = engine();
    let values = values(answers);
    let mut files = Vec::new();
    for (path, text) in &template.files {
        let text = engine
            .render_str(text, &values)
            .map_err(|source| PlanError {
                path: path.clone(),
                source,
            })?;
        let path = target_path(path);
        files.push(PlannedFile {
            private: path == "credentials.json",
            path,
            text,
        });
    }
    if files.iter().any(|file| file.path == EDITOR_SETTINGS) {
        let product = answers.product.parse().ok();
        let schema = connect_validator::schema::descriptor(product);
        files.push(PlannedFile {
            path: EDITOR_SCHEMA.to_owned(),
            text: format!("{schema:#}\n"),
            private: false,
        });
    }
    if answers.runtime == RuntimeSource::Vendor {
        files.extend(vendored().iter().map(|(path, text)| PlannedFile {
            path: format!("vendor/{path}"),
            text: (*text).to_owned(),
            private: false,
        }));
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
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
    let path = path.strip_suffix(".tmpl").unwrap_or(path);
    let first = path.split('/').next().unwrap_or(path);
    if DOTTED.contains(&first) {
        format!(".{path}")
    } else {
        path.to_owned()
    }
}

fn engine() -> Environment<'static> {
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
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    engine
}

fn values(answers: &Answers) -> minijinja::Value {
    let origin = |crate_name: &str| match &answers.runtime {
        RuntimeSource::Path(folder) => {
            // A basic TOML string: backslashes and quotes are escaped as in JSON.
            let path = folder.join(crate_name).display().to_string();
            format!("path = {}", serde_json::Value::String(path))
        }
        RuntimeSource::Registry => format!("version = \"{}\"", env!("CARGO_PKG_VERSION")),
        RuntimeSource::Vendor => format!("path = \"vendor/{crate_name}\""),
    };
    let (kind, sandbox) = match answers.runtime {
        RuntimeSource::Path(_) => ("path", origin("connect-sandbox")),
        RuntimeSource::Registry => ("registry", origin("connect-sandbox")),
        RuntimeSource::Vendor => ("vendor", String::new()),
    };
    context! {
        name => answers.name.slug(),
        crate_name => answers.name.crate_name(),
        title => answers.name.title(),
        key => answers.key.as_str(),
        product => answers.product.as_str(),
        rust_version => env!("CARGO_PKG_RUST_VERSION"),
        connect_version => env!("CARGO_PKG_VERSION"),
        runtime => context! {
            kind,
            core => origin("connect-core"),
            store => origin("connect-store"),
            runtime => origin("connect-runtime"),
            sandbox,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &'static str, runtime: RuntimeSource) -> Result<String, PlanError> {
        let template = Template {
            name: "fixture",
            description: "a fixture".to_owned(),
            products: vec!["jira".to_owned()],
            files: vec![("file.tmpl".to_owned(), text)],
        };
        let answers = Answers {
            name: AppName::parse("My App").unwrap(),
            key: AppKey::parse("com.example.my-app").unwrap(),
            product: "jira".to_owned(),
            runtime,
        };
        let files = plan(&template, &answers)?;
        Ok(files
            .into_iter()
            .find(|file| file.path == "file")
            .unwrap()
            .text)
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
                "{ path = \"vendor/connect-runtime\" }".to_owned(),
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
            ("gitignore.tmpl", ".gitignore"),
            ("github/workflows/ci.yml.tmpl", ".github/workflows/ci.yml"),
            ("src/github/mod.rs.tmpl", "src/github/mod.rs"),
            ("Cargo.toml.tmpl", "Cargo.toml"),
        ] {
            assert_eq!(target_path(path), expected);
        }
    }
}
