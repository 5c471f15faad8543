//! What does the sender function need?
//! Dependency set-up: reads the configuration and builds each client once per process.

use domain::endpoint::address::AllowedTargets;
use egress::Egress;
use lambda_kit::aws::Aws;
use lambda_kit::config::{self, DataKey, MailFrom, OperationalTopic, Queues, Table, Telemetry, Variables};
use lambda_kit::metrics::Metrics;
use lambda_runtime::Error;
use usecases::deliver::attempt_delivery::Sender;

/// The configuration that the function reads from its environment.
#[derive(Debug)]
pub struct Config {
    table: Table,
    queues: Queues,
    data_key: DataKey,
    telemetry: Telemetry,
    mail: MailFrom,
    topic: OperationalTopic,
}

impl Config {
    /// Reads the configuration's variables.
    pub fn read(variables: &mut Variables<'_>) -> Self {
        Self {
            table: Table::read(variables),
            queues: Queues::default().with_jobs(variables).with_dead_letters(variables).with_tasks(variables),
            data_key: DataKey::read(variables),
            telemetry: Telemetry::read(variables),
            mail: MailFrom::read(variables),
            topic: OperationalTopic::read(variables),
        }
    }
}

/// A sender as the environment describes it. It calls only `targets`.
///
/// # Errors
/// When the environment lacks a variable, or a client cannot be built from it.
pub async fn from_environment(targets: AllowedTargets) -> Result<(Sender, Metrics), Error> {
    let Config { table, queues, data_key, telemetry, mail, topic } = config::from_environment(Config::read)?;
    let aws = Aws::from_environment().await;
    let context = aws
        .context(&table, queues, Some(&data_key))?
        .with_topic(aws.operational_topic(topic))
        .with_mailer(aws.mailer(mail.address))
        .with_traces(lambda_kit::otlp::from_environment());
    Ok((Sender::new(context, Egress::new(targets)?), telemetry.metrics()))
}
