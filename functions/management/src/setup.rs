//! What does the function need? Its configuration, and each client built once.

use domain::endpoint::address::AllowedTargets;
use lambda_http::Error;
use lambda_kit::aws::Aws;
use lambda_kit::config::ManagementConfig;
use lambda_kit::data_key::key_wrapper;
use lambda_kit::metrics::Metrics;
use queue::Queue;
use store::Store;
use usecases::manage::management::Management;
use usecases::{Clock, Context};

/// The API as the environment describes it, whose endpoints may be `targets` and nothing else.
///
/// # Errors
/// When the environment lacks something.
pub async fn from_environment(targets: AllowedTargets) -> Result<(Management, Metrics), Error> {
    let config = ManagementConfig::from_environment()?;
    let aws = Aws::from_environment().await;
    let store = Store::new(aws.dynamodb(), &config.table, key_wrapper(&aws, &config.data_key)?);
    let queue = Queue::new(aws.sqs(), config.queue_url, None).with_tasks(config.tasks_queue_url);
    let management = Management { context: Context::new(store, queue), targets };
    Ok((management, Metrics::new(config.metrics_namespace, Clock::system())))
}
