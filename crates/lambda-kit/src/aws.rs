//! How does a function reach AWS? One configuration and one HTTP client, made once; each client is built from them.

use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};

/// How long a connection to AWS may take to come about: what the SDKs set themselves.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(3_100);

/// Builds AWS clients from the function's environment.
#[derive(Debug)]
pub struct Aws(SdkConfig);

/// How connections to AWS are made. It takes a while to know: the machine's root certificates are read.
type LazyConnector = Arc<LazyLock<SharedHttpConnector>>;

impl Aws {
    /// Reads region, credentials and endpoints from the environment. The certificates are read meanwhile, on a thread of
    /// their own; a call to AWS waits for them.
    pub async fn from_environment() -> Self {
        let connector = LazyConnector::new(LazyLock::new(connector));
        let http = http_client(Arc::clone(&connector));
        let certificates = thread::Builder::new().name("certificates".to_owned());
        let reading = certificates.spawn(move || {
            LazyLock::force(&connector);
        });
        if let Err(error) = reading {
            tracing::warn!(%error, "no thread reads the certificates: the first call to AWS does");
        }

        // Pinned, so that an update of the SDK changes timeouts and retries only when we say so.
        let defaults = aws_config::defaults(BehaviorVersion::v2026_01_12());
        Self(defaults.credentials_provider(credentials(http.clone())).http_client(http).load().await)
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
        let config = self.0.clone();
        arn.map(|arn| queue::Topic::new(move || aws_sdk_sns::Client::new(&config), arn))
    }

    /// An SQS client.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.0)
    }
}

/// The two ways in which Lambda gives a function its role: variables, or the address of whoever hands it out. The SDK's own
/// chain also gets ready to ask STS, single sign-on and an EC2 instance, whenever a function starts.
fn credentials(http: SharedHttpClient) -> CredentialsProviderChain {
    let container = ProviderConfig::without_region().with_http_client(http);
    let container = EcsCredentialsProvider::builder().configure(&container).build();
    let environment = EnvironmentVariableCredentialsProvider::new();
    CredentialsProviderChain::first_try("environment", environment).or_else("container", container)
}

/// The HTTP client of all SDKs. Left to themselves, each builds a store of the certificates when it is made, and again at
/// its first call. Timeouts of connecting and reading that an SDK is told to keep are not known here.
fn http_client(connector: LazyConnector) -> SharedHttpClient {
    http_client_fn(move |_, _| (**connector).clone())
}

/// Connections to AWS, and to the collector of traces. To make this reads the certificates.
pub(crate) fn connector() -> SharedHttpConnector {
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).build();
    // As the SDKs do: a function may reach AWS through a proxy only.
    let connector = Connector::builder().connector_settings(settings).proxy_config(ProxyConfig::from_env());
    SharedHttpConnector::new(connector.tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build())
}
