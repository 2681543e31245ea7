//! Handlebars views, as ACE's apps have them.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use axum::response::Html;
use handlebars::Handlebars;
use serde::Serialize;
use serde_json::Value;

/// The views of a folder: `*.hbs`, each of which may name a layout in its first line
/// (`{{!< layout}}`) and use any other as a partial.
///
/// In development the files are read at every rendering, so that a save shows at the next request.
#[derive(Debug)]
pub(crate) struct Views {
    folder: PathBuf,
    follow: bool,
    loaded: OnceLock<Arc<Loaded>>,
}

#[derive(Debug)]
struct Loaded {
    registry: Handlebars<'static>,
    layouts: HashMap<String, String>,
}

/// A view cannot be rendered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ViewError {
    /// A file of the views folder cannot be read.
    #[error("cannot read {file}")]
    Unreadable {
        /// The file.
        file: String,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// A view fails while it is rendered.
    #[error("view `{view}` fails")]
    Render {
        /// The view.
        view: String,
        /// Where and why.
        #[source]
        source: Box<handlebars::RenderError>,
    },
    /// A view is not Handlebars.
    #[error("view `{view}` cannot be parsed")]
    Template {
        /// The view.
        view: String,
        /// Where and why.
        #[source]
        source: Box<handlebars::TemplateError>,
    },
    /// There is no view of that name.
    #[error("there is no view `{view}` in {folder}")]
    Unknown {
        /// The view.
        view: String,
        /// The folder.
        folder: String,
    },
    /// The app's token for the page cannot be made.
    #[error(transparent)]
    Token(#[from] connect_core::TokenError),
}

/// A layout may have a layout; more than this is a circle.
const MAX_LAYOUTS: usize = 8;

impl Views {
    pub(crate) fn new(folder: PathBuf, follow: bool) -> Self {
        Self {
            folder,
            follow,
            loaded: OnceLock::new(),
        }
    }

    /// Renders a view with the context's members and, over them, those of `values`.
    pub(crate) fn render(
        &self,
        name: &str,
        context: &impl Serialize,
        values: &Value,
    ) -> Result<Html<String>, ViewError> {
        let loaded = self.loaded()?;
        let mut data = serde_json::to_value(context).unwrap_or_default();
        if let (Some(data), Some(values)) = (data.as_object_mut(), values.as_object()) {
            data.extend(
                values
                    .iter()
                    .map(|(key, value)| (key.clone(), value.clone())),
            );
        }
        let mut view = name.to_owned();
        for _ in 0..MAX_LAYOUTS {
            if !loaded.registry.has_template(&view) {
                return Err(ViewError::Unknown {
                    view,
                    folder: self.folder.display().to_string(),
                });
            }
            let html = loaded.registry.render(&view, &data);
            let html = html.map_err(|source| ViewError::Render {
                view: view.clone(),
                source: Box::new(source),
            })?;
            let Some(layout) = loaded.layouts.get(&view) else {
                return Ok(Html(html));
            };
            data["body"] = html.into();
            view.clone_from(layout);
        }
        Err(ViewError::Unknown {
            view: format!("{view} (its layouts go round in a circle)"),
            folder: self.folder.display().to_string(),
        })
    }

    fn loaded(&self) -> Result<Arc<Loaded>, ViewError> {
        if self.follow {
            return load(&self.folder).map(Arc::new);
        }
        if let Some(loaded) = self.loaded.get() {
            return Ok(Arc::clone(loaded));
        }
        let loaded = Arc::new(load(&self.folder)?);
        Ok(Arc::clone(self.loaded.get_or_init(|| loaded)))
    }
}

fn load(folder: &Path) -> Result<Loaded, ViewError> {
    let mut loaded = Loaded {
        registry: Handlebars::new(),
        layouts: HashMap::new(),
    };
    // ACE's template calls it for static files; there it adds a fingerprint.
    loaded.registry.register_helper("furl", Box::new(furl));
    for (name, text) in files(folder, folder)? {
        let (layout, text) = split_layout(&text);
        if let Some(layout) = layout {
            loaded.layouts.insert(name.clone(), layout.to_owned());
        }
        loaded
            .registry
            .register_template_string(&name, text)
            .map_err(|source| ViewError::Template {
                view: name,
                source: Box::new(source),
            })?;
    }
    Ok(loaded)
}

/// Every view below a folder, under its path without the ending.
fn files(root: &Path, folder: &Path) -> Result<Vec<(String, String)>, ViewError> {
    let unreadable = |file: &Path, source| ViewError::Unreadable {
        file: file.display().to_string(),
        source,
    };
    let mut all = Vec::new();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(all),
        Err(error) => return Err(unreadable(folder, error)),
    };
    for entry in entries {
        let path = entry.map_err(|error| unreadable(folder, error))?.path();
        if path.is_dir() {
            all.extend(files(root, &path)?);
        } else if path.extension().is_some_and(|ending| ending == "hbs") {
            let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?;
            let name = path.with_extension("");
            let name = name.strip_prefix(root).unwrap_or(&name);
            all.push((name.to_string_lossy().replace('\\', "/"), text));
        }
    }
    Ok(all)
}

