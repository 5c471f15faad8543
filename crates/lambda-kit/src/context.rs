//! How is the context of a function's use cases built on AWS?
//! The [`Context`], built once from the configuration. Only this file creates the clients of table and queues, so that no
//! function needs the crates that speak to them.

use queue::Queue;
use store::{KeyWrapper, Store, StoreError};
use usecases::Context;

use crate::aws::Aws;
use crate::config::{DataKey, OperationalTopic, Queues, Table};
use crate::data_key::key_wrapper;

impl Aws {
    /// The context of a function that uses this table and these queues. Without a data key it opens no secret.
    ///
    /// # Errors
    /// [`StoreError::Key`] when the data key is a file that cannot be read.
    pub fn context(
        &self,
        table: &Table,
        queues: Queues,
        data_key: Option<&DataKey>,
    ) -> Result<Context, StoreError> {
        let wrapper = data_key.map_or(Ok(KeyWrapper::none()), |source| key_wrapper(self, source))?;
        let store = Store::new(self.dynamodb(), &table.name, wrapper);
        // A function without a queue of jobs sends none.
        let queue = Queue::new(self.sqs(), queues.jobs.unwrap_or_default(), queues.dead_letters);
        let queue = match queues.tasks {
            Some(url) => queue.with_tasks(url),
            None => queue,
        };
        Ok(Context::new(store, queue))
    }

    /// The topic of operational events, where one is configured.
    pub fn operational_topic(&self, topic: OperationalTopic) -> Option<queue::Topic> {
        self.topic(topic.arn)
    }
}
