//! Delivery jobs on SQS: [`job`] is the message, [`send`] puts jobs on the queue, [`reschedule`] makes one come back
//! later, [`definition`] says what the queues are.

pub mod definition;
pub mod error;
pub mod job;
pub mod reschedule;
pub mod send;

pub use error::QueueError;
pub use job::{BadJob, Job};

/// The queue of delivery jobs, and a client that reaches it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Queue {
    client: aws_sdk_sqs::Client,
    url: String,
    dead_letter_url: Option<String>,
}

impl Queue {
    /// The queue at `url`; `dead_letter_url` is needed only by the sender.
    pub fn new(client: aws_sdk_sqs::Client, url: String, dead_letter_url: Option<String>) -> Self {
        Self { client, url, dead_letter_url }
    }

    /// The queue's URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The dead-letter queue's URL, where one is configured.
    pub fn dead_letter_url(&self) -> Option<&str> {
        self.dead_letter_url.as_deref()
    }
}
