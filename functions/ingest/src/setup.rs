//! What does the function need? Its configuration, and each client built once.

use lambda_http::Error;
use lambda_kit::aws::Aws;
use lambda_kit::config::IngestConfig;
use lambda_kit::metrics::Metrics;
use queue::Queue;
use store::{KeyWrapper, Store};
use usecases::{Clock, Context, Intake};

/// What the environment describes.
///
/// # Errors
/// When the environment lacks something.
pub async fn from_environment() -> Result<(Intake, Metrics), Error> {
    let config = IngestConfig::from_environment()?;
    let aws = Aws::from_environment().await;
    // Accepting events opens no secret, so this function has no key.
    let store = Store::new(aws.dynamodb(), &config.table, KeyWrapper::none());
    let context = Context::new(store, Queue::new(aws.sqs(), config.queue_url, None))
        .with_traces(lambda_kit::otlp::from_environment());
    Ok((Intake::new(context), Metrics::new(config.metrics_namespace, Clock::system())))
}
