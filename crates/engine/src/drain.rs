//! How do parked deliveries get out again? Step by step: each sends some of them, oldest first, at a rate that grows
//! up to the endpoint's own, and leaves word of how far it has come.

use std::time::Duration;

use domain::delivery::{Delivery, DeliveryStatus};
use domain::id::{EndpointId, WorkspaceId};
use domain::limits::RateLimit;
use domain::timestamp::Timestamp;
use queue::{Job, Task};
use store::Page;
use store::drains::Drain;

use crate::accept_event::Intake;
use crate::error::Fault;

/// Deliveries of the first second.
const FIRST_RATE: u32 = 20;
/// Most deliveries a second, whatever an endpoint can take.
const MAX_RATE: u32 = 500;
/// Between two steps.
const STEP: Duration = Duration::from_secs(1);
/// How far ahead a drain fills the slots of an endpoint with a rate. The rest is left to new events.
const AHEAD: Duration = Duration::from_secs(3);
/// Longest that one step may take; then another process may go on.
const LEASE: Duration = Duration::from_secs(60);
/// Senders remember an open circuit for a few seconds and may park on after it has closed; and what was sent last may
/// still be on its way. After so long a quiet whatever is parked is left behind.
const QUIET: Duration = Duration::from_secs(10);
/// Parked deliveries read at once when looking for latecomers.
const PAGE: usize = 250;

/// Begins to drain what is parked for an endpoint, unless that is under way.
pub(crate) async fn start_drain(intake: &Intake, ws: WorkspaceId, we: EndpointId) -> Result<(), Fault> {
    intake.store.start_drain(ws, we, FIRST_RATE, intake.clock.now()).await?;
    // Also when it was under way: should its task have been lost, this one goes on.
    intake.queue.send_task(Task::Drain { workspace: ws, endpoint: we }, Duration::ZERO).await?;
    Ok(())
}

/// Does one step of a drain.
///
/// # Errors
/// [`Fault`] when table or queue cannot be used; the task then comes back.
pub async fn drain_step(intake: &Intake, ws: WorkspaceId, we: EndpointId) -> Result<(), Fault> {
    // 1. Is it ours to do?
    let now = intake.clock.now();
    let leased = intake.store.lease_drain(ws, we, now, now.plus(LEASE)).await?;
    let Some(mut drain) = leased else { return Ok(()) };

    // 2. Is the endpoint still to be drained? If not, the rest stays parked until it recovers again.
    let endpoint = intake.store.load_endpoint(ws, we).await?;
    let health = intake.store.load_health(ws, we).await?;
    let stopped = health.is_some_and(|health| health.is_open());
    let Some(endpoint) = endpoint.filter(|endpoint| endpoint.settings.active && !stopped) else {
        tracing::info!(endpoint = %we, workspace = %ws, sent = drain.sent, "drain stopped");
        return Ok(intake.store.end_drain(ws, we).await?);
    };

    // 3. Send the next ones.
    let most = match endpoint.settings.rate_limit {
        None => drain.rate,
        Some(limit) => drain.rate.min(room(limit, intake.store.slots_ahead(ws, we, now).await?)),
    };
    let page = match usize::try_from(most).unwrap_or(PAGE) {
        0 => Page { rows: Vec::new(), more: true },
        most => intake.store.undelivered(we, DeliveryStatus::Parked, drain.cursor, now, most).await?,
    };
    send(intake, &page.rows, now).await?;
    drain.cursor = page.rows.last().map(|delivery| delivery.id).or(drain.cursor);
    if !page.rows.is_empty() {
        drain.last_sent_at = Some(now);
    }
    drain.sent += u64::try_from(page.rows.len()).unwrap_or_default();

    // 4. Was that all?
    if page.rows.is_empty()
        && !page.more
        && now.since(drain.last_sent_at.unwrap_or(drain.started_at)) >= QUIET
    {
        let late = send_latecomers(intake, we, &drain, now).await?;
        tracing::info!(endpoint = %we, workspace = %ws, sent = drain.sent + late, "drained");
        return Ok(intake.store.end_drain(ws, we).await?);
    }
    drain.rate = (drain.rate * 2).min(MAX_RATE);
    intake.store.save_drain(ws, we, &drain, now.plus(STEP)).await?;
    intake.queue.send_task(Task::Drain { workspace: ws, endpoint: we }, STEP).await?;
    Ok(())
}

/// How many deliveries find a slot soon: as many as keep the rate busy until well after the next step.
fn room(limit: RateLimit, ahead: Duration) -> u32 {
    let free = AHEAD.saturating_sub(ahead).as_micros() / limit.interval().as_micros().max(1);
    u32::try_from(free).unwrap_or(u32::MAX)
}

/// Deliveries older than where the drain has come, parked after it began.
async fn send_latecomers(
    intake: &Intake,
    we: EndpointId,
    drain: &Drain,
    now: Timestamp,
) -> Result<u64, Fault> {
    let (mut after, mut sent) = (None, 0);
    loop {
        let page = intake.store.undelivered(we, DeliveryStatus::Parked, after, now, PAGE).await?;
        after = page.rows.last().map(|delivery| delivery.id);
        let late = page.rows.into_iter().filter(|delivery| delivery.updated_at >= drain.started_at);
        let late: Vec<_> = late.collect();
        send(intake, &late, now).await?;
        sent += u64::try_from(late.len()).unwrap_or_default();
        if !page.more {
            return Ok(sent);
        }
    }
}

async fn send(intake: &Intake, deliveries: &[Delivery], now: Timestamp) -> Result<(), Fault> {
    let jobs: Vec<Job> = deliveries.iter().map(|delivery| job(delivery, false)).collect();
    Ok(intake.queue.send(&jobs, now).await?)
}

/// A job that attempts a parked delivery again; the payload is in the event's row.
pub(crate) fn job(delivery: &Delivery, probe: bool) -> Job {
    Job {
        workspace: delivery.workspace_id,
        endpoint: delivery.endpoint_id,
        event: delivery.event_id,
        delivery: delivery.id,
        event_type: delivery.event_type.clone(),
        occurred_at: delivery.occurred_at,
        payload: None,
        not_before: None,
        probe,
        // A parked delivery of a replay stays one.
        run: delivery.run,
        force: false,
        recheck: true,
    }
}
