//! How is one partition read in order?
//! By a `Query` over a range of sort keys; the one place that writes a key condition.

use std::collections::HashMap;
use std::str::FromStr;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};

use crate::Store;
use crate::error::StoreError;
use crate::keys::{LOOKUP, LOOKUP_SORT, PK, SK, UNDELIVERED, UNDELIVERED_SORT};
use crate::table::item::Attributes;

/// The maximum number of rows that are read for one page of a filtered list. Then the page ends, short as it may be, and
/// its `next` continues the list: so no page takes longer than a request may.
pub(crate) const EXAMINED_AT_MOST: usize = 2_000;

/// The most that is read for one page of a sharded list, in DynamoDB's read units of 8 KB (eventually consistent): 16 MB.
/// A list leaves payloads out of its answer, but DynamoDB reads them: 2,000 events can have 500 MB.
pub(crate) const READ_UNITS_AT_MOST: f64 = 2_048.0;

/// A range of rows of one partition, and their order.
#[derive(Debug, Clone)]
pub(crate) struct Range {
    pub(crate) partition: String,
    pub(crate) low: String,
    pub(crate) high: String,
    pub(crate) newest_first: bool,
    pub(crate) consistent: bool,
    pub(crate) index: Option<Index>,
    /// Only these attributes of the rows; all, if the list is empty.
    pub(crate) attributes: &'static [&'static str],
    /// At most one page of DynamoDB's, 1 MB, is read at once, even if it has fewer rows than asked for; its read units are
    /// counted.
    pub(crate) one_page: bool,
}

/// The rows of a [`Range`].
pub(crate) struct Rows {
    pub(crate) rows: Vec<Attributes>,
    /// Whether there are more.
    pub(crate) more: bool,
    /// The read units that they took; only counted where one page is read at once.
    pub(crate) units: f64,
}

/// An index to read instead of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Index {
    Lookup,
    Undelivered,
}

impl Index {
    /// Name, partition key and sort key.
    fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Lookup => (LOOKUP, LOOKUP, LOOKUP_SORT),
            Self::Undelivered => (UNDELIVERED, UNDELIVERED, UNDELIVERED_SORT),
        }
    }
}

impl Range {
    /// Every row of `partition` whose sort key starts with `prefix` (ASCII), oldest first.
    pub(crate) fn prefix(partition: String, prefix: &str) -> Self {
        Self {
            partition,
            low: prefix.to_owned(),
            high: format!("{prefix}\u{7f}"),
            newest_first: false,
            consistent: false,
            index: None,
            attributes: &[],
            one_page: false,
        }
    }

    /// Every row of `partition`, oldest first.
    pub(crate) fn whole(partition: String) -> Self {
        // DynamoDB refuses an empty key.
        Self { low: "!".to_owned(), ..Self::prefix(partition, "") }
    }

    pub(crate) fn newest_first(mut self) -> Self {
        self.newest_first = true;
        self
    }

    pub(crate) fn consistent(mut self) -> Self {
        self.consistent = true;
        self
    }

    pub(crate) fn of(mut self, index: Index) -> Self {
        self.index = Some(index);
        self
    }

    /// At most one page of DynamoDB's at once.
    pub(crate) fn one_page(mut self) -> Self {
        self.one_page = true;
        self
    }

