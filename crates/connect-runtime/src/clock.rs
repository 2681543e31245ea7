//! The clock of the machine.

use std::time::{SystemTime, UNIX_EPOCH};

use connect_core::{Clock, Timestamp};

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        // A clock before 1970 makes every token "not yet valid", which is the safe side.
        let seconds = since.map_or(0, |length| length.as_secs());
        Timestamp::from_unix(i64::try_from(seconds).unwrap_or(i64::MAX))
    }
}
