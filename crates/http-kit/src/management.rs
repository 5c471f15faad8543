//! What do the functions of the management API need?
//! Their common configuration, and the [`Management`] made of it.

use domain::endpoint::address::AllowedTargets;
use domain::endpoint::defaults::EndpointDefaults;
use lambda_http::Error;
use usecases::manage::management::Management;

use lambda_kit::aws::Aws;
use lambda_kit::config::{self, DataKey, MailFrom, Queues, Table, Telemetry, Variables};
use lambda_kit::metrics::Metrics;

/// What each of them reads from its environment, besides its queues.
#[derive(Debug)]
pub struct ManagementConfig {
    table: Table,
    data_key: DataKey,
    telemetry: Telemetry,
    endpoint_defaults: Option<String>,
    mail: MailFrom,
    public_url: String,
}

impl ManagementConfig {
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

    /// The API with these queues, whose endpoints may be `targets` and nothing else.
    ///
    /// # Errors
    /// When the default settings of endpoints cannot be used, or a client cannot be built.
    pub async fn management(
        self,
        queues: Queues,
        targets: AllowedTargets,
    ) -> Result<(Management, Metrics), Error> {
        let Self { table, data_key, telemetry, endpoint_defaults, mail, public_url } = self;
        let endpoint_defaults =
            endpoint_defaults.as_deref().map(EndpointDefaults::of_installation).transpose()?;
        let context = Aws::from_environment().await.context(&table, queues, Some(&data_key))?;
        let endpoint_defaults = endpoint_defaults.unwrap_or_default();
        let targets = targets.with_mail(mail.address.is_some());
        let public_url = public_url.into();
        Ok((Management { context, targets, endpoint_defaults, public_url }, telemetry.metrics()))
    }
}
