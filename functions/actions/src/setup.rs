//! What does the function need? Its configuration, and each client built once.

use domain::endpoint::address::AllowedTargets;
use egress::Egress;
use lambda_http::Error;
use lambda_kit::aws::Aws;
use lambda_kit::config::ActionsConfig;
use lambda_kit::data_key::key_wrapper;
use lambda_kit::metrics::Metrics;
use queue::Queue;
use store::Store;
use usecases::act::actions::Actions;
use usecases::{Clock, Context};

/// The function as the environment describes it. It sends to `targets` and to no other address.
///
/// # Errors
/// When a variable is missing, or the HTTP client cannot be built.
pub async fn from_environment(targets: AllowedTargets) -> Result<(Actions, Metrics), Error> {
    let config = ActionsConfig::from_environment()?;
    let aws = Aws::from_environment().await;
    let store = Store::new(aws.dynamodb(), &config.table, key_wrapper(&aws, &config.data_key)?);
    // Acting sends no job and no task, so this function knows no queue.
    let queue = Queue::new(aws.sqs(), String::new(), None);
    let actions = Actions { context: Context::new(store, queue), egress: Egress::new(targets)? };
    Ok((actions, Metrics::new(config.metrics_namespace, Clock::system())))
}
