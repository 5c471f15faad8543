//! Which part of a list does a caller see?
//! Cursor pagination both ways, and a window in time that is cut to what the workspace keeps.
//!
//! A cursor stands for the boundary between two pages, and names the last row before it. So the `next` of a page is the
//! `previous` of the page after it, and a page that is read backwards from there is the same page.

use domain::access::workspace::Workspace;
use domain::event::MAX_ID_AHEAD;
use domain::id::SortableId;
use domain::problem::Problem;
use domain::timestamp::Timestamp;
use serde::Serialize;
use store::{Listing, Order, Page, Window};

/// The most bytes of the rows of one page, as JSON. Lambda answers with 6 MB at most, in which an answer stands as a JSON text:
/// with its quotation marks escaped it is up to twice as long.
const MAX_PAGE_BYTES: usize = 2 * 1024 * 1024;
/// What a row has besides: ids, times, public keys.
const ROW_BYTES: usize = 1_024;

/// Where a page of a list begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor<P> {
    /// It is the first page.
    First,
    /// It begins after this row.
    After(P),
    /// It ends with this row.
    UpTo(P),
}

/// Which rows of a list a page has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rows<P> {
    /// Where the page begins or ends.
    pub anchor: Anchor<P>,
    /// The maximum number of rows on the page.
    pub limit: usize,
}

/// A page of a list in the list's order, and the boundaries to the pages beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPage<T, P> {
    /// The rows.
    pub rows: Vec<T>,
    /// The last row before the next page; `None` on the last page.
    pub next: Option<P>,
    /// The last row of the page before; `None` on the first page.
    pub previous: Option<P>,
}

impl<T, P> ListPage<T, P> {
    /// The only page of an empty list.
    pub(crate) fn empty() -> Self {
        Self { rows: Vec::new(), next: None, previous: None }
    }

    /// The same page with something else in place of each row.
    pub fn map<U>(self, row: impl FnMut(T) -> U) -> ListPage<U, P> {
        ListPage { rows: self.rows.into_iter().map(row).collect(), next: self.next, previous: self.previous }
    }
}

impl<P> Rows<P> {
    /// The order in which the page of a list in this order is read: the other one, if it is the page before a boundary.
    pub(crate) fn read_in(&self, order: Order) -> Order {
        match self.anchor {
            Anchor::First | Anchor::After(_) => order,
            Anchor::UpTo(_) => order.reversed(),
        }
    }

    /// The page of these rows, which were read up to the boundary `end`; `None` if nothing is left to read.
    pub(crate) fn page_until<T>(self, end: Option<P>, mut rows: Vec<T>) -> ListPage<T, P> {
        match self.anchor {
            Anchor::First => ListPage { rows, next: end, previous: None },
            Anchor::After(boundary) => ListPage { rows, next: end, previous: Some(boundary) },
            Anchor::UpTo(boundary) => {
                rows.reverse();
                ListPage { rows, next: Some(boundary), previous: end }
            }
        }
    }
}

impl<P: SortableId> Rows<P> {
    /// How the page of a list in this order is read.
    pub(crate) fn listing<F>(self, order: Order, window: Window, filter: F) -> Listing<P, F> {
        let beyond = match self.anchor {
            Anchor::First => None,
            Anchor::After(row) => Some(row),
            Anchor::UpTo(row) => Some(beside(row, order)),
        };
        Listing { order: self.read_in(order), beyond, window, filter, limit: self.limit }
    }

    /// The page, of what was read in the order `read_in`.
    pub(crate) fn page<T>(self, read_in: Order, read: Page<T, P>) -> ListPage<T, P> {
        let end = read.next.map(|last| match self.anchor {
            Anchor::First | Anchor::After(_) => last,
            Anchor::UpTo(_) => beside(last, read_in),
        });
        self.page_until(end, read.rows)
    }

    /// The page of what was read, cut so that it fits into an answer; `shown` is what makes a row large.
    pub(crate) fn page_cut<T, S: Serialize>(
        self,
        read_in: Order,
        mut read: Page<T, P>,
        id: impl Fn(&T) -> P,
        shown: impl Fn(&T) -> &S,
    ) -> ListPage<T, P> {
        let fits = fitting(&read.rows, shown);
        if fits < read.rows.len() {
            read.rows.truncate(fits);
            read.next = read.rows.last().map(id);
        }
        self.page(read_in, read)
    }
}

