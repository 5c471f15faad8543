//! How does a function reach AWS? One configuration, read once; each client is built once from it.

use aws_config::{BehaviorVersion, SdkConfig};

/// Builds AWS clients from the function's environment.
#[derive(Debug)]
pub struct Aws(SdkConfig);

impl Aws {
    /// Reads region, credentials and endpoints from the environment.
    pub async fn from_environment() -> Self {
        // Pinned, so that an update of the SDK changes timeouts and retries only when we say so.
        Self(aws_config::defaults(BehaviorVersion::v2026_01_12()).load().await)
    }

    /// A DynamoDB client.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.0)
    }

    /// A KMS client.
    pub fn kms(&self) -> aws_sdk_kms::Client {
        aws_sdk_kms::Client::new(&self.0)
    }

    /// The SNS topic with this ARN, where one is configured.
    pub fn topic(&self, arn: Option<String>) -> Option<queue::Topic> {
        arn.map(|arn| queue::Topic::new(aws_sdk_sns::Client::new(&self.0), arn))
    }

    /// An SQS client.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.0)
    }
}
