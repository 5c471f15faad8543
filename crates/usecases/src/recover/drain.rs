//! How are parked deliveries sent again, and retries that wait long brought forward?
//! A drain is stepwise work: each step sends some of them, oldest first, at a rate that grows up to the endpoint's rate
//! limit.

use std::time::Duration;

use domain::delivery::{Delivery, DeliveryStatus};
use domain::endpoint::Endpoint;
use domain::id::{DeliveryId, EndpointKey};
use domain::policy::limits::RateLimit;
use domain::timestamp::Timestamp;
use queue::{Job, Task};
use store::rows::drains::{Drain, DrainReason};
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
/// A drain that was asked for within this time is asked for by senders that park deliveries now.
const WANTED_LATELY: Duration = Duration::from_secs(4);
/// A drain ends only after nothing was parked for this long: senders cache an open circuit for a few seconds and may park
/// deliveries after it has closed, and the last jobs of the drain may still be on their way.
pub const QUIET: Duration = Duration::from_secs(10);

/// Begins the drain of an endpoint's deliveries that wait, unless it is under way.
pub(crate) async fn start_drain(
    context: &Context,
    endpoint: EndpointKey,
    reason: DrainReason,
) -> Result<(), Fault> {
    owe_drain(context, endpoint, reason).await?;
    // Also when it is under way: if its task was lost, this one continues it.
    context.queue.send_task(task(endpoint), Duration::ZERO).await?;
    Ok(())
}

