//! What does the function need? Its configuration, and each client built once.

use domain::endpoint::address::AllowedTargets;
use egress::Egress;
use lambda_kit::aws::Aws;
use lambda_kit::config::{self, DataKey, OperationalTopic, Queues, Table, Telemetry, Variables};
use lambda_kit::metrics::Metrics;
use lambda_runtime::Error;
use usecases::deliver::attempt_delivery::Sender;

/// What the function reads from its environment.
#[derive(Debug)]
pub struct Config {
    table: Table,
    queues: Queues,
    data_key: DataKey,
    telemetry: Telemetry,
    topic: OperationalTopic,
}

impl Config {
    /// Reads it.
    pub fn read(variables: &mut Variables<'_>) -> Self {
        Self {
            table: Table::read(variables),
            queues: Queues::default().with_jobs(variables).with_dead_letters(variables).with_tasks(variables),
            data_key: DataKey::read(variables),
            telemetry: Telemetry::read(variables),
            topic: OperationalTopic::read(variables),
        }
    }
}

/// A sender as the environment describes it, which calls `targets` and nothing else.
///
/// # Errors
/// When the environment lacks something.
pub async fn from_environment(targets: AllowedTargets) -> Result<(Sender, Metrics), Error> {
    let Config { table, queues, data_key, telemetry, topic } = config::from_environment(Config::read)?;
    let aws = Aws::from_environment().await;
    let context = aws
        .context(&table, queues, Some(&data_key))?
        .with_topic(aws.operational_topic(topic))
        .with_traces(lambda_kit::otlp::from_environment());
    Ok((Sender::new(context, Egress::new(targets)?), telemetry.metrics()))
}
