//! Moments in queries: `-7d`, `"2026-01-31 14:00"`, `startOfDay(-1)`. All of them in UTC; weeks begin
//! on Monday.

use connect_core::Timestamp;

/// What a query says of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compared {
    After,
    AtOrAfter,
    AtOrBefore,
    Before,
    /// To the minute.
    Same,
}

impl Compared {
    pub(super) fn parse(sign: &str) -> Option<Self> {
        Some(match sign {
            "<" => Self::Before,
            "<=" => Self::AtOrBefore,
            "=" => Self::Same,
            ">" => Self::After,
            ">=" => Self::AtOrAfter,
            _ => return None,
        })
    }

    /// Whether a moment is so to the one that the query names.
    pub(super) fn holds(self, is: i64, named: i64) -> bool {
        match self {
            Self::After => is > named,
            Self::AtOrAfter => is >= named,
            Self::AtOrBefore => is <= named,
            Self::Before => is < named,
            Self::Same => is.div_euclid(MINUTE) == named.div_euclid(MINUTE),
        }
    }
}

/// The moment of a text that is no function, in milliseconds since 1970.
pub(super) fn moment(text: &str, now: i64) -> Option<i64> {
    match absolute(text) {
        Some(at) => Some(at),
        None => now.checked_add(distance(text, None)?),
    }
}

/// The moment of a function, whose argument shifts it: `startOfWeek("-1")` is that of last week.
pub(super) fn function(name: &str, argument: Option<&str>, now: i64) -> Option<i64> {
    let name = name.to_ascii_lowercase();
    if name == "now" {
        return argument.is_none().then_some(now);
    }
    let (start, unit) = match name.strip_prefix("startof") {
        Some(unit) => (true, unit),
        None => (false, name.strip_prefix("endof")?),
    };
    let day = now.div_euclid(DAY);
    let (year, month, day_of_month) = civil(day);
    let [first, last] = match unit {
        "day" => [day, day],
        "month" => [
            day - day_of_month + 1,
            day - day_of_month + days_in(year, month),
        ],
        "week" => {
            // The first of January 1970 was a Thursday.
            let monday = day - (day + 3).rem_euclid(7);
            [monday, monday + 6]
        }
        "year" => [days_from(year, 1, 1), days_from(year, 12, 31)],
        _ => return None,
    };
    let at = if start {
        first * DAY
    } else {
        last * DAY + DAY - 1
    };
    let Some(argument) = argument else {
        return Some(at);
    };
    // A number without a unit counts what the function is named after.
    if let (Some(count), "month" | "year") = (whole(argument), unit) {
        let months = if unit == "year" {
            count.checked_mul(12)?
        } else {
            count
        };
        let (year, month) = shifted(year, month, months, unit)?;
        let length = if unit == "year" { 12 } else { 1 };
        let (next_year, next_month) = shifted(year, month, length, "month")?;
        let first = days_from(year, month, 1) * DAY;
        let end = days_from(next_year, next_month, 1) * DAY - 1;
        return Some(if start { first } else { end });
    }
    let bare = if unit == "week" { "w" } else { "d" };
    at.checked_add(distance(argument, Some(bare))?)
}

/// The month that is so many away; for years always January.
fn shifted(year: i64, month: i64, by: i64, unit: &str) -> Option<(i64, i64)> {
    let from = if unit == "year" { 1 } else { month };
    let months = year
        .checked_mul(12)?
        .checked_add(from - 1)?
        .checked_add(by)?;
    // Further away than any calendar.
    (months.abs() < 12 * 10_000).then(|| (months.div_euclid(12), months.rem_euclid(12) + 1))
}

fn whole(text: &str) -> Option<i64> {
    text.strip_prefix('+').unwrap_or(text).parse().ok()
}

/// `-1w 2d`, `+4h`, `30m` in milliseconds; `bare` is the unit of a number without one.
fn distance(text: &str, bare: Option<&str>) -> Option<i64> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut parts = rest.split_whitespace().peekable();
    parts.peek()?;
    let mut sum: i64 = 0;
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit());
        let (number, unit) = part.split_at(end.unwrap_or(part.len()));
        let unit = if unit.is_empty() { bare? } else { unit };
        let unit = match unit {
            "d" => DAY,
            "h" => 60 * MINUTE,
            "m" => MINUTE,
            "w" => 7 * DAY,
            _ => return None,
        };
        let number: i64 = number.parse().ok()?;
        sum = sum.checked_add(number.checked_mul(unit)?)?;
    }
    sum.checked_mul(sign)
}

