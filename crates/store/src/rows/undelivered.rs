//! What waits for a person or a drain? Failed and parked deliveries, from the sparse index that only they are in.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::delivery::{Delivery, DeliveryStatus};
use domain::id::{DeliveryId, EndpointId};
use domain::timestamp::Timestamp;

use crate::error::StoreError;
use crate::keys::{self, UNDELIVERED_SORT};
use crate::rows::deliveries::read;
use crate::table::item::Attributes;
use crate::table::query::{EXAMINED_AT_MOST, Index, Range, id_in};
use crate::{Page, Store};

impl Store {
    /// Undelivered deliveries of an endpoint that have this status (failed or parked), oldest first, those made
    /// `after` another only. A row written a moment ago may be missed.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn undelivered(
        &self,
        endpoint: EndpointId,
        status: DeliveryStatus,
        after: Option<DeliveryId>,
        now: Timestamp,
        limit: usize,
    ) -> Result<Page<Delivery, DeliveryId>, StoreError> {
        let Some(prefix) = keys::undelivered_prefix(status) else {
            return Ok(Page { rows: Vec::new(), next: None });
        };
        let mut range = Range::prefix(keys::undelivered_partition(endpoint), prefix).of(Index::Undelivered);
        if let Some(after) = after {
            range = range.after(&format!("{prefix}{after}"));
        }
        self.walk_undelivered(range, limit, |row| Ok(read(endpoint, row, now)?.map(|row| row.delivery))).await
    }

    /// The oldest undelivered delivery of an endpoint that has this status (failed or parked).
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn oldest_undelivered(
        &self,
        endpoint: EndpointId,
        status: DeliveryStatus,
        now: Timestamp,
    ) -> Result<Option<Delivery>, StoreError> {
        let mut after = None;
        loop {
            // What has expired is the oldest of all, and DynamoDB deletes it up to days later.
            let mut page = self.undelivered(endpoint, status, after, now, 1).await?;
            if page.rows.is_empty() && page.next.is_some() {
                after = page.next;
            } else {
                return Ok(page.rows.pop());
            }
        }
    }

    /// At most `limit` rows of `range`, a range of [`Index::Undelivered`], of those that `keep` turns into a delivery.
    pub(crate) async fn walk_undelivered(
        &self,
        mut range: Range,
        limit: usize,
        keep: impl Fn(Attributes) -> Result<Option<Delivery>, StoreError>,
    ) -> Result<Page<Delivery, DeliveryId>, StoreError> {
        let (mut kept, mut examined) = (Vec::new(), 0);
        loop {
            // The more was passed over, the more is read at once.
            let wanted = (limit - kept.len()).max(examined).min(EXAMINED_AT_MOST - examined);
            let read = self.query(&range, wanted).await?;
            let mut rows = read.rows.into_iter();
            let mut last = None;
            while kept.len() < limit
                && let Some(row) = rows.next()
            {
                examined += 1;
                last = row.get(UNDELIVERED_SORT).cloned();
                kept.extend(keep(row)?);
            }
            let more = read.more || rows.len() > 0;
            let Some(AttributeValue::S(last)) = last.filter(|_| more) else {
                return Ok(Page { rows: kept, next: None });
            };
            if kept.len() == limit || examined == EXAMINED_AT_MOST {
                return Ok(Page { rows: kept, next: Some(id_in(&last)?) });
            }
            range = range.beyond(&last);
        }
    }
}
