//! The management function as it ships, but for one argument: an endpoint may be on this machine.

use domain::endpoint::address::AllowedTargets;
use lambda_http::Error;

fn main() -> Result<(), Error> {
    lambda_kit::logging::init();
    lambda_kit::runtime::run(function())
}

async fn function() -> Result<(), Error> {
    let (management, metrics) =
        management::setup::from_environment(AllowedTargets::loopback_and_http()).await?;
    http_kit::lambda::run(management::router(management), metrics).await
}
