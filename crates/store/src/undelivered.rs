//! What waits for a person or a drain? Failed and parked deliveries, from the sparse index that only they are in.

use domain::delivery::{Delivery, DeliveryStatus};
use domain::id::{DeliveryId, EndpointId};
use domain::timestamp::Timestamp;

use crate::deliveries::read;
use crate::error::StoreError;
use crate::keys;
use crate::query::{Index, Range};
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
    ) -> Result<Page<Delivery>, StoreError> {
        let Some(prefix) = keys::undelivered_prefix(status) else {
            return Ok(Page { rows: Vec::new(), more: false });
        };
        let mut range = Range::prefix(keys::undelivered_partition(endpoint), prefix).of(Index::Undelivered);
        if let Some(after) = after {
            range = range.after(&format!("{prefix}{after}"));
        }
        let page = self.query(&range, limit).await?;
        let mut rows = Vec::with_capacity(page.rows.len());
        for row in page.rows {
            rows.extend(read(endpoint, row, now)?.map(|row| row.delivery));
        }
        Ok(Page { rows, more: page.more })
    }
}
