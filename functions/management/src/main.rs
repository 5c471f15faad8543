//! The management function: sets up once, runs.

use domain::endpoint::address::AllowedTargets;
use lambda_http::Error;

fn main() -> Result<(), Error> {
    lambda_kit::logging::init();
    lambda_kit::runtime::run(function())
}

async fn function() -> Result<(), Error> {
    let (management, metrics) = management::setup::from_environment(AllowedTargets::public_only()).await?;
    http_kit::lambda::run(management::router(management), metrics).await
}
