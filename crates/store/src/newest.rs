//! How are rows that are spread over days and shards listed newest first?
//!
//! Each shard of a day is a lane that is read in small pages; the lanes are merged by their sort keys, which order
//! by time. Days are walked backwards until enough rows are found or the oldest day is passed.

use std::collections::VecDeque;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::timestamp::Timestamp;
use futures_util::future::try_join_all;

use crate::error::StoreError;
use crate::items::Attributes;
use crate::keys::{Day, SK};
use crate::query::Range;
use crate::{Page, Store};

/// Lanes read at once.
const LANES_AT_ONCE: usize = 32;

/// From `since` up to, not including, `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first instant.
    pub since: Timestamp,
    /// The instant after the last.
    pub until: Timestamp,
}

impl Window {
    /// Whether `instant` lies in it.
    pub fn holds(self, instant: Timestamp) -> bool {
        self.since <= instant && instant < self.until
    }
}

/// A list spread over days and shards.
pub(crate) struct Spread<F> {
    /// The partition of a day and shard.
    pub(crate) partition: F,
    /// Shards a day.
    pub(crate) shards: u8,
    /// What the sort keys start with; ids follow.
    pub(crate) prefix: &'static str,
    /// Rows of days after this instant's are not looked for.
    pub(crate) newest: Timestamp,
    /// Only rows that sort before this key.
    pub(crate) before: Option<String>,
    /// Rows of days before this instant's are not looked for.
    pub(crate) oldest: Timestamp,
}

/// One shard of one day: the rows read and not yet merged, newest first.
struct Lane {
    range: Range,
    rows: VecDeque<(String, Attributes)>,
    more: bool,
}

impl Store {
    /// At most `limit` rows, newest first, of those that `keep` turns into something.
    pub(crate) async fn newest_first<F, T>(
        &self,
        spread: Spread<F>,
        limit: usize,
        keep: impl Fn(Attributes) -> Result<Option<T>, StoreError>,
    ) -> Result<Page<T>, StoreError>
    where
        F: Fn(Day, u8) -> String,
    {
        let page_size = limit / usize::from(spread.shards) + 4;
        let oldest = Day::of(spread.oldest);
        let mut day = Day::of(spread.newest);
        // Most lists end in their newest day; only when they do not are several days read at once.
        let mut days_at_once = 1;
        let mut kept = Vec::new();
        while day >= oldest {
            let mut lanes = Vec::new();
            for _ in 0..days_at_once {
                if day >= oldest {
                    lanes.extend((0..spread.shards).map(|shard| spread.lane(day, shard)));
                }
                day = day.before();
            }
            days_at_once = (LANES_AT_ONCE / usize::from(spread.shards)).max(1);
            loop {
                self.refill(&mut lanes, page_size).await?;
                let Some(row) = take_newest(&mut lanes) else { break };
                if let Some(row) = keep(row)? {
                    if kept.len() == limit {
                        return Ok(Page { rows: kept, more: true });
                    }
                    kept.push(row);
                }
            }
        }
        Ok(Page { rows: kept, more: false })
    }

    /// Reads the next page of every lane that has run dry.
    async fn refill(&self, lanes: &mut [Lane], page_size: usize) -> Result<(), StoreError> {
        let mut reads = Vec::new();
        for lane in lanes.iter_mut().filter(|lane| lane.more && lane.rows.is_empty()) {
            reads.push(self.read_on(lane, page_size));
        }
        try_join_all(reads).await?;
        Ok(())
    }

    async fn read_on(&self, lane: &mut Lane, page_size: usize) -> Result<(), StoreError> {
        let page = self.query(&lane.range, page_size).await?;
        lane.more = page.more;
        lane.rows = page.rows.into_iter().map(with_sort_key).collect::<Result<_, _>>()?;
        if let Some((last, _)) = lane.rows.back() {
            lane.range = lane.range.clone().before(last);
        }
        Ok(())
    }
}

impl<F: Fn(Day, u8) -> String> Spread<F> {
    fn lane(&self, day: Day, shard: u8) -> Lane {
        let mut range = Range::prefix((self.partition)(day, shard), self.prefix).newest_first();
        if let Some(before) = &self.before {
            range = range.before(before);
        }
        Lane { range, rows: VecDeque::new(), more: true }
    }
}

fn take_newest(lanes: &mut [Lane]) -> Option<Attributes> {
    let key = |lane: &Lane| lane.rows.front().map(|(sort_key, _)| sort_key.clone());
    let newest = lanes.iter_mut().filter(|lane| !lane.rows.is_empty()).max_by_key(|lane| key(lane))?;
    newest.rows.pop_front().map(|(_, row)| row)
}

fn with_sort_key(row: Attributes) -> Result<(String, Attributes), StoreError> {
    match row.get(SK) {
        Some(AttributeValue::S(sort_key)) => Ok((sort_key.clone(), row)),
        _ => Err(StoreError::damaged("row", "it has no sort key")),
    }
}
