//! What does the maintenance function need?
//! Dependency set-up: reads the configuration and builds each client once per process.

use lambda_kit::aws::Aws;
use lambda_kit::config::MaintenanceConfig;
use lambda_kit::data_key::key_wrapper;
use lambda_kit::metrics::Metrics;
use lambda_runtime::Error;
use queue::Queue;
use store::Store;
use usecases::Clock;
use usecases::Context;

/// The context and metrics that the environment describes.
///
/// # Errors
/// When the environment lacks a variable, or a client cannot be built from it.
pub async fn from_environment() -> Result<(Context, Metrics), Error> {
    let config = MaintenanceConfig::from_environment()?;
    let aws = Aws::from_environment().await;
    let store = Store::new(aws.dynamodb(), &config.table, key_wrapper(&aws, &config.data_key)?);
    let queue = Queue::new(aws.sqs(), config.queue_url, None).with_tasks(config.tasks_queue_url);
    let context = Context::new(store, queue).with_topic(aws.topic(config.operational_topic));
    Ok((context, Metrics::new(config.metrics_namespace, Clock::system())))
}
