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
