//! Time as events carry it, and the one seam through which it comes in.
//!
//! Clocks never order anything here. Events are ordered by `seq` and `version`, which the log
//! gives out; a [`Timestamp`] only tells people when something happened, and may well run
//! backwards between two events that different nodes wrote. What does hang on a clock is how long
//! something is kept or served: retention, grants, the quiet grace.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::fmt::temporal::Pieces;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::invalid::{self, Invalid, Why};

mod clock;

pub use clock::{Clock, ManualClock, SystemClock};

const DAY: i64 = 86_400_000;

/// A moment in UTC, to the millisecond, between the years 0000 and 9999.
///
/// The range is that of RFC 3339, and the precision that of JavaScript's `Date`, so that both ends
/// of a stream print the same text: `2026-11-21T12:00:00.123Z`, always with three decimals, as
/// `toISOString` does. Sorting that text sorts the moments.
///
/// ```
/// use order_events_core::Timestamp;
///
/// let at: Timestamp = "2026-11-21T13:00:00.1239+01:00".parse()?;
/// assert_eq!(at.to_string(), "2026-11-21T12:00:00.123Z");
/// assert_eq!(at.as_millis(), 1_795_262_400_123);
/// # Ok::<(), order_events_core::Invalid>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The first moment of the year 0000.
    pub const MIN: Self = Self(-62_167_219_200_000);
    /// The last millisecond of the year 9999.
    pub const MAX: Self = Self(253_402_300_799_999);
    /// 1970-01-01T00:00:00.000Z.
    pub const UNIX_EPOCH: Self = Self(0);

    /// The moment so many milliseconds after the Unix epoch, or before it if negative. What lies
    /// outside the range becomes its nearer end: a wrong clock must not fail a publish.
    pub const fn from_millis(millis: i64) -> Self {
        if millis < Self::MIN.0 {
            Self::MIN
        } else if millis > Self::MAX.0 {
            Self::MAX
        } else {
            Self(millis)
        }
    }

    /// Milliseconds since the Unix epoch; negative before it.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The moment that much later, at most [`Timestamp::MAX`]. Fractions of a millisecond are
    /// dropped.
    #[must_use]
    pub fn saturating_add(self, by: Duration) -> Self {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        Self::from_millis(self.0.saturating_add(by))
    }

    /// The time since `earlier`; zero if that is not earlier.
    pub fn saturating_since(self, earlier: Self) -> Duration {
        // No overflow: the range is far narrower than that of an `i64`.
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }

    /// Appends the text of the `Display` form.
    // Once per encoded event, hence without the formatting machinery.
    #[allow(dead_code, reason = "the encoders' way in")]
    pub(crate) fn write(self, out: &mut String) {
        out.push_str(Text::of(self).as_str());
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(Text::of(*self).as_str())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Text::of(*self).as_str())
    }
}

/// Any RFC 3339 form with an offset, converted to UTC. Finer precision is truncated towards the
/// past, so that no event seems to come from the future.
impl FromStr for Timestamp {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        const FIELD: &str = "timestamp";
        let malformed = Invalid {
            field: FIELD,
            why: Why::Malformed {
                expected: "an RFC 3339 timestamp such as 2026-11-21T12:00:00.123Z",
            },
        };
        // By pieces and not as jiff's own timestamp, whose range ends a day before the year 9999
        // does. A bracketed time zone is not RFC 3339, and would need a zone database to check.
        let pieces = Pieces::parse(text).map_err(|_| malformed.clone())?;
        let (Some(time), Some(offset), None) =
            (pieces.time(), pieces.to_numeric_offset(), pieces.time_zone_annotation())
        else {
            return Err(malformed);
        };
        let local = DateTime::from_parts(pieces.date(), time);
        let epoch = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
        let since =
            local.duration_since(epoch) - SignedDuration::from_secs(offset.seconds().into());
        // Jiff's years have four digits too, so that the milliseconds always fit.
        let millis =
            i64::try_from(since.as_nanos().div_euclid(1_000_000)).map_err(|_| malformed)?;
        let (min, max) = (Self::MIN.0, Self::MAX.0);
        if (min..=max).contains(&millis) {
            Ok(Self(millis))
        } else {
            Err(Invalid { field: FIELD, why: Why::OutOfRange { min, max, actual: millis } })
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(Text::of(*self).as_str())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        invalid::deserialize(from, "an RFC 3339 timestamp")
    }
}

/// The text of a timestamp. Its length never varies, so that it needs no heap.
struct Text([u8; 24]);

