//! What does the function need? Its configuration, and each client built once.

use domain::endpoint::address::AllowedTargets;
use egress::Egress;
use lambda_http::Error;
use lambda_kit::aws::Aws;
use lambda_kit::config::{self, DataKey, Queues, Table, Telemetry, Variables};
use lambda_kit::metrics::Metrics;
use usecases::Intake;
use usecases::receive::receiving::Receiving;

/// What the function reads from its environment.
#[derive(Debug)]
pub struct Config {
    table: Table,
    queues: Queues,
    data_key: DataKey,
    telemetry: Telemetry,
    public_url: String,
}

impl Config {
    /// Reads it.
    pub fn read(variables: &mut Variables<'_>) -> Self {
        Self {
            table: Table::read(variables),
            queues: Queues::default().with_jobs(variables),
            data_key: DataKey::read(variables),
            telemetry: Telemetry::read(variables),
            public_url: variables.required(config::PUBLIC_URL),
        }
    }
}

/// The function as the environment describes it. It fetches certificates from `targets` and from no other address.
///
/// # Errors
/// When a variable is missing, or the HTTP client cannot be built.
pub async fn from_environment(targets: AllowedTargets) -> Result<(Receiving, Metrics), Error> {
    let Config { table, queues, data_key, telemetry, public_url } = config::from_environment(Config::read)?;
    let context = Aws::from_environment().await.context(&table, queues, Some(&data_key))?;
    let receiving = Receiving::new(Intake::new(context), Egress::new(targets)?, public_url.into());
    Ok((receiving, telemetry.metrics()))
}
