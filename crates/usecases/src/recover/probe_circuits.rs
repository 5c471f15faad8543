//! How is a recovery noticed when nothing is sent to an endpoint?
//! By probes: once a minute every open circuit whose last failure is 45 s old gets the oldest delivery parked for it.

use domain::delivery::DeliveryStatus;
use queue::Job;

use crate::context::Context;
use crate::error::Fault;

/// Probes every open circuit that is due; returns how many.
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
