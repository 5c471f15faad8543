//! How do jobs reach the sender, and tasks the maintenance function?
//! An event source mapping as on AWS: long polls, batches of ten, several batches at once, partial batch responses.
//!
//! Messages that the function lists as failed stay in the queue; the others are deleted.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use embedded_aws::sqs::{Consumer, Received};
use futures_util::future::BoxFuture;
use lambda_kit::logging::chain;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// Lambda polls a standard queue with several pollers.
const POLLERS: usize = 4;
/// Batches handled at once: as many as one hanging endpoint's jobs may fill until the bulkhead counts them as slow, and
/// as many again for all other endpoints.
const CONCURRENT_BATCHES: usize = 500;
/// The wait time of a long poll; SQS waits at most 20 s for a message.
const WAIT: Duration = Duration::from_secs(20);
/// The pause after a failed poll.
const PAUSE: Duration = Duration::from_millis(500);

/// The function that handles a batch.
pub type Handler = Arc<dyn Fn(SqsEvent) -> BoxFuture<'static, SqsBatchResponse> + Send + Sync>;

/// Polls until `stop` becomes true, then waits for the batches under way.
pub async fn run(queue: Consumer, handler: Handler, stop: watch::Receiver<bool>) {
    let room = Arc::new(Semaphore::new(CONCURRENT_BATCHES));
    let mut pollers = JoinSet::new();
    for _ in 0..POLLERS {
        let mapping =
            Mapping { queue: queue.clone(), handler: Arc::clone(&handler), room: Arc::clone(&room) };
        pollers.spawn(mapping.poll(stop.clone()));
    }
    while pollers.join_next().await.is_some() {}
}

#[derive(Clone)]
struct Mapping {
    queue: Consumer,
    handler: Handler,
    room: Arc<Semaphore>,
}

impl Mapping {
    async fn poll(self, mut stop: watch::Receiver<bool>) {
        let mut batches = JoinSet::new();
        while !*stop.borrow() {
            let Ok(permit) = Arc::clone(&self.room).acquire_owned().await else { break };
            let messages = tokio::select! {
                messages = self.receive() => messages,
                _ = stop.changed() => break,
            };
            if !messages.is_empty() {
                let mapping = self.clone();
                batches.spawn(async move {
                    mapping.handle(messages).await;
                    drop(permit);
                });
            }
            while batches.try_join_next().is_some() {}
        }
        while batches.join_next().await.is_some() {}
    }

    async fn receive(&self) -> Vec<Received> {
        match self.queue.receive(WAIT).await {
            Ok(messages) => messages,
            Err(error) => {
                tracing::warn!(error = chain(&error), "local mode could not poll the queue");
                tokio::time::sleep(PAUSE).await;
                Vec::new()
            }
        }
    }

    async fn handle(&self, mut messages: Vec<Received>) {
        let event = to_event(&mut messages);
        let answer = (self.handler)(event).await;
        let stay: HashSet<String> =
            answer.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect();
        let done = messages.into_iter().filter(|message| !stay.contains(&message.message_id));
        let receipts: Vec<_> = done.map(|message| message.receipt).collect();
        if receipts.is_empty() {
            return;
        }
        // A message that is not deleted comes back; its delivery's row then shows that it is settled.
        if let Err(error) = self.queue.delete(receipts).await {
            tracing::warn!(
                error = chain(&error),
                "local mode could not delete handled messages; they come back"
            );
        }
    }
}

/// The event that Lambda would create from these messages. It takes the bodies out of them, and omits the MD5 digests,
/// which no handler reads.
pub fn to_event(messages: &mut [Received]) -> SqsEvent {
    let mut event = SqsEvent::default();
    event.records = messages
        .iter_mut()
        .map(|message| {
            let mut record = SqsMessage::default();
            record.message_id = Some(message.message_id.clone());
            record.receipt_handle = Some(message.receipt.clone());
            record.body = Some(std::mem::take(&mut message.body));
            record.event_source = Some("aws:sqs".to_owned());
            record.attributes =
                message.system_attributes().map(|(name, value)| (name.to_owned(), value)).collect();
            record
        })
        .collect();
    event
}
