//! What does the function need? Its configuration, and each client built once.

use lambda_http::Error;
use lambda_kit::aws::Aws;
use lambda_kit::config::{self, Queues, Table, Telemetry, Variables};
use lambda_kit::metrics::Metrics;
use usecases::Intake;

/// What the function reads from its environment. Accepting events opens no secret, so it has no data key.
#[derive(Debug)]
pub struct Config {
    table: Table,
    queues: Queues,
    telemetry: Telemetry,
}

impl Config {
    /// Reads it.
    pub fn read(variables: &mut Variables<'_>) -> Self {
        Self {
            table: Table::read(variables),
            queues: Queues::default().with_jobs(variables),
            telemetry: Telemetry::read(variables),
        }
    }
}

/// What the environment describes.
///
/// # Errors
/// When the environment lacks something.
pub async fn from_environment() -> Result<(Intake, Metrics), Error> {
    let Config { table, queues, telemetry } = config::from_environment(Config::read)?;
    let context = Aws::from_environment().await.context(&table, queues, None)?;
    let context = context.with_traces(lambda_kit::otlp::from_environment());
    Ok((Intake::new(context), telemetry.metrics()))
}
