//! config.json: settings by environment, as in atlassian-connect-express.

use std::cell::RefCell;
use std::path::Path;

use connect_core::Product;
use connect_store::{StoreKeys, StoreSettings};
use serde_json::{Map, Value};

use crate::context::Env;
use crate::env;
use crate::project::{CONFIG, FileError, Origin, read_settings};

/// What `connect` uses of config.json: the keys of the top level, over them those of the section
/// named by `CONNECT_ENV` or `NODE_ENV` (or `development`), over them the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Config {
    /// Port of the app, from `PORT` or `port`.
    pub(crate) port: Option<u16>,
    /// Where that is said.
    pub(crate) port_origin: Origin,
}

/// A store of tenants that settings name.
#[derive(Debug)]
pub(crate) struct NamedStore {
    /// Which.
    pub(crate) settings: StoreSettings,
    /// Where the keys of its secrets come from, when the file says so.
    pub(crate) keys: Option<StoreKeys>,
    /// Where it is named.
    pub(crate) origin: Origin,
}

impl Config {
    /// Reads config.json of a folder; a missing file is an empty one.
    ///
    /// # Errors
    /// When it is unreadable, not JSON, or a value is of the wrong kind.
    pub(crate) fn read(folder: &Path, env: &Env) -> Result<Self, FileError> {
        let path = folder.join(CONFIG);
        let mut problems = Vec::new();
        let file = read_settings(&path, env)?.unwrap_or_else(|| Value::Object(Default::default()));
        if !file.is_object() {
            problems.push("the whole of it must be an object".to_owned());
        }
        let value = |key| value(&file, key, env);
        let origin = match env.text(env::PORT) {
            Some(_) => Origin::Variable(env::PORT.to_owned()),
            None => Self::origin(folder, env, "port"),
        };
        let port = match (env.text(env::PORT), value("port")) {
            (Some(text), _) => Some(text.to_owned()),
            (None, Some(Value::String(text))) => Some(text.clone()),
            (None, None | Some(Value::Null)) => None,
            (None, Some(other)) => Some(other.to_string()),
        };
        // `$PORT` stands for the variable of that name, which is unset here.
        let port = port.filter(|text| !text.starts_with('$'));
        let port = port.and_then(|text| {
            let parsed = text.trim().parse().ok();
            if parsed.is_none() {
                problems.push(format!("`port` is `{text}`, not a number from 0 to 65535"));
            }
            parsed
        });
        if problems.is_empty() {
            Ok(Self {
                port,
                port_origin: port.map_or(Origin::Default, |_| origin),
            })
        } else {
            Err(FileError::Values { path, problems })
        }
    }

    /// The product that the app is for (`product`), whose site in the sandbox gets it: Jira unless
    /// the file says Confluence.
    pub(crate) fn product(folder: &Path, env: &Env) -> Product {
        match Self::named_product(folder, env) {
            Some(Product::Confluence) => Product::Confluence,
            _ => Product::Jira,
        }
    }

    /// The product that the file says the app is for, if it says so. That the file cannot be read is told by
    /// [`Config::read`].
    pub(crate) fn named_product(folder: &Path, env: &Env) -> Option<Product> {
        let file = read_settings(&folder.join(CONFIG), env);
        let file = file.ok().flatten().unwrap_or_default();
        let named = value(&file, "product", env).and_then(Value::as_str);
        named.and_then(Product::parse)
    }

    /// Where config.json says what is said of a key.
    pub(crate) fn origin(folder: &Path, env: &Env, key: &str) -> Origin {
        let file = read_settings(&folder.join(CONFIG), env);
        let file = file.ok().flatten().unwrap_or_default();
        match place(&file, key, env) {
            Some(Place::Section(section)) => Origin::in_file(folder, CONFIG, &[section, key]),
            Some(Place::Top) => Origin::in_file(folder, CONFIG, &[key]),
            None => Origin::Default,
        }
    }

