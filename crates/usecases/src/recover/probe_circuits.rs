//! How is a recovery noticed when nothing is sent to an endpoint?
//! By probes: once a minute every open circuit whose last failure is 45 s old gets the oldest delivery parked for it. Very
//! many of them are spread over the minute.

use std::time::Duration;

use domain::delivery::DeliveryStatus;
use domain::endpoint::Endpoint;
use domain::endpoint::purpose::Purpose;
use queue::Job;

use crate::context::Context;
use crate::error::Fault;

/// So many probes become visible in a second: those that hang must not hold every sender at once.
const A_SECOND: usize = 40;
/// Over so many seconds probes are spread at most; then the next minute's come.
const SPREAD_SECONDS: usize = 45;

/// How much later than the first of `count` probes the one at `place` is attempted.
pub fn probe_delay(place: usize, count: usize) -> Duration {
    let a_second = A_SECOND.max(count.div_ceil(SPREAD_SECONDS));
    Duration::from_secs(u64::try_from(place / a_second).unwrap_or_default())
}

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
        // Nothing is parked for an action, and nobody waits for its recovery: the next invocation probes it.
        let has_deliveries = |endpoint: &Endpoint| endpoint.purpose != Purpose::Action;
        if !endpoint.is_some_and(|endpoint| endpoint.settings.active && has_deliveries(&endpoint)) {
            context.store.unlist_circuit(key, &health).await?;
            continue;
        }
        let oldest = context.store.oldest_undelivered(key.id, DeliveryStatus::Parked, now).await?;
        jobs.extend(oldest.iter().map(Job::probe));
    }
    let count = jobs.len();
    for (place, job) in jobs.iter_mut().enumerate() {
        let delay = probe_delay(place, count);
        job.not_before = (!delay.is_zero()).then_some(now.plus(delay));
    }
    context.queue.send(&jobs, now).await?;
    Ok(jobs.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_probes_go_out_at_once_and_very_many_within_the_minute() {
        assert_eq!(probe_delay(39, 40), Duration::ZERO);
        assert_eq!((probe_delay(40, 2_000).as_secs(), probe_delay(1_999, 2_000).as_secs()), (0, 44));
        assert_eq!(probe_delay(99_999, 100_000).as_secs(), 44);
    }
}
