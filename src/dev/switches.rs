//! The switches of `AC_OPTS`, which mean what they mean in atlassian-connect-express.
//!
//! Unlike there, a switch is a whole word: `no-regression` switches nothing off.

use crate::context::Env;
use crate::env::AC_OPTS;

/// What `AC_OPTS` asks of `connect dev`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Switches {
    /// `no-reg`: the app is not installed anywhere by itself.
    pub(crate) no_reg: bool,
    /// `force-dereg`: the app is removed in the end, whatever else was asked.
    pub(crate) force_dereg: bool,
    /// Those of the app. `force-reg` is none: each session registers anyway.
    others: Vec<String>,
}

impl Switches {
    /// Reads them.
    pub(crate) fn read(env: &Env) -> Self {
        let mut switches = Self::default();
        let text = env.text(AC_OPTS).unwrap_or_default();
        for word in text.split([',', ' ']).filter(|word| !word.is_empty()) {
            match word {
                "force-dereg" => switches.force_dereg = true,
                "force-reg" => {}
                "no-reg" => switches.no_reg = true,
                other => switches.others.push(other.to_owned()),
            }
        }
        switches
    }

    /// What the app gets: its own, and `no-reg`, because registering is our work.
    pub(crate) fn for_the_app(&self) -> String {
        let words = self.others.iter().map(String::as_str);
        words.chain(["no-reg"]).collect::<Vec<_>>().join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> (bool, bool, String) {
        let switches = Switches::read(&Env::from_pairs([(AC_OPTS.to_owned(), text.into())]));
        let app = switches.for_the_app();
        (switches.no_reg, switches.force_dereg, app)
    }

    #[test]
    fn only_whole_words_count() {
        for (text, no_reg, force_dereg, app) in [
            ("", false, false, "no-reg"),
            ("no-reg", true, false, "no-reg"),
            ("force-reg, force-dereg", false, true, "no-reg"),
            ("no-auth no-reg", true, false, "no-auth,no-reg"),
            ("no-regression", false, false, "no-regression,no-reg"),
        ] {
            assert_eq!(check(text), (no_reg, force_dereg, app.to_owned()), "{text}");
        }
    }
}
