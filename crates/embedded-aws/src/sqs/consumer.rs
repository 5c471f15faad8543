//! How does an event source mapping reach its queue? From inside, as Lambda's pollers do: not as a client of the API.

use std::sync::Arc;
use std::time::Duration;

use super::errors::SqsError;
use super::storage::Received;
use super::{Service, long_poll, operations, validation};
use crate::EmulatorError;

/// SQS gives at most 10 messages in a receive.
pub const BATCH: usize = 10;

/// One queue, as its event source mapping has it.
#[derive(Debug, Clone)]
pub struct Consumer {
    service: Arc<Service>,
    queue: Arc<str>,
}

impl Consumer {
    pub(super) fn new(service: Arc<Service>, queue_url: &str) -> Self {
        Self { service, queue: operations::name_in(queue_url).into() }
    }

    /// Up to ten messages; waits for the first as long as `wait`.
    ///
    /// # Errors
    /// When there is no such queue, or its file cannot be used.
    pub async fn receive(&self, wait: Duration) -> Result<Vec<Received>, EmulatorError> {
        let queue = Arc::clone(&self.queue);
        let look = move |storage: &mut _, now, limit| {
            let mut receive = operations::receive_of(storage, &queue, now, limit)?;
            receive.most = BATCH;
            operations::look(storage, &receive, wait)
        };
        long_poll::receive(&self.service, &self.queue, look).await.map_err(refused)
    }

    /// Deletes messages by their receipt handles, as far as these are their newest.
    ///
    /// # Errors
    /// When the file cannot be used; then none is deleted.
    pub async fn delete(&self, receipts: Vec<String>) -> Result<(), EmulatorError> {
        let queue = Arc::clone(&self.queue);
        let deleted = self.service.actor.run(move |storage| {
            receipts.iter().try_for_each(|receipt| {
                let id = validation::receipt_handle(receipt)?;
                Ok(storage.delete_by_receipt(&queue, id, receipt)?)
            })
        });
        deleted.await?.map_err(refused)
    }
}

fn refused(error: SqsError) -> EmulatorError {
    EmulatorError::Refused(error.message)
}
