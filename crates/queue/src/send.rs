//! How do jobs get on the queue? In batches of ten, all of them or an error; what SQS refuses of a batch is sent
//! again.

use std::time::Duration;

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use domain::timestamp::Timestamp;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::Queue;
use crate::error::QueueError;
use crate::job::Job;

/// SQS takes at most 10 entries in a batch.
pub const BATCH_ENTRIES: usize = 10;
/// SQS takes at most 1 MiB of bodies in a batch; the margin is for what surrounds them.
const BATCH_BYTES: usize = 1_000_000;
/// SQS delays a message by at most 15 minutes. Unlike one that waits invisible, a delayed message is not in flight.
pub const MAX_DELAY: Duration = Duration::from_secs(900);
/// Batches under way at once.
const CONCURRENT_BATCHES: usize = 8;
/// How often what SQS refuses of a batch is tried in all.
pub(crate) const TRIES: u32 = 4;

impl Queue {
    /// Puts every job on the queue. When this returns `Ok`, all of them are durable. A job that is not due at `now` stays
    /// away until it is, or for [`MAX_DELAY`].
    ///
    /// # Errors
    /// [`QueueError`] when some could not be sent; others may have been.
    pub async fn send(&self, jobs: &[Job], now: Timestamp) -> Result<(), QueueError> {
        let mut batches = Vec::new();
        let (mut batch, mut bytes) = (Vec::new(), 0);
        for job in jobs {
            let body = job.to_body().map_err(QueueError::aws("SendMessageBatch"))?;
            if batch.len() == BATCH_ENTRIES || bytes + body.len() > BATCH_BYTES {
                batches.push(std::mem::take(&mut batch));
                bytes = 0;
            }
            bytes += body.len();
            // A message group on a standard queue makes it fair: one noisy endpoint does not delay the others.
            let entry = SendMessageBatchRequestEntry::builder()
                .id(batch.len().to_string())
                .message_body(body)
                .message_group_id(job.endpoint.to_string())
                .set_delay_seconds(delay_seconds(job, now))
                .build()
                .map_err(QueueError::aws("SendMessageBatch"))?;
            batch.push(entry);
        }
        if !batch.is_empty() {
            batches.push(batch);
        }
        stream::iter(batches)
            .map(|batch| self.send_batch(batch))
            .buffer_unordered(CONCURRENT_BATCHES)
            .try_collect()
            .await
    }

    /// Moves a job that cannot be handled to the dead-letter queue. The caller deletes the original.
    ///
    /// # Errors
    /// [`QueueError`] when SQS refuses or no dead-letter queue is configured.
    pub async fn move_to_dead_letter(&self, body: &str, group: Option<&str>) -> Result<(), QueueError> {
        let url = self.dead_letter_url.as_deref().ok_or(QueueError::NoDeadLetterQueue)?;
        self.client
            .send_message()
            .queue_url(url)
            .message_body(body)
            .set_message_group_id(group.map(str::to_owned))
            .send()
            .await
            .map_err(QueueError::aws("SendMessage"))?;
        Ok(())
    }

    async fn send_batch(&self, mut entries: Vec<SendMessageBatchRequestEntry>) -> Result<(), QueueError> {
        let mut code = String::new();
        for attempt in 0..TRIES {
            let answer = self
                .client
                .send_message_batch()
                .queue_url(&self.url)
                .set_entries(Some(entries.clone()))
                .send()
                .await
                .map_err(QueueError::aws("SendMessageBatch"))?;
            if answer.failed().is_empty() {
                return Ok(());
            }
            answer.failed()[0].code().clone_into(&mut code);
            entries.retain(|entry| answer.failed().iter().any(|failed| failed.id() == entry.id()));
            pause(attempt).await;
        }
        Err(QueueError::Entries { operation: "SendMessageBatch", count: entries.len(), code })
    }
}

fn delay_seconds(job: &Job, now: Timestamp) -> Option<i32> {
    let wait = job.not_before?.since(now).min(MAX_DELAY);
    i32::try_from(wait.as_millis().div_ceil(1_000)).ok().filter(|seconds| *seconds > 0)
}

/// SQS refused part of a batch: the next try waits twice as long as the last.
pub(crate) async fn pause(attempt: u32) {
    tokio::time::sleep(Duration::from_millis(20 << attempt)).await;
}
