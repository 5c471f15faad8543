//! What takes long or comes round: tasks from their queue, one step each, and what is done once a minute.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::future::join_all;
use lambda_kit::logging::chain;
use lambda_kit::metrics::Metrics;
use queue::Task;
use usecases::Context;
use usecases::recover::probe_circuits::{probe_circuits, resume_drains};
use usecases::replay::replay_window::resume_replays;
use usecases::tasks::take_step;
use usecases::{Fault, Meter};

pub mod setup;
mod trigger;

pub use trigger::invoke;

/// Handles one batch of tasks. Never fails as a whole: a task that could not be done stays in its queue, and after
/// several tries SQS moves it to the dead-letter queue.
pub async fn handle(context: &Context, metrics: &Metrics, event: SqsEvent) -> SqsBatchResponse {
    let verdicts = join_all(event.records.iter().map(|record| handle_record(context, record))).await;
    let meter = Meter::default();
    let mut response = SqsBatchResponse::default();
    for (record, done) in event.records.iter().zip(verdicts) {
        if !done {
            meter.note(|readings| readings.faults += 1);
            response.add_failure(record.message_id.clone().unwrap_or_default());
        }
    }
    metrics.write(&meter.into_readings());
    response
}

/// What is done once a minute. Each part is done even if another fails.
///
/// # Errors
/// The first [`Fault`], when table or queue cannot be used.
pub async fn tick(context: &Context) -> Result<(), Fault> {
    let parts = [
        ("probe circuits", probe_circuits(context).await),
        ("resume drains", resume_drains(context).await),
        ("resume replays", resume_replays(context).await),
    ];
    let mut first = Ok(());
    for (part, done) in parts {
        match done {
            Ok(0) => {}
            Ok(count) => tracing::info!(part, count, "a part of the schedule's work was done"),
            Err(fault) if first.is_ok() => first = Err(fault),
            // The caller logs only the one it is given.
            Err(fault) => {
                tracing::error!(part, error = chain(&fault), "a part of the schedule's work failed");
            }
        }
    }
    first
}

async fn handle_record(context: &Context, record: &SqsMessage) -> bool {
    let task = match Task::parse(record.body.as_deref().unwrap_or_default()) {
        Ok(task) => task,
        Err(error) => {
            tracing::error!(message_id = record.message_id, %error, "not a task of ours");
            return false;
        }
    };
    let done = take_step(context, task).await;
    if let Err(fault) = &done {
        tracing::error!(?task, error = chain(fault), "a task could not be done");
    }
    done.is_ok()
}
