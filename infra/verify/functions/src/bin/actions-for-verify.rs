//! The actions function as it ships, but for one argument: it may call receivers on this machine. The shipped one never
//! does.

use domain::endpoint::address::AllowedTargets;
use lambda_http::Error;

fn main() -> Result<(), Error> {
    lambda_kit::logging::init();
    lambda_kit::runtime::run(function())
}

async fn function() -> Result<(), Error> {
    let (actions, metrics) = actions::setup::from_environment(AllowedTargets::loopback_and_http()).await?;
    http_kit::lambda::run(actions::router(actions), metrics).await
}
