//! What does the function need? Its configuration, and each client built once.

use domain::endpoint::address::AllowedTargets;
use domain::endpoint::defaults::EndpointDefaults;
use lambda_http::Error;
use lambda_kit::aws::Aws;
use lambda_kit::config::{self, DataKey, MailFrom, Queues, Table, Telemetry, Variables};
use lambda_kit::metrics::Metrics;
use usecases::manage::management::Management;

/// What the function reads from its environment. To define sends no job and no task, so it knows no queue.
#[derive(Debug)]
pub struct Config {
    table: Table,
    data_key: DataKey,
    telemetry: Telemetry,
    endpoint_defaults: Option<String>,
    mail: MailFrom,
    public_url: String,
}

impl Config {
    /// Reads it.
    pub fn read(variables: &mut Variables<'_>) -> Self {
        Self {
            table: Table::read(variables),
            data_key: DataKey::read(variables),
            telemetry: Telemetry::read(variables),
            endpoint_defaults: variables.optional(config::ENDPOINT_DEFAULTS),
            mail: MailFrom::read(variables),
            public_url: variables.required(config::PUBLIC_URL),
        }
    }
}

/// The API as the environment describes it, whose endpoints may be `targets` and nothing else.
///
/// # Errors
/// When the environment lacks something, or the default settings of endpoints cannot be used.
pub async fn from_environment(targets: AllowedTargets) -> Result<(Management, Metrics), Error> {
    let Config { table, data_key, telemetry, endpoint_defaults, mail, public_url } =
        config::from_environment(Config::read)?;
    let endpoint_defaults =
        endpoint_defaults.as_deref().map(EndpointDefaults::of_installation).transpose()?;
    let context = Aws::from_environment().await.context(&table, Queues::default(), Some(&data_key))?;
    let endpoint_defaults = endpoint_defaults.unwrap_or_default();
    let targets = targets.with_mail(mail.address.is_some());
    let public_url = public_url.into();
    Ok((Management { context, targets, endpoint_defaults, public_url }, telemetry.metrics()))
}
