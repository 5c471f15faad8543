//! What does the function need? Its configuration, and each client built once.

use domain::endpoint::address::AllowedTargets;
use http_kit::management::ManagementConfig;
use lambda_http::Error;
use lambda_kit::config::{self, Queues};
use lambda_kit::metrics::Metrics;
use usecases::manage::management::Management;

/// What the function reads from its environment. To define sends no job and no task, so it knows no queue.
pub type Config = ManagementConfig;

/// The API as the environment describes it, whose endpoints may be `targets` and nothing else.
///
/// # Errors
/// When the environment lacks something, or the default settings of endpoints cannot be used.
pub async fn from_environment(targets: AllowedTargets) -> Result<(Management, Metrics), Error> {
    config::from_environment(Config::read)?.management(Queues::default(), targets).await
}
