//! How does a function reach AWS?
//! SDK set-up: one configuration and one HTTP client per process; each service's client is built from them.

use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use mail::Mailer;

use crate::config;

/// The connect timeout of calls to AWS: the SDKs' own default.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(3_100);

/// Builds AWS clients from the function's environment.
#[derive(Debug)]
pub struct Aws(SdkConfig);

/// The connector of all clients, built lazily: building it reads the machine's root certificates, which takes some
/// time.
type LazyConnector = Arc<LazyLock<SharedHttpConnector>>;

impl Aws {
    /// Reads region, credentials and endpoints from the environment. Meanwhile a separate thread reads the
    /// certificates; the first call to AWS waits for it.
    pub async fn from_environment() -> Self {
        let connector = LazyConnector::new(LazyLock::new(connector));
        let http = http_client(Arc::clone(&connector));
        let certificates = thread::Builder::new().name("certificates".to_owned());
        let reading = certificates.spawn(move || {
            LazyLock::force(&connector);
        });
        if let Err(error) = reading {
            tracing::warn!(%error, "certificate thread could not be started; the first call to AWS is slower");
        }

        Self(sdk_config(http))
    }

    /// A DynamoDB client of this configuration.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.0)
    }

    /// A KMS client of this configuration.
    pub fn kms(&self) -> aws_sdk_kms::Client {
        aws_sdk_kms::Client::new(&self.0)
    }

    /// The SNS topic with this ARN, where one is configured.
    pub fn topic(&self, arn: Option<String>) -> Option<queue::Topic> {
        let config = self.0.clone();
        arn.map(|arn| queue::Topic::new(move || aws_sdk_sns::Client::new(&config), arn))
    }

    /// What sends e-mails from this address through SES, where one is configured.
    pub fn mailer(&self, from: Option<String>) -> Option<Mailer> {
        let (region, credentials) = (self.0.region()?.to_string(), self.0.credentials_provider()?);
        let mailer = Mailer::through_ses(from?, region, credentials);
        mailer.inspect_err(|error| tracing::error!(%error, "e-mails cannot be sent from this region")).ok()
    }

    /// An SQS client of this configuration.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.0)
    }
}

/// What the SDK's own loader makes of Lambda's environment. The loader itself also reads profiles and asks EC2 for the
/// region: that is in no Lambda function, and was a twentieth of each function's zip.
fn sdk_config(http: SharedHttpClient) -> SdkConfig {
    let config = SdkConfig::builder()
        // Pinned, so that an update of the SDK does not change timeouts and retries.
        .behavior_version(BehaviorVersion::v2026_01_12())
        .retry_config(RetryConfig::standard())
        .region(config::of_aws("AWS_REGION").map(Region::new))
        .credentials_provider(SharedCredentialsProvider::new(credentials(http.clone())))
        .http_client(http)
        .service_config(Environment)
        .use_fips(is_true("AWS_USE_FIPS_ENDPOINT"))
        .use_dual_stack(is_true("AWS_USE_DUALSTACK_ENDPOINT"));
    match config::of_aws("AWS_ENDPOINT_URL") {
        Some(url) => config.endpoint_url(url).build(),
        None => config.build(),
    }
}

fn is_true(variable: &str) -> bool {
    config::of_aws(variable).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// The settings of single services: `AWS_ENDPOINT_URL_DYNAMODB` and the like.
#[derive(Debug)]
struct Environment;

impl LoadServiceConfig for Environment {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        config::of_aws(&format!("{}_{}", key.env(), key.service_id().to_ascii_uppercase().replace(' ', "_")))
    }
}

/// The two ways in which Lambda gives a function its credentials: environment variables, or the address of a
/// credentials endpoint. The SDK's default chain would also prepare for STS, single sign-on and EC2 instances at every
/// cold start.
fn credentials(http: SharedHttpClient) -> CredentialsProviderChain {
    let container = ProviderConfig::without_region().with_http_client(http);
    let container = EcsCredentialsProvider::builder().configure(&container).build();
    let environment = EnvironmentVariableCredentialsProvider::new();
    CredentialsProviderChain::first_try("environment", environment).or_else("container", container)
}

/// The HTTP client that all SDKs share. Without it, each SDK builds a certificate store when it is created, and again
/// at its first call. The shared client ignores the connect and read timeouts of a single SDK's configuration.
fn http_client(connector: LazyConnector) -> SharedHttpClient {
    http_client_fn(move |_, _| (**connector).clone())
}

/// The connector for AWS and for the collector of traces. Building it reads the certificates.
pub(crate) fn connector() -> SharedHttpConnector {
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).build();
    // As the SDKs do: some functions reach AWS only through a proxy.
    let connector = Connector::builder().connector_settings(settings).proxy_config(ProxyConfig::from_env());
    SharedHttpConnector::new(connector.tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build())
}
