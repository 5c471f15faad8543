//! Delivery jobs on SQS: [`job`] is the message, [`send`] puts jobs on the queue, [`reschedule`] makes one come back
//! later, [`task`] is the message of work that takes long, [`definition`] says what the queues are; [`topic`] tells others.

pub mod definition;
pub mod error;
pub mod job;
pub mod reschedule;
pub mod send;
pub mod task;
pub mod topic;

pub use error::QueueError;
pub use job::{BadJob, Job};
pub use task::Task;
pub use topic::Topic;

/// The queue of delivery jobs, and a client that reaches it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Queue {
    client: aws_sdk_sqs::Client,
    url: String,
    dead_letter_url: Option<String>,
    tasks_url: Option<String>,
}

impl Queue {
    /// The queue at `url`; `dead_letter_url` is needed only by the sender.
    pub fn new(client: aws_sdk_sqs::Client, url: String, dead_letter_url: Option<String>) -> Self {
        Self { client, url, dead_letter_url, tasks_url: None }
    }

    /// The same, and the queue of tasks at `url`.
    #[must_use]
    pub fn with_tasks(mut self, url: String) -> Self {
        self.tasks_url = Some(url);
        self
    }

    /// The queue's URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL of the queue of tasks, where one is configured.
    pub fn tasks_url(&self) -> Option<&str> {
        self.tasks_url.as_deref()
    }

    /// The dead-letter queue's URL, where one is configured.
    pub fn dead_letter_url(&self) -> Option<&str> {
        self.dead_letter_url.as_deref()
    }
}
