//! How are rows listed in order that stand in many partitions?
//! A sharded list: one partition a day and shard, merged by sort key while it is read.
//!
//! Each shard of a day is a lane that is read in small pages, of at most 1 MB each; the sort keys order by time. Days
//! are read backwards or forwards, until enough rows are found, the last day is passed, or as much was read as may be for
//! one page. The days are few: nothing is kept for more than 90.

use std::collections::VecDeque;
use std::fmt::Display;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::timestamp::Timestamp;
use futures_util::future::try_join_all;

use crate::error::StoreError;
use crate::keys::{Day, SK};
use crate::table::item::Attributes;
use crate::table::listing::{Listing, Order, Window};
use crate::table::query::{EXAMINED_AT_MOST, Range, id_in};
use crate::{Page, Store};

/// The most bytes that one page takes: 16 MB. A list leaves payloads out of its answer, but DynamoDB reads them: 2,000
/// events can have 500 MB. A search also unpacks them, and small rows can hold large payloads.
const UNPACKED_AT_MOST: usize = 16 * 1024 * 1024;
/// The same in DynamoDB's read units, of 8 KB where reads are eventually consistent.
const READ_UNITS_AT_MOST: f64 = 2_048.0;

/// Lanes read at once.
const LANES_AT_ONCE: usize = 32;

/// A list whose rows are sharded by day and by a part of their ids.
pub(crate) struct ShardedList<F, I> {
    /// The partition of a day and shard.
    pub(crate) partition: F,
    /// The number of shards per day.
    pub(crate) shards: u8,
    /// What the sort keys start with; ids follow.
    pub(crate) prefix: &'static str,
    /// Only these attributes of the rows; all, if the list is empty.
    pub(crate) attributes: &'static [&'static str],
    /// The first id of an instant, with the randomness 0.
    pub(crate) id: fn(Timestamp, u128) -> I,
    /// The instant of an id.
    pub(crate) time: fn(I) -> Timestamp,
}

/// A row that was looked at.
pub(crate) struct Examined<T> {
    /// What was made of it; `None` if it is passed over.
    pub(crate) row: Option<T>,
    /// The bytes of a payload that were unpacked to look into it.
    pub(crate) unpacked: usize,
}

impl<T> From<Option<T>> for Examined<T> {
    fn from(row: Option<T>) -> Self {
        Self { row, unpacked: 0 }
    }
}

/// The work that was done for one page.
#[derive(Default)]
struct Spent {
    rows: usize,
    read_units: f64,
    unpacked: usize,
}

impl Spent {
    /// Whether one more row may be looked at, with so many bytes of payload.
    fn can_take(&self, unpacked: usize) -> bool {
        self.rows < EXAMINED_AT_MOST && self.unpacked + unpacked <= UNPACKED_AT_MOST
    }

    fn take(&mut self, unpacked: usize) {
        self.rows += 1;
        self.unpacked += unpacked;
    }
}

/// A page, and how many rows were looked at for it.
pub(crate) struct Found<T, I> {
    pub(crate) page: Page<T, I>,
    pub(crate) examined: usize,
}

/// One shard of one day: the rows read and not yet merged, in order.
struct Lane {
    range: Range,
    rows: VecDeque<(String, Attributes)>,
    more: bool,
}

impl Store {
    /// The rows of `listing` in order, except those that `keep` passes over.
    pub(crate) async fn read_sharded<F, I, W, T>(
        &self,
        list: &ShardedList<F, I>,
        listing: &Listing<I, W>,
        keep: impl Fn(Attributes) -> Result<Examined<T>, StoreError>,
    ) -> Result<Found<T, I>, StoreError>
    where
        F: Fn(Day, u8) -> String,
        I: Copy + Display + FromStr,
    {
        let limit = listing.limit;
        let shards = usize::from(list.shards);
        let mut days = list.days(listing);
        // Most lists end in their first day; only when they do not are several days read at once.
        let mut days_at_once = 1;
        let (mut rows, mut spent, mut last) = (Vec::new(), Spent::default(), None);
        loop {
            let mut lanes = Vec::new();
            for day in days.by_ref().take(days_at_once) {
                lanes.extend((0..list.shards).map(|shard| list.lane(listing, day, shard)));
            }
            if lanes.is_empty() {
                return Ok(Found { page: Page { rows, next: None }, examined: spent.rows });
            }
            days_at_once = (LANES_AT_ONCE / shards).max(1);
            loop {
                // What was read is used up first: a lane without rows may hold the next one.
                if let Some(last) = last.as_deref()
                    && spent.read_units >= READ_UNITS_AT_MOST
                    && lanes.iter().any(Lane::is_dry)
                {
                    return Ok(Found { page: Page { rows, next: Some(id_in(last)?) }, examined: spent.rows });
                }
                // The more rows were skipped, the more are read at once.
                let page_size = (limit / shards + 4).max(spent.rows / shards);
                spent.read_units += self.refill(&mut lanes, page_size).await?;
                let Some((sort_key, row)) = take_next(&mut lanes, listing.order) else { break };
                let Examined { row, unpacked } = keep(row)?;
                let full = rows.len() == limit && row.is_some();
                if let Some(last) = last.as_deref()
                    && (full || !spent.can_take(unpacked))
                {
                    return Ok(Found { page: Page { rows, next: Some(id_in(last)?) }, examined: spent.rows });
                }
                rows.extend(row);
                spent.take(unpacked);
                last = Some(sort_key);
            }
        }
    }

