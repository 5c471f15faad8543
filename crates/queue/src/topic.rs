//! How do operational events leave Posthorn?
//! As messages to an SNS topic, where one is configured.

use std::sync::{Arc, LazyLock};

use aws_sdk_sns::Client;
use aws_sdk_sns::types::MessageAttributeValue;

use crate::QueueError;

/// The topic, and a client that reaches it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Topic {
    client: Arc<LazyLock<Client, Box<dyn FnOnce() -> Client + Send>>>,
    arn: String,
}

impl Topic {
    /// The topic with this ARN. Its client is built at the first operational event, because these are rare.
    pub fn new(client: impl FnOnce() -> Client + Send + 'static, arn: String) -> Self {
        Self { client: Arc::new(LazyLock::new(Box::new(client))), arn }
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