/// Records that an endpoint's drain is owed. The schedule begins it as soon as possible.
pub(crate) async fn owe_drain(
    context: &Context,
    endpoint: EndpointKey,
    reason: DrainReason,
) -> Result<(), Fault> {
    Ok(context.store.start_drain(endpoint, reason, FIRST_RATE, context.clock.now()).await?)
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

/// Goes on with all drains after the process has been started again, the only one; returns how many.
///
/// # Errors
/// [`Fault`] when table or queue cannot be used.
pub async fn go_on_with_drains(context: &Context) -> Result<usize, Fault> {
    stepwise::go_on::<Drain>(context).await
}

fn task(endpoint: EndpointKey) -> Task {
    Task::Drain { workspace: endpoint.workspace, endpoint: endpoint.id }
}

impl Stepwise for Drain {
    type Key = EndpointKey;

    fn key(&self) -> EndpointKey {
        self.endpoint
    }

    fn task(key: EndpointKey) -> Task {
        task(key)
    }

    async fn claim(
        store: &Store,
        key: EndpointKey,
        now: Timestamp,
    ) -> Result<Option<(Lease, Self)>, StoreError> {
        store.claim_drain(key, now).await
    }

    async fn step_ends(
        store: &Store,
        key: EndpointKey,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        store.drain_step_ends(key, now).await
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
        let most = room(context, self, &endpoint, now).await?;
        let page = next_waiting(context, self, most, now).await?;
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
                tracing::info!(endpoint = %id, %workspace, sent = self.sent, "drain finished: nothing waits any more");
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

    async fn lost(store: &Store, now: Timestamp) -> Result<Vec<Self>, StoreError> {
        store.lost_drains(now).await
    }
}

/// Whether the drain has sent nothing for a while, and was not asked for meanwhile.
fn is_quiet(drain: &Drain, now: Timestamp) -> bool {
    let busy_until = drain.last_sent_at.map_or(drain.wanted_at, |sent| sent.max(drain.wanted_at));
    now.since(busy_until) >= QUIET
}

/// At most `most` deliveries that are parked or, after a recovery, wait long for a retry: the oldest beyond the drain's
/// cursor. A retry whose wait began after the recovery is left alone: the endpoint was well, and refused that delivery.
async fn next_waiting(
    context: &Context,
    drain: &Drain,
    most: u32,
    now: Timestamp,
) -> Result<Page<Delivery, DeliveryId>, Fault> {
    let limit = usize::try_from(most).unwrap_or(usize::MAX);
    if limit == 0 {
        return Ok(Page { rows: Vec::new(), next: drain.cursor });
    }
    let (store, endpoint) = (&context.store, drain.endpoint.id);
    let parked = Listing::oldest_first(Window::everything(), DeliveryStatus::Parked, limit);
    let parked = store.list_undelivered(endpoint, &parked.beyond(drain.cursor), now).await?;
    let Some(recovered_at) = drain.recovered_at else { return Ok(parked) };
    let waits = Listing::oldest_first(Window::everything(), recovered_at, limit);
    let waits = store.list_long_waits(endpoint, &waits.beyond(drain.cursor), now).await?;
    Ok(merged(parked, waits, limit))
}

/// Two pages of the same order as one of at most `limit`. It ends where one of them ends while its list goes on: what
/// follows there may come before the rest of the other.
fn merged(
    one: Page<Delivery, DeliveryId>,
    other: Page<Delivery, DeliveryId>,
    limit: usize,
) -> Page<Delivery, DeliveryId> {
    let read_to = [one.next, other.next].into_iter().flatten().min();
    let mut rows: Vec<Delivery> = one.rows.into_iter().chain(other.rows).collect();
    rows.sort_by_key(|delivery| delivery.id);
    let in_order = rows.partition_point(|delivery| read_to.is_none_or(|last| delivery.id <= last));
    let is_cut = limit < in_order || (in_order < rows.len() && read_to.is_none());
    rows.truncate(in_order.min(limit));
    let next = if is_cut { rows.last().map(|delivery| delivery.id) } else { read_to };
    Page { rows, next }
}

/// How many deliveries the endpoint can take until the next step: at most the drain's rate, and no more than find a slot
/// and a lease soon.
async fn room(context: &Context, drain: &Drain, endpoint: &Endpoint, now: Timestamp) -> Result<u32, Fault> {
    let key = endpoint.key();
    let mut most = drain.rate;
    if let Some(limit) = endpoint.settings.rate_limit {
        most = most.min(slots_within_reach(limit, context.store.slots_ahead(key, now).await?));
    }
    if let Some(leases) = endpoint.settings.max_concurrency {
        // Jobs that find no lease park their deliveries again, and then want the drain.
        let parking = now.since(drain.wanted_at) < WANTED_LATELY;
        let held = context.store.leases(key).await?;
        let busy = held.taken(now) >= leases;
        most = most.min(leases_within_reach(leases, held.attempts_last, busy, parking));
    }
    Ok(most)
}

/// How many deliveries get a slot soon: as many as fill the rate until well after the next step, and at least one when
/// none is waiting, however slow the rate is.
fn slots_within_reach(limit: RateLimit, ahead: Duration) -> u32 {
    let free = AHEAD.saturating_sub(ahead).as_micros() / limit.interval().as_micros().max(1);
    u32::try_from(free).unwrap_or(u32::MAX).max(u32::from(ahead.is_zero()))
}

/// How many deliveries find a lease until the next step, by how long attempts last. Where leases are free, nothing waits
/// for them: then twice as many, so that something does. Where deliveries are parked for want of a lease, too many wait.
fn leases_within_reach(leases: u32, attempts_last: Option<Duration>, busy: bool, parking: bool) -> u32 {
    let Some(lasts) = attempts_last else { return leases * if busy { 1 } else { 10 } };
    let in_a_step = u128::from(leases) * STEP.as_millis() / lasts.as_millis().max(1);
    let in_a_step = u32::try_from(in_a_step).unwrap_or(u32::MAX).max(1);
    match (busy, parking) {
        (false, _) => in_a_step.saturating_mul(2).max(leases),
        (true, false) => in_a_step,
        (true, true) => (in_a_step / 4).max(1),
    }
}

async fn send(context: &Context, deliveries: &[Delivery], now: Timestamp) -> Result<(), Fault> {
    let job = |delivery: &Delivery| match delivery.status {
        DeliveryStatus::Retrying => Job::wake(delivery),
        _ => Job::drain(delivery),
    };
    let jobs: Vec<Job> = deliveries.iter().map(job).collect();
    Ok(context.queue.send(&jobs, now).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::event::event_type::EventType;
    use domain::id::{EndpointId, EventId, WorkspaceId};
    use proptest::prelude::*;

    fn deliveries(minutes: &[u16]) -> Vec<Delivery> {
        let event_type = EventType::parse("invoice.paid").unwrap();
        let at = |minute: u16| Timestamp::from_millis(i64::from(minute) * 60_000);
        let (workspace, endpoint) = (WorkspaceId::new(at(0), 1), EndpointId::new(at(0), 2));
        let delivery = |minute: &u16| {
            let event = EventId::new(at(*minute), u128::from(*minute));
            Delivery::new(workspace, endpoint, event, event_type.clone(), at(*minute))
        };
        minutes.iter().map(delivery).collect()
    }

    /// What a list gives beyond `cursor`: at most `limit` rows, after reading at most `examined`.
    fn page(
        all: &[Delivery],
        cursor: Option<DeliveryId>,
        limit: usize,
        examined: usize,
    ) -> Page<Delivery, DeliveryId> {
        let rest: Vec<_> =
            all.iter().filter(|delivery| cursor.is_none_or(|last| delivery.id > last)).cloned().collect();
        let read = limit.min(examined).min(rest.len());
        let next = (read < rest.len()).then(|| rest[read - 1].id);
        Page { rows: rest[..read].to_vec(), next }
    }

    proptest! {
        #[test]
        fn two_lists_are_drained_in_one_order_and_nothing_is_left_out(
            mut minutes in proptest::collection::btree_set(0u16..2_000, 0..60), which in any::<u64>(), limit in 1usize..9,
            examined in 1usize..12,
        ) {
            let all: Vec<u16> = std::mem::take(&mut minutes).into_iter().collect();
            let (left, right): (Vec<_>, Vec<_>) = all.iter().partition(|minute| which >> (**minute % 64) & 1 == 0);
            let (left, right) = (deliveries(&left), deliveries(&right));
            let (mut cursor, mut sent) = (None, Vec::new());
            for _ in 0..200 {
                let both = merged(page(&left, cursor, limit, examined), page(&right, cursor, limit, examined), limit);
                prop_assert!(both.rows.len() <= limit);
                let done = both.next.is_none();
                cursor = both.next.or(both.rows.last().map(|delivery| delivery.id)).or(cursor);
                sent.extend(both.rows);
                if done {
                    break;
                }
            }
            prop_assert_eq!(sent, deliveries(&all));
        }
    }

    #[test]
    fn even_the_slowest_rate_lets_one_delivery_out_when_none_is_waiting() {
        let slow = RateLimit::PerMinute(1);
        assert_eq!(slots_within_reach(slow, Duration::ZERO), 1);
        assert_eq!(slots_within_reach(slow, Duration::from_secs(50)), 0);
        assert_eq!(slots_within_reach(RateLimit::PerSecond(100), Duration::ZERO), 300);
    }

    #[test]
    fn a_drain_keeps_the_leases_of_an_endpoint_busy_and_not_many_jobs_waiting() {
        let lasts = |millis| Some(Duration::from_millis(millis));
        assert_eq!(leases_within_reach(10, lasts(150), true, false), 66);
        assert_eq!(leases_within_reach(10, lasts(150), false, true), 132);
        assert_eq!(leases_within_reach(10, lasts(150), true, true), 16);
        assert_eq!(leases_within_reach(1, lasts(9_000), true, true), 1);
        assert_eq!(leases_within_reach(3, lasts(9_000), false, false), 3);
        assert_eq!([false, true].map(|busy| leases_within_reach(3, None, busy, false)), [30, 3]);
    }
}
