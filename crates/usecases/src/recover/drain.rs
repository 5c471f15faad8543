//! How do parked deliveries get out again? Step by step: each sends some of them, oldest first, at a rate that grows
//! up to the endpoint's own, and leaves word of how far it has come.

use std::time::Duration;

use domain::delivery::{Delivery, DeliveryStatus};
use domain::endpoint::Endpoint;
use domain::id::EndpointKey;
use domain::policy::limits::RateLimit;
use domain::timestamp::Timestamp;
use queue::{Job, Task};
use store::Page;
use store::rows::drains::Drain;

use crate::context::Context;
use crate::error::Fault;

/// Deliveries of the first second.
pub const FIRST_RATE: u32 = 20;
/// Most deliveries a second, whatever an endpoint can take.
pub const MAX_RATE: u32 = 500;
/// Between two steps.
pub const STEP: Duration = Duration::from_secs(1);
/// How far ahead a drain fills the slots of an endpoint with a rate. The rest is left to new events.
const AHEAD: Duration = Duration::from_secs(3);
/// Longest that one step may take; then another process may go on.
const LEASE: Duration = Duration::from_secs(60);
/// Senders remember an open circuit for a few seconds and may park on after it has closed; and what was sent last may
/// still be on its way. A drain looks again after so long a quiet.
pub const QUIET: Duration = Duration::from_secs(10);

/// Begins to drain what is parked for an endpoint, unless that is under way.
pub(crate) async fn start_drain(context: &Context, endpoint: EndpointKey) -> Result<(), Fault> {
    owe_drain(context, endpoint).await?;
    // Also when it was under way: should its task have been lost, this one goes on.
    context.queue.send_task(task(endpoint), Duration::ZERO).await?;
    Ok(())
}

/// Writes down that an endpoint is to be drained as soon as it can be. The schedule sees to it that it is.
pub(crate) async fn owe_drain(context: &Context, endpoint: EndpointKey) -> Result<(), Fault> {
    Ok(context.store.start_drain(endpoint, FIRST_RATE, context.clock.now()).await?)
}

/// Does one step of a drain.
///
/// # Errors
/// [`Fault`] when table or queue cannot be used; the task then comes back.
pub async fn drain_step(context: &Context, key: EndpointKey) -> Result<(), Fault> {
    // 1. Is it ours to do?
    let now = context.clock.now();
    let leased = context.store.lease_drain(key, now, now.plus(LEASE)).await?;
    let Some(mut drain) = leased else { return Ok(()) };

    // 2. May the endpoint be drained? One that is off begins anew when it is switched on; one whose circuit is open is
    // owed its drain, and begins at the lowest rate when it has recovered.
    let endpoint = context.store.load_endpoint(key).await?;
    let Some(endpoint) = endpoint.filter(|endpoint| endpoint.settings.active) else {
        tracing::info!(endpoint = %key.id, workspace = %key.workspace, sent = drain.sent, "drain stopped");
        return end(context, key, &drain).await;
    };
    if context.store.load_health(key).await?.is_some_and(|health| health.is_open()) {
        (drain.cursor, drain.rate, drain.last_sent_at) = (None, FIRST_RATE, None);
        return Ok(context.store.save_drain(key, &drain, now).await?);
    }

    // 3. Send the next ones.
    let most = room(context, &endpoint, drain.rate, now).await?;
    let page = match usize::try_from(most).unwrap_or(usize::MAX) {
        0 => Page { rows: Vec::new(), next: drain.cursor },
        most => context.store.undelivered(key.id, DeliveryStatus::Parked, drain.cursor, now, most).await?,
    };
    send(context, &page.rows, now).await?;
    drain.cursor = page.next.or(page.rows.last().map(|delivery| delivery.id)).or(drain.cursor);
    drain.sent += u64::try_from(page.rows.len()).unwrap_or_default();
    if !page.rows.is_empty() {
        drain.last_sent_at = Some(now);
    }

    // 4. Was that all? Senders may have parked on for a few seconds, and the index shows what is parked a moment later:
    // so once more from the start, until nothing is found.
    let busy_until = drain.last_sent_at.map_or(drain.wanted_at, |sent| sent.max(drain.wanted_at));
    let quiet = now.since(busy_until) >= QUIET;
    if page.rows.is_empty() && page.next.is_none() && most > 0 && quiet {
        if drain.cursor.is_none() {
            tracing::info!(endpoint = %key.id, workspace = %key.workspace, sent = drain.sent, "drained");
            return end(context, key, &drain).await;
        }
        drain.cursor = None;
    }
    drain.rate = (drain.rate * 2).min(MAX_RATE);
    if !page.rows.is_empty() {
        let (now_sent, next_rate) = (page.rows.len(), drain.rate);
        tracing::info!(endpoint = %key.id, workspace = %key.workspace, now_sent, sent = drain.sent, next_rate, "a step of a drain was done");
    }
    context.store.save_drain(key, &drain, now.plus(STEP)).await?;
    context.queue.send_task(task(key), STEP).await?;
    Ok(())
}

/// Ends a drain, unless it was asked for again since this step began: then it goes on.
async fn end(context: &Context, key: EndpointKey, drain: &Drain) -> Result<(), Fault> {
    if !context.store.end_drain(key, drain.wanted_at).await? {
        let again = Drain { cursor: None, ..drain.clone() };
        context.store.save_drain(key, &again, context.clock.now()).await?;
        context.queue.send_task(task(key), STEP).await?;
    }
    Ok(())
}

/// The task of the next step.
fn task(endpoint: EndpointKey) -> Task {
    Task::Drain { workspace: endpoint.workspace, endpoint: endpoint.id }
}

/// How many deliveries the endpoint can take until the next step: at most `rate`, and no more than find a slot and a
/// place soon.
async fn room(context: &Context, endpoint: &Endpoint, rate: u32, now: Timestamp) -> Result<u32, Fault> {
    let key = endpoint.key();
    let mut most = rate;
    if let Some(limit) = endpoint.settings.rate_limit {
        most = most.min(slots_within_reach(limit, context.store.slots_ahead(key, now).await?));
    }
    if let Some(places) = endpoint.settings.max_concurrency {
        // Where all are taken, attempts are slow, and more jobs would only look for a place in vain.
        let taken = context.store.places_taken(key, now).await?;
        most = most.min(if taken < places { places.saturating_mul(10) } else { places });
    }
    Ok(most)
}

/// How many deliveries find a slot soon: as many as keep the rate busy until well after the next step; one at least when
/// none is waiting, however slow the rate.
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
