//! Time as the rules need it: whole seconds, always handed in.

use std::{fmt, ops::Add};

/// A moment in whole seconds since 1970-01-01T00:00:00Z, the unit of `iat` and `exp`
/// (RFC 7519 section 2, "NumericDate", without fractions).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A length of time in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seconds(pub i64);

/// Where the current time comes from.
///
/// The real clock lives where I/O is allowed; tests and replays bring a fixed one.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The current time.
    fn now(&self) -> Timestamp;
}

impl Timestamp {
    /// A moment given in Unix seconds.
    pub const fn from_unix(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Unix seconds.
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// Year, month and day in UTC (Gregorian calendar, from eras of 400 years that start in March,
    /// so that the leap day comes last). Before the year 0 and far beyond 9999 it is of no use.
    pub const fn civil(self) -> (i64, i64, i64) {
        let shifted = self.0.div_euclid(86_400) + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        let leap = if month <= 2 { 1 } else { 0 };
        (year_of_era + era * 400 + leap, month, day)
    }

    /// How long after `earlier` this is; negative when it is before. Saturates.
    pub const fn since(self, earlier: Self) -> Seconds {
        Seconds(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Seconds> for Timestamp {
    type Output = Self;

    /// Saturates at both ends, so that a hostile `exp` cannot wrap around.
    fn add(self, length: Seconds) -> Self {
        Self(self.0.saturating_add(length.0))
    }
}

impl Clock for Timestamp {
    /// A moment is also a clock that stands still.
    fn now(&self) -> Timestamp {
        *self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_is_gregorian() {
        for (seconds, date) in [
            (-1, (1969, 12, 31)),
            (0, (1970, 1, 1)),
            (951_782_399, (2000, 2, 28)),
            (951_782_400, (2000, 2, 29)),
            (1_795_305_600, (2026, 11, 22)),
            (4_107_542_400, (2100, 3, 1)),
        ] {
            assert_eq!(Timestamp::from_unix(seconds).civil(), date);
        }
        // No moment is too far to be asked for.
        let _ = Timestamp::from_unix(i64::MAX).civil();
        let _ = Timestamp::from_unix(i64::MIN).civil();
    }
}
