//! Which day is an instant in?
//! The time bucket of sharded lists: a day of UTC.

use domain::timestamp::Timestamp;

/// A day of UTC: the time bucket of events and deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(i64);

impl Day {
    const MILLIS: i64 = 86_400_000;

    /// The day `instant` lies in.
    pub fn of(instant: Timestamp) -> Self {
        Self(instant.as_millis() / Self::MILLIS)
    }

    /// Each day from the first to the last.
    pub fn span(first: Self, last: Self) -> Vec<Self> {
        (first.0..=last.0).map(Self).collect()
    }

    /// The day before.
    #[must_use]
    pub fn before(self) -> Self {
        Self(self.0 - 1)
    }

    /// The day after.
    #[must_use]
    pub fn after(self) -> Self {
        Self(self.0 + 1)
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let noon = Timestamp::from_millis(self.0 * Self::MILLIS).to_string();
        f.write_str(noon.split('T').next().unwrap_or_default())
    }
}
