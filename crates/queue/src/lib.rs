//! Messages on SQS, and the SNS topic.
//!
//! - [`job`]: the message that makes the sender attempt a delivery
//! - [`purpose`]: what a job is for, and how the message says it
//! - [`task`]: the message that makes maintenance do a step of long work
//! - [`version`]: what both have in front
//! - [`send`]: puts jobs on the queue, in batches
//! - [`reschedule`]: changes when a job becomes visible again
//! - [`topic`]: publishes operational events to SNS
//! - [`in_flight`]: counts the jobs in flight
//! - [`definition`]: the queues' settings, for the template and local mode
//! - [`error`]: what can go wrong

pub mod definition;
pub mod error;
pub mod in_flight;
pub mod job;
pub mod purpose;
pub mod reschedule;
pub mod send;
pub mod task;
pub mod topic;
pub mod version;

pub use error::QueueError;
pub use job::Job;
pub use task::Task;
pub use topic::Topic;
pub use version::BadMessage;

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
