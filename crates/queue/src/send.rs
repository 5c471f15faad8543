//! How are jobs put on the queue?
//! In batches of ten, all of them or an error; entries that SQS refuses are sent again.

use std::time::Duration;

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use domain::timestamp::Timestamp;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::Queue;
use crate::error::QueueError;
use crate::job::Job;
use crate::purpose::Purpose;

/// SQS takes at most 10 entries in a batch.
pub const BATCH_ENTRIES: usize = 10;
/// SQS takes at most 1 MiB of bodies in a batch; the margin is for what surrounds them.
const BATCH_BYTES: usize = 1_000_000;
/// SQS delays a message by at most 15 minutes. Unlike one that waits invisible, a delayed message is not in flight.
pub const MAX_DELAY: Duration = Duration::from_secs(900);
/// The message group of jobs that are sent in bulk.
const BULK_GROUP: &str = "bulk";
/// Batches under way at once.
const CONCURRENT_BATCHES: usize = 8;
/// How often the entries of a batch that SQS refuses are tried in all.
pub(crate) const TRIES: u32 = 4;

impl Queue {
    /// Puts every job on the queue. When this returns `Ok`, all of them are durable. A job that is not due at `now` stays
    /// away until it is, or for [`MAX_DELAY`].
    ///
    /// # Errors
    /// [`QueueError`] when some could not be sent; others may have been.
    pub async fn send(&self, jobs: &[Job], now: Timestamp) -> Result<(), QueueError> {
        stream::iter(Batches::of(jobs, now))
            .map(|batch| async { self.send_batch(batch?).await })
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

/// Jobs as batches that SQS takes. Each is made when it is asked for: an event of 32 KB with 10,000 endpoints is 320 MB
/// of bodies, and a function has less.
struct Batches<'a> {
    jobs: std::slice::Iter<'a, Job>,
    now: Timestamp,
    /// The body that did not fit into the batch before.
    held: Option<(&'a Job, String)>,
}

impl<'a> Batches<'a> {
    fn of(jobs: &'a [Job], now: Timestamp) -> Self {
        Self { jobs: jobs.iter(), now, held: None }
    }

    fn next_body(&mut self) -> Option<(&'a Job, String)> {
        if let Some(held) = self.held.take() {
            return Some(held);
        }
        let job = self.jobs.next()?;
        Some((job, job.to_body()))
    }

    fn next_batch(&mut self) -> Result<Vec<SendMessageBatchRequestEntry>, QueueError> {
        let (mut batch, mut bytes) = (Vec::with_capacity(BATCH_ENTRIES), 0);
        while batch.len() < BATCH_ENTRIES
            && let Some((job, body)) = self.next_body()
        {
            if !batch.is_empty() && bytes + body.len() > BATCH_BYTES {
                self.held = Some((job, body));
                break;
            }
            bytes += body.len();
            let entry = SendMessageBatchRequestEntry::builder()
                .id(batch.len().to_string())
                .message_body(body)
                .message_group_id(message_group(job))
                .set_delay_seconds(delay_seconds(job, self.now))
                .build()
                .map_err(QueueError::aws("SendMessageBatch"))?;
            batch.push(entry);
        }
        Ok(batch)
    }
}

impl Iterator for Batches<'_> {
    type Item = Result<Vec<SendMessageBatchRequestEntry>, QueueError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.next_batch();
        (!matches!(&batch, Ok(batch) if batch.is_empty())).then_some(batch)
    }
}

/// A message group on a standard queue makes it fair: one noisy endpoint does not delay the others. What drains, sweeps
/// and probes send is one group, whichever endpoint it is for: when very many endpoints fail or recover at once, none is noisy by itself.
fn message_group(job: &Job) -> String {
    match job.purpose() {
        Purpose::Drain { .. } | Purpose::Wake | Purpose::Sweep | Purpose::Probe { .. } => {
            BULK_GROUP.to_owned()
        }
        Purpose::First | Purpose::Recheck => job.endpoint.to_string(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use domain::delivery::Delivery;
    use domain::id::{DeliveryId, EndpointId, EventId, WorkspaceId};
    use proptest::prelude::*;

    fn job(number: u128, payload_bytes: usize) -> Job {
        let at = Timestamp::from_millis(1_750_000_000_000);
        let (event, endpoint) = (EventId::new(at, number), EndpointId::new(at, number));
        // Quotation marks double in a body.
        let body = serde_json::json!({
            "v": crate::version::VERSION, "workspace": WorkspaceId::new(at, 1), "endpoint": endpoint, "event": event,
            "delivery": DeliveryId::of(event, endpoint), "type": "invoice.paid", "time": at,
            "payload": "\"".repeat(payload_bytes / 2),
        });
        Job::parse(&body.to_string()).unwrap()
    }

    #[test]
    fn bodies_are_made_only_for_the_batch_that_is_asked_for() {
        let jobs: Vec<_> = (0..100).map(|number| job(number, 0)).collect();
        let mut batches = Batches::of(&jobs, Timestamp::from_millis(0));
        for taken in [10, 20, 30] {
            assert_eq!(batches.next().unwrap().unwrap().len(), BATCH_ENTRIES);
            assert_eq!(batches.jobs.len(), jobs.len() - taken);
        }
    }

    #[test]
    fn what_drains_and_probes_send_is_one_group_and_anything_else_is_its_endpoints() {
        let first = job(1, 0);
        let new = Delivery::new(
            first.workspace,
            first.endpoint,
            first.event,
            first.event_type.clone(),
            first.occurred_at,
        );
        let groups =
            [&first, &Job::probe(&new), &Job::drain(&new), &Job::drain(&new).delayed(first.occurred_at)];
        let own = first.endpoint.to_string();
        assert_eq!(groups.map(message_group), [own.clone(), "bulk".to_owned(), "bulk".to_owned(), own]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20))]
        #[test]
        fn batches_hold_every_job_in_order_and_no_more_than_sqs_takes(
            sizes in proptest::collection::vec(0usize..32_000, 0..60),
        ) {
            let jobs: Vec<_> = (0u128..).zip(sizes).map(|(number, bytes)| job(number, bytes)).collect();
            let mut bodies = Vec::new();
            for batch in Batches::of(&jobs, Timestamp::from_millis(0)) {
                let batch = batch.unwrap();
                prop_assert!((1..=BATCH_ENTRIES).contains(&batch.len()));
                prop_assert!(batch.iter().map(|entry| entry.message_body().len()).sum::<usize>() <= BATCH_BYTES);
                bodies.extend(batch.into_iter().map(|entry| entry.message_body().to_owned()));
            }
            let wanted: Vec<_> = jobs.iter().map(|job| job.to_body()).collect();
            prop_assert_eq!(bodies, wanted);
        }
    }
}