    /// The store of tenants that config.json or the environment names.
    ///
    /// # Errors
    /// When the file is unreadable, not JSON, or `store` makes no sense.
    pub(crate) fn store(folder: &Path, env: &Env) -> Result<NamedStore, FileError> {
        let path = folder.join(CONFIG);
        let file = read_settings(&path, env)?.unwrap_or_default();
        let store = value(&file, "store", env).and_then(Value::as_object);
        let used = RefCell::new(None);
        let variable = |name: &str| {
            let known = [env::DATABASE_URL, env::DB_URL, env::MONGODB_URI];
            let value = known.contains(&name).then(|| env.text(name))??;
            used.replace(Some(name.to_owned()));
            Some(value.to_owned())
        };
        let none = Map::new();
        let store = store.unwrap_or(&none);
        let settings = StoreSettings::from_ace(store, folder, &variable);
        let both = settings.and_then(|settings| {
            let keys = StoreKeys::from_store(store, folder).map_err(|fault| vec![fault])?;
            Ok((settings, keys))
        });
        let (settings, keys) = both.map_err(|faults| {
            let problems = faults.iter().map(|fault| format!("`store`: {fault}"));
            FileError::Values {
                path,
                problems: problems.collect(),
            }
        })?;
        let origin = match used.into_inner() {
            Some(name) => Origin::Variable(name),
            None => Self::origin(folder, env, "store"),
        };
        Ok(NamedStore {
            settings,
            keys,
            origin,
        })
    }
}

/// Where a key of config.json is.
enum Place<'a> {
    /// In this section.
    Section(&'a str),
    /// On the top level.
    Top,
}

/// Where a key is: in the app's section, as the runtime reads it, or else on the top level.
fn place<'a>(file: &Value, key: &str, env: &'a Env) -> Option<Place<'a>> {
    let named = env.text(env::CONNECT_ENV).or(env.text(env::NODE_ENV));
    let section = named.unwrap_or(DEVELOPMENT);
    let section = file.get(section).map_or(DEVELOPMENT, |_| section);
    let has = |value: Option<&Value>| value.is_some_and(|value| value.get(key).is_some());
    if has(file.get(section)) {
        Some(Place::Section(section))
    } else {
        has(Some(file)).then_some(Place::Top)
    }
}

/// The value of a key of config.json.
fn value<'a>(file: &'a Value, key: &str, env: &Env) -> Option<&'a Value> {
    match place(file, key, env)? {
        Place::Section(section) => file.get(section)?.get(key),
        Place::Top => file.get(key),
    }
}

/// The section that counts where no variable names one.
pub(crate) const DEVELOPMENT: &str = "development";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::tests::env;

    fn check(file: &str, pairs: &[(&str, &str)]) -> Result<Option<u16>, FileError> {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join(CONFIG), file).unwrap();
        Config::read(home.path(), &env(pairs)).map(|config| config.port)
    }

    #[test]
    fn the_product_is_confluence_where_the_file_says_so() {
        let home = tempfile::tempdir().unwrap();
        let product = |file: &str| {
            std::fs::write(home.path().join(CONFIG), file).unwrap();
            Config::product(home.path(), &env(&[]))
        };
        assert_eq!(product("{product: 'confluence'}"), Product::Confluence);
        assert_eq!(
            product("{development: {product: 'confluence'}}"),
            Product::Confluence
        );
        for other in ["{}", "{product: 'jira'}", "{product: 1}", "{", ""] {
            assert_eq!(product(other), Product::Jira, "{other}");
        }
    }

    #[test]
    fn the_environment_wins_then_the_section_then_the_top() {
        let file = "{port: 1, development: {port: 2}, production: {port: '$MY_PORT'}}";
        assert_eq!(check(file, &[]), Ok(Some(2)));
        assert_eq!(check(file, &[("PORT", "3")]), Ok(Some(3)));
        let production = [("NODE_ENV", "production"), ("MY_PORT", "4")];
        assert_eq!(check(file, &production), Ok(Some(4)));
        assert_eq!(check(file, &[("NODE_ENV", "production")]), Ok(None));
        let ours = [("CONNECT_ENV", "production"), ("NODE_ENV", "development")];
        let file = "{development: {port: 2}, production: {port: 4}}";
        assert_eq!(check(file, &ours), Ok(Some(4)));
        assert_eq!(check("{port: 1}", &[]), Ok(Some(1)));
        assert_eq!(check("{}", &[]), Ok(None));
    }

    #[test]
    fn a_port_that_is_none_is_named() {
        let error = check("{port: 'many'}", &[]).unwrap_err();
        assert!(matches!(error, FileError::Values { .. }), "{error:?}");
    }
}
