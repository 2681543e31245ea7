//! config.json: settings by environment, as in atlassian-connect-express.

use std::path::Path;

use connect_store::{StoreKeys, StoreSettings};
use serde_json::{Map, Value};

use crate::context::Env;
use crate::env;
use crate::project::{CONFIG, FileError, read_settings};

/// What `connect` uses of config.json: the keys of the top level, over them those of the section
/// named by `CONNECT_ENV` or `NODE_ENV` (or `development`), over them the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Config {
    /// Port of the app, from `PORT` or `port`.
    pub(crate) port: Option<u16>,
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
            Ok(Self { port })
        } else {
            Err(FileError::Values { path, problems })
        }
    }

    /// The store of tenants that config.json or the environment names, and where the keys of its
    /// secrets come from when the file says so.
    ///
    /// # Errors
    /// When the file is unreadable, not JSON, or `store` makes no sense.
    pub(crate) fn store(
        folder: &Path,
        env: &Env,
    ) -> Result<(StoreSettings, Option<StoreKeys>), FileError> {
        let path = folder.join(CONFIG);
        let file = read_settings(&path, env)?.unwrap_or_default();
        let store = value(&file, "store", env).and_then(Value::as_object);
        let variable = |name: &str| {
            [env::DATABASE_URL, env::DB_URL, env::MONGODB_URI]
                .contains(&name)
                .then(|| env.text(name))?
                .map(str::to_owned)
        };
        let none = Map::new();
        let store = store.unwrap_or(&none);
        let settings = StoreSettings::from_ace(store, folder, &variable);
        let both = settings.and_then(|settings| {
            let keys = StoreKeys::from_store(store, folder).map_err(|fault| vec![fault])?;
            Ok((settings, keys))
        });
        both.map_err(|faults| {
            let problems = faults.iter().map(|fault| format!("`store`: {fault}"));
            FileError::Values {
                path,
                problems: problems.collect(),
            }
        })
    }
}

/// A key of the app's section, as the runtime reads it, or else of the top level.
fn value<'a>(file: &'a Value, key: &str, env: &Env) -> Option<&'a Value> {
    let named = env.text(env::CONNECT_ENV).or(env.text(env::NODE_ENV));
    let section = named.unwrap_or("development");
    let section = file.get(section).or_else(|| file.get("development"));
    section
        .and_then(|section| section.get(key))
        .or_else(|| file.get(key))
}

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