/// The layout that the first line names, and the rest.
fn split_layout(text: &str) -> (Option<&str>, &str) {
    let Some(rest) = text
        .trim_start_matches('\u{feff}')
        .trim_start()
        .strip_prefix("{{!<")
    else {
        return (None, text);
    };
    match rest.split_once("}}") {
        Some((layout, rest)) => (Some(layout.trim()), rest.trim_start()),
        None => (None, text),
    }
}

fn furl(
    helper: &handlebars::Helper<'_>,
    _: &Handlebars<'_>,
    _: &handlebars::Context,
    _: &mut handlebars::RenderContext<'_, '_>,
    out: &mut dyn handlebars::Output,
) -> handlebars::HelperResult {
    let url = helper.param(0).and_then(|param| param.value().as_str());
    out.write(url.unwrap_or_default())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn a_view_of_ace_is_rendered_in_its_layout() {
        let folder = folder(&[
            (
                "layout.hbs",
                "<html><link href=\"{{furl '/css/a.css'}}\">{{{body}}}{{> parts/foot}}</html>",
            ),
            ("parts/foot.hbs", "<footer>{{addonKey}}</footer>"),
            ("hello.hbs", "{{!< layout}}\n<p>{{name}}</p>"),
        ]);
        let views = Views::new(folder.path().to_owned(), false);
        let html = views
            .render(
                "hello",
                &json!({"addonKey": "k"}),
                &json!({"name": "<Ada>"}),
            )
            .unwrap()
            .0;
        assert_eq!(
            html,
            "<html><link href=\"/css/a.css\"><p>&lt;Ada&gt;</p><footer>k</footer></html>"
        );
    }

    #[test]
    fn a_save_shows_at_the_next_rendering_in_development_only() {
        let folder = folder(&[("a.hbs", "one")]);
        let follow = Views::new(folder.path().to_owned(), true);
        let keep = Views::new(folder.path().to_owned(), false);
        let render = |views: &Views| views.render("a", &json!({}), &json!({})).unwrap().0;
        assert_eq!(
            (render(&follow).as_str(), render(&keep).as_str()),
            ("one", "one")
        );
        fs::write(folder.path().join("a.hbs"), "two").unwrap();
        assert_eq!(
            (render(&follow).as_str(), render(&keep).as_str()),
            ("two", "one")
        );
    }

    #[test]
    fn what_cannot_be_rendered_names_the_view() {
        let folder = folder(&[("bad.hbs", "{{#if}}"), ("circle.hbs", "{{!< circle}}x")]);
        let views = Views::new(folder.path().to_owned(), true);
        let error = views
            .render("a", &json!({}), &json!({}))
            .unwrap_err()
            .to_string();
        assert_eq!(error, "view `bad` cannot be parsed");
        fs::remove_file(folder.path().join("bad.hbs")).unwrap();
        for view in ["nowhere", "circle", "../../etc/passwd"] {
            assert!(matches!(
                views.render(view, &json!({}), &json!({})),
                Err(ViewError::Unknown { .. })
            ));
        }
    }
}