/// `2026-01-31` or `2026/1/31`, with `14:00` behind it or not.
pub(super) fn absolute(text: &str) -> Option<i64> {
    let (date, time) = match text.split_once(' ') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let separator = if date.contains('/') { '/' } else { '-' };
    let number = |text: &str| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<i64>().ok()).flatten()
    };
    let mut parts = date.split(separator).map(number);
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let is_date = (1..=9_999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day);
    if parts.next().is_some() || !is_date {
        return None;
    }
    let minutes = match time {
        None => 0,
        Some(time) => {
            let (hour, minute) = time.split_once(':')?;
            let (hour, minute) = (number(hour)?, number(minute)?);
            let is_time = (0..24).contains(&hour) && (0..60).contains(&minute);
            is_time.then_some(hour * 60 + minute)?
        }
    };
    Some(days_from(year, month, day) * DAY + minutes * MINUTE)
}

fn civil(day: i64) -> (i64, i64, i64) {
    Timestamp::from_unix(day.saturating_mul(86_400)).civil()
}

fn days_in(year: i64, month: i64) -> i64 {
    let (next_year, next_month) = if month == 12 {
        (year + 1, 1)
    } else {
        (year, month + 1)
    };
    days_from(next_year, next_month, 1) - days_from(year, month, 1)
}

/// Days since 1970 of a date of the Gregorian calendar: years begin in March, so that the leap day
/// comes last.
fn days_from(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let shifted_month = (month + 9) % 12;
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year
        - 719_468
}

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

#[cfg(test)]
mod tests {
    use super::*;

    /// Saturday, 28 February 2026, 15:30.
    const NOW: i64 = 1_772_292_600_000;

    fn shown(at: i64) -> String {
        let (year, month, day) = civil(at.div_euclid(DAY));
        let minutes = at.rem_euclid(DAY) / MINUTE;
        format!(
            "{year}-{month:02}-{day:02} {:02}:{:02}",
            minutes / 60,
            minutes % 60
        )
    }

    #[test]
    fn dates_are_counted_both_ways() {
        for day in (-800_000..800_000).step_by(97) {
            let (year, month, day_of_month) = civil(day);
            assert_eq!(days_from(year, month, day_of_month), day);
        }
    }

    #[test]
    fn texts_are_moments() {
        for (text, expected) in [
            ("-7d", "2026-02-21 15:30"),
            ("-1w 2d", "2026-02-19 15:30"),
            ("4h", "2026-02-28 19:30"),
            ("+30m", "2026-02-28 16:00"),
            ("2026-01-31", "2026-01-31 00:00"),
            ("2026/1/31 14:05", "2026-01-31 14:05"),
            ("2024-02-29", "2024-02-29 00:00"),
        ] {
            assert_eq!(
                moment(text, NOW).map(shown).as_deref(),
                Some(expected),
                "{text}"
            );
        }
        for text in [
            "",
            "-",
            "7",
            "-7x",
            "yesterday",
            "2026-02-29",
            "2026-13-01",
            "2026-01-01 24:00",
            "2026-01-01-01",
            "99999999999999999999d",
            "9223372036854775807w",
            "1d-",
            "d",
            "+2026-01-01",
            "-2026-01-01",
        ] {
            assert_eq!(moment(text, NOW), None, "{text}");
        }
    }

    #[test]
    fn functions_are_moments() {
        for (name, argument, expected) in [
            ("now", None, "2026-02-28 15:30"),
            ("startOfDay", None, "2026-02-28 00:00"),
            ("startOfDay", Some("-1"), "2026-02-27 00:00"),
            ("startOfDay", Some("-1w"), "2026-02-21 00:00"),
            ("startOfDay", Some("+8h"), "2026-02-28 08:00"),
            ("endOfDay", None, "2026-02-28 23:59"),
            ("startOfWeek", None, "2026-02-23 00:00"),
            ("startOfWeek", Some("-1"), "2026-02-16 00:00"),
            ("endOfWeek", None, "2026-03-01 23:59"),
            ("startOfMonth", None, "2026-02-01 00:00"),
            ("startOfMonth", Some("-2"), "2025-12-01 00:00"),
            ("endOfMonth", None, "2026-02-28 23:59"),
            ("endOfMonth", Some("1"), "2026-03-31 23:59"),
            ("startOfYear", None, "2026-01-01 00:00"),
            ("endOfYear", Some("-1"), "2025-12-31 23:59"),
        ] {
            let at = function(name, argument, NOW).map(shown);
            assert_eq!(at.as_deref(), Some(expected), "{name}({argument:?})");
        }
        for (name, argument) in [
            ("startOfSprint", None),
            ("startOf", None),
            ("now", Some("1")),
            ("startOfMonth", Some("99999999999")),
            ("endOfYear", Some("9223372036854775807")),
            ("startOfDay", Some("soon")),
        ] {
            assert_eq!(function(name, argument, NOW), None, "{name}({argument:?})");
        }
    }
}
