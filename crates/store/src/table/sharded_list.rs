//! How are rows listed in order that stand in many partitions?
//! A sharded list: one partition a day and shard, merged by sort key while it is read.
//!
//! Each shard of a day is a lane that is read in small pages; the sort keys order by time. Days are read backwards or
//! forwards, until enough rows are found, the last day is passed, or the maximum number of rows or bytes for one page was
//! read. The days are few: nothing is kept for more than 90.

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
use crate::table::query::{EXAMINED_AT_MOST, READ_UNITS_AT_MOST, Range, id_in};
use crate::{Page, Store};

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

/// One shard of one day: the rows read and not yet merged, in order.
struct Lane {
    range: Range,
    rows: VecDeque<(String, Attributes)>,
    more: bool,
}

impl Store {
    /// The rows of `listing` in order, except those for which `keep` returns `None`.
    pub(crate) async fn read_sharded<F, I, W, T>(
        &self,
        list: &ShardedList<F, I>,
        listing: &Listing<I, W>,
        keep: impl Fn(Attributes) -> Result<Option<T>, StoreError>,
    ) -> Result<Page<T, I>, StoreError>
    where
        F: Fn(Day, u8) -> String,
        I: Copy + Display + FromStr,
    {
        let limit = listing.limit;
        let shards = usize::from(list.shards);
        let mut days = list.days(listing);
        // Most lists end in their first day; only when they do not are several days read at once.
        let mut days_at_once = 1;
        let (mut kept, mut examined, mut last) = (Vec::new(), 0, None);
        let mut units = 0.0;
        loop {
            let mut lanes = Vec::new();
            for day in days.by_ref().take(days_at_once) {
                lanes.extend((0..list.shards).map(|shard| list.lane(listing, day, shard)));
            }
            if lanes.is_empty() {
                return Ok(Page { rows: kept, next: None });
            }
            days_at_once = (LANES_AT_ONCE / shards).max(1);
            loop {
                // What was read is used up first: a lane without rows may hold the next one.
                if let Some(last) = last.as_deref()
                    && units >= READ_UNITS_AT_MOST
                    && lanes.iter().any(Lane::is_dry)
                {
                    return Ok(Page { rows: kept, next: Some(id_in(last)?) });
                }
                // The more rows were skipped, the more are read at once.
                units += self.refill(&mut lanes, (limit / shards + 4).max(examined / shards)).await?;
                let Some((sort_key, row)) = take_next(&mut lanes, listing.order) else { break };
                let row = keep(row)?;
                let full = kept.len() == limit && row.is_some();
                if let Some(last) = last.as_deref()
                    && (full || examined == EXAMINED_AT_MOST)
                {
                    return Ok(Page { rows: kept, next: Some(id_in(last)?) });
                }
                kept.extend(row);
                examined += 1;
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
        lane.more = page.more;
        lane.rows = page.rows.into_iter().map(with_sort_key).collect::<Result<_, _>>()?;
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
        let mut range = Range::prefix((self.partition)(day, shard), self.prefix)
            .from(self.sort_key(&(self.id)(since, 0)))
            .before(&self.sort_key(&(self.id)(until, 0)))
            .only(self.attributes)
            .one_page();
        if listing.order == Order::NewestFirst {
            range = range.newest_first();
        }
        if let Some(id) = &listing.beyond {
            range = range.beyond(&self.sort_key(id));
        }
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
