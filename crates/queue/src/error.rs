//! What can go wrong between Posthorn and its queue?
//! Always a fault of ours.

use std::error::Error;

/// An operation on the queue failed.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// SQS refused or could not be reached.
    #[error("SQS {operation} failed")]
    Aws {
        /// The operation's name in SQS's API.
        operation: &'static str,
        /// What the SDK said.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// Some entries of a batch were refused on every try.
    #[error("SQS {operation} refused {count} entries on every try: {code}")]
    Entries {
        /// The operation's name in SQS's API.
        operation: &'static str,
        /// How many entries.
        count: usize,
        /// SQS's code for the first of them.
        code: String,
    },
    /// There is no dead-letter queue to move a job to.
    #[error("no dead-letter queue is configured")]
    NoDeadLetterQueue,
    /// SQS did not say how many messages there are.
    #[error("SQS answered without the count of messages")]
    NoCount,
    /// There is no queue to put a task on.
    #[error("no queue of tasks is configured")]
    NoTaskQueue,
}

impl QueueError {
    pub(crate) fn aws<E: Error + Send + Sync + 'static>(operation: &'static str) -> impl FnOnce(E) -> Self {
        move |source| Self::Aws { operation, source: Box::new(source) }
    }
}
