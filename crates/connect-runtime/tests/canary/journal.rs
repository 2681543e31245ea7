//! Everything that leaves the app: log lines of all crates, responses, Debug output.

use std::{
    fmt::Debug,
    io,
    sync::{Arc, Mutex},
};

use tracing_subscriber::fmt::{MakeWriter, format::FmtSpan};

use crate::needle::Needle;

/// What has left so far, and what must not be in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journal(Arc<Mutex<Contents>>);

#[derive(Debug, Default)]
struct Contents {
    text: Vec<u8>,
    needles: Vec<Needle>,
}

impl Journal {
    /// A journal that all log lines of the process go to from now on, at TRACE and from every
    /// target, `log`'s records included.
    pub(crate) fn of_the_process() -> Self {
        let journal = Self::default();
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(journal.clone())
            .init();
        journal
    }

    /// From now on, and looking back, this must not have left. Returns it.
    pub(crate) fn plant(&self, name: &str, secret: &str) -> String {
        let mut contents = self.0.lock().unwrap();
        if contents.needles.iter().all(|known| known.secret != secret) {
            contents.needles.push(Needle::new(name, secret));
        }
        secret.to_owned()
    }

    /// Plants the part of a token without which it proves nothing. Returns the token.
    pub(crate) fn plant_token(&self, name: &str, token: String) -> String {
        let signature = token.rsplit('.').next().unwrap();
        self.plant(&format!("signature of {name}"), signature);
        token
    }

    pub(crate) fn note(&self, what: &str, text: &str) {
        let line = format!("{what}: {text}\n");
        self.0
            .lock()
            .unwrap()
            .text
            .extend_from_slice(line.as_bytes());
    }

    /// Notes a value as `{:?}` and `{:#?}` show it.
    pub(crate) fn debug(&self, what: &str, value: &dyn Debug) {
        self.note(what, &format!("{value:?}\n{value:#?}"));
    }

    /// Notes an error and everything below it, in every way in which people print errors.
    pub(crate) fn error(&self, what: &str, error: &(dyn std::error::Error + 'static)) {
        let mut next = Some(error);
        while let Some(error) = next {
            self.note(what, &error.to_string());
            self.debug(what, &error);
            next = error.source();
        }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap().text).into_owned()
    }

    /// Every line with a planted secret in it, and which.
    pub(crate) fn leaks(&self) -> Vec<String> {
        let text = self.text();
        let needles = self.0.lock().unwrap().needles.clone();
        let mut all = Vec::new();
        for needle in needles
            .iter()
            .filter(|needle| !needle.find(&text).is_empty())
        {
            for line in text.lines() {
                for found in needle.find(line) {
                    let short: String = line.chars().take(400).collect();
                    all.push(format!("{found}\n    in {short}"));
                }
            }
            if all.is_empty() {
                all.push(format!("{}, over several lines", needle.name));
            }
        }
        all
    }

    pub(crate) fn planted(&self) -> usize {
        self.0.lock().unwrap().needles.len()
    }
}

impl io::Write for Journal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Journal {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[test]
fn a_planted_secret_is_reported_wherever_it_comes_in() {
    let journal = Journal::default();
    let secret = journal.plant("the secret", "canary of the journal \"/+\"");
    journal.note("harmless", "nothing");
    assert_eq!(journal.leaks(), Vec::<String>::new());

    journal.debug("value", &Some(&secret));
    assert!(
        journal
            .leaks()
            .iter()
            .any(|leak| leak.contains("the secret (Debug)"))
    );

    let journal = Journal::default();
    journal.plant("the secret", &secret);
    let cause = io::Error::other(secret);
    journal.error("error", &io::Error::other(Box::new(cause)));
    assert!(!journal.leaks().is_empty());

    let journal = Journal::default();
    let token = journal.plant_token("a token", "e30.e30.c2lnbmF0dXJlLW9mLWEtdG9rZW4".to_owned());
    tracing::subscriber::with_default(
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(journal.clone())
            .finish(),
        || tracing::trace!(target: "somebody_else", token, "a line"),
    );
    assert!(journal.leaks()[0].contains("signature of a token (plain)"));
}
