//! Which part of a list is read?
//! A [`Listing`]: order, window, filter, where the last page ended and how long this one may be.

use domain::timestamp::Timestamp;

/// The order in which a list is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Newest first, as the API shows lists.
    NewestFirst,
    /// Oldest first, as drains and replays work.
    OldestFirst,
}

impl Order {
    /// The other one.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Self::NewestFirst => Self::OldestFirst,
            Self::OldestFirst => Self::NewestFirst,
        }
    }
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

    /// Every instant. Only for lists read from an index: a list that is read day by day would never end.
    pub fn everything() -> Self {
        Self { since: Timestamp::from_millis(0), until: Timestamp::from_millis(Self::LAST) }
    }

    /// Whether `instant` lies in it.
    pub fn holds(self, instant: Timestamp) -> bool {
        self.since <= instant && instant < self.until
    }
}

/// A page of a list of rows with ids `I` and the filter `F`.
#[derive(Debug, Clone, Copy)]
pub struct Listing<I, F> {
    /// The order.
    pub order: Order,
    /// Only rows after this one in that order: the last row of the page before.
    pub beyond: Option<I>,
    /// Only rows whose ids lie in this window.
    pub window: Window,
    /// Only rows that this filter selects.
    pub filter: F,
    /// The maximum number of rows.
    pub limit: usize,
}

impl<I, F> Listing<I, F> {
    /// The first page of a list without a window, newest first.
    pub fn all(filter: F, limit: usize) -> Self {
        Self::newest_first(Window::everything(), filter, limit)
    }

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
