//! Which queues are there?
//! Their one definition: local mode and tests create the queues from it, and a test compares the template with it.

use aws_sdk_sqs::types::QueueAttributeName;

use crate::Queue;
use crate::error::QueueError;

/// Name of the queue of delivery jobs.
pub const JOBS: &str = "posthorn-jobs";
/// Name of the queue of tasks.
pub const TASKS: &str = "posthorn-tasks";
/// How long the maintenance function may run, in seconds.
pub const MAINTENANCE_TIMEOUT_SECONDS: u32 = 60;
/// AWS advises six times the function's timeout.
pub const TASKS_VISIBILITY_TIMEOUT_SECONDS: u32 = 6 * MAINTENANCE_TIMEOUT_SECONDS;
/// A task that fails this often goes to the dead-letter queue; its drain or replay is a row of the table.
pub const TASKS_MAX_RECEIVES: u32 = 10;
/// Name of the queue of jobs that could not be handled.
pub const DEAD_LETTERS: &str = "posthorn-dead-letters";
/// How long the sender function may run, in seconds.
pub const SENDER_TIMEOUT_SECONDS: u32 = 90;
/// AWS advises six times the function's timeout.
pub const VISIBILITY_TIMEOUT_SECONDS: u32 = 6 * SENDER_TIMEOUT_SECONDS;
/// SQS keeps a message 14 days at most.
pub const RETENTION_SECONDS: u32 = 14 * 86_400;
/// Reschedules count as receives, so this is only the backstop for crash loops. SQS takes at most 1,000.
pub const MAX_RECEIVES: u32 = 1_000;

/// Creates the queues if they are not there yet. For local mode and tests; on AWS the template makes them.
///
/// # Errors
/// [`QueueError`] when SQS refuses.
pub async fn create(client: aws_sdk_sqs::Client) -> Result<Queue, QueueError> {
    let dead_letters = client
        .create_queue()
        .queue_name(DEAD_LETTERS)
        .attributes(QueueAttributeName::MessageRetentionPeriod, RETENTION_SECONDS.to_string())
        .send()
        .await
        .map_err(QueueError::aws("CreateQueue"))?
        .queue_url
        .unwrap_or_default();
    let arn = client
        .get_queue_attributes()
        .queue_url(&dead_letters)
        .attribute_names(QueueAttributeName::QueueArn)
        .send()
        .await
        .map_err(QueueError::aws("GetQueueAttributes"))?
        .attributes
        .and_then(|mut attributes| attributes.remove(&QueueAttributeName::QueueArn))
        .unwrap_or_default();
    let jobs = create_with_redrive(&client, JOBS, VISIBILITY_TIMEOUT_SECONDS, MAX_RECEIVES, &arn).await?;
    let visibility = TASKS_VISIBILITY_TIMEOUT_SECONDS;
    let tasks = create_with_redrive(&client, TASKS, visibility, TASKS_MAX_RECEIVES, &arn).await?;
    Ok(Queue::new(client, jobs, Some(dead_letters)).with_tasks(tasks))
}

async fn create_with_redrive(
    client: &aws_sdk_sqs::Client,
    name: &str,
    visibility_timeout_seconds: u32,
    max_receives: u32,
    dead_letters_arn: &str,
) -> Result<String, QueueError> {
    let redrive =
        serde_json::json!({ "deadLetterTargetArn": dead_letters_arn, "maxReceiveCount": max_receives });
    let created = client
        .create_queue()
        .queue_name(name)
        .attributes(QueueAttributeName::VisibilityTimeout, visibility_timeout_seconds.to_string())
        .attributes(QueueAttributeName::MessageRetentionPeriod, RETENTION_SECONDS.to_string())
        .attributes(QueueAttributeName::RedrivePolicy, redrive.to_string())
        .send()
        .await
        .map_err(QueueError::aws("CreateQueue"))?;
    Ok(created.queue_url.unwrap_or_default())
}
