//! What is logged about a job?
//! One wide log line, readable alone: about its attempt, or about why there was none; and the metrics of the attempt.

use std::time::Duration;

use domain::delivery::attempt::Attempt;
use domain::delivery::decision::Decision;
use domain::policy::outcome::ErrorClass;
use domain::timestamp::Timestamp;
use queue::Job;

use crate::telemetry::meter::Readings;

/// Adds the attempt to the metrics.
pub(crate) fn read_off(
    readings: &mut Readings,
    job: &Job,
    attempt: &Attempt,
    decision: Decision,
    ended: Timestamp,
) {
    let outcome = attempt.error.map_or("delivered", ErrorClass::as_str);
    *readings.attempts.entry(outcome).or_default() += 1;
    match decision {
        // A replay by hand says nothing about how fast deliveries are.
        Decision::Delivered if job.replay_id().is_none() => {
            readings.delivery_latency.push(ended.since(job.due()));
        }
        Decision::Delivered | Decision::Gone => {}
        Decision::RetryIn(_) => readings.retries += 1,
        Decision::Park { .. } => readings.parked += 1,
        Decision::Exhausted | Decision::Permanent => readings.exhausted += 1,
    }
}

/// One wide line per attempt, without the payload, the URL and the answer's body.
pub(crate) fn log(job: &Job, attempt: &Attempt, decision: Decision) {
    let retry_in = match decision {
        Decision::RetryIn(wait) => Some(wait),
        Decision::Delivered
        | Decision::Exhausted
        | Decision::Permanent
        | Decision::Gone
        | Decision::Park { .. } => None,
    };
    tracing::info!(
        delivery = %job.delivery,
        endpoint = %job.endpoint,
        event = %job.event,
        workspace = %job.workspace,
        event_type = %job.event_type,
        attempt = attempt.number,
        status = attempt.response_status(),
        error = attempt.error.map(ErrorClass::as_str),
        duration_ms = milliseconds(attempt.duration),
        decision = decision.as_str(),
        retry_in_ms = retry_in.map(milliseconds),
        "delivery attempted"
    );
}

/// One line for a job that is not attempted; `consequence` is what happens instead.
pub(crate) fn log_turned_away(job: &Job, receives: u32, consequence: &'static str, reason: &'static str) {
    tracing::info!(
        delivery = %job.delivery,
        endpoint = %job.endpoint,
        event = %job.event,
        workspace = %job.workspace,
        event_type = %job.event_type,
        receives,
        reason,
        "{consequence} without an attempt"
    );
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
