//! How does a function reach AWS? One configuration and one HTTP client, made once; each client is built from them.

use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};

/// How long a connection to AWS may take to come about: what the SDKs set themselves.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(3_100);

/// Builds AWS clients from the function's environment.
#[derive(Debug)]
pub struct Aws(SdkConfig);

impl Aws {
    /// Reads region, credentials and endpoints from the environment.
    pub async fn from_environment() -> Self {
        // Pinned, so that an update of the SDK changes timeouts and retries only when we say so.
        let defaults = aws_config::defaults(BehaviorVersion::v2026_01_12());
        Self(defaults.http_client(http_client()).load().await)
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

/// The HTTP client of all SDKs. Left to themselves, each reads the machine's 150 root certificates when it is built, and
/// again at its first call. This one reads them once, on a thread of its own, while the function gets ready.
fn http_client() -> SharedHttpClient {
    let connector = Arc::new(LazyLock::new(connector as fn() -> SharedHttpConnector));
    let ahead = Arc::clone(&connector);
    let started = thread::Builder::new().name("certificates".to_owned()).spawn(move || {
        LazyLock::force(&ahead);
    });
    if let Err(error) = started {
        tracing::warn!(%error, "no thread for the certificates; the first call to AWS reads them");
    }
    http_client_fn(move |_, _| (**connector).clone())
}

fn connector() -> SharedHttpConnector {
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).build();
    let connector = Connector::builder().connector_settings(settings);
    SharedHttpConnector::new(connector.tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build())
}
