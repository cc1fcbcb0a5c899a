//! Calendar dates in UTC, for the end of an acceptance and the time of a scan.

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

/// Day of the Gregorian calendar. Earlier days compare as less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(civil::Date);

impl Date {
    /// Returns the day of a moment, in UTC.
    #[must_use]
    pub fn of(moment: SystemTime) -> Date {
        Date(TimeZone::UTC.to_datetime(nearest_timestamp(moment)).date())
    }

    /// Returns the number of days from this day to another one; negative if that is earlier.
    #[must_use]
    pub fn days_until(self, other: Date) -> i64 {
        self.0.duration_until(other.0).as_hours() / 24
    }
}

/// Returns the moment as `YYYY-MM-DDThh:mm:ss`, in UTC.
#[must_use]
pub(crate) fn format_timestamp(moment: SystemTime) -> String {
    let moment = TimeZone::UTC.to_datetime(nearest_timestamp(moment));
    format!("{moment:.0}")
}

/// Returns the moment, or the end of the calendar that is nearest to it.
fn nearest_timestamp(moment: SystemTime) -> Timestamp {
    let nearest = if moment < UNIX_EPOCH {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    Timestamp::try_from(moment).unwrap_or(nearest)
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Error for a text that is no date, or a date that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidDate;

impl fmt::Display for InvalidDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("write a date as YYYY-MM-DD")
    }
}

impl std::error::Error for InvalidDate {}

impl FromStr for Date {
    type Err = InvalidDate;

    fn from_str(text: &str) -> Result<Date, InvalidDate> {
        let date: civil::Date = text.parse().map_err(|_| InvalidDate)?;
        // Other forms of a date, and a time behind it, are refused.
        let is_plain = date.to_string() == text;
        is_plain.then_some(Date(date)).ok_or(InvalidDate)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn days_are_counted_over_leap_years() {
        for (seconds, day) in [
            (0, "1970-01-01T00:00:00"),
            (951_782_400, "2000-02-29T00:00:00"),
            (1_709_251_199, "2024-02-29T23:59:59"),
            (1_735_689_600, "2025-01-01T00:00:00"),
            (4_107_542_400, "2100-03-01T00:00:00"),
        ] {
            assert_eq!(format_timestamp(at(seconds)), day);
        }
    }

    #[test]
    fn a_date_is_read_as_it_is_written_and_none_is_made_up() {
        let date: Date = "2028-02-29".parse().unwrap();
        assert_eq!(date.to_string(), "2028-02-29");
        assert!(date < "2028-03-01".parse().unwrap());
        for wrong in [
            "2026-02-29",
            "2026-13-01",
            "2026-1-1",
            "26-01-01",
            "",
            "2026-01-01x",
            "+026-01-01",
        ] {
            assert_eq!(wrong.parse::<Date>(), Err(InvalidDate), "{wrong}");
        }
    }
}
