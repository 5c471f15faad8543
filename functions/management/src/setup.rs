//! What does the function need? Its configuration, and each client built once.

use domain::endpoint::address::AllowedTargets;
use http_kit::management::ManagementConfig;
use lambda_http::Error;
use lambda_kit::config::{self, Queues, Variables};
use lambda_kit::metrics::Metrics;
use usecases::manage::management::Management;

/// What the function reads from its environment.
#[derive(Debug)]
pub struct Config {
    queues: Queues,
    management: ManagementConfig,
}

impl Config {
    /// Reads it.
    pub fn read(variables: &mut Variables<'_>) -> Self {
        Self {
            queues: Queues::default().with_jobs(variables).with_tasks(variables),
            management: ManagementConfig::read(variables),
        }
    }
}

/// The API as the environment describes it, whose endpoints may be `targets` and nothing else.
///
/// # Errors
/// When the environment lacks something, or the default settings of endpoints cannot be used.
pub async fn from_environment(targets: AllowedTargets) -> Result<(Management, Metrics), Error> {
    let Config { queues, management } = config::from_environment(Config::read)?;
    management.management(queues, targets).await
}
