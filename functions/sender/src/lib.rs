//! How does a batch of SQS messages become signed requests?
//! The sender's handler: parses each record, attempts all jobs of the batch concurrently, and answers with a partial
//! batch response.
//!
//! Each record is parsed and handled separately, so a bad record never harms the others of its batch. A record listed
//! in the answer stays in the queue and comes back when its visibility timeout ends; all others are deleted.

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use lambda_kit::logging::chain;
use lambda_kit::metrics::Metrics;
use queue::Job;
use usecases::deliver::attempt_delivery::{Next, Sender, Unhandled};
use usecases::{Meter, Readings};

pub mod setup;

/// A job that Posthorn cannot handle moves to the dead-letter queue at this faulty receive.
pub const MAX_FAULTY_RECEIVES: u32 = 5;
/// The delay of a job after a fault of the table or the queue.
const SOON: Duration = Duration::from_secs(15);

/// Handles one batch. Never fails as a whole.
pub async fn handle(sender: &Sender, metrics: &Metrics, event: SqsEvent) -> SqsBatchResponse {
    let (response, readings) = handle_records(sender, &event.records).await;
    metrics.write(&readings);
    if let Err(error) = sender.flush_if_due().await {
        tracing::warn!(error = chain(&error), "statistics could not be written; the next batch tries again");
    }
    response
}

/// Attempts the job of every record; gives the records that stay in the queue, and the readings for the metrics.
/// Overlapping invocations share none of this state.
pub async fn handle_records(sender: &Sender, records: &[SqsMessage]) -> (SqsBatchResponse, Readings) {
    let meter = Meter::default();
    let verdicts = join_all(records.iter().map(|record| handle_record(sender, &meter, record))).await;
    let mut response = SqsBatchResponse::default();
    for (record, stays) in records.iter().zip(verdicts) {
        if stays {
            response.add_failure(record.message_id.clone().unwrap_or_default());
        }
    }
    (response, meter.into_readings())
}

/// Handles one record; whether it must stay in the queue.
async fn handle_record(sender: &Sender, meter: &Meter, record: &SqsMessage) -> bool {
    let receives = receives(record);
    let body = record.body.as_deref().unwrap_or_default();
    let job = match Job::parse(body) {
        Ok(job) => job,
        Err(error) => {
            tracing::error!(message_id = record.message_id, receives, %error, "jobs queue message could not be parsed as a job");
            return fault(sender, meter, record, receives).await;
        }
    };
    // A panic in one record must not end the attempts of the others in the batch.
    let attempted = std::panic::AssertUnwindSafe(sender.attempt(&job, receives, meter)).catch_unwind().await;
    match attempted {
        Ok(Ok(Next::Done)) => false,
        Ok(Ok(Next::ComeBackIn(delay))) => come_back(sender, record, &job, delay).await,
        Ok(Err(Unhandled { fault: error, attempts_before })) => {
            tracing::error!(
                delivery = %job.delivery,
                message_id = record.message_id,
                receives,
                error = chain(&error),
                "job could not be handled"
            );
            if error.is_passing() {
                // The table or the queue cannot be used for the moment; the job itself is good.
                meter.note(|readings| readings.faults += 1);
                return come_back(sender, record, &job, SOON).await;
            }
            // A retry is a receive too, so only receives beyond the attempts already made are Posthorn's own failures.
            fault(sender, meter, record, receives.saturating_sub(attempts_before)).await
        }
        Err(_panic) => {
            tracing::error!(
                delivery = %job.delivery,
                message_id = record.message_id,
                receives,
                "the attempt of a job panicked"
            );
            let attempts_before = sender.attempts_before(&job).await;
            fault(sender, meter, record, receives.saturating_sub(attempts_before)).await
        }
    }
}

/// Keeps the job in the queue, to come back after `delay`.
async fn come_back(sender: &Sender, record: &SqsMessage, job: &Job, delay: Duration) -> bool {
    let handle = record.receipt_handle.clone().unwrap_or_default();
    if let Err(error) = sender.come_back(handle, delay).await {
        tracing::error!(
            delivery = %job.delivery,
            message_id = record.message_id,
            error = chain(&error),
            "visibility timeout of a job could not be changed; it comes back after the queue's default timeout"
        );
    }
    true
}

/// Keeps a job that cannot be handled, or moves it to the dead-letter queue after its fifth faulty receive.
async fn fault(sender: &Sender, meter: &Meter, record: &SqsMessage, faulty_receives: u32) -> bool {
    meter.note(|readings| readings.faults += 1);
    if faulty_receives < MAX_FAULTY_RECEIVES {
        return true;
    }
    let body = record.body.as_deref().unwrap_or_default();
    let group = record.attributes.get("MessageGroupId").map(String::as_str);
    match sender.give_up(body, group).await {
        Ok(()) => {
            tracing::error!(
                message_id = record.message_id,
                "jobs queue message was moved to the dead-letter queue after its fifth faulty receive"
            );
            meter.note(|readings| readings.dead_lettered += 1);
            false
        }
        Err(error) => {
            tracing::error!(
                message_id = record.message_id,
                error = chain(&error),
                "jobs queue message could not be moved to the dead-letter queue; the next receive tries again"
            );
            true
        }
    }
}

/// How often SQS has delivered this message, this time included.
fn receives(record: &SqsMessage) -> u32 {
    // A record without a count is treated as a repeated one: that costs a read and cannot send twice.
    record.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok()).unwrap_or(2)
}
