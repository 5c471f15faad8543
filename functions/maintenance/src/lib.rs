//! Which work is done in steps, and which once a minute?
//! The maintenance handlers: one step of a drain, replay, sweep or deletion per task, and the minute's schedule (read the
//! queue's load, probe circuits, resume lost drains, replays, sweeps and deletions).

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::future::join_all;
use lambda_kit::logging::chain;
use lambda_kit::metrics::Metrics;
use queue::Task;
use usecases::Context;
use usecases::accept::sweep::resume_sweeps;
use usecases::limit::queue_load::read_queue_load;
use usecases::manage::delete_workspace::resume_deletions;
use usecases::recover::drain::resume_drains;
use usecases::recover::probe_circuits::probe_circuits;
use usecases::replay::replay_window::resume_replays;
use usecases::tasks::take_step;
use usecases::{Fault, Meter};

pub mod setup;
mod trigger;

pub use trigger::invoke;

/// Handles one batch of tasks. It never fails as a whole: a task that could not be done stays in its queue, and after
/// ten receives SQS moves it to the dead-letter queue.
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

/// Does the work of the schedule, once a minute. Each part is done even if another fails.
///
/// # Errors
/// The first [`Fault`], when the table or the queue cannot be used.
pub async fn tick(context: &Context) -> Result<(), Fault> {
    let parts = [
        ("read queue load", read_queue_load(context).await),
        ("probe circuits", probe_circuits(context).await),
        ("resume drains", resume_drains(context).await),
        ("resume replays", resume_replays(context).await),
        ("resume sweeps", resume_sweeps(context).await),
        ("resume deletions", resume_deletions(context).await),
    ];
    let mut first = Ok(());
    for (part, done) in parts {
        match done {
            Ok(0) => {}
            Ok(count) => tracing::info!(part, count, "schedule found work and did it"),
            Err(fault) if first.is_ok() => first = Err(fault),
            // The caller logs only the fault that this function returns.
            Err(fault) => {
                tracing::error!(part, error = chain(&fault), "schedule failed at a part of its work");
            }
        }
    }
    first
}

async fn handle_record(context: &Context, record: &SqsMessage) -> bool {
    let task = match Task::parse(record.body.as_deref().unwrap_or_default()) {
        Ok(task) => task,
        Err(error) => {
            tracing::error!(message_id = record.message_id, %error, "tasks queue message could not be parsed as a task");
            return false;
        }
    };
    let done = take_step(context, task).await;
    if let Err(fault) = &done {
        tracing::error!(
            ?task,
            error = chain(fault),
            "step of a drain, replay, sweep or deletion could not be done"
        );
    }
    done.is_ok()
}
