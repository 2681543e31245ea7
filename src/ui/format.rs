//! Times and texts as people and programs read them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use connect_core::Timestamp;

/// A duration as programs read it: milliseconds with one digit after the point.
pub(crate) fn ms(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}

/// A duration as people read it: `4 ms`, `1.8 s`.
pub(crate) fn duration(duration: Duration) -> String {
    let ms = duration.as_millis();
    if ms < 1000 {
        format!("{ms} ms")
    } else {
        format!("{:.1} s", duration.as_secs_f64())
    }
}

/// Breaks a text between words where it would run over the edge, with `before` columns taken on each line.
pub(crate) fn wrap(text: &str, columns: usize, before: usize) -> String {
    let room = columns.saturating_sub(before);
    if room < LEAST_ROOM {
        return text.to_owned();
    }
    let mut wrapped = String::new();
    let mut used = 0;
    for word in text.split(' ') {
        let width = console::measure_text_width(word);
        if used > 0 && used + 1 + width > room {
            wrapped.push('\n');
            used = 0;
        } else if used > 0 {
            wrapped.push(' ');
            used += 1;
        }
        wrapped.push_str(word);
        used += width;
    }
    wrapped
}

/// With less room than this, in columns, breaking lines makes nothing easier to read.
const LEAST_ROOM: usize = 20;

/// RFC 3339 in UTC with milliseconds.
pub(crate) fn timestamp(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (seconds, ms) = (since.as_secs(), since.subsec_millis());
    let rest = seconds % 86_400;
    let moment = Timestamp::from_unix(i64::try_from(seconds).unwrap_or(i64::MAX));
    let (year, month, day) = moment.civil();
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_follow_the_gregorian_calendar() {
        for (seconds, ms, expected) in [
            (0, 0, "1970-01-01T00:00:00.000Z"),
            (951_782_399, 7, "2000-02-28T23:59:59.007Z"),
            (951_782_400, 0, "2000-02-29T00:00:00.000Z"),
            (1_795_305_600, 0, "2026-11-22T00:00:00.000Z"),
            (4_107_542_400, 0, "2100-03-01T00:00:00.000Z"),
        ] {
            let time = UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_millis(ms);
            assert_eq!(timestamp(time), expected);
        }
    }

    #[test]
    fn texts_are_broken_between_words_by_their_width() {
        assert_eq!(
            wrap("one two three four five", 24, 4),
            "one two three four\nfive"
        );
        // These characters take two columns each.
        assert_eq!(
            wrap("日本語日本語 日本語 x", 24, 4),
            "日本語日本語 日本語\nx"
        );
        assert_eq!(
            wrap("no room, so nothing is gained", 24, 10),
            "no room, so nothing is gained"
        );
    }

    #[test]
    fn durations_read_well() {
        assert_eq!(duration(Duration::from_micros(4400)), "4 ms");
        assert_eq!(duration(Duration::from_millis(1849)), "1.8 s");
    }
}
