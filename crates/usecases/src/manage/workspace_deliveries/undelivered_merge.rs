//! How are the failed and parked deliveries of a workspace listed in one order?
//! A merge of sorted lists: one partition of the index `undelivered` an endpoint and status, each read in small pages.

use std::collections::VecDeque;

use domain::delivery::{Delivery, DeliveryStatus};
use domain::id::{DeliveryId, EndpointId, SortableId as _};
use futures_util::{StreamExt as _, TryStreamExt as _};
use store::{Listing, Order};

use crate::error::UseCaseError;
use crate::manage::workspace_deliveries::{EXAMINED_AT_MOST, Listed, Read, Reading};

/// Partitions that are read at once.
const LANES_AT_ONCE: usize = 16;

/// The deliveries of one endpoint with one status: those that were read and not yet merged, in order.
struct Lane {
    endpoint: EndpointId,
    status: DeliveryStatus,
    beyond: Option<DeliveryId>,
    rows: VecDeque<Delivery>,
    more: bool,
}

impl Reading<'_> {
    /// Reads the index from `start` on.
    pub(super) async fn merge_undelivered(
        &self,
        statuses: &[DeliveryStatus],
        start: Option<DeliveryId>,
    ) -> Result<Read<DeliveryId>, UseCaseError> {
        let beyond = match self.order {
            Order::NewestFirst => start,
            Order::OldestFirst => start.map(DeliveryId::predecessor),
        };
        let lane = |endpoint, status| Lane { endpoint, status, beyond, rows: VecDeque::new(), more: true };
        let mut lanes = Vec::new();
        for endpoint in self.endpoints(usize::MAX).await? {
            lanes.extend(statuses.iter().map(|status| lane(endpoint, *status)));
        }
        let (mut rows, mut examined) = (Vec::new(), 0);
        loop {
            // The more rows were left out, the more are read at once.
            let wanted = (self.limit / lanes.len().max(1) + 4).max(examined / lanes.len().max(1));
            self.refill(&mut lanes, wanted).await?;
            let Some(delivery) = take_next(&mut lanes, self.order) else {
                return Ok(Read { rows, stopped_at: None, examined });
            };
            let is_asked_for = delivery.workspace_id == self.workspace && self.asks_for(&delivery);
            if (rows.len() == self.limit && is_asked_for) || examined == EXAMINED_AT_MOST {
                let stopped_at = match self.order {
                    Order::NewestFirst => delivery.id.successor(),
                    Order::OldestFirst => delivery.id,
                };
                return Ok(Read { rows, stopped_at: Some(stopped_at), examined });
            }
            examined += 1;
            rows.extend(is_asked_for.then(|| Listed::Delivery(Box::new(delivery))));
        }
    }

    /// Reads on every lane without rows.
    async fn refill(&self, lanes: &mut [Lane], wanted: usize) -> Result<(), UseCaseError> {
        let dry = lanes.iter_mut().filter(|lane| lane.more && lane.rows.is_empty());
        let reads: Vec<_> = dry.map(|lane| self.read_on(lane, wanted)).collect();
        futures_util::stream::iter(reads).buffer_unordered(LANES_AT_ONCE).try_collect::<Vec<()>>().await?;
        Ok(())
    }

    async fn read_on(&self, lane: &mut Lane, wanted: usize) -> Result<(), UseCaseError> {
        let store = &self.context.store;
        while lane.more && lane.rows.is_empty() {
            let (order, beyond, window) = (self.order, lane.beyond, self.window);
            let listing = Listing { order, beyond, window, filter: lane.status, limit: wanted };
            let page = store.list_undelivered(lane.endpoint, &listing, self.context.clock.now()).await?;
            lane.rows = page.rows.into();
            (lane.more, lane.beyond) = (page.next.is_some(), page.next);
        }
        Ok(())
    }
}

fn take_next(lanes: &mut [Lane], order: Order) -> Option<Delivery> {
    let id = |lane: &Lane| lane.rows.front().map(|delivery| delivery.id);
    let ready = lanes.iter_mut().filter(|lane| !lane.rows.is_empty());
    let next = match order {
        Order::NewestFirst => ready.max_by_key(|lane| id(lane)),
        Order::OldestFirst => ready.min_by_key(|lane| id(lane)),
    };
    next?.rows.pop_front()
}
