//! Which deliveries wait for a person or a drain?
//! Failed and parked ones, and those that wait long for a retry, read from the sparse index that holds no others.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::delivery::{Delivery, DeliveryStatus};
use domain::id::{DeliveryId, EndpointId};
use domain::timestamp::Timestamp;

use crate::error::StoreError;
use crate::keys::{self, EXPIRES_AT, LONG_WAITS, UNDELIVERED_SORT};
use crate::rows::deliveries::read;
use crate::table::item::{Attributes, ItemReader};
use crate::table::listing::{Listing, Order, Window};
use crate::table::query::{EXAMINED_AT_MOST, Index, Range, id_in};
use crate::{Page, Store};

impl Store {
    /// A page of an endpoint's undelivered deliveries with the status of the listing (failed or parked). A row written a
    /// moment ago may be missing.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn list_undelivered(
        &self,
        endpoint: EndpointId,
        listing: &Listing<DeliveryId, DeliveryStatus>,
        now: Timestamp,
    ) -> Result<Page<Delivery, DeliveryId>, StoreError> {
        let Some(prefix) = keys::undelivered_prefix(listing.filter) else {
            return Ok(Page { rows: Vec::new(), next: None });
        };
        let keep = |row| Ok(read(endpoint, row, now)?.map(|row| row.delivery));
        self.walk_undelivered(endpoint, prefix, listing, keep).await
    }

    /// Part of the deliveries of an endpoint that wait long for a retry: of those whose wait began until the instant that
    /// is the listing's filter, and is not nearly over. A row written a moment ago may be missed.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn list_long_waits(
        &self,
        endpoint: EndpointId,
        listing: &Listing<DeliveryId, Timestamp>,
        now: Timestamp,
    ) -> Result<Page<Delivery, DeliveryId>, StoreError> {
        let asked_for =
            |delivery: &Delivery| delivery.updated_at <= listing.filter && delivery.can_be_woken(now);
        let keep = |row| Ok(read(endpoint, row, now)?.map(|row| row.delivery).filter(asked_for));
        self.walk_undelivered(endpoint, LONG_WAITS, listing, keep).await
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
        let mut listing = Listing::oldest_first(Window::everything(), status, 1);
        loop {
            // Expired rows are the oldest, and DynamoDB deletes them up to days later.
            let mut page = self.list_undelivered(endpoint, &listing, now).await?;
            if page.rows.is_empty() && page.next.is_some() {
                listing = listing.beyond(page.next);
            } else {
                return Ok(page.rows.pop());
            }
        }
    }

    /// How many deliveries of an endpoint have this status (failed or parked), up to `most`, and whether these are all.
    ///
    /// # Errors
    /// [`StoreError`] when DynamoDB refuses or a row is damaged.
    pub async fn count_undelivered(
        &self,
        endpoint: EndpointId,
        status: DeliveryStatus,
        most: usize,
        now: Timestamp,
    ) -> Result<(usize, bool), StoreError> {
        let Some(prefix) = keys::undelivered_prefix(status) else { return Ok((0, true)) };
        let range = Range::prefix(keys::undelivered_partition(endpoint), prefix).of(Index::Undelivered);
        // Rows that have expired and are not yet deleted are the oldest: they come last.
        let read = self.query(&range.only(&[EXPIRES_AT]).newest_first(), most).await?;
        let mut count = 0;
        for row in read.rows {
            let expires_at: i64 = ItemReader::new(row, "delivery").number(EXPIRES_AT)?;
            count += usize::from(expires_at > now.as_seconds());
        }
        Ok((count, !read.more))
    }

    /// The rows of [`Index::Undelivered`] under `prefix`: those that `keep` turns into a delivery.
    pub(crate) async fn walk_undelivered<W>(
        &self,
        endpoint: EndpointId,
        prefix: &str,
        listing: &Listing<DeliveryId, W>,
        keep: impl Fn(Attributes) -> Result<Option<Delivery>, StoreError>,
    ) -> Result<Page<Delivery, DeliveryId>, StoreError> {
        let (mut range, limit) = (undelivered_range(endpoint, prefix, listing), listing.limit);
        let (mut kept, mut examined) = (Vec::new(), 0);
        loop {
            // The more rows were skipped, the more are read at once.
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

fn undelivered_range<W>(endpoint: EndpointId, prefix: &str, listing: &Listing<DeliveryId, W>) -> Range {
    let Window { since, until } = listing.window;
    let mut range = Range::prefix(keys::undelivered_partition(endpoint), prefix)
        .of(Index::Undelivered)
        .from(format!("{prefix}{}", DeliveryId::new(since, 0)))
        .before(&format!("{prefix}{}", DeliveryId::new(until, 0)));
    if listing.order == Order::NewestFirst {
        range = range.newest_first();
    }
    match listing.beyond {
        Some(id) => range.beyond(&format!("{prefix}{id}")),
        None => range,
    }
}
