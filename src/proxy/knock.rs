//! How we find out that a public address leads to this proxy: we knock there with a word that
//! nobody else knows, and the proxy answers with another one.

use std::sync::{Arc, Mutex, PoisonError};

/// The door of a proxy. Clones are the same door.
#[derive(Clone, Debug, Default)]
pub(crate) struct Knock(Arc<Mutex<Option<Expected>>>);

#[derive(Debug)]
struct Expected {
    word: String,
    answer: String,
}

/// What a path begins with, after the base path, that ends with the word.
pub(crate) const PREFIX: &str = "/.connect/knock/";

impl Knock {
    /// From now on this word, and no earlier one, gets this answer.
    pub(crate) fn expect(&self, word: String, answer: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Expected { word, answer });
    }

    /// The answer to a request for this path, if it is the one that is expected; each word is good
    /// for one answer.
    pub(super) fn answer(&self, path: &str) -> Option<String> {
        let (_, word) = path.rsplit_once(PREFIX)?;
        let mut expected = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let matched = expected.take_if(|expected| expected.word == word)?;
        Some(matched.answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_word_that_is_expected_is_answered_and_only_once() {
        let knock = Knock::default();
        assert_eq!(knock.answer("/.connect/knock/"), None);
        knock.expect("word".to_owned(), "answer".to_owned());
        for path in [
            "/",
            "/word",
            "/.connect/knock/wor",
            "/.connect/knock/word/x",
        ] {
            assert_eq!(knock.answer(path), None, "{path}");
        }
        let path = "/base/.connect/knock/word";
        assert_eq!(knock.answer(path), Some("answer".to_owned()));
        assert_eq!(knock.answer(path), None);
        knock.expect("old".to_owned(), "a".to_owned());
        knock.expect("new".to_owned(), "b".to_owned());
        assert_eq!(knock.answer("/.connect/knock/old"), None);
        assert_eq!(knock.answer("/.connect/knock/new"), Some("b".to_owned()));
    }
}