    /// Reads the next page of every lane without rows; gives the read units that it took.
    async fn refill(&self, lanes: &mut [Lane], page_size: usize) -> Result<f64, StoreError> {
        let mut reads = Vec::new();
        for lane in lanes.iter_mut().filter(|lane| lane.is_dry()) {
            reads.push(self.read_on(lane, page_size));
        }
        Ok(try_join_all(reads).await?.into_iter().sum())
    }

    async fn read_on(&self, lane: &mut Lane, page_size: usize) -> Result<f64, StoreError> {
        let page = self.query(&lane.range, page_size).await?;
        lane.rows = page.rows.into_iter().map(with_sort_key).collect::<Result<_, _>>()?;
        // Nothing is filtered out by DynamoDB: when there is another row, at least one is given.
        lane.more = page.more && !lane.rows.is_empty();
        if let Some((last, _)) = lane.rows.back() {
            lane.range = lane.range.clone().beyond(last);
        }
        Ok(page.units)
    }
}

impl Lane {
    /// Whether its next row, if there is one, was not read yet.
    fn is_dry(&self) -> bool {
        self.more && self.rows.is_empty()
    }
}

impl<F: Fn(Day, u8) -> String, I: Copy + Display> ShardedList<F, I> {
    /// The days to read, in order.
    fn days<W>(&self, listing: &Listing<I, W>) -> impl Iterator<Item = Day> + use<F, I, W> {
        let from = listing.beyond.map(self.time);
        let Window { since, until } = listing.window;
        let (first, last) = match listing.order {
            Order::NewestFirst => (from.map_or(until, |from| from.min(until)), since),
            Order::OldestFirst => (from.map_or(since, |from| from.max(since)), until),
        };
        let (mut day, last, order) = (Day::of(first), Day::of(last), listing.order);
        std::iter::from_fn(move || {
            let this = day;
            let over = match order {
                Order::NewestFirst => this < last,
                Order::OldestFirst => this > last,
            };
            day = match order {
                Order::NewestFirst => this.before(),
                Order::OldestFirst => this.after(),
            };
            (!over).then_some(this)
        })
    }

    fn lane<W>(&self, listing: &Listing<I, W>, day: Day, shard: u8) -> Lane {
        let Window { since, until } = listing.window;
        let range = Range::prefix((self.partition)(day, shard), self.prefix)
            .from(self.sort_key(&(self.id)(since, 0)))
            .before(&self.sort_key(&(self.id)(until, 0)))
            .only(self.attributes)
            .one_page()
            .listed(self.prefix, listing);
        Lane { range, rows: VecDeque::new(), more: true }
    }

    fn sort_key(&self, id: &I) -> String {
        format!("{}{id}", self.prefix)
    }
}

fn take_next(lanes: &mut [Lane], order: Order) -> Option<(String, Attributes)> {
    let key = |lane: &Lane| lane.rows.front().map(|(sort_key, _)| sort_key.clone());
    let ready = lanes.iter_mut().filter(|lane| !lane.rows.is_empty());
    let next = match order {
        Order::NewestFirst => ready.max_by_key(|lane| key(lane)),
        Order::OldestFirst => ready.min_by_key(|lane| key(lane)),
    };
    next?.rows.pop_front()
}

fn with_sort_key(row: Attributes) -> Result<(String, Attributes), StoreError> {
    match row.get(SK) {
        Some(AttributeValue::S(sort_key)) => Ok((sort_key.clone(), row)),
        _ => Err(StoreError::damaged("row", "it has no sort key")),
    }
}
