//! How do jobs reach the sender, and tasks the maintenance function? As on AWS: long polls, batches of ten, several at
//! once; what the sender lists stays in the queue, the rest is deleted.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName};
use futures_util::future::BoxFuture;
use lambda_kit::logging::chain;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// Lambda polls a standard queue with several pollers.
const POLLERS: usize = 4;
/// Batches handled at once: as many as a hanging endpoint's jobs may take until they count as slow, and as many again for
/// everyone else's.
const CONCURRENT_BATCHES: usize = 500;
/// SQS gives at most 10 messages in a receive.
const BATCH: i32 = 10;
/// SQS waits at most 20 s for a message.
const WAIT_SECONDS: i32 = 20;
/// After a failed poll.
const PAUSE: Duration = Duration::from_millis(500);

/// What handles a batch.
pub type Handler = Arc<dyn Fn(SqsEvent) -> BoxFuture<'static, SqsBatchResponse> + Send + Sync>;

/// Polls until `stop` says so, then waits for the batches under way.
pub async fn run(
    client: aws_sdk_sqs::Client,
    queue_url: String,
    handler: Handler,
    stop: watch::Receiver<bool>,
) {
    let room = Arc::new(Semaphore::new(CONCURRENT_BATCHES));
    let mut pollers = JoinSet::new();
    for _ in 0..POLLERS {
        let mapping = Mapping {
            client: client.clone(),
            queue_url: queue_url.clone(),
            handler: Arc::clone(&handler),
            room: Arc::clone(&room),
        };
        pollers.spawn(mapping.poll(stop.clone()));
    }
    while pollers.join_next().await.is_some() {}
}

#[derive(Clone)]
struct Mapping {
    client: aws_sdk_sqs::Client,
    queue_url: String,
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

    async fn receive(&self) -> Vec<Message> {
        let answer = self
            .client
            .receive_message()
            .queue_url(&self.queue_url)
            .max_number_of_messages(BATCH)
            .wait_time_seconds(WAIT_SECONDS)
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .send()
            .await;
        match answer {
            Ok(answer) => answer.messages.unwrap_or_default(),
            Err(error) => {
                tracing::warn!(error = chain(&error), "the queue could not be polled");
                tokio::time::sleep(PAUSE).await;
                Vec::new()
            }
        }
    }

    async fn handle(&self, messages: Vec<Message>) {
        let event = to_event(&messages);
        let answer = (self.handler)(event).await;
        let stay: HashSet<String> =
            answer.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect();
        let done = messages.iter().filter(|m| m.message_id().is_none_or(|id| !stay.contains(id)));
        let entries: Result<Vec<_>, _> = done
            .enumerate()
            .map(|(index, message)| {
                DeleteMessageBatchRequestEntry::builder()
                    .id(index.to_string())
                    .receipt_handle(message.receipt_handle().unwrap_or_default())
                    .build()
            })
            .collect();
        let entries = match entries {
            Ok(entries) if entries.is_empty() => return,
            Ok(entries) => entries,
            Err(error) => {
                tracing::error!(error = chain(&error), "a batch could not be acknowledged");
                return;
            }
        };
        let request =
            self.client.delete_message_batch().queue_url(&self.queue_url).set_entries(Some(entries));
        match request.send().await {
            // What is not deleted comes back; the sender then sees in its row that it is settled.
            Ok(answer) if !answer.failed().is_empty() => {
                tracing::warn!(count = answer.failed().len(), "jobs could not be deleted");
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(error = chain(&error), "jobs could not be deleted"),
        }
    }
}

/// The event Lambda would make of these messages.
pub fn to_event(messages: &[Message]) -> SqsEvent {
    let mut event = SqsEvent::default();
    event.records = messages
        .iter()
        .map(|message| {
            let mut record = SqsMessage::default();
            record.message_id = message.message_id().map(str::to_owned);
            record.receipt_handle = message.receipt_handle().map(str::to_owned);
            record.body = message.body().map(str::to_owned);
            record.md5_of_body = message.md5_of_body().map(str::to_owned);
            record.event_source = Some("aws:sqs".to_owned());
            record.attributes = message
                .attributes()
                .into_iter()
                .flatten()
                .map(|(name, value)| (name.as_str().to_owned(), value.clone()))
                .collect();
            record
        })
        .collect();
    event
}
