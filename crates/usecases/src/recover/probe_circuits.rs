//! Who notices that an endpoint has recovered when nothing is sent to it? Each time the schedule looks, once a minute,
//! every open circuit at which nothing has failed for 45 s is probed with the oldest delivery parked for it.

use std::time::Duration;

use domain::delivery::DeliveryStatus;
use domain::timestamp::Timestamp;
use queue::{Job, Task};

use crate::context::Context;
use crate::error::Fault;

/// A drain's task comes every second; one that stayed away so long is lost.
const LOST_AFTER_MILLIS: i64 = 120_000;

/// Probes every open circuit that is due; gives how many.
///
/// # Errors
/// [`Fault`] when table or queue cannot be used.
pub async fn probe_circuits(context: &Context) -> Result<usize, Fault> {
    let now = context.clock.now();
    let mut jobs = Vec::new();
    for (key, health) in context.store.open_circuits().await? {
        if !health.is_probe_due(now) {
            continue;
        }
        let endpoint = context.store.load_endpoint(key).await?;
        if !endpoint.is_some_and(|endpoint| endpoint.settings.active) {
            context.store.unlist_circuit(key, &health).await?;
            continue;
        }
        let oldest = context.store.oldest_undelivered(key.id, DeliveryStatus::Parked, now).await?;
        jobs.extend(oldest.iter().map(Job::probe));
    }
    context.queue.send(&jobs, now).await?;
    Ok(jobs.len())
}

/// Goes on with drains whose task was lost; gives how many.
///
/// # Errors
/// [`Fault`] when table or queue cannot be used.
pub async fn resume_drains(context: &Context) -> Result<usize, Fault> {
    let now = context.clock.now();
    let before = Timestamp::from_millis(now.as_millis() - LOST_AFTER_MILLIS);
    let lost = context.store.lost_drains(before).await?;
    for endpoint in &lost {
        let task = Task::Drain { workspace: endpoint.workspace, endpoint: endpoint.id };
        context.queue.send_task(task, Duration::ZERO).await?;
    }
    Ok(lost.len())
}