impl Text {
    fn of(at: Timestamp) -> Self {
        let (days, millis) = (at.0.div_euclid(DAY), at.0.rem_euclid(DAY));
        let (year, month, day) = civil(days);
        let mut text = *b"0000-00-00T00:00:00.000Z";
        digits(&mut text[0..4], year);
        digits(&mut text[5..7], month);
        digits(&mut text[8..10], day);
        digits(&mut text[11..13], millis / 3_600_000);
        digits(&mut text[14..16], millis / 60_000 % 60);
        digits(&mut text[17..19], millis / 1_000 % 60);
        digits(&mut text[20..23], millis % 1_000);
        Self(text)
    }

    fn as_str(&self) -> &str {
        // Never the default: it is digits and punctuation.
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Writes a number right-aligned into its digits, which are as many as it can have.
fn digits(into: &mut [u8], mut number: i64) {
    for digit in into.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// Year, month and day in the Gregorian calendar, from days since the Unix epoch.
///
/// Years are counted from March here, so that the leap day comes last in its year, and the calendar
/// repeats itself every 400 of them.
fn civil(days: i64) -> (i64, i64, i64) {
    const ERA: i64 = 146_097; // days in 400 years
    // 719 468 days lie between 0000-03-01 and the Unix epoch.
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(ERA), days.rem_euclid(ERA));
    // Leaves out the leap days before this day, to divide by years of equal length.
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // From March on, the lengths of months repeat every five, with 153 days.
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 { (0, month + 3) } else { (1, month - 9) };
    (era * 400 + year_of_era + year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_timestamp() -> impl Strategy<Value = Timestamp> {
        (Timestamp::MIN.0..=Timestamp::MAX.0).prop_map(Timestamp)
    }

    fn parse(text: &str) -> Result<Timestamp, Why> {
        text.parse().map_err(|e: Invalid| e.why)
    }

    proptest! {
        #[test]
        fn text_round_trips(at in any_timestamp()) {
            let text = at.to_string();
            prop_assert_eq!(text.len(), 24);
            prop_assert_eq!(text.parse::<Timestamp>(), Ok(at));
            let json = serde_json::to_string(&at).unwrap();
            prop_assert_eq!(&json, &format!("\"{text}\""));
            prop_assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), at);
            let mut written = String::from("at ");
            at.write(&mut written);
            prop_assert_eq!(written, format!("at {text}"));
        }

        #[test]
        fn text_sorts_as_time_does(a in any_timestamp(), b in any_timestamp()) {
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        }

        #[test]
        fn parsing_never_panics(text in "\\PC*") {
            let _ = text.parse::<Timestamp>();
        }
    }

    #[test]
    fn every_day_is_the_day_that_jiff_says() {
        let mut date = jiff::civil::date(0, 1, 1);
        for days in Timestamp::MIN.0 / DAY..=Timestamp::MAX.0.div_euclid(DAY) {
            let expected = (date.year().into(), date.month().into(), date.day().into());
            assert_eq!(civil(days), expected);
            date = date.tomorrow().unwrap_or(date);
        }
    }

    #[test]
    fn the_range_is_that_of_four_digit_years() {
        assert_eq!(Timestamp::from_millis(i64::MIN).to_string(), "0000-01-01T00:00:00.000Z");
        assert_eq!(Timestamp::from_millis(i64::MAX).to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(parse("9999-12-31T23:59:59.999Z"), Ok(Timestamp::MAX));
        let beyond = parse("9999-12-31T23:59:59.999-00:01");
        assert!(matches!(beyond, Err(Why::OutOfRange { .. })), "{beyond:?}");
    }

    #[test]
    fn finer_precision_is_truncated_towards_the_past() {
        assert_eq!(parse("1970-01-01T00:00:00.0009Z"), Ok(Timestamp(0)));
        assert_eq!(parse("1969-12-31T23:59:59.9991Z"), Ok(Timestamp(-1)));
    }

    #[test]
    fn what_names_no_moment_is_refused() {
        for text in ["", "now", "2026-11-21", "2026-11-21T12:00:00", "2026-02-30T12:00:00Z"] {
            assert!(matches!(parse(text), Err(Why::Malformed { .. })), "{text}");
        }
        let zoned = "2026-11-21T12:00:00+01:00[Europe/Paris]";
        assert!(matches!(parse(zoned), Err(Why::Malformed { .. })));
    }

    #[test]
    fn arithmetic_stops_at_the_ends() {
        assert_eq!(Timestamp::MIN.saturating_add(Duration::MAX), Timestamp::MAX);
        assert_eq!(Timestamp(5).saturating_since(Timestamp(2)), Duration::from_millis(3));
        assert_eq!(Timestamp(2).saturating_since(Timestamp(5)), Duration::ZERO);
    }
}