impl<P: Ord + Clone> Rows<P> {
    /// The page of a list whose rows are all in memory, in any order.
    pub(crate) fn page_of<T>(self, order: Order, all: Vec<T>, id: impl Fn(&T) -> P) -> ListPage<T, P> {
        self.page_within(order, all, id, |rows| rows.len())
    }

    /// The same, cut so that it fits into an answer; `shown` is what makes a row large.
    pub(crate) fn page_in_answer<T, S: Serialize>(
        self,
        order: Order,
        all: Vec<T>,
        id: impl Fn(&T) -> P,
        shown: impl Fn(&T) -> &S,
    ) -> ListPage<T, P> {
        self.page_within(order, all, id, |rows| fitting(rows, &shown))
    }

    fn page_within<T>(
        self,
        order: Order,
        mut all: Vec<T>,
        id: impl Fn(&T) -> P,
        fitting: impl Fn(&[T]) -> usize,
    ) -> ListPage<T, P> {
        let read_in = self.read_in(order);
        all.sort_by_cached_key(&id);
        if read_in == Order::NewestFirst {
            all.reverse();
        }
        all.retain(|row| match &self.anchor {
            Anchor::First => true,
            Anchor::After(boundary) if read_in == Order::NewestFirst => id(row) < *boundary,
            Anchor::After(boundary) => id(row) > *boundary,
            Anchor::UpTo(boundary) if read_in == Order::NewestFirst => id(row) <= *boundary,
            Anchor::UpTo(boundary) => id(row) >= *boundary,
        });
        let count = fitting(&all[..all.len().min(self.limit)]);
        let end = match &self.anchor {
            Anchor::First | Anchor::After(_) => {
                all.get(..count).filter(|_| count < all.len()).and_then(<[T]>::last)
            }
            // The last row of the page before.
            Anchor::UpTo(_) => all.get(count),
        };
        let end = end.map(&id);
        all.truncate(count);
        self.page_until(end, all)
    }
}

/// How many of these rows fit into one answer: the first always does. `shown` is what makes a row large.
pub fn fitting<T, S: Serialize>(rows: &[T], shown: impl Fn(&T) -> &S) -> usize {
    let mut bytes = 0;
    let fits = rows.iter().take_while(|row| {
        bytes += ROW_BYTES + serde_json::to_vec(shown(row)).map_or(0, |json| json.len());
        bytes <= MAX_PAGE_BYTES
    });
    fits.count().max(rows.len().min(1))
}

/// The neighbour of an id that comes after it in this order, whether or not there is such a row.
fn beside<P: SortableId>(id: P, order: Order) -> P {
    match order {
        Order::NewestFirst => id.predecessor(),
        Order::OldestFirst => id.successor(),
    }
}

/// A window in time, as a caller asks for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// The first instant.
    pub since: Option<Timestamp>,
    /// The instant after the last.
    pub until: Option<Timestamp>,
}

impl Span {
    /// The window, cut to the retention of `workspace`.
    pub(crate) fn within(self, workspace: &Workspace, now: Timestamp) -> Result<Window, Problem> {
        self.since_oldest(workspace.oldest_kept(now), now)
    }

