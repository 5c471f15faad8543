//! What does the function need? Its configuration, and each client built once.

use domain::endpoint::address::AllowedTargets;
use egress::Egress;
use lambda_http::Error;
use lambda_kit::aws::Aws;
use lambda_kit::config::{self, DataKey, MailFrom, Queues, Table, Telemetry, Variables};
use lambda_kit::metrics::Metrics;
use usecases::act::actions::Actions;
use usecases::act::schemas::Schemas;

/// What the function reads from its environment. An agent may send a delivery again: a job.
#[derive(Debug)]
pub struct Config {
    table: Table,
    queues: Queues,
    data_key: DataKey,
    telemetry: Telemetry,
    mail: MailFrom,
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
            mail: MailFrom::read(variables),
            public_url: variables.required(config::PUBLIC_URL),
        }
    }
}

/// The function as the environment describes it. It sends to `targets` and to no other address.
///
/// # Errors
/// When a variable is missing, or the HTTP client cannot be built.
pub async fn from_environment(targets: AllowedTargets) -> Result<(Actions, Metrics), Error> {
    let Config { table, queues, data_key, telemetry, mail, public_url } =
        config::from_environment(Config::read)?;
    let aws = Aws::from_environment().await;
    let context = aws.context(&table, queues, Some(&data_key))?.with_mailer(aws.mailer(mail.address));
    let (egress, public_url) = (Egress::new(targets)?, public_url.into());
    Ok((Actions::new(context, egress, public_url, Schemas::json_schema()), telemetry.metrics()))
}
