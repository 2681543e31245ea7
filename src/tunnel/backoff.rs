//! How long to wait before another try.

use std::time::Duration;

/// Pauses that double from the first to the longest, each shortened by chance, so that many who
/// lost the same server do not come back in the same instant.
#[derive(Clone, Debug)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    /// Begins with the first pause.
    pub(super) fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            next: first,
        }
    }

    /// The next pause. `chance` is a number from 0 to 1, of which a quarter is taken off.
    pub(super) fn next(&mut self, chance: f64) -> Duration {
        let pause = self.next;
        self.next = (self.next * 2).min(self.longest);
        pause.mul_f64(1.0 - 0.25 * chance.clamp(0.0, 1.0))
    }

    /// Begins again with the first pause.
    pub(super) fn reset(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_begin_again() {
        let ms = Duration::from_millis;
        let mut backoff = Backoff::new(ms(100), ms(5000));
        let pauses: Vec<_> = (0..8).map(|_| backoff.next(0.0)).collect();
        let expected = [100, 200, 400, 800, 1600, 3200, 5000, 5000].map(ms);
        assert_eq!(pauses, expected);
        backoff.reset();
        assert_eq!(backoff.next(1.0), ms(75));
        assert_eq!(backoff.next(0.0), ms(200));
    }

    #[test]
    fn chance_never_makes_a_pause_longer_or_nothing() {
        for chance in [-1.0, 0.0, 0.5, 1.0, 7.0] {
            let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
            let pause = backoff.next(chance);
            assert!(pause >= Duration::from_millis(75), "{chance}: {pause:?}");
            assert!(pause <= Duration::from_millis(100), "{chance}: {pause:?}");
        }
    }
}
