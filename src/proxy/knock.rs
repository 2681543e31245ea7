//! How we find out that a public address leads to this proxy: we knock there with a word that
//! nobody else knows, and the proxy answers with another one. And how our own requests for what
//! the app serves are told from those of others.

use std::sync::{Arc, Mutex, PoisonError};

use hyper::HeaderMap;
use hyper::header::HeaderName;

/// The door of a proxy. Clones are the same door.
#[derive(Clone, Debug, Default)]
pub(crate) struct Knock {
    expected: Arc<Mutex<Option<Expected>>>,
    /// What our own requests carry in [`OURS`]; none are ours without it.
    own: Option<Arc<str>>,
}

#[derive(Debug)]
struct Expected {
    word: String,
    answer: String,
}

/// What a path begins with, after the base path, that ends with the word.
pub(crate) const PREFIX: &str = "/.connect/knock/";

/// The field of our own requests, which are not told to anybody.
pub(crate) const OURS: HeaderName = HeaderName::from_static("x-connect-own-request");

impl Knock {
    /// A door that knows our own requests by a word.
    pub(crate) fn with_own(word: &str) -> Self {
        Self {
            own: Some(word.into()),
            ..Self::default()
        }
    }

    /// The word that makes a request ours.
    pub(crate) fn own(&self) -> Option<&str> {
        self.own.as_deref()
    }

    /// Whether a request is ours; the app never sees the field.
    pub(super) fn take_own(&self, headers: &mut HeaderMap) -> bool {
        let word = headers.remove(OURS);
        let own = self.own.as_deref();
        word.is_some_and(|word| own.is_some_and(|own| word == own))
    }

    /// From now on this word, and no earlier one, gets this answer.
    pub(crate) fn expect(&self, word: String, answer: String) {
        let mut expected = self.expected.lock().unwrap_or_else(PoisonError::into_inner);
        *expected = Some(Expected { word, answer });
    }

    /// The answer to a request for this path, if it is the one that is expected; each word is good
    /// for one answer.
    pub(super) fn answer(&self, path: &str) -> Option<String> {
        let (_, word) = path.rsplit_once(PREFIX)?;
        let mut expected = self.expected.lock().unwrap_or_else(PoisonError::into_inner);
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

    #[test]
    fn only_the_word_makes_a_request_ours_and_the_field_goes_either_way() {
        let request = |word: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(OURS, word.parse().unwrap());
            headers
        };
        let knock = Knock::with_own("word");
        for (word, expected) in [("word", true), ("wor", false), ("", false)] {
            let mut headers = request(word);
            assert_eq!(knock.take_own(&mut headers), expected, "{word}");
            assert!(headers.is_empty());
        }
        assert!(!knock.take_own(&mut HeaderMap::new()));
        assert!(!Knock::default().take_own(&mut request("")));
    }
}
