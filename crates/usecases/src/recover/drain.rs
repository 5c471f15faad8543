//! How are parked deliveries sent again?
//! A drain is stepwise work: each step sends some of them, oldest first, at a rate that grows up to the endpoint's rate
//! limit.

use std::time::Duration;

use domain::delivery::{Delivery, DeliveryStatus};
use domain::endpoint::Endpoint;
use domain::id::{DeliveryId, EndpointKey};
use domain::policy::limits::RateLimit;
use domain::timestamp::Timestamp;
use queue::{Job, Task};
use store::rows::drains::Drain;
use store::{Lease, Listing, Page, Store, StoreError, Window};

use crate::context::Context;
use crate::error::Fault;
use crate::stepwise::{self, Next, PAUSE, Stepwise};

/// The number of deliveries sent in the first second.
pub const FIRST_RATE: u32 = 20;
/// The maximum number of deliveries per second, for every endpoint.
pub const MAX_RATE: u32 = 500;
/// The pause between two steps.
pub const STEP: Duration = PAUSE;
/// How far ahead a drain reserves slots of an endpoint's rate limit. Later slots are left to new events.
const AHEAD: Duration = Duration::from_secs(3);
/// A drain ends only after nothing was parked for this long: senders cache an open circuit for a few seconds and may park
/// deliveries after it has closed, and the last jobs of the drain may still be on their way.
pub const QUIET: Duration = Duration::from_secs(10);

/// Begins the drain of an endpoint's parked deliveries, unless it is under way.
pub(crate) async fn start_drain(context: &Context, endpoint: EndpointKey) -> Result<(), Fault> {
    owe_drain(context, endpoint).await?;
    // Also when it is under way: if its task was lost, this one continues it.
    context.queue.send_task(task(endpoint), Duration::ZERO).await?;
    Ok(())
}

/// Records that an endpoint's drain is owed. The schedule begins it as soon as possible.
pub(crate) async fn owe_drain(context: &Context, endpoint: EndpointKey) -> Result<(), Fault> {
    Ok(context.store.start_drain(endpoint, FIRST_RATE, context.clock.now()).await?)
}

/// Does one step of a drain.
///
/// # Errors
/// [`Fault`] when table or queue cannot be used; the task then comes back.
pub async fn drain_step(context: &Context, endpoint: EndpointKey) -> Result<(), Fault> {
    stepwise::step::<Drain>(context, endpoint).await
}

/// Resumes drains whose task was lost; returns how many.
///
/// # Errors
/// [`Fault`] when table or queue cannot be used.
pub async fn resume_drains(context: &Context) -> Result<usize, Fault> {
    stepwise::resume::<Drain>(context).await
}

fn task(endpoint: EndpointKey) -> Task {
    Task::Drain { workspace: endpoint.workspace, endpoint: endpoint.id }
}

impl Stepwise for Drain {
    type Key = EndpointKey;

    fn task(&self) -> Task {
        task(self.endpoint)
    }

    async fn claim(
        store: &Store,
        key: EndpointKey,
        now: Timestamp,
    ) -> Result<Option<(Lease, Self)>, StoreError> {
        store.claim_drain(key, now).await
    }

    async fn step(&mut self, context: &Context, now: Timestamp) -> Result<Next, Fault> {
        // 1. May the endpoint be drained? If it is off, the drain begins again when it is switched on. If its circuit is
        // open, the drain is owed, and begins at the lowest rate after the recovery.
        let EndpointKey { workspace, id } = self.endpoint;
        let endpoint = context.store.load_endpoint(self.endpoint).await?;
        let Some(endpoint) = endpoint.filter(|endpoint| endpoint.settings.active) else {
            tracing::info!(endpoint = %id, %workspace, sent = self.sent, "drain stopped: the endpoint is switched off or deleted");
            return Ok(Next::Over);
        };
        if context.store.load_health(self.endpoint).await?.is_some_and(|health| health.is_open()) {
            (self.cursor, self.rate, self.last_sent_at) = (None, FIRST_RATE, None);
            return Ok(Next::Rest);
        }

        // 2. Send the next deliveries.
        let most = room(context, &endpoint, self.rate, now).await?;
        let page = next_parked(context, self, most, now).await?;
        send(context, &page.rows, now).await?;
        self.cursor = page.next.or(page.rows.last().map(|delivery| delivery.id)).or(self.cursor);
        self.sent += u64::try_from(page.rows.len()).unwrap_or_default();
        if !page.rows.is_empty() {
            self.last_sent_at = Some(now);
        }

        // 3. Was that all? Senders may park deliveries for a few more seconds, and the index shows them a moment later:
        // so read from the start again, until nothing is found.
        let found_none = page.rows.is_empty() && page.next.is_none() && most > 0;
        if found_none && is_quiet(self, now) {
            if self.cursor.is_none() {
                tracing::info!(endpoint = %id, %workspace, sent = self.sent, "drain finished: nothing is parked any more");
                return Ok(Next::Over);
            }
            self.cursor = None;
        }
        self.rate = (self.rate * 2).min(MAX_RATE);
        if !page.rows.is_empty() {
            let (now_sent, next_rate) = (page.rows.len(), self.rate);
            tracing::info!(endpoint = %id, %workspace, now_sent, sent = self.sent, next_rate, "drain step done");
        }
        Ok(Next::StepAfter(STEP))
    }

