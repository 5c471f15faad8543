//! How does a job come back after its backoff?
//! Visibility-timeout backoff: the message stays invisible for the wait; nothing is written and no process waits.
//! `domain::policy::backoff` says which waits are delayed messages instead.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sqs::types::ChangeMessageVisibilityBatchRequestEntry;

use crate::Queue;
use crate::error::QueueError;
use crate::send::{BATCH_ENTRIES, TRIES, pause};

/// SQS refuses longer visibility (VisibilityTimeout ≤ 43,200 s), and counts it from the receive, so 15 minutes are
/// left for the attempt that came before. A job that must wait longer comes back after this, finds in its delivery's row
/// that it is early, and waits again.
pub const MAX_DELAY: Duration = Duration::from_secs(43_200 - 900);

/// Why jobs could not be rescheduled, by receipt handle. They come back when the queue's own timeout ends.
pub type NotRescheduled = HashMap<String, Arc<QueueError>>;

impl Queue {
    /// Makes each job, by its receipt handle, visible again after its delay, rounded up to whole seconds. Those that
    /// could not be changed are given back; they do not keep the others.
    pub async fn reschedule(&self, waits: &[(String, Duration)]) -> NotRescheduled {
        let mut failed = NotRescheduled::new();
        for batch in waits.chunks(BATCH_ENTRIES) {
            let mut left: Vec<_> = batch.iter().enumerate().collect();
            if let Err(error) = self.reschedule_batch(&mut left).await {
                let error = Arc::new(error);
                failed.extend(left.into_iter().map(|(_, (handle, _))| (handle.clone(), Arc::clone(&error))));
            }
        }
        failed
    }

    /// Leaves in `left` those that could not be changed.
    async fn reschedule_batch(&self, left: &mut Vec<(usize, &(String, Duration))>) -> Result<(), QueueError> {
        let mut code = String::new();
        for attempt in 0..TRIES {
            let entries = left.iter().map(|(place, (handle, delay))| {
                ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(place.to_string())
                    .receipt_handle(handle)
                    .visibility_timeout(seconds(*delay))
                    .build()
                    .map_err(QueueError::aws("ChangeMessageVisibilityBatch"))
            });
            let answer = self
                .client
                .change_message_visibility_batch()
                .queue_url(&self.url)
                .set_entries(Some(entries.collect::<Result<_, _>>()?))
                .send()
                .await
                .map_err(QueueError::aws("ChangeMessageVisibilityBatch"))?;
            if answer.failed().is_empty() {
                return Ok(());
            }
            answer.failed()[0].code().clone_into(&mut code);
            left.retain(|(place, _)| answer.failed().iter().any(|failed| failed.id() == place.to_string()));
            pause(attempt).await;
        }
        Err(QueueError::Entries { operation: "ChangeMessageVisibilityBatch", count: left.len(), code })
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