    /// The window, cut to what is kept, from `oldest` on. A window before that is empty; a window that ends before it begins
    /// is a problem.
    pub(crate) fn since_oldest(self, oldest: Timestamp, now: Timestamp) -> Result<Window, Problem> {
        let Self { since, until } = self;
        if let (Some(since), Some(until)) = (since, until)
            && until <= since
        {
            return Err(Problem::invalid("until", "must be after `since`"));
        }
        let newest = now.plus(MAX_ID_AHEAD);
        let until = until.unwrap_or(newest).min(newest);
        Ok(Window { since: since.unwrap_or(oldest).max(oldest).min(until), until })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::WorkspaceId;
    use proptest::prelude::*;

    /// Pages from the first to the last, and the same ones on the way back from the last to the first.
    fn there_and_back(order: Order, all: &[WorkspaceId], limit: usize) -> [Vec<Vec<WorkspaceId>>; 2] {
        let page = |anchor| Rows { anchor, limit }.page_of(order, all.to_vec(), |id| *id);
        let mut there = vec![page(Anchor::First)];
        while let Some(next) = there.last().unwrap().next {
            there.push(page(Anchor::After(next)));
        }
        let mut back = vec![there.last().unwrap().clone()];
        while let Some(previous) = back.last().unwrap().previous {
            back.push(page(Anchor::UpTo(previous)));
        }
        back.reverse();
        [there, back].map(|pages| pages.into_iter().map(|page| page.rows).collect())
    }

    proptest! {
        #[test]
        fn the_way_back_passes_the_same_pages(
            ids in prop::collection::btree_set(1..500u128, 0..60), limit in 1..9usize, newest_first: bool,
        ) {
            let order = if newest_first { Order::NewestFirst } else { Order::OldestFirst };
            let all: Vec<_> = ids.iter().map(|id| WorkspaceId::from_bytes(id.to_be_bytes())).collect();
            let [there, back] = there_and_back(order, &all, limit);
            prop_assert_eq!(&there, &back);
            let mut listed = there.concat();
            if newest_first {
                listed.reverse();
            }
            prop_assert_eq!(listed, all);
        }
    }

    #[test]
    fn a_page_ends_before_it_is_too_large_for_an_answer() {
        let row = |number: usize, bytes: usize| (format!("{number:03}"), "x".repeat(bytes));
        let half = MAX_PAGE_BYTES / 2 - 2 * ROW_BYTES;
        let all =
            vec![row(2, half), row(1, half), row(3, half), row(4, 2 * MAX_PAGE_BYTES), row(5, 1), row(6, 1)];
        let name = |row: &(String, String)| row.0.clone();
        let page = |anchor, limit| {
            Rows { anchor, limit }.page_in_answer(Order::OldestFirst, all.clone(), name, |row| row)
        };
        let shown =
            |page: &ListPage<(String, String), String>| page.rows.iter().map(name).collect::<Vec<_>>();
        let first = page(Anchor::First, 9);
        assert_eq!((shown(&first), first.previous), (vec!["001".to_owned(), "002".to_owned()], None));
        let second = page(Anchor::After(first.next.unwrap()), 9);
        assert_eq!((shown(&second), second.previous.as_deref()), (vec!["003".to_owned()], Some("002")));
        let third = page(Anchor::After(second.next.unwrap()), 9);
        assert_eq!(shown(&third), ["004"], "larger than an answer, and alone");
        let last = page(Anchor::After(third.next.unwrap()), 9);
        assert_eq!((shown(&last), last.next), (vec!["005".to_owned(), "006".to_owned()], None));
        // And back.
        let before = page(Anchor::UpTo(last.previous.unwrap()), 9);
        assert_eq!((shown(&before), before.next.as_deref()), (vec!["004".to_owned()], Some("004")));
        let before = page(Anchor::UpTo(before.previous.unwrap()), 9);
        // On the way back a page ends where its first row would be too many.
        let two = vec!["002".to_owned(), "003".to_owned()];
        assert_eq!((shown(&before), before.previous.as_deref()), (two, Some("001")));
        assert_eq!(shown(&page(Anchor::UpTo("002".to_owned()), 1)), ["002"]);
    }

    const DAY: i64 = 86_400_000;

    #[test]
    fn a_window_is_cut_to_what_is_kept_and_never_turned_round() {
        let at = |days: i64| Timestamp::from_millis(days * DAY);
        let settings = serde_json::from_str(r#"{"name":"a","retention_days":10}"#).unwrap();
        let workspace = Workspace::new(WorkspaceId::new(at(0), 1), settings, at(0));
        let now = at(100);
        let within = |since, until| Span { since, until }.within(&workspace, now);
        let all = within(None, None).unwrap();
        assert_eq!((all.since, all.until), (at(90), now.plus(MAX_ID_AHEAD)));
        let cut = within(Some(at(1)), Some(at(95))).unwrap();
        assert_eq!((cut.since, cut.until), (at(90), at(95)));
        for over in [within(Some(at(1)), Some(at(2))), within(Some(at(200)), None)] {
            let over = over.unwrap();
            assert!(over.since == over.until);
        }
        assert_eq!(within(Some(at(95)), Some(at(95))).unwrap_err().errors()[0].pointer, "until");
    }
}