    async fn save(&self, store: &Store, lease: &Lease, next: Timestamp) -> Result<bool, StoreError> {
        store.save_drain(lease, self, next).await
    }

    async fn end(&mut self, store: &Store, lease: &Lease, _now: Timestamp) -> Result<bool, StoreError> {
        let ended = store.end_drain(lease, self).await?;
        if !ended {
            // Asked for again: from the start.
            self.cursor = None;
        }
        Ok(ended)
    }

    async fn lost(store: &Store, before: Timestamp) -> Result<Vec<Self>, StoreError> {
        store.lost_drains(before).await
    }
}

/// Whether the drain has sent nothing for a while, and was not asked for meanwhile.
fn is_quiet(drain: &Drain, now: Timestamp) -> bool {
    let busy_until = drain.last_sent_at.map_or(drain.wanted_at, |sent| sent.max(drain.wanted_at));
    now.since(busy_until) >= QUIET
}

/// At most `most` parked deliveries, the oldest beyond the drain's cursor.
async fn next_parked(
    context: &Context,
    drain: &Drain,
    most: u32,
    now: Timestamp,
) -> Result<Page<Delivery, DeliveryId>, Fault> {
    let limit = usize::try_from(most).unwrap_or(usize::MAX);
    if limit == 0 {
        return Ok(Page { rows: Vec::new(), next: drain.cursor });
    }
    let listing = Listing::oldest_first(Window::everything(), DeliveryStatus::Parked, limit);
    Ok(context.store.list_undelivered(drain.endpoint.id, &listing.beyond(drain.cursor), now).await?)
}

/// How many deliveries the endpoint can take until the next step: at most `rate`, and no more than get a slot and a lease
/// soon.
async fn room(context: &Context, endpoint: &Endpoint, rate: u32, now: Timestamp) -> Result<u32, Fault> {
    let key = endpoint.key();
    let mut most = rate;
    if let Some(limit) = endpoint.settings.rate_limit {
        most = most.min(slots_within_reach(limit, context.store.slots_ahead(key, now).await?));
    }
    if let Some(leases) = endpoint.settings.max_concurrency {
        // If all leases are held, attempts are slow, and more jobs would only ask for a lease in vain.
        let held = context.store.held_leases(key, now).await?;
        most = most.min(if held < leases { leases.saturating_mul(10) } else { leases });
    }
    Ok(most)
}

/// How many deliveries get a slot soon: as many as fill the rate until well after the next step, and at least one when
/// none is waiting, however slow the rate is.
fn slots_within_reach(limit: RateLimit, ahead: Duration) -> u32 {
    let free = AHEAD.saturating_sub(ahead).as_micros() / limit.interval().as_micros().max(1);
    u32::try_from(free).unwrap_or(u32::MAX).max(u32::from(ahead.is_zero()))
}

async fn send(context: &Context, deliveries: &[Delivery], now: Timestamp) -> Result<(), Fault> {
    let jobs: Vec<Job> = deliveries.iter().map(Job::drain).collect();
    Ok(context.queue.send(&jobs, now).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_the_slowest_rate_lets_one_delivery_out_when_none_is_waiting() {
        let slow = RateLimit::PerMinute(1);
        assert_eq!(slots_within_reach(slow, Duration::ZERO), 1);
        assert_eq!(slots_within_reach(slow, Duration::from_secs(50)), 0);
        assert_eq!(slots_within_reach(RateLimit::PerSecond(100), Duration::ZERO), 300);
    }
}
