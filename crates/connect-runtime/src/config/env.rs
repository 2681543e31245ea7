//! The environment of the process, or one made for a test.

use std::collections::HashMap;

/// Environment variables.
///
/// The runtime reads: `CONNECT_ENV`, `NODE_ENV`, `PORT`, `HOST`, `AC_LOCAL_BASE_URL`,
/// `AC_ALLOWED_BASE_URLS`, `AC_APP_KEY`, `AC_HOST_SCRIPT_URL`, `AC_HOST_WHITELIST`,
/// `AC_APP_ID`, `CONNECT_AUTHORIZATION_SERVER`, `CONNECT_FORGE_KEYS_URL`, `CONNECT_KEYS_CDN_URL`,
/// `CONNECT_STORE_KEYS`, `DATABASE_URL`, `DB_URL`, `MONGODB_URI`, and whatever `config.json` names
/// as `$NAME`.
#[derive(Clone, Default)]
pub struct Env(HashMap<String, String>);

impl Env {
    /// The process's own. Variables that are not UTF-8 are left out.
    pub fn process() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place where the runtime reads the environment"
        )]
        let all = std::env::vars_os();
        Self(
            all.filter_map(|(name, value)| {
                Some((name.into_string().ok()?, value.into_string().ok()?))
            })
            .collect(),
        )
    }

    /// One made of these.
    pub fn of<const N: usize>(variables: [(&str, &str); N]) -> Self {
        Self(
            variables
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl std::fmt::Debug for Env {
    /// Names only: values may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
