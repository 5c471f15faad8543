//! How does an event source mapping reach its queue?
//! A consumer inside the emulator, as Lambda's pollers are inside AWS: not a client of the HTTP API.

use std::sync::Arc;
use std::time::Duration;

use super::errors::SqsError;
use super::message::Received;
use super::validation::MAX_BATCH;
use super::{Service, long_poll, operations, validation};
use crate::EmulatorError;

/// The consumer of one queue, for its event source mapping.
#[derive(Debug, Clone)]
pub struct Consumer {
    service: Arc<Service>,
    queue: Arc<str>,
}

impl Consumer {
    pub(super) fn new(service: Arc<Service>, queue_url: &str) -> Self {
        Self { service, queue: operations::name_in(queue_url).into() }
    }

    /// Receives up to ten messages; waits up to `wait` for the first.
    ///
    /// # Errors
    /// When there is no such queue, or its file cannot be used.
    pub async fn receive(&self, wait: Duration) -> Result<Vec<Received>, EmulatorError> {
        let queue = Arc::clone(&self.queue);
        let look = move |storage: &mut _, now, limit| {
            let mut receive = operations::receive_of(storage, &queue, now, limit)?;
            receive.most = MAX_BATCH;
            operations::look(storage, &receive, wait)
        };
        long_poll::receive(&self.service, &self.queue, look).await.map_err(no)
    }

    /// Deletes messages by their receipt handles. A handle that is not its message's newest deletes nothing.
    ///
    /// # Errors
    /// When a message cannot be deleted; all others are deleted nevertheless.
    pub async fn delete(&self, receipts: Vec<String>) -> Result<(), EmulatorError> {
        let queue = Arc::clone(&self.queue);
        let deleted = self.service.actor.run_unsynced(move |storage| {
            let mut delete = |receipt: &String| {
                let id = validation::receipt_handle(receipt)?;
                Ok(storage.delete_by_receipt(&queue, id, receipt)?)
            };
            let results: Vec<_> = receipts.iter().map(&mut delete).collect();
            results.into_iter().collect::<Result<(), SqsError>>()
        });
        deleted.await?.map_err(no)
    }
}

fn no(error: SqsError) -> EmulatorError {
    EmulatorError::Queue(error.message)
}
