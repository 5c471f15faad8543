//! How does a job come back later? Its visibility timeout is the backoff: nothing is written and nothing waits.

use std::time::Duration;

use aws_sdk_sqs::types::ChangeMessageVisibilityBatchRequestEntry;

use crate::Queue;
use crate::error::QueueError;
use crate::send::{BATCH_ENTRIES, TRIES, pause};

/// SQS refuses longer visibility (VisibilityTimeout ≤ 43,200 s), and counts it from the receive, so 15 minutes are
/// left for the attempt that came before. A job that must wait longer comes early and is put back.
pub const MAX_DELAY: Duration = Duration::from_secs(43_200 - 900);

impl Queue {
    /// Makes each job, by its receipt handle, visible again after its delay, rounded up to whole seconds.
    ///
    /// # Errors
    /// [`QueueError`] when some could not be changed; they come back when the queue's own timeout ends.
    pub async fn reschedule(&self, waits: &[(String, Duration)]) -> Result<(), QueueError> {
        for batch in waits.chunks(BATCH_ENTRIES) {
            let entries = batch
                .iter()
                .enumerate()
                .map(|(index, (handle, delay))| {
                    ChangeMessageVisibilityBatchRequestEntry::builder()
                        .id(index.to_string())
                        .receipt_handle(handle)
                        .visibility_timeout(seconds(*delay))
                        .build()
                        .map_err(QueueError::aws("ChangeMessageVisibilityBatch"))
                })
                .collect::<Result<Vec<_>, _>>()?;
            self.reschedule_batch(entries).await?;
        }
        Ok(())
    }

    async fn reschedule_batch(
        &self,
        mut entries: Vec<ChangeMessageVisibilityBatchRequestEntry>,
    ) -> Result<(), QueueError> {
        let mut code = String::new();
        for attempt in 0..TRIES {
            let answer = self
                .client
                .change_message_visibility_batch()
                .queue_url(&self.url)
                .set_entries(Some(entries.clone()))
                .send()
                .await
                .map_err(QueueError::aws("ChangeMessageVisibilityBatch"))?;
            if answer.failed().is_empty() {
                return Ok(());
            }
            answer.failed()[0].code().clone_into(&mut code);
            entries.retain(|entry| answer.failed().iter().any(|failed| failed.id() == entry.id()));
            pause(attempt).await;
        }
        Err(QueueError::Entries { operation: "ChangeMessageVisibilityBatch", count: entries.len(), code })
    }
}

fn seconds(delay: Duration) -> i32 {
    let whole = delay.min(MAX_DELAY).as_millis().div_ceil(1_000);
    i32::try_from(whole).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_never_shortened_but_by_what_sqs_can_hold() {
        assert_eq!(seconds(Duration::ZERO), 0);
        assert_eq!(seconds(Duration::from_millis(1)), 1);
        assert_eq!(seconds(Duration::from_millis(1_001)), 2);
        assert_eq!(seconds(Duration::from_secs(86_400)), 42_300);
    }
}
