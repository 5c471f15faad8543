//! Which part of a list is asked for?
//! A [`Listing`]: order, window, filter, where the last page ended and how long this one may be.

use domain::timestamp::Timestamp;

/// Which way a list goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As lists are shown.
    NewestFirst,
    /// As things are done.
    OldestFirst,
}

/// From `since` up to, not including, `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first instant.
    pub since: Timestamp,
    /// The instant after the last.
    pub until: Timestamp,
}

impl Window {
    /// The last instant a ULID can carry.
    const LAST: i64 = (1 << 48) - 1;

    /// Every instant. A list that walks day by day never ends its walk of it: only for lists that an index keeps.
    pub fn everything() -> Self {
        Self { since: Timestamp::from_millis(0), until: Timestamp::from_millis(Self::LAST) }
    }

    /// Whether `instant` lies in it.
    pub fn holds(self, instant: Timestamp) -> bool {
        self.since <= instant && instant < self.until
    }
}

/// Part of a list of rows whose ids are `I`, of those that the filter `F` lets through.
#[derive(Debug, Clone, Copy)]
pub struct Listing<I, F> {
    /// Which way.
    pub order: Order,
    /// Only rows that come after this one in that order: the last one of the page before.
    pub beyond: Option<I>,
    /// Only rows whose ids are of this window.
    pub window: Window,
    /// Only rows that it lets through.
    pub filter: F,
    /// At most so many rows.
    pub limit: usize,
}

impl<I, F> Listing<I, F> {
    /// The first page, newest first.
    pub fn newest_first(window: Window, filter: F, limit: usize) -> Self {
        Self { order: Order::NewestFirst, beyond: None, window, filter, limit }
    }

    /// The first page, oldest first.
    pub fn oldest_first(window: Window, filter: F, limit: usize) -> Self {
        Self { order: Order::OldestFirst, beyond: None, window, filter, limit }
    }

    /// The page that begins beyond the row `id`; the first page, if `id` is `None`.
    #[must_use]
    pub fn beyond(self, id: Option<I>) -> Self {
        Self { beyond: id, ..self }
    }
}
