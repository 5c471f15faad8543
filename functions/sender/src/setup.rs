//! What does the sender function need?
//! Dependency set-up: reads the configuration and builds each client once per process.

use domain::endpoint::address::AllowedTargets;
use egress::Egress;
use lambda_kit::aws::Aws;
use lambda_kit::config::SenderConfig;
use lambda_kit::data_key::key_wrapper;
use lambda_kit::metrics::Metrics;
use lambda_runtime::Error;
use queue::Queue;
use store::Store;
use usecases::Clock;
use usecases::Context;
use usecases::deliver::attempt_delivery::Sender;

/// A sender as the environment describes it. It calls only `targets`.
///
/// # Errors
/// When the environment lacks a variable, or a client cannot be built from it.
pub async fn from_environment(targets: AllowedTargets) -> Result<(Sender, Metrics), Error> {
    let config = SenderConfig::from_environment()?;
    let aws = Aws::from_environment().await;
    let store = Store::new(aws.dynamodb(), &config.table, key_wrapper(&aws, &config.data_key)?);
    let queue = Queue::new(aws.sqs(), config.queue_url, config.dead_letter_queue_url);
    let queue = queue.with_tasks(config.tasks_queue_url);
    let context = Context::new(store, queue)
        .with_topic(aws.topic(config.operational_topic))
        .with_traces(lambda_kit::otlp::from_environment());
    let metrics = Metrics::new(config.metrics_namespace, Clock::system());
    Ok((Sender::new(context, Egress::new(targets)?), metrics))
}
