//! Each invocation token is good once.

use std::collections::{BTreeSet, HashSet};

use crate::time::Timestamp;

/// Remembers the ids of tokens until they expire.
///
/// Only proved tokens may be shown to it, so strangers cannot fill it. When it is full, the token
/// that expires first is forgotten: at the usual life of a token that takes thousands of
/// invocations a second.
#[derive(Debug)]
pub struct ReplayGuard {
    most: usize,
    seen: HashSet<Box<str>>,
    by_expiry: BTreeSet<(Timestamp, Box<str>)>,
}

impl ReplayGuard {
    /// A guard that remembers so many tokens at most.
    pub fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            seen: HashSet::new(),
            by_expiry: BTreeSet::new(),
        }
    }

    /// True for a token that was not seen before; `until` is the last moment at which it would be
    /// accepted, leeway included.
    pub fn is_first(&mut self, jti: &str, until: Timestamp, now: Timestamp) -> bool {
        self.forget_while(|_, expiry| expiry < now);
        if self.seen.contains(jti) {
            return false;
        }
        self.forget_while(|guard, _| guard.seen.len() >= guard.most);
        self.seen.insert(jti.into());
        self.by_expiry.insert((until, jti.into()));
        true
    }

    /// Forgets tokens, those that expire first before others.
    fn forget_while(&mut self, more: impl Fn(&Self, Timestamp) -> bool) {
        while self
            .by_expiry
            .first()
            .is_some_and(|(expiry, _)| more(self, *expiry))
        {
            if let Some((_, jti)) = self.by_expiry.pop_first() {
                self.seen.remove(&jti);
            }
        }
    }

    /// How many are remembered.
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// True when none are.
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(seconds)
    }

    #[test]
    fn a_token_is_good_once_and_forgotten_when_it_has_expired() {
        let mut guard = ReplayGuard::new(100);
        assert!(guard.is_first("a", at(55), at(0)));
        assert!(!guard.is_first("a", at(55), at(1)));
        assert!(!guard.is_first("a", at(55), at(55)));
        assert!(guard.is_first("b", at(100), at(56)));
        assert_eq!(guard.len(), 1);
    }

    #[test]
    fn it_never_remembers_more_than_it_may() {
        let mut guard = ReplayGuard::new(3);
        for n in 0..50 {
            assert!(guard.is_first(&n.to_string(), at(1000 + n), at(0)));
        }
        assert_eq!(guard.len(), 3);
        for seen in ["47", "48", "49"] {
            assert!(!guard.is_first(seen, at(1049), at(0)));
        }
        // Those that expired first had to go.
        assert!(guard.is_first("46", at(1046), at(0)));
    }
}
