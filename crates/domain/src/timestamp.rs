//! What is an instant, and how is it written?
//! A timestamp type: milliseconds since 1970 inside, RFC 3339 in UTC outside.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant with millisecond precision, written `2026-01-05T09:30:00.000Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The error for a text that is not an RFC 3339 instant between the years 1970 and 9999.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be an RFC 3339 instant such as 2026-01-05T09:30:00Z")]
pub struct BadTimestamp;

/// 9999-12-31T23:59:59.999Z, the last instant RFC 3339's four-digit year can write.
const LAST_MILLIS: i64 = 253_402_300_799_999;

impl Timestamp {
    /// The instant `millis` after the Unix epoch; anything outside 1970 to 9999 is moved to the nearest end.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(0, LAST_MILLIS))
    }

    /// Milliseconds since the Unix epoch, never negative.
    pub fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, the unit of `webhook-timestamp` and of DynamoDB's TTL.
    pub fn as_seconds(self) -> i64 {
        self.0 / 1000
    }

    /// Reads an RFC 3339 instant with any offset; precision below a millisecond is dropped.
    ///
    /// # Errors
    /// [`BadTimestamp`] when the text is not an RFC 3339 instant, or lies before 1970 or after 9999.
    pub fn parse(text: &str) -> Result<Self, BadTimestamp> {
        let instant: jiff::Timestamp = text.parse().map_err(|_| BadTimestamp)?;
        let millis = instant.as_millisecond();
        if (0..=LAST_MILLIS).contains(&millis) { Ok(Self(millis)) } else { Err(BadTimestamp) }
    }

    /// This instant moved later by `duration`.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(LAST_MILLIS);
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// This instant moved earlier by `duration`.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(LAST_MILLIS);
        Self::from_millis(self.0.saturating_sub(millis))
    }

    /// The time to the next midnight UTC, in seconds; 1 to 86,400.
    pub fn seconds_to_midnight(self) -> u64 {
        86_400 - self.as_seconds().unsigned_abs() % 86_400
    }

    /// How long after `earlier` this instant is; zero if it is not later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The clamp in every constructor keeps the value inside jiff's range; UNIX_EPOCH is never reached.
        let instant = jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        write!(f, "{instant:.3}")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_offset_is_turned_into_utc() {
        assert_eq!(
            Timestamp::parse("2026-01-05T10:30:00+01:00").unwrap().to_string(),
            "2026-01-05T09:30:00.000Z"
        );
    }

    #[test]
    fn words_and_dates_before_1970_are_refused() {
        for text in ["yesterday", "2026-01-05", "1969-12-31T23:59:59Z", ""] {
            assert_eq!(Timestamp::parse(text), Err(BadTimestamp), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(millis in 0..=LAST_MILLIS) {
            let instant = Timestamp::from_millis(millis);
            prop_assert_eq!(Timestamp::parse(&instant.to_string()), Ok(instant));
        }
    }
}
