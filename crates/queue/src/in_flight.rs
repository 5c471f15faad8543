//! How many jobs are in flight?
//! The queue attribute `ApproximateNumberOfMessagesNotVisible`: messages received and not deleted, also those that wait
//! for the end of their visibility timeout.

use aws_sdk_sqs::types::QueueAttributeName;

use crate::Queue;
use crate::error::QueueError;

impl Queue {
    /// How many jobs are in flight, about.
    ///
    /// # Errors
    /// [`QueueError`] when SQS refuses.
    pub async fn in_flight(&self) -> Result<u64, QueueError> {
        let name = QueueAttributeName::ApproximateNumberOfMessagesNotVisible;
        let request = self.client.get_queue_attributes().queue_url(&self.url).attribute_names(name.clone());
        let answer = request.send().await.map_err(QueueError::aws("GetQueueAttributes"))?;
        let count = answer.attributes.as_ref().and_then(|attributes| attributes.get(&name)?.parse().ok());
        count.ok_or(QueueError::NoCount)
    }
}