    /// Only these attributes of the rows.
    pub(crate) fn only(mut self, attributes: &'static [&'static str]) -> Self {
        self.attributes = attributes;
        self
    }

    /// Only rows that do not sort before `sort_key`.
    pub(crate) fn from(mut self, sort_key: String) -> Self {
        self.low = self.low.max(sort_key);
        self
    }

    /// Only rows that sort after `sort_key`.
    pub(crate) fn after(self, sort_key: &str) -> Self {
        // `BETWEEN` includes its ends; keys of one kind have one length, so this is the first key after it.
        self.from(format!("{sort_key}!"))
    }

    /// Only rows that sort before `sort_key`.
    pub(crate) fn before(mut self, sort_key: &str) -> Self {
        // `BETWEEN` includes its ends; no id holds a byte below `!`, so this is the last key before it.
        let last = match sort_key.as_bytes().split_last() {
            Some((last, head)) if sort_key.is_ascii() => {
                let head = String::from_utf8_lossy(head);
                format!("{head}{}\u{7f}", char::from(last.saturating_sub(1)))
            }
            _ => sort_key.to_owned(),
        };
        self.high = self.high.min(last);
        self
    }

    /// Only rows that come beyond `sort_key` in the range's order.
    pub(crate) fn beyond(self, sort_key: &str) -> Self {
        if self.newest_first { self.before(sort_key) } else { self.after(sort_key) }
    }
}

/// The id that a sort key ends with.
pub(crate) fn id_in<I: FromStr>(sort_key: &str) -> Result<I, StoreError> {
    let id = sort_key.rsplit('#').next().unwrap_or(sort_key);
    id.parse().map_err(|_| StoreError::damaged("row", "its sort key holds no id"))
}

impl Store {
    /// At most `limit` rows of `range`, and whether there are more. Pages of DynamoDB are put together.
    pub(crate) async fn query(&self, range: &Range, limit: usize) -> Result<Rows, StoreError> {
        // DynamoDB refuses an empty range.
        if range.low > range.high {
            return Ok(Rows { rows: Vec::new(), more: false, units: 0.0 });
        }
        let names = range.index.map(Index::names);
        let (pk, sk) = names.map_or((PK, SK), |(_, pk, sk)| (pk, sk));
        // Some of the names are reserved words of DynamoDB.
        let placeholders = || (0..).map(|n| format!("#a{n}")).zip(range.attributes);
        let projection: Vec<String> = placeholders().map(|(placeholder, _)| placeholder).collect();
        let mut expression_names: HashMap<String, String> =
            placeholders().map(|(placeholder, name)| (placeholder, (*name).to_owned())).collect();
        expression_names.extend([("#pk".to_owned(), pk.to_owned()), ("#sk".to_owned(), sk.to_owned())]);
        let (mut rows, mut units): (Vec<Attributes>, f64) = (Vec::new(), 0.0);
        let mut start = None;
        loop {
            // One row more than wanted shows whether there is another page.
            let wanted = limit.saturating_add(1).saturating_sub(rows.len());
            let answer = self
                .client
                .query()
                .table_name(&*self.table)
                .set_index_name(names.map(|(name, ..)| name.to_owned()))
                .key_condition_expression("#pk = :pk AND #sk BETWEEN :low AND :high")
                .set_projection_expression((!projection.is_empty()).then(|| projection.join(", ")))
                .set_expression_attribute_names(Some(expression_names.clone()))
                .expression_attribute_values(":pk", AttributeValue::S(range.partition.clone()))
                .expression_attribute_values(":low", AttributeValue::S(range.low.clone()))
                .expression_attribute_values(":high", AttributeValue::S(range.high.clone()))
                .scan_index_forward(!range.newest_first)
                .consistent_read(range.consistent && range.index.is_none())
                .limit(i32::try_from(wanted).unwrap_or(i32::MAX))
                .set_return_consumed_capacity(range.one_page.then_some(ReturnConsumedCapacity::Total))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(StoreError::aws("Query"))?;
            units +=
                answer.consumed_capacity.and_then(|consumed| consumed.capacity_units).unwrap_or_default();
            rows.extend(answer.items.unwrap_or_default());
            start = answer.last_evaluated_key.filter(|key| !key.is_empty());
            if rows.len() > limit {
                rows.truncate(limit);
                return Ok(Rows { rows, more: true, units });
            }
            if start.is_none() || (range.one_page && !rows.is_empty()) {
                return Ok(Rows { rows, more: start.is_some(), units });
            }
        }
    }
}
