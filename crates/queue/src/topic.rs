//! Who outside is told of Posthorn's own doings? Whoever listens to the SNS topic, where one is configured.

use crate::QueueError;
use aws_sdk_sns::types::MessageAttributeValue;

/// The topic, and a client that reaches it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Topic {
    client: aws_sdk_sns::Client,
    arn: String,
}

impl Topic {
    /// The topic with this ARN.
    pub fn new(client: aws_sdk_sns::Client, arn: String) -> Self {
        Self { client, arn }
    }

    /// Publishes `message`. Each of `attributes` can be filtered by in a subscription's filter policy.
    ///
    /// # Errors
    /// [`QueueError::Aws`] when SNS refuses or cannot be reached.
    pub async fn publish(&self, message: String, attributes: &[(&str, String)]) -> Result<(), QueueError> {
        let mut request = self.client.publish().topic_arn(&self.arn).message(message);
        for (name, value) in attributes {
            let value = MessageAttributeValue::builder().data_type("String").string_value(value).build();
            request = request.message_attributes(*name, value.map_err(QueueError::aws("Publish"))?);
        }
        request.send().await.map_err(QueueError::aws("Publish"))?;
        Ok(())
    }
}
